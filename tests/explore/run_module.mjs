// Reads {module, calls: [[name, ...arguments], ...]} and answers with the results. JSON has no
// infinity and no nan, so they travel as words.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const words = { Infinity, "-Infinity": -Infinity, NaN };
const revive = (_, value) => (Object.hasOwn(words, value) && typeof value === "string" ? words[value] : value);
const replace = (_, value) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value);

const { module, calls } = JSON.parse(readFileSync(0, "utf8"), revive);
const functions = await import(pathToFileURL(module).href);
const results = calls.map(([name, ...given]) => functions[name](...given));
process.stdout.write(JSON.stringify(results, replace));
