// Softmax regression of two classes with one weight a feature, two in all, and the rules of
// xent_lib.optim that walk down its loss. Class 0 keeps the logit 0, class 1 has w · x.
import { sum } from "./arithmetic.mjs";

/** @typedef {[number, number]} Pair
 * @typedef {{ features: Pair[], labels: number[], l2: number }} Problem
 * @typedef {{ loss: number, gradient: Pair }} Found
 * @typedef {{ start: Pair, rule: string, learning_rate: number, steps: number }} Run
 * @typedef {(at: Pair, gradient: Pair) => Pair} Step */

export const RULES = ["gradient descent", "momentum", "Adam", "Newton"];
export const DECAY = 0.9; // of momentum, and of Adam's mean
const SQUARE_DECAY = 0.999;
const EPSILON = 1e-8;
const DAMPING = 1e-10;
const HALVINGS = 40;
const TOLERANCE = 1e-6; // of a gradient's entries
const BEYOND_REASON = 1000; // times the first loss

/** @param {Pair} a @param {Pair} b */
const dot = (a, b) => a[0] * b[0] + a[1] * b[1];

/** The probability of class 1. @param {number} z */
export function sigmoid(z) {
  const small = Math.exp(-Math.abs(z));
  return (z < 0 ? small : 1) / (1 + small);
}

/** @param {Problem} problem @param {Pair} at @returns {Found} */
export function objective({ features, labels, l2 }, at) {
  const logits = features.map((x) => dot(x, at));
  const losses = logits.map((z, i) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - labels[i] * z);
  const errors = logits.map((z, i) => (sigmoid(z) - labels[i]) / labels.length);
  /** @param {0 | 1} d */
  const slope = (d) => sum(errors.map((error, i) => error * features[i][d])) + l2 * at[d];
  return { loss: sum(losses) / labels.length + 0.5 * l2 * dot(at, at), gradient: [slope(0), slope(1)] };
}

/** The second derivatives [[a, b], [b, c]] as [a, b, c]. @param {Problem} problem @param {Pair} at */
export function hessian({ features, l2 }, at) {
  const weights = features.map((x) => {
    const q = sigmoid(dot(x, at));
    return (q * (1 - q)) / features.length;
  });
  /** @param {0 | 1} d @param {0 | 1} e */
  const entry = (d, e) => sum(features.map((x, i) => weights[i] * x[d] * x[e]));
  return [entry(0, 0) + l2, entry(0, 1), entry(1, 1) + l2];
}

/** Eigenvalues, the largest first. @param {Problem} problem @param {Pair} at */
export function curvatures(problem, at) {
  const [a, b, c] = hessian(problem, at);
  const half = Math.hypot((a - c) / 2, b);
  return [(a + c) / 2 + half, (a + c) / 2 - half];
}

/** @param {number} rate @returns {Step} */
function momentum(rate) {
  let velocity = [0, 0];
  return (at, gradient) => {
    velocity = velocity.map((v, d) => DECAY * v + gradient[d]);
    return [at[0] - rate * velocity[0], at[1] - rate * velocity[1]];
  };
}

/** @param {number} rate @returns {Step} */
function adam(rate) {
  let [mean, square, steps] = [[0, 0], [0, 0], 0];
  return (at, gradient) => {
    steps += 1;
    mean = mean.map((m, d) => DECAY * m + (1 - DECAY) * gradient[d]);
    square = square.map((v, d) => SQUARE_DECAY * v + (1 - SQUARE_DECAY) * gradient[d] ** 2);
    const [of, by] = [1 - DECAY ** steps, 1 - SQUARE_DECAY ** steps];
    /** @param {0 | 1} d */
    const moved = (d) => at[d] - rate * (mean[d] / of / (Math.sqrt(square[d] / by) + EPSILON));
    return [moved(0), moved(1)];
  };
}

/** @param {Problem} problem @returns {Step} */
function newton(problem) {
  return (at, gradient) => {
    const [a, b, c] = hessian(problem, at);
    const tiny = DAMPING * (a + c) / 2;
    const determinant = (a + tiny) * (c + tiny) - b * b;
    const full = [
      ((c + tiny) * gradient[0] - b * gradient[1]) / determinant,
      ((a + tiny) * gradient[1] - b * gradient[0]) / determinant,
    ];
    const before = objective(problem, at).loss;
    for (let halvings = 0; halvings < HALVINGS; halvings += 1) {
      /** @type {Pair} */
      const moved = [at[0] - full[0] / 2 ** halvings, at[1] - full[1] / 2 ** halvings];
      if (objective(problem, moved).loss <= before) return moved;
    }
    return at;
  };
}

/** @param {Problem} problem @param {Run} run @returns {Step} */
function stepper(problem, { rule, learning_rate: rate }) {
  if (rule === "momentum") return momentum(rate);
  if (rule === "Adam") return adam(rate);
  if (rule === "Newton") return newton(problem);
  return (at, gradient) => [at[0] - rate * gradient[0], at[1] - rate * gradient[1]];
}

/**
 * Walk from the start, for so many steps or until the run ends, as xent_lib.optim.minimise does.
 * @param {Problem} problem @param {Run} given
 */
export function run(problem, given) {
  const step = stepper(problem, given);
  let at = given.start;
  /** @type {Pair[]} */
  const path = [];
  /** @type {number[]} */
  const losses = [];
  /** @type {"" | "settled" | "diverged"} */
  let end = "";
  for (;;) {
    const { loss, gradient } = objective(problem, at);
    path.push(at);
    losses.push(loss);
    if (!(loss <= BEYOND_REASON * Math.max(1, losses[0]))) end = "diverged";
    else if (Math.max(...gradient.map(Math.abs)) <= TOLERANCE) end = "settled";
    if (end || path.length > given.steps) return { path, losses, end };
    at = step(at, gradient);
  }
}

/** Where the loss is lowest; found by Newton's method. @param {Problem} problem */
export function bottom(problem) {
  const { path, losses } = run(problem, { start: [0, 0], rule: "Newton", learning_rate: 1, steps: 100 });
  const at = path[path.length - 1];
  return { at, loss: losses[losses.length - 1], curvatures: curvatures(problem, at) };
}
