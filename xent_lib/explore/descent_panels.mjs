// The three drawings of a walk: the landscape, the data with the boundary, and the losses.
import { clamp } from "./arithmetic.mjs";
import { contoursAround } from "./contours.mjs";
import { draggable, handle, number, s, set } from "./parts.mjs";
import { bottom, objective } from "./rules.mjs";

/** @typedef {ReturnType<typeof import("./descent.mjs").compute>} Found */

const EDGE = { left: 38, right: 10, top: 10, bottom: 40 };
const LEVELS = [0.01, 0.03, 0.1, 0.3, 1, 3]; // nats above the lowest loss
const SURE = Math.log(9); // logit of a probability of 0.9
const POWERS = [-6, 3]; // of ten, on the axis of the losses
const TICKS = ["10⁻⁶", "0.001", "1", "1000"];
const FAR = 1e6; // pixels; a walk that is thrown farther is drawn no farther

/** A drawing whose inside is cut off at its edges. @param {string} label */
function frame(label) {
  const axes = s("g", {});
  const inside = s("svg", {});
  const node = s("svg", { class: "xe-drawing", role: "group", "aria-label": label }, axes, inside);
  /** @param {number} width @param {number} height @param {typeof EDGE} edge */
  const size = (width, height, edge) => {
    const [x, y] = [edge.left, edge.top];
    const box = { x, y, width: width - x - edge.right, height: height - y - edge.bottom };
    set(node, { viewBox: `0 0 ${width} ${height}` });
    node.style.width = `${width}px`;
    node.style.height = `${height}px`;
    set(inside, box);
    return box;
  };
  return { node, axes, inside, size };
}

/** @typedef {ReturnType<ReturnType<typeof frame>["size"]>} Box */

/** Equal units on both axes, 0 in the middle. @param {Box} box @param {number} reach */
function centred(box, reach) {
  const unit = Math.min(box.width, box.height) / (2 * reach);
  return {
    unit,
    /** @param {number[]} point In pixels, within the box. */
    to: ([x, y]) => [box.width / 2 + clamp(x * unit, -FAR, FAR), box.height / 2 - clamp(y * unit, -FAR, FAR)],
    /** @param {number} x @param {number} y */
    from: (x, y) => [(x - box.width / 2) / unit, (box.height / 2 - y) / unit],
  };
}

/** @param {number[]} point */
const pair = (point) => /** @type {[number, number]} */ (point);

/** On the map from (-x, -y) to (x, y). @param {any} state @param {number} x @param {number} y */
export function levelLines(state, x, y) {
  const lowest = bottom(state).loss;
  return contoursAround((point) => objective(state, pair(point)).loss - lowest, LEVELS, x, y);
}

/** @param {number[][]} points */
const joined = (points) => points.map((point) => point.map((x) => x.toFixed(1)).join(",")).join(" ");

/**
 * @param {SVGGElement} axes @param {Box} box @param {ReturnType<typeof centred>} at
 * @param {number[]} ticks @param {string[]} names
 */
function drawAxes(axes, box, at, ticks, [below, beside]) {
  const [right, foot] = [box.x + box.width, box.y + box.height];
  const marks = ticks.flatMap((tick) => {
    const [x, y] = at.to([tick, tick]);
    const words = number(tick, 0);
    return [
      s("text", { x: box.x + x, y: foot + 16, "text-anchor": "middle" }, words),
      s("text", { x: box.x - 6, y: box.y + y + 4, "text-anchor": "end" }, words),
    ];
  });
  axes.replaceChildren(
    s("path", { class: "xe-axis", d: `M${box.x} ${box.y}V${foot}H${right}` }),
    ...marks,
    s("text", { x: box.x + box.width / 2, y: foot + 34, "text-anchor": "middle" }, below),
    s("text", { transform: `translate(${box.x - 24} ${box.y + box.height / 2}) rotate(-90)`, "text-anchor": "middle" }, beside),
  );
}

/** The walk's last point, or the place on the map's edge that is nearest to it. */
function buildHere() {
  const point = s("circle", { class: "xe-here prediction", r: 6 });
  const gone = s("text", { class: "xe-says prediction" }, "off the map");
  return {
    nodes: [point, gone],
    /** @param {number[]} place @param {Box} box */
    draw([x, y], { width, height }) {
      const [u, v] = [clamp(x, 7, width - 7), clamp(y, 7, height - 7)];
      const off = Math.abs(x - u) > 7 || Math.abs(y - v) > 7;
      set(point, { cx: u.toFixed(1), cy: v.toFixed(1) });
      point.classList.toggle("xe-off", off);
      const late = u > width / 2;
      set(gone, { x: u + (late ? -12 : 12), y: clamp(v + 4, 14, height - 6), "text-anchor": late ? "end" : "start", visibility: off ? "visible" : "hidden" });
    },
  };
}

/**
 * @param {any} state
 * @param {{ to(start: number[]): void, by(dx: number, dy: number): void }} moves
 */
export function buildMap({ names }, moves) {
  const { node, axes, inside, size } = frame("the loss over the two weights, and the walk");
  const ground = s("rect", { class: "xe-ground", width: "100%", height: "100%" });
  const levels = s("path", { class: "xe-levels loss" });
  const labels = LEVELS.map((level) => s("text", { class: "xe-level" }, String(level)));
  const walk = s("polyline", { class: "xe-walked" });
  const dots = s("path", { class: "xe-steps" });
  const lowest = s("path", { class: "xe-lowest", d: "M-5 -5L5 5M-5 5L5 -5" });
  const here = buildHere();
  inside.append(ground, levels, ...labels, lowest, walk, dots, ...here.nodes);
  const start = handle("xe-start");
  set(start, { "aria-label": "start" });
  start.append(s("text", { y: -15, "text-anchor": "middle", "aria-hidden": "true" }, "start"));
  node.append(start);
  /** @type {Box} */
  let box;
  /** @type {ReturnType<typeof centred>} */
  let at;
  let drawn = "";
  ground.addEventListener("click", (event) => {
    const edge = ground.getBoundingClientRect();
    moves.to(at.from(event.clientX - edge.left, event.clientY - edge.top));
  });
  draggable(node, start, { drag: (x, y) => moves.to(at.from(x - box.x, y - box.y)), step: moves.by });

  /**
   * Where a ray from the bottom meets a level: one to the lower right, or to the lower left
   * where that one leaves the map first.
   * @param {(point: number[]) => number} above @param {number} level @param {number[]} bottom
   */
  function labelPlace(above, level, [x, y]) {
    for (const way of [1, -1]) {
      for (let far = 0; ; far += 0.02) {
        const [u, v] = at.to([x + way * far, y - far]);
        if (u < 12 || u > box.width - 12 || v > box.height - 8) break;
        if (above([x + way * far, y - far]) >= level) return [u, v];
      }
    }
    return [-FAR, -FAR];
  }

  /** @param {any} state @param {Found} found */
  function drawGround(state, { lowest: { at: [x, y], loss } }) {
    const above = (/** @type {number[]} */ point) => objective(state, pair(point)).loss - loss;
    const pieces = levelLines(state, box.width / at.unit / 2, box.height / at.unit / 2);
    set(levels, { d: pieces.map(([from, to]) => `M${at.to(from).map((v) => v.toFixed(1)).join(" ")}L${at.to(to).map((v) => v.toFixed(1)).join(" ")}`).join("") });
    LEVELS.forEach((level, k) => {
      const [u, v] = labelPlace(above, level, [x, y]);
      set(labels[k], { x: u.toFixed(1), y: (v + 4).toFixed(1), "text-anchor": "middle" });
    });
    drawAxes(axes, box, at, [-4, -2, 0, 2, 4].filter((tick) => Math.abs(tick) <= state.reach), names.map((/** @type {string} */ name) => `weight of ${name}`));
    const [u, v] = at.to([x, y]);
    set(lowest, { transform: `translate(${u.toFixed(1)} ${v.toFixed(1)})` });
  }

  return {
    node,
    /** @param {any} state @param {Found} found @param {number} width @param {number} height */
    draw(state, found, width, height) {
      box = size(width, height, EDGE);
      at = centred(box, state.reach);
      const key = JSON.stringify([width, height, state.features, state.labels, state.l2, state.reach]);
      if (key !== drawn) drawGround(state, found);
      drawn = key;
      const points = found.path.map((point) => at.to(point));
      set(walk, { points: joined(points) });
      set(dots, { d: points.map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join("") });
      here.draw(points[found.last], box);
      const [u, v] = at.to(state.start);
      set(start, {
        transform: `translate(${(box.x + u).toFixed(1)} ${(box.y + v).toFixed(1)})`,
        "aria-valuemin": -state.reach, "aria-valuemax": state.reach, "aria-valuenow": state.start[0].toFixed(1),
        "aria-valuetext": names.map((/** @type {string} */ name, /** @type {number} */ d) => `weight of ${name} ${number(state.start[d], 1)}`).join(", "),
      });
    },
  };
}

/** @param {any} state */
export function buildData({ features, labels, names, classes }) {
  const { node, axes, inside, size } = frame("the data and the decision boundary");
  const side = s("path", { class: "xe-side prediction" });
  const boundary = s("path", { class: "xe-boundary prediction" });
  const sure = s("path", { class: "xe-boundary xe-sure prediction" });
  const dots = features.map((/** @type {number[]} */ _, /** @type {number} */ i) => s("circle", { class: `xe-day truth${labels[i] ? " xe-filled" : ""}`, r: 4.5 }));
  const key = [1, 0].map((label) => s("g", {}, s("circle", { class: `xe-day truth${label ? " xe-filled" : ""}`, r: 4.5, cy: -4 }), s("text", { x: 9 }, classes[label])));
  const sides = [1, 0].map((label) => s("text", { class: "xe-says prediction", "text-anchor": "middle" }, classes[label]));
  inside.append(side, boundary, sure, ...dots, ...sides);
  node.append(...key);
  const reach = 1.1 * Math.max(...features.flat().map(Math.abs));

  return {
    node,
    /** @param {any} state @param {Found} found @param {number} width @param {number} height */
    draw(state, found, width, height) {
      const box = size(width, height, { ...EDGE, top: 22 });
      const at = centred(box, reach);
      drawAxes(axes, box, at, [-2, 0, 2].filter((tick) => Math.abs(tick) <= reach), names);
      key.forEach((node_, k) => set(node_, { transform: `translate(${box.x + 6 + k * 62} 14)` }));
      features.forEach((/** @type {number[]} */ x, /** @type {number} */ i) => {
        const [u, v] = at.to(x);
        set(dots[i], { cx: u.toFixed(1), cy: v.toFixed(1) });
      });
      const length = Math.hypot(...found.at);
      const [nx, ny] = length ? found.at.map((weight) => weight / length) : [0, 0];
      /** The line of one logit. @param {number} logit @param {number} deep */
      const line = (logit, deep = 0) => {
        const away = length ? (logit / length) : 0;
        return [-4 * reach, 4 * reach].map((along) => at.to([nx * (away + deep) - ny * along, ny * (away + deep) + nx * along]));
      };
      /** @param {number[][]} ends */
      const d = (ends) => `M${ends.map((end) => end.map((value) => value.toFixed(1)).join(" ")).join("L")}`;
      set(boundary, { d: length ? d(line(0)) : "" });
      set(sure, { d: length ? d(line(SURE)) + d(line(-SURE)) : "" });
      // The classes' names stand at the boundary's lower right end, each on its side.
      const end = [ny, -nx].map((share) => share * 0.75 * reach);
      sides.forEach((words, k) => {
        const [u, v] = at.to(end);
        const away = k === 0 ? 18 : -18;
        set(words, { x: clamp(u + nx * away, 18, box.width - 18).toFixed(1), y: clamp(v - ny * away + 4, 12, box.height - 6).toFixed(1), visibility: length ? "visible" : "hidden" });
      });
      set(side, { d: length ? `${d([...line(0), ...line(0, 8 * reach).reverse()])}Z` : "" });
    },
  };
}

export function buildCurve() {
  const { node, axes, inside, size } = frame("the loss above its lowest, after each step");
  const line = s("polyline", { class: "xe-curve loss" });
  const here = s("circle", { class: "xe-here loss", r: 5 });
  inside.append(line, here);
  const [low, high] = POWERS;

  return {
    node,
    /** @param {Found} found @param {number} width @param {number} height */
    draw(found, width, height) {
      const box = size(width, height, { ...EDGE, top: 22 });
      const most = [25, 50, 100, 200].find((steps) => steps >= found.last) ?? 200;
      const y = (/** @type {number} */ above) => box.height * (high - clamp(Math.log10(Math.max(above, 1e-300)), low - 1, high + 1)) / (high - low);
      const points = found.losses.map((loss, step) => [(box.width * step) / most, y(loss - found.lowest.loss)]);
      set(line, { points: joined(points) });
      set(here, { cx: points[found.last][0].toFixed(1), cy: clamp(points[found.last][1], 5, box.height - 5).toFixed(1) });
      const foot = box.y + box.height;
      axes.replaceChildren(
        s("path", { class: "xe-axis", d: `M${box.x} ${box.y}V${foot}H${box.x + box.width}` }),
        ...TICKS.map((words, k) => s("text", { x: box.x - 4, y: box.y + y(10 ** (low + 3 * k)) + 4, "text-anchor": "end" }, words)),
        ...[0, most].map((step) => s("text", { x: box.x + (box.width * step) / most, y: foot + 16, "text-anchor": "middle" }, String(step))),
        s("text", { x: box.x + box.width / 2, y: foot + 34, "text-anchor": "middle" }, "step"),
        s("text", { x: box.x - EDGE.left + 2, y: 13 }, "nats above the lowest"),
      );
    },
  };
}
