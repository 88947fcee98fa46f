// Arithmetic as narrower floats do it: each result rounded to the nearest one.

/** @typedef {"float16" | "float32" | "float64"} Precision */

const HALF = { digits: 10, smallest: -14, largest: 65504 };

/** To the nearest float16, ties to even. @param {number} x */
export function toHalf(x) {
  if (!Number.isFinite(x) || x === 0) return x;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(x))), HALF.smallest);
  const unit = 2 ** (exponent - HALF.digits);
  const steps = x / unit;
  const low = Math.floor(steps);
  const up = steps - low > 0.5 || (steps - low === 0.5 && low % 2 !== 0);
  const rounded = (low + (up ? 1 : 0)) * unit;
  return Math.abs(rounded) > HALF.largest ? Math.sign(x) * Infinity : rounded;
}

/** How NumPy computes: float16 through float32. @type {Record<Precision, (x: number) => number>} */
export const round = {
  float16: (x) => toHalf(Math.fround(x)),
  float32: Math.fround,
  float64: (x) => x,
};

/**
 * Softmax and the loss of one class as a program in this precision finds them: with the
 * maximum taken out first, or as the formula stands.
 * @param {number[]} scores @param {number} truth @param {Precision} precision
 * @param {boolean} maximumFirst
 */
export function lossIn(scores, truth, precision, maximumFirst) {
  const to = round[precision];
  const wide = precision === "float64" ? to : Math.fround;
  const given = scores.map(to);
  const shift = maximumFirst ? Math.max(...given) : 0;
  const moved = given.map((score) => to(score - shift));
  const exponentials = moved.map((score) => to(wide(Math.exp(score))));
  const total = to(exponentials.reduce((running, term) => wide(running + term), 0));
  const share = to(exponentials[truth] / total);
  const loss = maximumFirst
    ? to(to(wide(Math.log(total))) - moved[truth])
    : to(0 - wide(Math.log(share)));
  return { total, share, loss };
}
