// One JSON request a line in, one JSON answer a line out, until the input ends.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { join } from "node:path";

const katex = createRequire(join(process.argv[2], "x.js"))("katex");

for await (const line of createInterface({ input: process.stdin })) {
  const { tex, display } = JSON.parse(line);
  let answer;
  try {
    const html = katex.renderToString(tex, {
      displayMode: display,
      output: "htmlAndMathml",
      throwOnError: true,
      strict: "error",
      trust: false,
    });
    answer = { html };
  } catch (error) {
    answer = { error: String(error.message) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
