// Chapter 4: one forecast, one truth, the sum written out, and the curve of -log q.
import { clamp, crossEntropy, isDistribution, oneHot, surprisal, withProbability } from "./arithmetic.mjs";
import { draggable, explorable, freshId, h, handle, number, place, s, set, slider, write } from "./parts.mjs";

const HEIGHT = 250;
const TOP_LOSS = 5; // nats; what lies above is named at the edge
const EDGE = { left: 42, right: 16, top: 14, bottom: 44 };
const STEP = 0.01;

/** @param {{ q: number[], truth: number }} state */
export function compute({ q, truth }) {
  const y = oneHot(q.length, truth);
  const prices = q.map(surprisal);
  return {
    y,
    prices,
    terms: prices.map((price, k) => (y[k] === 0 ? 0 : price)),
    loss: crossEntropy(y, q),
  };
}

/** @param {Record<string, any>} state */
function sane({ q, truth, names }) {
  return isDistribution(q) && Number.isInteger(truth) && truth >= 0 && truth < q.length
    && Array.isArray(names) && names.length === q.length
    && names.every((name) => typeof name === "string");
}

/** @param {number} term */
function written(term) {
  return term === 0 ? "0" : number(term, 4);
}

/** @param {number} width */
function scales(width) {
  const right = width - EDGE.right;
  const foot = HEIGHT - EDGE.bottom;
  return {
    right,
    foot,
    /** @param {number} p */
    x: (p) => EDGE.left + p * (right - EDGE.left),
    /** @param {number} loss */
    y: (loss) => foot - (Math.min(loss, TOP_LOSS) / TOP_LOSS) * (foot - EDGE.top),
    /** @param {number} x */
    probability: (x) => clamp((x - EDGE.left) / (right - EDGE.left), 0, 1),
  };
}

/** @param {ReturnType<typeof scales>} at */
function curve(at) {
  const points = [];
  for (let x = at.x(Math.exp(-TOP_LOSS)); x < at.right; x += 2) {
    points.push(`${x.toFixed(1)},${at.y(surprisal(at.probability(x))).toFixed(1)}`);
  }
  return [...points, `${at.right},${at.foot}`].join(" ");
}

/** @param {SVGGElement} axes @param {ReturnType<typeof scales>} at */
function drawAxes(axes, at) {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((p) => s("text", { x: at.x(p), y: at.foot + 18, "text-anchor": "middle" }, String(p)));
  const marks = [0, 1, 2, 3, 4, 5].map((loss) => s("text", { x: EDGE.left - 8, y: at.y(loss) + 4, "text-anchor": "end" }, String(loss)));
  axes.replaceChildren(
    s("path", { class: "xe-axis", d: `M${EDGE.left} ${EDGE.top}V${at.foot}H${at.right}` }),
    ...ticks,
    ...marks,
    s("text", { x: (EDGE.left + at.right) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, "probability of the class that happened"),
    s("text", { class: "xe-unit", x: EDGE.left + 8, y: EDGE.top + 6 }, "nats"),
  );
}

/** @param {SVGGElement} mark @param {string} name @param {number} probability */
function nameMark(mark, name, probability) {
  const late = probability > 0.75;
  write(mark.children[1], name);
  set(mark.children[1], { x: late ? -8 : 8, "text-anchor": late ? "end" : "start" });
}

/** @param {import("./parts.mjs").Setting} setting @param {() => any} now */
function buildRows({ state, change }, now) {
  const group = freshId("truth");
  const rows = state.names.map((/** @type {string} */ name, /** @type {number} */ k) => {
    const id = freshId("class");
    const pick = h("input", { type: "radio", name: group, id });
    pick.addEventListener("change", () => change({ truth: k }));
    const probability = slider({
      label: `probability of ${name}`, min: 0, max: 1, step: STEP, role: "prediction",
      input: (value) => change({ q: withProbability(now().q, k, value) }),
    });
    const [share, price, term] = ["q", "price", "term"].map((part) => h("span", { class: `xe-number xe-${part}` }));
    const row = h("div", { class: "xe-row" }, h("label", { for: id, class: "xe-name" }, pick, name), probability, share, price, term);
    return { row, pick, probability, share, price, term };
  });
  const head = h("div", { class: "xe-row xe-head", "aria-hidden": "true" },
    ...[["name", "what happened"], ["slider", "forecast"], ["q", "q"], ["price", "−log q"], ["term", "y × (−log q)"]]
      .map(([part, words]) => h("span", { class: `xe-${part}` }, words)));
  const table = h("div", { class: "xe-rows", role: "group", "aria-label": "truth and forecast" }, head, ...rows.map((/** @type {any} */ row) => row.row));
  return { rows, table };
}

/** @param {import("./parts.mjs").Setting} setting @returns {import("./parts.mjs").View} */
function build(setting) {
  const { root, change } = setting;
  let now = setting.state;
  let at = scales(600);
  const axes = s("g", {});
  const line = s("polyline", { class: "xe-curve loss" });
  const drop = s("path", { class: "xe-drop" });
  const others = now.names.map(() => s("g", { class: "xe-other" }, s("circle", { r: 5 }), s("text", { y: -9 })));
  const point = handle("loss");
  const value = s("text", { class: "xe-value loss" });
  const drawing = s("svg", { class: "xe-drawing", role: "group", "aria-label": "the curve of minus log q" },
    axes, line, drop, ...others, value, point);
  drawing.style.height = `${HEIGHT}px`;
  const { rows, table } = buildRows(setting, () => now);
  const sum = h("p", { class: "xe-sum" });
  root.append(drawing, table, sum);

  /** @param {number} probability */
  const move = (probability) => change({ q: withProbability(now.q, now.truth, probability) });
  draggable(drawing, point, {
    drag: (x) => move(Math.round(at.probability(x) / STEP) * STEP),
    step: (dx, dy) => move(Math.round((now.q[now.truth] + (dx - dy) * STEP) / STEP) * STEP),
  });

  /** @param {ReturnType<typeof compute>} found @param {number} width */
  function drawCurve({ prices, loss }, width) {
    const { q, truth, names } = now;
    set(drawing, { viewBox: `0 0 ${width} ${HEIGHT}` });
    drawAxes(axes, at);
    set(line, { points: curve(at) });
    others.forEach((/** @type {SVGGElement} */ mark, /** @type {number} */ k) => {
      set(mark, { transform: `translate(${at.x(q[k]).toFixed(1)} ${at.y(prices[k]).toFixed(1)})`, visibility: k === truth ? "hidden" : "visible" });
      nameMark(mark, names[k], q[k]);
    });
    const [x, y] = [at.x(q[truth]), at.y(loss)];
    set(drop, { d: `M${x.toFixed(1)} ${at.foot}V${y.toFixed(1)}` });
    set(point, {
      transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
      "aria-label": `probability of ${names[truth]}, which happened`,
      "aria-valuemin": 0,
      "aria-valuemax": 1,
      "aria-valuenow": q[truth].toFixed(3),
      "aria-valuetext": `probability ${number(q[truth], 3)}, loss ${number(loss, 4)} nats`,
    });
    const early = q[truth] < 0.6;
    write(value, loss > TOP_LOSS ? `↑ ${number(loss, 4)}` : number(loss, 4));
    set(value, { x: x + (early ? 16 : -4), y: Math.max(y - 14, EDGE.top + 22), "text-anchor": early ? "start" : "end" });
  }

  /** @param {ReturnType<typeof compute>} found */
  function drawRows({ y, prices, terms, loss }) {
    const { q, truth, names } = now;
    rows.forEach((/** @type {any} */ row, /** @type {number} */ k) => {
      row.pick.checked = k === truth;
      row.row.classList.toggle("xe-true", k === truth);
      place(row.probability, q[k], number(q[k], 3));
      write(row.share, number(q[k], 3));
      write(row.price, number(prices[k], 4));
      write(row.term, `${y[k]} × ${number(prices[k], 4)} = ${written(terms[k])}`);
      set(row.pick, { "aria-label": `${names[k]} happened` });
    });
    sum.replaceChildren("loss = ", terms.map(written).join(" + "), " = ", h("strong", { class: "loss" }, `${number(loss, 4)} nats`));
  }

  return {
    draw(state, width) {
      now = state;
      at = scales(width);
      const found = compute(/** @type {any} */ (state));
      drawCurve(found, width);
      drawRows(found);
    },
    say({ q, truth, names }) {
      return `${names[truth]} happened, probability ${number(q[truth], 3)}, loss ${number(surprisal(q[truth]), 4)} nats.`;
    },
  };
}

export default explorable({ title: "Interactive figure: the loss of one forecast", keys: ["q", "truth", "names"], sane, build });
