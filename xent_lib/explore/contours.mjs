// Level lines of a function, on the triangle of three-class distributions and on a rectangle.

/** Points, and triangles that cover what lies between them, each as three indices.
 * @typedef {{ points: number[][], triangles: number[][] }} Mesh */

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

/**
 * @param {number[]} from @param {number[]} to @param {number} share Of the way.
 */
function between(from, to, share) {
  return from.map((x, k) => x + share * (to[k] - x));
}

/**
 * Pieces of the lines on which a function takes the given values, each from one point to
 * another.
 * @param {Mesh} mesh @param {number[]} values One a point. @param {number[]} levels
 */
function trace({ points: places, triangles: cells }, values, levels) {
  /** @type {number[][][]} */
  const pieces = [];
  for (const corners of cells) {
    for (const level of levels) {
      const ends = [];
      for (let k = 0; k < 3; k += 1) {
        const [from, to] = [corners[k], corners[(k + 1) % 3]];
        if ((values[from] < level) === (values[to] < level)) continue;
        ends.push(between(places[from], places[to], (level - values[from]) / (values[to] - values[from])));
      }
      if (ends.length === 2) pieces.push(ends);
    }
  }
  return pieces;
}

/** On the triangle. @param {(p: number[]) => number} f @param {number[]} levels */
export function contours(f, levels) {
  return trace({ points, triangles }, points.map((p) => f(inside(p))), levels);
}

/**
 * On the rectangle from (-x, -y) to (x, y).
 * @param {(point: number[]) => number} f @param {number[]} levels @param {number} x @param {number} y
 */
export function contoursAround(f, levels, x, y) {
  const side = ROWS + 1;
  const mesh = { points: /** @type {number[][]} */ ([]), triangles: /** @type {number[][]} */ ([]) };
  for (let i = 0; i < side * side; i += 1) {
    const [row, column] = [Math.floor(i / side), i % side];
    mesh.points.push([x * ((2 * column) / ROWS - 1), y * ((2 * row) / ROWS - 1)]);
    if (row < ROWS && column < ROWS) mesh.triangles.push([i, i + 1, i + side], [i + side + 1, i + 1, i + side]);
  }
  return trace(mesh, mesh.points.map(f), levels);
}
