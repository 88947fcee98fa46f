// Chapter 13: what three ways to a language model's loss hold at their peak, and a card's size.
import { clamp, sum } from "./arithmetic.mjs";
import { explorable, h, number, place, s, set, slider, write } from "./parts.mjs";

const GIBIBYTE = 2 ** 30;
const FLOAT32 = 4; // bytes
/** @type {Record<string, number>} */
const WIDTHS = { float32: 4, bfloat16: 2 };
const WAYS = ["two-liner", "chunked", "vocabulary-parallel"];
const TERMS = ["input and weight", "their gradients", "logits", "log-softmax", "gradient of log-softmax", "gradient of logits", "copies in another width"];
const LOOKS = ["", "xe-faint", "prediction", "prediction xe-faint", "gradient xe-faint", "gradient", "loss xe-faint"];
const VOCABULARIES = [1024, 8192, 32000, 50257, 65536, 100277, 128256, 151936, 200019, 256000, 512000, 1048576];
/** @type {Record<string, string>} */
const NAMES = { num_tokens: "tokens in the batch", num_features: "features", num_classes: "size of the vocabulary", chunk_size: "rows in a chunk", ranks: "ranks" };
/** Real cards, by their memory in GiB. @type {[number, string][]} */
const CARDS = [[16, "T4"], [24, "RTX 4090"], [40, "A100"], [80, "H100"], [141, "H200"]];
const [TOP, ROW, BAR] = [26, 52, 20]; // pixels
const HEIGHT = TOP + WAYS.length * ROW;
const LARGEST = 2 ** 40; // that a link may carry

/** @typedef {{ num_tokens: number, num_features: number, num_classes: number, precision: string,
 *   chunk_size: number, ranks: number }} Sizes */

/** The moment at which most is held. @param {...number[]} moments */
const largest = (...moments) => moments.reduce((most, one) => (sum(one) > sum(most) ? one : most));

/** The formulas of xent_lib.memory, in its order. @param {Sizes} sizes */
export function compute({ num_tokens: n, num_features: d, num_classes, precision, chunk_size, ranks }) {
  const b = WIDTHS[precision];
  const narrow = b < FLOAT32 ? 1 : 0;
  const rows = Math.min(chunk_size, n);
  const share = Math.ceil(num_classes / ranks);
  /** @param {number} v */
  const layer = (v) => b * (n + v) * d;
  const [whole, part] = [num_classes, share];
  const [logits, own] = [b * n * whole, b * n * part];
  const kept = FLOAT32 * (n + whole) * d;
  const held = [
    largest([layer(whole), 0, logits, logits, logits, logits, 0], [layer(whole), layer(whole), logits, 0, 0, logits, 0]),
    largest(
      [layer(whole), kept, FLOAT32 * rows * whole, 0, 0, 0, narrow * b * whole * (rows + d)],
      [layer(whole), kept, 0, 0, 0, 0, narrow * layer(whole)],
    ),
    largest([layer(part), 0, own, 0, 0, own, narrow * FLOAT32 * n * part], [layer(part), layer(part), own, 0, 0, own, 0]),
  ];
  return held.map((terms, k) => ({ way: WAYS[k], terms, total: sum(terms) }));
}

/** @param {Record<string, any>} state */
function sane({ num_tokens, num_features, num_classes, precision, chunk_size, ranks, card }) {
  return [num_tokens, num_features, num_classes, chunk_size, ranks].every((size) => Number.isInteger(size) && size >= 1 && size <= LARGEST)
    && Object.hasOwn(WIDTHS, precision) && Number.isFinite(card) && card > 0 && card <= LARGEST;
}

/** @param {number} bytes */
function gibibytes(bytes) {
  const size = bytes / GIBIBYTE;
  return size === 0 ? "–" : number(size, size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

/** @param {number} whole */
const grouped = (whole) => whole.toLocaleString("en");

/** @param {number} size The place in the list nearest to it. */
function placeOf(size) {
  const distances = VOCABULARIES.map((known) => Math.abs(Math.log(known / size)));
  return distances.indexOf(Math.min(...distances));
}

/** @param {import("./parts.mjs").Change} change */
function buildKnobs(change) {
  /** @param {string} label @param {string} key @param {[number, number]} ends
   *  @param {(place: number) => number} to @param {(size: number) => number} from */
  const knob = (label, key, [min, max], to, from) => {
    const node = slider({ label: NAMES[key], min, max, step: 1, input: (value) => change({ [key]: to(value) }) });
    return { label, key, node, from, words: h("span", { class: "xe-number" }) };
  };
  /** @param {string} label @param {string} key @param {[number, number]} ends */
  const power = (label, key, ends) => knob(label, key, ends, (value) => 2 ** value, Math.log2);
  const knobs = [
    power("tokens N", "num_tokens", [8, 20]),
    power("features D", "num_features", [7, 14]),
    knob("vocabulary V", "num_classes", [0, VOCABULARIES.length - 1], (value) => VOCABULARIES[value], placeOf),
    power("chunk c", "chunk_size", [4, 16]),
    power("ranks R", "ranks", [0, 6]),
  ];
  const precision = h("select", { class: "xe-button", "aria-label": "precision" }, ...Object.keys(WIDTHS).map((name) => h("option", { value: name }, name)));
  precision.addEventListener("change", () => change({ precision: precision.value }));
  const card = h("select", { class: "xe-button", "aria-label": "card" });
  card.addEventListener("change", () => change({ card: Number(card.value) }));
  const node = h("div", { class: "xe-knobs xe-slim" }, ...knobs.flatMap(({ label, node: range, words }) => [h("span", {}, label), range, words]));
  const choices = h("div", { class: "xe-pair" }, precision, card);
  return { node, knobs, precision, card, choices };
}

/** @param {ReturnType<typeof buildKnobs>} parts @param {any} state */
function drawKnobs({ knobs, precision, card }, state) {
  for (const { key, node, from, words } of knobs) {
    place(node, from(state[key]), grouped(state[key]));
    write(words, grouped(state[key]));
  }
  precision.value = state.precision;
  if (card.value === String(state.card)) return;
  const known = CARDS.some(([size]) => size === state.card) ? CARDS : [...CARDS, /** @type {[number, string]} */ ([state.card, "yours"])];
  card.replaceChildren(...known.map(([size, name]) => h("option", { value: size }, `${size} GiB (${name})`)));
  card.value = String(state.card);
}

function buildTable() {
  const rows = TERMS.map((name, k) => {
    const cells = WAYS.map(() => h("td", {}));
    const swatch = h("span", { class: `xe-swatch ${LOOKS[k]}`, "aria-hidden": "true" });
    return { cells, row: h("tr", {}, h("th", { scope: "row" }, swatch, name), ...cells) };
  });
  const totals = WAYS.map(() => h("td", {}));
  const node = h("table", { class: "xe-programs xe-terms" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "GiB at the peak"), ...["two-liner", "chunked", "vocabulary-parallel, one rank"].map((words) => h("th", { scope: "col" }, words)))),
    h("tbody", {}, ...rows.map(({ row }) => row), h("tr", { class: "xe-true" }, h("th", { scope: "row" }, "sum"), ...totals)));
  return { node, rows, totals };
}

/** @param {ReturnType<typeof buildTable>} table @param {ReturnType<typeof compute>} found @param {number} card */
function drawTable({ rows, totals }, found, card) {
  found.forEach(({ terms, total }, j) => {
    rows.forEach(({ cells }, k) => write(cells[j], gibibytes(terms[k])));
    write(totals[j], gibibytes(total));
    totals[j].classList.toggle("xe-broken", total > card * GIBIBYTE);
  });
}

/** @param {SVGGElement} group @param {ReturnType<typeof compute>} found @param {number} card @param {number} width */
function drawBars(group, found, card, width) {
  const most = 1.06 * Math.max(card * GIBIBYTE, ...found.map(({ total }) => total));
  /** @param {number} bytes */
  const x = (bytes) => (width * bytes) / most;
  const bars = found.flatMap(({ way, terms, total }, row) => {
    const y = TOP + row * ROW;
    let left = 0;
    const pieces = terms.map((bytes, k) => {
      left += bytes;
      return s("rect", { class: `xe-solid ${LOOKS[k]}`, x: x(left - bytes).toFixed(1), width: x(bytes).toFixed(1), y: y + 20, height: BAR });
    });
    const fits = total <= card * GIBIBYTE;
    const words = s("text", { y: y + 14 }, `${way}: ${gibibytes(total)} GiB, ${fits ? "fits" : "does not fit"}`);
    words.classList.toggle("xe-broken", !fits);
    return [...pieces, words];
  });
  const line = x(card * GIBIBYTE);
  const early = line < width / 2;
  group.replaceChildren(
    ...bars,
    s("path", { class: "xe-card", d: `M${line.toFixed(1)} 4V${HEIGHT}` }),
    s("text", { class: "xe-outlined", x: clamp(line + (early ? 6 : -6), 0, width), y: 14, "text-anchor": early ? "start" : "end" }, `the card, ${card} GiB`),
  );
}

/** @param {import("./parts.mjs").Setting} setting @returns {import("./parts.mjs").View} */
function build({ root, change }) {
  const bars = s("g", {});
  const drawing = s("svg", { class: "xe-drawing", role: "img" }, bars);
  drawing.style.height = `${HEIGHT}px`;
  const knobs = buildKnobs(change);
  const table = buildTable();
  root.append(drawing, knobs.node, knobs.choices, table.node);

  /** @param {any} state */
  const spoken = (state) => compute(state).map(({ way, total }) => `${way} ${gibibytes(total)} GiB`).join(", ");
  return {
    draw(state, width) {
      const found = compute(/** @type {any} */ (state));
      set(drawing, { viewBox: `0 0 ${width} ${HEIGHT}`, "aria-label": `memory at the peak: ${spoken(state)}; a card of ${state.card} GiB` });
      drawBars(bars, found, state.card, width);
      drawKnobs(knobs, state);
      drawTable(table, found, state.card);
    },
    say: (state) => `At the peak: ${spoken(state)}.`,
  };
}

export default explorable({
  title: "Interactive figure: the memory of a loss",
  keys: ["num_tokens", "num_features", "num_classes", "precision", "chunk_size", "ranks", "card"],
  sane,
  build,
});
