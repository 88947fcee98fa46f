// Chapters 5 and 6: scores, their softmax, loss and gradient; and a program that overflows.
import { logsumexp, oneHot, softmax } from "./arithmetic.mjs";
import { lossIn } from "./floats.mjs";
import { explorable, freshId, h, number, place, set, slider, write } from "./parts.mjs";

const RANGE = 6; // of a logit's slider, on either side of 0
const SHIFTS = 800;
const [FEWEST, MOST] = [3, 10];
const PRECISIONS = ["float16", "float32", "float64"];
const PROGRAMS = ["naive program", "maximum first"];

/** @param {{ logits: number[], truth: number, temperature: number, shift: number,
 *   precision: import("./floats.mjs").Precision }} state */
export function compute({ logits, truth, temperature, shift, precision }) {
  const scores = logits.map((logit) => (logit + shift) / temperature);
  const q = softmax(scores);
  const y = oneHot(q.length, truth);
  return {
    scores,
    q,
    gradient: q.map((share, k) => share - y[k]),
    loss: logsumexp(scores) - scores[truth],
    naive: lossIn(scores, truth, precision, false),
    stable: lossIn(scores, truth, precision, true),
  };
}

/** @param {Record<string, any>} state */
function sane({ logits, truth, temperature, shift, precision, names }) {
  return Array.isArray(logits) && logits.length >= FEWEST && logits.length <= MOST
    && logits.every(Number.isFinite)
    && Number.isInteger(truth) && truth >= 0 && truth < logits.length
    && Number.isFinite(temperature) && temperature >= 0.01 && temperature <= 100
    && Number.isFinite(shift) && Math.abs(shift) <= 1e4 && PRECISIONS.includes(precision)
    && Array.isArray(names) && names.length === logits.length
    && names.every((name) => typeof name === "string");
}

/** @param {number} value */
function short(value) {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : number(value, 0).replace("∞", "inf");
  return size >= 1e5 || (size > 0 && size < 1e-3) ? value.toExponential(2) : number(value, 4);
}

/** @param {string} part @param {string} role */
function bar(part, role) {
  const fill = h("span", { class: `xe-fill ${role}` });
  const words = h("span", { class: `xe-number ${role}` });
  return { fill, words, node: h("span", { class: `xe-measure xe-${part}` }, h("span", { class: `xe-bar xe-bar-${part}` }, fill), words) };
}

/** @param {() => any} now @param {import("./parts.mjs").Change} change */
function buildRow(now, change, /** @type {string} */ group, /** @type {number} */ k) {
  const id = freshId("class");
  const pick = h("input", { type: "radio", name: group, id });
  pick.addEventListener("change", () => change({ truth: k }));
  const name = h("span", {});
  const logit = slider({
    label: "", min: -RANGE, max: RANGE, step: 0.1,
    input: (value) => change({ logits: now().logits.map((/** @type {number} */ old, /** @type {number} */ j) => (j === k ? value : old)) }),
  });
  const value = h("span", { class: "xe-number xe-z" });
  const [share, slope] = [bar("share", "prediction"), bar("slope", "gradient")];
  const row = h("div", { class: "xe-row xe-logit" }, h("label", { for: id, class: "xe-name" }, pick, name), logit, value, share.node, slope.node);
  return { row, pick, name, logit, value, share, slope };
}

/** @param {ReturnType<typeof buildRow>} row @param {any} state
 *  @param {ReturnType<typeof compute>} found @param {number} k */
function drawRow(row, { names, logits, truth }, { q, gradient }, k) {
  write(row.name, names[k]);
  set(row.pick, { "aria-label": `${names[k]} happened` });
  row.pick.checked = k === truth;
  row.row.classList.toggle("xe-true", k === truth);
  set(row.logit, { "aria-label": `logit of ${names[k]}` });
  place(row.logit, logits[k], `${number(logits[k], 2)}, probability ${number(q[k], 3)}`);
  write(row.value, number(logits[k], 2));
  row.share.fill.style.width = `${100 * q[k]}%`;
  write(row.share.words, number(q[k], 3));
  row.slope.fill.style.width = `${50 * Math.abs(gradient[k])}%`;
  row.slope.fill.style.left = `${50 + 50 * Math.min(0, gradient[k])}%`;
  write(row.slope.words, number(gradient[k], 3));
}

/** @param {() => any} now @param {import("./parts.mjs").Change} change */
function buildKnobs(now, change) {
  const temperature = slider({ label: "temperature", min: -1, max: 1, step: 0.02, input: (value) => change({ temperature: 10 ** value }) });
  const shift = slider({ label: "shift of all logits", min: -SHIFTS, max: SHIFTS, step: 1, input: (value) => change({ shift: value }) });
  const [warmth, moved] = [h("span", { class: "xe-number" }), h("span", { class: "xe-number" })];
  const choice = h("select", { class: "xe-button", "aria-label": "precision" }, ...PRECISIONS.map((name) => h("option", { value: name }, name)));
  choice.addEventListener("change", () => change({ precision: choice.value }));
  const fewer = h("button", { type: "button", class: "xe-button", "aria-label": "one class fewer" }, "−");
  const more = h("button", { type: "button", class: "xe-button", "aria-label": "one class more" }, "+");
  fewer.addEventListener("click", () => {
    const { logits, names, truth } = now();
    change({ logits: logits.slice(0, -1), names: names.slice(0, -1), truth: Math.min(truth, logits.length - 2) });
  });
  more.addEventListener("click", () => {
    const { logits, names } = now();
    change({ logits: [...logits, 0], names: [...names, String.fromCharCode(65 + names.length)] });
  });
  const node = h("div", { class: "xe-knobs" },
    h("span", {}, "temperature T"), temperature, warmth,
    h("span", {}, "shift c"), shift, moved,
    h("span", {}, "classes"), h("span", { class: "xe-count" }, fewer, more), choice);
  return { node, temperature, shift, warmth, moved, choice, fewer, more };
}

function buildPrograms() {
  const cells = PROGRAMS.map(() => [1, 2, 3].map(() => h("td", {})));
  const heading = h("th", { scope: "col" });
  const node = h("table", { class: "xe-programs" },
    h("thead", {}, h("tr", {}, heading, ...["sum of exponentials", "q of the truth", "loss"].map((words) => h("th", { scope: "col" }, words)))),
    h("tbody", {}, ...PROGRAMS.map((words, k) => h("tr", {}, h("th", { scope: "row" }, words), ...cells[k]))));
  return { node, cells, heading };
}

/** @param {ReturnType<typeof buildPrograms>} programs @param {ReturnType<typeof compute>} found
 *  @param {string} precision */
function drawPrograms({ cells, heading }, found, precision) {
  write(heading, `in ${precision}`);
  [found.naive, found.stable].forEach(({ total, share, loss }, k) => {
    [total, share, loss].forEach((value, j) => {
      write(cells[k][j], short(value));
      cells[k][j].classList.toggle("xe-broken", !Number.isFinite(value));
    });
  });
}

/** @param {import("./parts.mjs").Setting} setting @returns {import("./parts.mjs").View} */
function build({ root, state, change }) {
  let now = state;
  const group = freshId("truth");
  /** @type {ReturnType<typeof buildRow>[]} */
  const rows = [];
  const head = h("div", { class: "xe-row xe-logit xe-head", "aria-hidden": "true" },
    ...[["name", "what happened"], ["slider", "logit"], ["z", "z"], ["share", "softmax q"], ["slope", "gradient q − y"]]
      .map(([part, words]) => h("span", { class: `xe-${part}` }, words)));
  const table = h("div", { class: "xe-rows", role: "group", "aria-label": "logits, probabilities and gradient" }, head);
  const knobs = buildKnobs(() => now, change);
  const sum = h("p", { class: "xe-sum" });
  const programs = buildPrograms();
  root.append(table, sum, knobs.node, programs.node);

  return {
    draw(given) {
      now = given;
      const found = compute(/** @type {any} */ (given));
      while (rows.length > given.logits.length) rows.pop()?.row.remove();
      while (rows.length < given.logits.length) {
        rows.push(buildRow(() => now, change, group, rows.length));
        table.append(rows[rows.length - 1].row);
      }
      rows.forEach((row, k) => drawRow(row, given, found, k));
      sum.replaceChildren("loss = −log ", number(found.q[given.truth], 3), " = ", h("strong", { class: "loss" }, `${number(found.loss, 4)} nats`));
      place(knobs.temperature, Math.log10(given.temperature), number(given.temperature, 2));
      place(knobs.shift, given.shift, number(given.shift, 0));
      write(knobs.warmth, number(given.temperature, 2));
      write(knobs.moved, number(given.shift, 0));
      knobs.choice.value = given.precision;
      knobs.fewer.disabled = given.logits.length <= FEWEST;
      knobs.more.disabled = given.logits.length >= MOST;
      drawPrograms(programs, found, given.precision);
    },
    say(given) {
      const { q, loss, naive } = compute(/** @type {any} */ (given));
      const broken = Number.isFinite(naive.loss) ? "" : ` The naive program finds ${short(naive.loss)} in ${given.precision}.`;
      return `${given.names[given.truth]} has probability ${number(q[given.truth], 3)}, loss ${number(loss, 4)} nats.${broken}`;
    },
  };
}

export default explorable({
  title: "Interactive figure: logits, softmax, loss and gradient",
  keys: ["logits", "truth", "temperature", "shift", "precision", "names"],
  sane,
  build,
});
