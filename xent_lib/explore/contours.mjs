// Level lines of a function on the triangle of three-class distributions.

const ROWS = 60; // of small triangles along a side
const NEAR_AN_EDGE = 0.001; // a loss may be infinite on the edge itself

/** @type {number[][]} */
const points = [];
for (let i = 0; i <= ROWS; i += 1) {
  for (let j = 0; j <= ROWS - i; j += 1) points.push([i / ROWS, j / ROWS, (ROWS - i - j) / ROWS]);
}
/** @param {number} i @param {number} j */
const index = (i, j) => i * (ROWS + 1) - (i * (i - 1)) / 2 + j;
/** @type {number[][]} */
const triangles = [];
for (let i = 0; i < ROWS; i += 1) {
  for (let j = 0; j < ROWS - i; j += 1) {
    triangles.push([index(i, j), index(i + 1, j), index(i, j + 1)]);
    if (j < ROWS - i - 1) triangles.push([index(i + 1, j + 1), index(i + 1, j), index(i, j + 1)]);
  }
}

/** @param {number[]} p */
function inside(p) {
  const moved = p.map((share) => Math.max(share, NEAR_AN_EDGE));
  const total = moved[0] + moved[1] + moved[2];
  return moved.map((share) => share / total);
}

/** @param {number} from @param {number} to @param {number[]} values @param {number} level */
function crossing(from, to, values, level) {
  const t = (level - values[from]) / (values[to] - values[from]);
  return points[from].map((share, k) => share + t * (points[to][k] - share));
}

/**
 * Pieces of the lines on which a function takes the given values, each from one distribution
 * to another.
 * @param {(p: number[]) => number} f @param {number[]} levels
 */
export function contours(f, levels) {
  const values = points.map((p) => f(inside(p)));
  /** @type {number[][][]} */
  const pieces = [];
  for (const corners of triangles) {
    for (const level of levels) {
      const ends = [];
      for (let k = 0; k < 3; k += 1) {
        const [from, to] = [corners[k], corners[(k + 1) % 3]];
        if ((values[from] < level) !== (values[to] < level)) ends.push(crossing(from, to, values, level));
      }
      if (ends.length === 2) pieces.push(ends);
    }
  }
  return pieces;
}
