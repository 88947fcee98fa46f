// Chapter 7: the loss of two weights as a landscape, a rule that walks down in it, the decision
// boundary that the weights draw through the data, and the loss after each step.
import { clamp } from "./arithmetic.mjs";
import { buildCurve, buildData, buildMap } from "./descent_panels.mjs";
import { explorable, h, isNarrow, number, place, slider, write } from "./parts.mjs";
import { bottom, curvatures, DECAY, objective, RULES, run } from "./rules.mjs";

const MOST_STEPS = 200;
const SLOWEST = 0.01; // learning rates
const FASTEST = 1000;
const STEP = 0.1; // of the start, under a hand or an arrow key
const TICK = 90; // milliseconds between two steps while playing
const CLOSE = 0.001; // nats above the lowest loss

/** @param {any} state */
export function compute(state) {
  const lowest = bottom(state);
  const found = run(state, state);
  const last = found.losses.length - 1;
  // The step after which the loss has stayed close to the lowest; above `last` where it has not.
  const close = 1 + found.losses.findLastIndex((loss) => loss - lowest.loss > CLOSE);
  return { ...found, lowest, last, close, at: found.path[last], loss: found.losses[last], above: found.losses[last] - lowest.loss };
}

/** @param {unknown} values @param {number} length @returns {values is number[]} */
function areNumbers(values, length) {
  return Array.isArray(values) && values.length === length && values.every(Number.isFinite);
}

/** @param {Record<string, any>} state */
function sane({ features, labels, l2, names, classes, start, rule, learning_rate: rate, steps, reach }) {
  /** @param {unknown} given */
  const areTwoNames = (given) => Array.isArray(given) && given.length === 2 && given.every((name) => typeof name === "string");
  return Array.isArray(features) && features.length > 0 && features.every((row) => areNumbers(row, 2))
    && areNumbers(labels, features.length) && labels.every((label) => label === 0 || label === 1)
    && l2 > 0 && reach > 0 && areTwoNames(names) && areTwoNames(classes)
    && areNumbers(start, 2) && start.every((value) => Math.abs(value) <= reach)
    && RULES.includes(rule) && rate >= SLOWEST && rate <= FASTEST
    && Number.isInteger(steps) && steps >= 0 && steps <= MOST_STEPS;
}

/** Three digits, and whole numbers from 100. @param {number} value */
const short = (value) => (Math.abs(value) >= 100 ? number(value, 0) : String(Number(value.toPrecision(3))).replaceAll("-", "−"));

/** @param {number} value */
function nats(value) {
  if (value >= 100) return short(value);
  return value > 0 && value < 0.0001 ? value.toExponential(1).replace("-", "−") : number(value, 4);
}

/** What a learning rate times the curvature may be at most. @param {string} rule */
const mostOf = (rule) => (rule === "momentum" ? 2 * (1 + DECAY) : 2);

/** Why a run with a learning rate goes wrong. @param {any} state @param {ReturnType<typeof compute>} found */
function whyTooLong(state, { lowest, path, last }) {
  const { rule, learning_rate: rate, l2 } = state;
  const most = mostOf(rule);
  const formula = rule === "momentum" ? `2 (1 + ${DECAY}) / c` : "2 / c";
  const [steepest] = lowest.curvatures;
  if (rate > most / l2) return `η = ${short(rate)} is above ${formula} = ${short(most / l2)} even for the smallest curvature that there is, the penalty's c = ${short(l2)}: no place can hold the run.`;
  if (rate > most / steepest) return `η = ${short(rate)} is above ${formula} = ${short(most / steepest)}, with c = ${short(steepest)} the largest curvature at the bottom: from close by, a step lands farther away on the other side.`;
  const here = curvatures(state, path[last])[0];
  const there = `At the bottom η = ${short(rate)} is below ${formula} = ${short(most / steepest)}`;
  if (rule === "momentum") return `Momentum carried it on, uphill. ${there}, so close by it would settle.`;
  return `It leapt across the valley. ${there}, so it may still settle; here the largest curvature is ${short(here)}.`;
}

/** What the last step shows, in words. @param {any} state @param {ReturnType<typeof compute>} found */
export function verdict(state, found) {
  const { rule, learning_rate: rate } = state;
  const { end, last, losses, path, lowest } = found;
  if (end === "diverged") {
    const why = rule === "Adam" ? `While a slope keeps its sign and size, a step moves the weight by about η = ${short(rate)}, however small the slope is.` : whyTooLong(state, found);
    return { bad: true, words: `Diverged at step ${last}: the loss went from ${short(losses[0])} to ${short(losses[last])}, and there the library stops a run. ${why}` };
  }
  if (end === "settled") return { bad: false, words: `Settled after ${last} steps: no slope is above 0.000001. Here the curvature c is ${short(lowest.curvatures[0])} across the valley and ${short(lowest.curvatures[1])} along it.` };
  if (last === 0) return { bad: false, words: "Play, or take a step. Drag the start, or click on the map." };
  const rise = losses[last] - losses[last - 1];
  const moved = path[last].map((value, d) => value - path[last - 1][d]);
  if (rule === "Adam") {
    const steps = `Adam's last step moved the weights by ${short(moved[0])} and ${short(moved[1])}, and`;
    return { bad: rise > 0, words: `${steps} the loss ${rise > 0 ? "rose" : "fell"}. Its first steps are η long in each weight, in a steep direction and in a shallow one alike.` };
  }
  if (rise > 0) return { bad: true, words: `The last step raised the loss by ${short(rise)}. ${whyTooLong(state, found)}` };
  if (rule === "Newton") return { bad: false, words: `Newton's step goes to the bottom of the parabola that fits where it stands. It lowered the loss by ${short(-rise)}.` };
  const [steepest, shallowest] = lowest.curvatures;
  if (rate * steepest > mostOf(rule)) return { bad: false, words: `The last step lowered the loss, but the run cannot settle. ${whyTooLong(state, found)}` };
  if (rule === "momentum") return { bad: false, words: `The loss falls. The step is ${short(Math.hypot(...moved))} long; the slope alone would make it ${short(rate * Math.hypot(...objective(state, path[last - 1]).gradient))}.` };
  return { bad: false, words: `The loss falls. Near the bottom a step leaves ${short(Math.abs(1 - rate * steepest))} of the distance across the valley (1 − ηc = ${short(1 - rate * steepest)}) and ${short(Math.abs(1 - rate * shallowest))} of that along it.` };
}

/** @param {() => any} now @param {import("./parts.mjs").Change} change */
function buildKnobs(now, change) {
  const choice = h("select", { class: "xe-button", "aria-label": "rule" }, ...RULES.map((name) => h("option", { value: name }, name)));
  choice.addEventListener("change", () => change({ rule: choice.value }));
  const rate = slider({
    label: "learning rate", min: Math.log10(SLOWEST), max: Math.log10(FASTEST), step: 0.01,
    input: (value) => change({ learning_rate: Number((10 ** value).toPrecision(3)) }),
  });
  const shown = h("span", { class: "xe-number" });
  const node = h("div", { class: "xe-knobs xe-walk" }, h("span", { class: "xe-rule" }, "rule"), choice, h("span", { class: "xe-pace" }, "learning rate η"), rate, shown);
  return { node, choice, rate, shown };
}

/** Buttons that walk. @param {() => any} now @param {import("./parts.mjs").Change} change */
function buildPlayer(now, change) {
  const [play, step, back] = ["Play", "Step", "Back to the start"].map((words) => h("button", { type: "button", class: "xe-button" }, words));
  let timer = 0;
  const over = () => now().steps >= MOST_STEPS || run(now(), now()).end !== "";
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    write(play, "Play");
  };
  const walk = () => {
    if (over()) stop();
    else change({ steps: now().steps + 1 });
  };
  const begin = () => {
    if (over()) change({ steps: 0 });
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      change({ steps: run(now(), { ...now(), steps: MOST_STEPS }).path.length - 1 });
      return;
    }
    timer = setInterval(walk, TICK);
    write(play, "Pause");
  };
  play.addEventListener("click", () => (timer ? stop() : begin()));
  step.addEventListener("click", () => { stop(); walk(); });
  back.addEventListener("click", () => { stop(); change({ steps: 0 }); });
  return { node: h("div", { class: "xe-tools", role: "group", "aria-label": "walk" }, play, step, back), stop };
}

/** @param {import("./parts.mjs").Setting} setting @returns {import("./parts.mjs").View} */
function build({ root, state, change: tell }) {
  let now = state;
  // At once, because the next frame may come after the next key.
  /** @type {import("./parts.mjs").Change} */
  const change = (patch) => {
    now = { ...now, ...patch };
    tell(patch);
  };
  /** @param {number} value */
  const onGrid = (value) => clamp(Math.round(value / STEP) * STEP, -now.reach, now.reach);
  /** @param {number[]} start */
  const move = (start) => change({ start: start.map(onGrid) });
  const map = buildMap(state, {
    to: move,
    by: (dx, dy) => move([now.start[0] + dx * STEP, now.start[1] + dy * STEP]),
  });
  const data = buildData(state);
  const curve = buildCurve();
  const knobs = buildKnobs(() => now, change);
  const player = buildPlayer(() => now, change);
  const sum = h("p", { class: "xe-sum xe-tally" });
  const words = h("p", { class: "xe-verdict" });
  root.append(h("div", { class: "xe-views" }, map.node, data.node, curve.node), knobs.node, player.node, sum, words);

  return {
    draw(given, width) {
      now = given;
      const found = compute(given);
      const narrow = isNarrow(width);
      map.draw(given, found, narrow ? width : Math.round(width * 0.56), narrow ? 270 : 380);
      const side = narrow ? Math.floor((width - 12) / 2) : Math.floor(width * 0.44 - 12);
      data.draw(given, found, side, narrow ? 170 : 190);
      curve.draw(found, side, narrow ? 170 : 190);
      const since = found.close <= found.last ? ` (under ${CLOSE} since step ${found.close})` : "";
      sum.replaceChildren(`step ${found.last}: loss `, h("strong", { class: "loss" }, nats(found.loss)), ` nats, ${nats(found.above)} above the lowest${since}`);
      const said = verdict(given, found);
      write(words, said.words);
      words.classList.toggle("xe-broken", said.bad);
      place(knobs.rate, Math.log10(given.learning_rate), given.rule === "Newton" ? "none: Newton's method has no learning rate" : short(given.learning_rate));
      knobs.rate.disabled = given.rule === "Newton";
      write(knobs.shown, given.rule === "Newton" ? "none" : short(given.learning_rate));
      knobs.choice.value = given.rule;
    },
    say(given) {
      const found = compute(given);
      return `Step ${found.last}: ${nats(found.loss)} nats${found.end ? `, ${found.end}` : ""}.`;
    },
    stop: player.stop,
  };
}

export default explorable({
  title: "Interactive figure: a walk down the loss of two weights",
  keys: ["features", "labels", "l2", "names", "classes", "start", "rule", "learning_rate", "steps", "reach"],
  sane,
  build,
});
