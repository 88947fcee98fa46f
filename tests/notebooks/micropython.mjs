// Runs programs and their checks in the Python of the page. In, as JSON: {module, before, judge,
// programs: [{source, task}]}. Out: for each program its error and its verdict.
import { text } from "node:stream/consumers";

const { module, before, judge, programs } = JSON.parse(await text(process.stdin));
const { loadMicroPython } = await import(module);
const python = await loadMicroPython({ pystack: 65_536, stdout: () => {}, stdin: () => null });
python.runPython(before);
python.runPython(judge);
const [start, verdict] = ["start", "verdict"].map((name) => python.globals.get(name));
const answers = programs.map(({ source, task }) => {
  const error = JSON.parse(start(source));
  return { error, verdict: error || !task ? null : JSON.parse(verdict(JSON.stringify(task))) };
});
console.log(JSON.stringify(answers));
