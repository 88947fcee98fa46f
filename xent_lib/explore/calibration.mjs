// Chapter 11: held-out logits divided by a temperature; reliability diagram, loss and calibration.
import { clamp } from "./arithmetic.mjs";
import { draggable, explorable, h, handle, isNarrow, number, place, s, set, slider, write } from "./parts.mjs";
import { bestTemperature, compute, logLoss } from "./temperature.mjs";

const HEIGHT = { diagram: 300, curve: 300, below: 190 };
const EDGE = { left: 40, right: 12, top: 12 };
const FOOT = { diagram: 62, curve: 46 }; // below the axis
const [LOW, HIGH] = [-0.6, 1]; // the axis and the slider, in powers of ten
const [COLDEST, HOTTEST] = [10 ** LOW, 10 ** HIGH];
const STEP = 0.005; // of the slider
const TICKS = [0.3, 1, 3, 10];
const BINS = [5, 10, 15];
const MOST_BINS = 20;
const POINTS = 60; // of the curve
const GAP = 16; // between the two drawings, in pixels
const [LOWEST, HIGHEST] = [0.01, 100]; // that a link may carry

/** @param {Record<string, any>} state */
function sane({ logits, labels, temperature, n_bins, shown }) {
  return Number.isFinite(temperature) && temperature >= LOWEST && temperature <= HIGHEST
    && Number.isInteger(n_bins) && n_bins >= 1 && n_bins <= MOST_BINS && typeof shown === "boolean"
    && Array.isArray(logits) && Array.isArray(labels) && logits.length === labels.length
    && logits.length > 0 && logits.every((row, i) => Array.isArray(row) && row.every(Number.isFinite)
      && Number.isInteger(labels[i]) && labels[i] >= 0 && labels[i] < row.length);
}

/** @param {number} width @param {number} foot @param {number} most */
function plot(width, foot, most) {
  const right = width - EDGE.right;
  return {
    right,
    foot,
    /** @param {number} share */
    x: (share) => EDGE.left + share * (right - EDGE.left),
    /** @param {number} value */
    y: (value) => foot - clamp(value / most, 0, 1) * (foot - EDGE.top),
    /** @param {number} x */
    share: (x) => clamp((x - EDGE.left) / (right - EDGE.left), 0, 1),
  };
}

const span = Math.log(HOTTEST / COLDEST);
/** @param {number} temperature */
const shareOf = (temperature) => clamp(Math.log(temperature / COLDEST) / span, 0, 1);
/** @param {number} share */
const temperatureAt = (share) => COLDEST * Math.exp(share * span);

/** @param {ReturnType<typeof plot>} at @param {number} height @param {[string, string]} names
 *  @param {[number, string][]} across @param {number[]} up @param {number} lower */
function axes(at, height, [below, beside], across, up, lower) {
  return [
    s("path", { class: "xe-axis", d: `M${EDGE.left} ${EDGE.top}V${at.foot}H${at.right}` }),
    ...across.map(([share, words]) => s("text", { x: at.x(share), y: at.foot + lower, "text-anchor": "middle" }, words)),
    ...up.map((value) => s("text", { x: EDGE.left - 7, y: at.y(value) + 4, "text-anchor": "end" }, String(value))),
    s("text", { x: (EDGE.left + at.right) / 2, y: height - 6, "text-anchor": "middle" }, below),
    s("text", { x: EDGE.left + 6, y: EDGE.top + 6 }, beside),
  ];
}

/** @param {SVGGElement} group @param {ReturnType<typeof plot>} at
 *  @param {ReturnType<typeof compute>} found */
function drawDiagram(group, at, { bins }) {
  const wide = (at.right - EDGE.left) / bins.length;
  /** @param {number} x @param {number} from @param {number} to @param {string} name */
  const rectangle = (x, from, to, name) => s("rect", {
    class: name, x: x + 1, width: wide - 2, y: Math.min(at.y(from), at.y(to)), height: Math.abs(at.y(from) - at.y(to)),
  });
  const bars = bins.flatMap(({ count, right, said }, k) => {
    const x = EDGE.left + k * wide;
    const words = s("text", { class: "xe-small", x: x + wide / 2, y: at.foot + 16, "text-anchor": "middle" }, String(count));
    if (count === 0) return [words];
    const [often, mean] = [right / count, said / count];
    return [
      rectangle(x, 0, often, "xe-solid truth"),
      rectangle(x, often, mean, "xe-gap loss"),
      s("path", { class: "xe-curve prediction", d: `M${x + 1} ${at.y(mean)}h${wide - 2}` }),
      words,
    ];
  });
  const diagonal = s("path", { class: "xe-diagonal", d: `M${at.x(0)} ${at.y(0)}L${at.x(1)} ${at.y(1)}` });
  const ticks = /** @type {[number, string][]} */ ([0, 0.5, 1].map((share) => [share, String(share)]));
  group.replaceChildren(...bars, diagonal, ...axes(at, HEIGHT.diagram, ["confidence, with the count in each bin", ""], ticks, [0, 0.5, 1], 34));
}

/** What stays the same while the temperature moves. @param {any} state */
function survey({ logits, labels }) {
  const trained = logLoss(logits, labels, 1);
  return { logits, trained, top: 1.3 * Math.max(trained, logLoss(logits, labels, HOTTEST)) };
}

/** What is hidden until it is asked for. @param {any} state */
function reveal({ logits, labels }) {
  const best = bestTemperature(logits, labels);
  const temperatures = Array.from({ length: POINTS + 1 }, (_, i) => temperatureAt(i / POINTS));
  return {
    best,
    lowest: compute({ logits, labels, temperature: best, n_bins: 1 }).logLoss,
    curve: temperatures.map((temperature) => ({ temperature, loss: logLoss(logits, labels, temperature) })),
  };
}

function buildCurve() {
  const frame = s("g", {});
  const line = s("path", { class: "xe-curve loss" });
  const best = s("g", { class: "xe-other" }, s("circle", { r: 6 }), s("text", { y: 22, "text-anchor": "middle" }));
  const point = handle("loss");
  const value = s("text", { class: "xe-value loss", "text-anchor": "middle" });
  const drawing = s("svg", { class: "xe-drawing", role: "group", "aria-label": "log loss over the temperature" }, frame, line, best, value, point);
  return { drawing, frame, line, best, point, value };
}

/** @param {ReturnType<typeof buildCurve>} parts @param {any} state @param {any} known
 *  @param {ReturnType<typeof compute>} found @param {number} width @param {number} height */
function drawCurve({ frame, line, best, point, value, drawing }, state, known, found, width, height) {
  const at = plot(width, height - FOOT.curve, known.top);
  set(drawing, { viewBox: `0 0 ${width} ${height}` });
  drawing.style.height = `${height}px`;
  const ticks = /** @type {[number, string][]} */ (TICKS.map((tick) => [shareOf(tick), String(tick)]));
  const marks = [0, 0.5, 1, 1.5, 2, 3, 4].filter((mark) => mark <= known.top);
  frame.replaceChildren(...axes(at, height, ["temperature T", "nats"], ticks, marks, 20));
  /** @param {number} temperature @param {number} loss */
  const spot = (temperature, loss) => [at.x(shareOf(temperature)), at.y(loss)].map((x) => x.toFixed(1));
  set(line, { visibility: state.shown ? "visible" : "hidden" });
  set(best, { visibility: state.shown ? "visible" : "hidden" });
  if (state.shown) {
    const seen = known.curve.filter((/** @type {any} */ one) => one.loss <= known.top);
    set(line, { d: `M${seen.map((/** @type {any} */ one) => spot(one.temperature, one.loss).join(" ")).join("L")}` });
    set(best, { transform: `translate(${spot(known.best, known.lowest).join(" ")})` });
    write(best.children[1], `best: T = ${number(known.best, 2)}`);
  }
  const [x, y] = spot(state.temperature, found.logLoss);
  set(point, {
    transform: `translate(${x} ${y})`,
    "aria-label": "temperature, on the curve of the loss",
    "aria-valuemin": number(COLDEST, 3),
    "aria-valuemax": HOTTEST,
    "aria-valuenow": number(state.temperature, 3),
    "aria-valuetext": `temperature ${number(state.temperature, 2)}, log loss ${number(found.logLoss, 4)} nats`,
  });
  write(value, found.logLoss > known.top ? `↑ ${number(found.logLoss, 3)}` : number(found.logLoss, 3));
  set(value, { x: clamp(Number(x), EDGE.left + 30, at.right - 30), y: Math.max(Number(y) - 16, EDGE.top + 24) });
}

/** @param {import("./parts.mjs").Change} change @param {() => any} now */
function buildKnobs(change, now) {
  const temperature = slider({ label: "temperature", min: LOW, max: HIGH, step: STEP, input: (value) => change({ temperature: 10 ** value }) });
  const warmth = h("span", { class: "xe-number" });
  const bins = h("select", { class: "xe-button", "aria-label": "number of bins" });
  bins.addEventListener("change", () => change({ n_bins: Number(bins.value) }));
  const show = h("button", { type: "button", class: "xe-button" });
  show.addEventListener("click", () => change({ shown: !now().shown }));
  const node = h("div", { class: "xe-knobs xe-slim" }, h("span", {}, "temperature T"), temperature, warmth);
  const choices = h("div", { class: "xe-pair" }, h("span", {}, "bins"), bins, show);
  return { node, choices, temperature, warmth, bins, show };
}

/** @param {ReturnType<typeof buildKnobs>} knobs @param {any} state */
function drawKnobs({ temperature, warmth, bins, show }, state) {
  place(temperature, Math.log10(state.temperature), number(state.temperature, 2));
  write(warmth, number(state.temperature, 2));
  write(show, state.shown ? "Hide the best" : "Show the best");
  if (bins.value === String(state.n_bins)) return;
  const choices = [...new Set([...BINS, state.n_bins])].sort((a, b) => a - b);
  bins.replaceChildren(...choices.map((count) => h("option", { value: count }, String(count))));
  bins.value = String(state.n_bins);
}

function buildTable() {
  const rows = ["T = 1", "yours", "best"].map((name) => {
    const head = h("th", { scope: "row" }, name);
    const cells = [1, 2, 3].map(() => h("td", {}));
    return { head, cells, row: h("tr", {}, head, ...cells) };
  });
  const heads = ["log loss", "accuracy", "ECE"].map((words) => h("th", { scope: "col" }, words));
  const node = h("table", { class: "xe-programs" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "temperature"), ...heads)), h("tbody", {}, ...rows.map(({ row }) => row)));
  return { node, rows };
}

/** @param {ReturnType<typeof buildTable>} table @param {any} state @param {any} known
 *  @param {ReturnType<typeof compute>} found */
function drawTable({ rows }, state, known, found) {
  const trained = compute({ ...state, temperature: 1 });
  const best = state.shown ? compute({ ...state, temperature: known.best }) : null;
  [trained, found, best].forEach((one, k) => {
    const words = one ? [number(one.logLoss, 4), number(one.accuracy, 3), number(one.error, 3)] : ["?", "?", "?"];
    words.forEach((word, j) => write(rows[k].cells[j], word));
  });
  write(rows[1].head, `yours: ${number(state.temperature, 2)}`);
  write(rows[2].head, best ? `best: ${number(known.best, 2)}` : "best");
}

/** @param {import("./parts.mjs").Setting} setting @returns {import("./parts.mjs").View} */
function build({ root, state, change }) {
  let now = state;
  /** @type {any} */
  let known = null;
  const bars = s("g", {});
  const diagram = s("svg", { class: "xe-drawing", role: "img" }, bars);
  diagram.style.height = `${HEIGHT.diagram}px`;
  const key = h("p", { class: "xe-key", "aria-hidden": "true" },
    h("span", { class: "truth" }, "▮ came true"), h("span", { class: "prediction" }, "▬ said"), h("span", { class: "loss" }, "▮ the gap"), "┄ no gap");
  const curve = buildCurve();
  const panels = h("div", { class: "xe-panels" }, diagram, curve.drawing);
  root.append(key);
  const knobs = buildKnobs(change, () => now);
  const table = buildTable();
  const sum = h("p", { class: "xe-sum" });
  root.append(panels, knobs.node, knobs.choices, table.node, sum);
  let width = 0;
  /** @param {number} share */
  const move = (share) => change({ temperature: temperatureAt(clamp(share, 0, 1)) });
  draggable(curve.drawing, curve.point, {
    drag: (x) => move(plot(width, 0, 1).share(x)),
    step: (dx, dy) => move(shareOf(now.temperature) + (dx + dy) * STEP),
  });

  return {
    draw(given, all) {
      now = given;
      if (known?.logits !== given.logits) known = survey(given);
      if (given.shown && !known.curve) Object.assign(known, reveal(given));
      const found = compute(/** @type {any} */ (given));
      const narrow = isNarrow(all);
      const first = narrow ? all : Math.round(all * 0.56);
      width = narrow ? all : all - first - GAP;
      set(diagram, { viewBox: `0 0 ${first} ${HEIGHT.diagram}`, "aria-label": `reliability diagram, calibration error ${number(found.error, 3)}` });
      diagram.style.width = `${first}px`;
      curve.drawing.style.width = `${width}px`;
      drawDiagram(bars, plot(first, HEIGHT.diagram - FOOT.diagram, 1), found);
      drawCurve(curve, given, known, found, width, narrow ? HEIGHT.below : HEIGHT.curve);
      drawKnobs(knobs, given);
      drawTable(table, given, known, found);
      const more = h("strong", { class: "loss" }, `${number(given.shown ? found.logLoss - known.lowest : 0, 4)} nats`);
      sum.replaceChildren(...(given.shown ? ["your T costs ", more, " more than the best"] : ["the best T has the lowest log loss"]));
    },
    say(given) {
      const found = compute(/** @type {any} */ (given));
      const best = given.shown ? ` The best temperature is ${number(bestTemperature(given.logits, given.labels), 2)}.` : "";
      return `Temperature ${number(given.temperature, 2)}: log loss ${number(found.logLoss, 4)} nats, calibration error ${number(found.error, 3)}.${best}`;
    },
  };
}

export default explorable({
  title: "Interactive figure: calibration by temperature",
  keys: ["temperature", "n_bins", "shown", "logits", "labels"],
  sane,
  build,
});
