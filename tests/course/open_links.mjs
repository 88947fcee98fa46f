// Reads [{module, id, initial, hash}, ...] and answers with the state that each address opens,
// or null, by the page's own reader and the figure's own check.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { folder, links } = JSON.parse(readFileSync(0, "utf8"));
/** @param {string} name */
const load = (name) => import(pathToFileURL(`${folder}/${name}.mjs`).href);
const { fromHash } = await load("host");
const states = [];
for (const { module, id, initial, hash } of links) {
  const figure = (await load(module)).default;
  states.push(fromHash(hash, id, initial, figure.sane));
}
process.stdout.write(JSON.stringify(states));
