// Chapters 1 and 3: a distribution as a point of a triangle, its entropy, and what a second one
// pays. Corners: the first class at the top, the second on the left, the third on the right.
import { clamp, crossEntropy, entropy, isDistribution, klDivergence, sum, surprisal, withProbability } from "./arithmetic.mjs";
import { contours } from "./contours.mjs";
import { draggable, explorable, h, handle, number, place, s, set, slider, write } from "./parts.mjs";

const HEIGHT = 290;
const EDGE = 30; // room for the names
const STEP = 0.01;
const LONGEST = { one: Math.log(3), two: 3 }; // nats that the bar has room for
const ENTROPY_LEVELS = [0.2, 0.4, 0.6, 0.8, 1];
const LOSS_LEVELS = [0.05, 0.2, 0.5, 1, 2]; // nats above the lowest loss

/** @param {{ p: number[], q: number[] }} state */
export function compute({ p, q }) {
  const prices = (q.length ? q : p).map(surprisal);
  return {
    prices,
    terms: prices.map((price, k) => (p[k] === 0 ? 0 : p[k] * price)),
    entropy: entropy(p),
    crossEntropy: q.length ? crossEntropy(p, q) : entropy(p),
    divergence: q.length ? klDivergence(p, q) : 0,
  };
}

/**
 * The distribution on the grid of hundredths that lies nearest to three weights.
 * @param {number[]} weights They add up to 1 and may be negative outside the triangle.
 */
export function nearest(weights) {
  const inside = weights.map((weight) => Math.max(0, weight));
  const shares = inside.map((weight) => weight / sum(inside));
  const a = Math.round(shares[0] / STEP) * STEP;
  const b = clamp(Math.round(shares[1] / STEP) * STEP, 0, 1 - a);
  return [a, b, Math.max(0, 1 - a - b)];
}

/** @param {Record<string, any>} state */
function sane({ p, q, names }) {
  return isDistribution(p) && p.length === 3 && Array.isArray(q)
    && (q.length === 0 || (q.length === 3 && isDistribution(q)))
    && Array.isArray(names) && names.length === 3 && names.every((name) => typeof name === "string");
}

/** @param {number} width */
function geometry(width) {
  const tall = HEIGHT - 2 * EDGE;
  const half = tall / Math.sqrt(3);
  const middle = width / 2;
  const foot = HEIGHT - EDGE;
  return {
    corners: [[middle, EDGE], [middle - half, foot], [middle + half, foot]],
    /** @param {number[]} p */
    at: (p) => [middle + (p[2] - p[1]) * half, foot - p[0] * tall],
    /** @param {number} x @param {number} y */
    weights: (x, y) => {
      const first = (foot - y) / tall;
      const difference = (x - middle) / half;
      return [first, (1 - first - difference) / 2, (1 - first + difference) / 2];
    },
  };
}

/** @param {number[]} p @param {number[]} q */
export function levelLines(p, q) {
  if (!q.length) return contours(entropy, ENTROPY_LEVELS);
  const lowest = entropy(p);
  return contours((forecast) => crossEntropy(p, forecast), LOSS_LEVELS.map((above) => lowest + above));
}

/** @param {ReturnType<typeof geometry>} at @param {number[][][]} segments */
function path(at, segments) {
  return segments.map(([from, to]) => {
    const [[x, y], [u, v]] = [at.at(from), at.at(to)];
    return `M${x.toFixed(1)} ${y.toFixed(1)}L${u.toFixed(1)} ${v.toFixed(1)}`;
  }).join("");
}

/** @param {"p" | "q"} which @param {string} role @param {() => any} now @param {import("./parts.mjs").Change} change
 *  @param {string} words @param {SVGSVGElement} drawing @param {() => ReturnType<typeof geometry>} at */
function buildPoint(which, role, now, change, words, drawing, at) {
  const node = handle(role);
  set(node, { "aria-label": words, "aria-valuemin": 0, "aria-valuemax": 1 });
  if (which === "q") node.lastElementChild?.replaceWith(s("path", { class: "xe-dot", d: "M0 -11L11 0L0 11L-11 0Z" }));
  draggable(drawing, node, {
    drag: (x, y) => change({ [which]: nearest(at().weights(x, y)) }),
    step: (dx, dy) => {
      const [a, b, c] = now()[which];
      if (dy) change({ [which]: withProbability(now()[which], 0, Math.round((a + dy * STEP) / STEP) * STEP) });
      else change({ [which]: nearest([a, b - dx * STEP, c + dx * STEP]) });
    },
  });
  return node;
}

/** @param {import("./parts.mjs").Setting} setting @param {() => any} now */
function buildRows({ state, change }, now) {
  const two = state.q.length > 0;
  const parts = two
    ? [["name", ""], ["slider", "truth p"], ["p", "p"], ["second", "forecast q"], ["q", "q"], ["term", "p × (−log q)"]]
    : [["name", ""], ["slider", "probability"], ["q", "p"], ["price", "−log p"], ["term", "p × (−log p)"]];
  const kind = `xe-row ${two ? "xe-two" : "xe-one"}`;
  const head = h("div", { class: `${kind} xe-head`, "aria-hidden": "true" }, ...parts.map(([part, words]) => h("span", { class: `xe-${part}` }, words)));
  const rows = state.names.map((/** @type {string} */ name, /** @type {number} */ k) => {
    /** @param {"p" | "q"} which @param {string} role @param {string} words */
    const control = (which, role, words) => slider({
      label: `${words} of ${name}`, min: 0, max: 1, step: STEP, role,
      input: (value) => change({ [which]: withProbability(now()[which], k, value) }),
    });
    const first = control("p", two ? "truth" : "prediction", two ? "truth, probability" : "probability");
    const second = control("q", "prediction xe-second", "forecast, probability");
    const cells = Object.fromEntries(parts.map(([part]) => [part, h("span", { class: `xe-number xe-${part}` })]));
    const shown = parts.filter(([part]) => !["name", "slider", "second"].includes(part)).map(([part]) => cells[part]);
    const row = h("div", { class: kind }, h("span", { class: "xe-name" }, name), first, ...(two ? [second] : []), ...shown);
    return { row, first, second, cells };
  });
  const table = h("div", { class: "xe-rows", role: "group", "aria-label": "probabilities and prices" }, head, ...rows.map((/** @type {any} */ row) => row.row));
  return { rows, table, two };
}

/** @param {any[]} rows @param {boolean} two @param {any} state @param {ReturnType<typeof compute>} found */
function drawRows(rows, two, { p, q }, { prices, terms }) {
  rows.forEach(({ first, second, cells }, k) => {
    place(first, p[k], number(p[k], 3));
    if (two) {
      place(second, q[k], number(q[k], 3));
      write(cells.p, number(p[k], 3));
      write(cells.q, number(q[k], 3));
    } else {
      write(cells.q, number(p[k], 3));
      write(cells.price, number(prices[k], 4));
    }
    write(cells.term, `${number(p[k], 3)} × ${number(prices[k], 4)} = ${number(terms[k], 4)}`);
  });
}

/** @param {boolean} two */
function buildLengths(two) {
  // Beside a truth its entropy is the floor; one distribution alone has an average price.
  const [floor, gap] = [h("span", { class: `xe-fill ${two ? "truth" : "loss"}` }), h("span", { class: "xe-fill loss" })];
  const words = h("p", { class: "xe-sum" });
  return { floor, gap, words, bar: h("div", { class: "xe-bar xe-lengths", "aria-hidden": "true" }, floor, gap) };
}

/** @param {ReturnType<typeof buildLengths>} lengths @param {ReturnType<typeof compute>} found @param {boolean} two */
function drawLengths({ floor, gap, words }, found, two) {
  const shareOf = (/** @type {number} */ nats) => 100 * Math.min(1, nats / (two ? LONGEST.two : LONGEST.one));
  floor.style.width = `${shareOf(found.entropy)}%`;
  gap.style.left = `${shareOf(found.entropy)}%`;
  gap.style.width = `${two ? shareOf(found.crossEntropy) - shareOf(found.entropy) : 0}%`;
  const entropyWords = h("strong", { class: two ? "truth" : "loss" }, `${number(found.entropy, 4)}${two ? "" : " nats"}`);
  if (!two) words.replaceChildren("entropy = ", found.terms.map((term) => number(term, 4)).join(" + "), " = ", entropyWords);
  else {
    words.replaceChildren("H(p) ", entropyWords, " + D(p‖q) ", h("strong", { class: "loss" }, number(found.divergence, 4)),
      " = H(p, q) ", h("strong", {}, `${number(found.crossEntropy, 4)} nats`));
  }
}

/** @param {import("./parts.mjs").Setting} setting @returns {import("./parts.mjs").View} */
function build(setting) {
  const { root, change, state: { names } } = setting;
  let now = setting.state;
  let at = geometry(600);
  const two = now.q.length > 0;
  const outline = s("path", { class: "xe-axis" });
  const levels = s("path", { class: "xe-levels loss" });
  const labels = names.map((/** @type {string} */ name) => s("text", { "text-anchor": "middle" }, name));
  const drawing = s("svg", { class: "xe-drawing", role: "group", "aria-label": "the triangle of all distributions" }, outline, levels, ...labels);
  drawing.style.height = `${HEIGHT}px`;
  const first = buildPoint("p", two ? "truth" : "prediction", () => now, change, two ? "truth p" : "forecast", drawing, () => at);
  const second = buildPoint("q", "prediction", () => now, change, "forecast q", drawing, () => at);
  // The truth lies on top: where the points meet, the corners of the diamond stay in sight.
  drawing.append(...(two ? [second, first] : [first]));
  const { rows, table } = buildRows(setting, () => now);
  const lengths = buildLengths(two);
  root.append(drawing, table, lengths.words, lengths.bar);

  /** @param {SVGGElement} node @param {number[]} p */
  function drawPoint(node, p) {
    const [x, y] = at.at(p);
    const words = names.map((/** @type {string} */ name, /** @type {number} */ k) => `${name} ${number(p[k], 2)}`).join(", ");
    set(node, { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, "aria-valuenow": p[0].toFixed(3), "aria-valuetext": words });
  }

  return {
    draw(state, width) {
      now = state;
      at = geometry(width);
      const found = compute(/** @type {any} */ (state));
      set(drawing, { viewBox: `0 0 ${width} ${HEIGHT}` });
      set(outline, { d: `M${at.corners.map((corner) => corner.map((x) => x.toFixed(1)).join(" ")).join("L")}Z` });
      at.corners.forEach(([x, y], k) => set(labels[k], { x, y: k === 0 ? y - 12 : y + 22 }));
      set(levels, { d: path(at, levelLines(state.p, state.q)) });
      drawPoint(first, state.p);
      if (two) drawPoint(second, state.q);
      drawRows(rows, two, state, found);
      drawLengths(lengths, found, two);
    },
    say({ p, q }) {
      const found = compute({ p, q });
      const shares = names.map((/** @type {string} */ name, /** @type {number} */ k) => `${name} ${number(p[k], 2)}`).join(", ");
      const more = two ? `, divergence ${number(found.divergence, 4)}, cross entropy ${number(found.crossEntropy, 4)}` : "";
      return `${shares}: entropy ${number(found.entropy, 4)}${more} nats.`;
    },
  };
}

export default explorable({ title: "Interactive figure: distributions as points of a triangle", keys: ["p", "q", "names"], sane, build });
