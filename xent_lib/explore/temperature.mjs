// Held-out logits at a temperature, as xent_lib.metrics has them.
import { logsumexp, softmax, sum } from "./arithmetic.mjs";

const [LOWEST, HIGHEST] = [0.01, 100]; // temperatures
const HALVINGS = 60;

/** @typedef {{ logits: number[][], labels: number[], temperature: number, n_bins: number }} State */

/** @param {number[]} row */
const likeliest = (row) => row.indexOf(Math.max(...row));

/** @param {number[][]} logits @param {number[]} labels @param {number} temperature */
export function logLoss(logits, labels, temperature) {
  return sum(logits.map((row, i) => {
    const scores = row.map((logit) => logit / temperature);
    return logsumexp(scores) - scores[labels[i]];
  })) / logits.length;
}

/** The bin of a number between 0 and 1; one on an edge k / bins belongs to the bin below.
 * @param {number} said @param {number} bins */
function binOf(said, bins) {
  let bin = 0;
  while (bin < bins - 1 && (bin + 1) / bins < said) bin += 1;
  return bin;
}

/** @param {State} state */
export function compute({ logits, labels, temperature, n_bins }) {
  const bins = Array.from({ length: n_bins }, () => ({ count: 0, right: 0, said: 0 }));
  logits.forEach((row, i) => {
    const confidence = Math.max(...softmax(row.map((logit) => logit / temperature)));
    const bin = bins[binOf(confidence, n_bins)];
    bin.count += 1;
    bin.said += confidence;
    if (likeliest(row) === labels[i]) bin.right += 1;
  });
  return {
    bins,
    logLoss: logLoss(logits, labels, temperature),
    accuracy: sum(bins.map((bin) => bin.right)) / logits.length,
    error: sum(bins.map((bin) => Math.abs(bin.right - bin.said))) / logits.length,
  };
}

/** @param {number[][]} logits @param {number[]} labels */
export function bestTemperature(logits, labels) {
  const ofTheTruth = sum(logits.map((row, i) => row[labels[i]])) / logits.length;
  /** @param {number} inverse */
  const slope = (inverse) => sum(logits.map((row) => {
    const q = softmax(row.map((logit) => inverse * logit));
    return sum(q.map((share, k) => share * row[k]));
  })) / logits.length - ofTheTruth;
  let [low, high] = [Math.log(1 / HIGHEST), Math.log(1 / LOWEST)];
  for (let i = 0; i < HALVINGS; i += 1) {
    const middle = (low + high) / 2;
    if (slope(Math.exp(middle)) <= 0) low = middle;
    else high = middle;
  }
  return 1 / Math.exp((low + high) / 2);
}
