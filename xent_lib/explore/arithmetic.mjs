// The formulas of xent_lib.information and xent_lib.special, which tests hold them to.

/** @param {number} x @param {number} y An event that never happens costs nothing. */
export function timesLog(x, y) {
  return x === 0 ? 0 : x * Math.log(y);
}

/** @param {number[]} values */
export function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/** @param {number} p In nats. */
export function surprisal(p) {
  return p === 1 ? 0 : -Math.log(p);
}

/** @param {number[]} p @param {number[]} q The truth first. */
export function crossEntropy(p, q) {
  return 0 - sum(p.map((share, k) => timesLog(share, q[k])));
}

/** @param {number[]} p */
export function entropy(p) {
  return crossEntropy(p, p);
}

/** @param {number[]} p @param {number[]} q The truth first. */
export function klDivergence(p, q) {
  return Math.max(0, sum(p.map((share, k) => timesLog(share, share) - timesLog(share, q[k]))));
}

/** @param {number} size @param {number} index */
export function oneHot(size, index) {
  return Array.from({ length: size }, (_, k) => (k === index ? 1 : 0));
}

/**
 * Set one probability; the others share the rest in the proportions that they had.
 * @param {number[]} p @param {number} index @param {number} value
 */
export function withProbability(p, index, value) {
  const set = Math.min(1, Math.max(0, value));
  const others = sum(p.filter((_, k) => k !== index));
  return p.map((share, k) => {
    if (k === index) return set;
    return others > 0 ? (share / others) * (1 - set) : (1 - set) / (p.length - 1);
  });
}

/** @param {unknown} p @returns {p is number[]} */
export function isDistribution(p) {
  return Array.isArray(p) && p.length > 1
    && p.every((share) => Number.isFinite(share) && share >= 0 && share <= 1)
    && Math.abs(sum(p) - 1) < 1e-6;
}

/** @param {number} value @param {number} low @param {number} high */
export function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

/** The maximum is taken out first; the rest is exact near 0. @param {number[]} x */
export function logsumexp(x) {
  const top = x.indexOf(Math.max(...x));
  return x[top] + Math.log1p(sum(x.map((value, k) => (k === top ? 0 : Math.exp(value - x[top])))));
}

/** @param {number[]} x */
export function softmax(x) {
  const maximum = Math.max(...x);
  const terms = x.map((value) => Math.exp(value - maximum));
  const total = sum(terms);
  return terms.map((term) => term / total);
}
