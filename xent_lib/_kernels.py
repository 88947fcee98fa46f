"""The fast halves of ``losses`` and ``fused``: rows of logits in blocks that stay in a cache.

Each block is read once from memory, worked on where its gradient will lie, and left there, so
the gradient is the only large array. A block of class indices is first tried without a shift:
where every sum of exponentials stays far from both ends of its format, subtracting the maximum
changes nothing, and two passes are saved. ``plain`` says the same in a few lines; tests hold
the two equal.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from xent_lib._validation import FloatArray, IntArray
from xent_lib.plain import plain_losses
from xent_lib.special import difference

BLOCK_BYTES = 2**19  # of logits; half a megabyte fits most second-level caches
MOST_ROWS = (
    2**12
)  # of a block, whose numbers for each row would else outweigh short rows
FEW_CLASSES = 64  # up to here a block is turned, so that loops run along the examples
ENTRIES_A_THREAD = 2**18  # below this, starting a thread costs more than it saves
SHORT_ROW = 512  # entries that einsum adds faster, and accurately enough
SMALL = 2**14  # entries up to which calls cost more than float64 does
LEAST, MOST = 1e-10, 1e30  # sums of exponentials that need no shift, in float32 too
NEAR, FAR = 2.0, 500.0  # nats; between them the error of a rounded sum is below 2 ulp

Block = Callable[[slice], float]


def available_cores() -> int:
    """Cores that this process may use; ``OMP_NUM_THREADS`` lowers them, as elsewhere."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return min(cores, int(asked)) if asked.isdigit() and int(asked) else cores


def rows_of_a_block(logits: FloatArray) -> int:
    """Return how many rows are worked on at once."""
    row_bytes: int = logits.shape[1] * logits.itemsize
    return max(1, min(MOST_ROWS, BLOCK_BYTES // row_bytes))


def sum_over_blocks(block: Block, logits: FloatArray) -> float:
    """Call ``block`` on slices that cover the rows of ``logits``; return the sum of its values."""
    if logits.nbytes <= BLOCK_BYTES:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return block(slice(None))
    count = len(logits)
    rows = rows_of_a_block(logits)
    slices = [slice(a, min(a + rows, count)) for a in range(0, count, rows)]
    threads = min(available_cores(), logits.size // ENTRIES_A_THREAD, len(slices))

    def work(mine: list[slice]) -> float:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return sum(block(rows) for rows in mine)

    if threads < 2:
        return work(slices)
    bounds = [len(slices) * i // threads for i in range(threads + 1)]
    shares = [slices[a:b] for a, b in zip(bounds, bounds[1:], strict=False)]
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(work, shares))


def losses_of_indices(logits: FloatArray, labels: IntArray) -> FloatArray:
    """Return one loss a row, at least as wide as float64; not finite where a row is bad."""
    if logits.itemsize > 8:
        return plain_losses(logits, labels)
    if logits.size <= SMALL:
        with np.errstate(over="ignore", invalid="ignore"):
            return _exact_losses(logits, labels)
    totals = np.empty(len(logits), logits.dtype)
    scratch = threading.local()

    def block(rows: slice) -> float:
        part = logits[rows]
        if not hasattr(scratch, "terms"):  # a thread's first block is its largest
            scratch.terms = np.empty_like(part, order="C")
        totals[rows] = _row_sums(np.exp(part, out=scratch.terms[: len(part)]))
        return 0.0

    sum_over_blocks(block, logits)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return _losses(totals, logits, labels)


def _row_sums(terms: FloatArray) -> FloatArray:
    short = terms.shape[1] <= SHORT_ROW
    sums: FloatArray = np.einsum("ij->i", terms) if short else terms.sum(axis=1)
    return sums


def _need_no_shift(totals: FloatArray) -> NDArray[np.bool_]:
    return (totals > LEAST) & (totals < MOST)


def _losses(totals: FloatArray, logits: FloatArray, labels: IntArray) -> FloatArray:
    """Return losses from rounded sums of exponentials, and the small ones from the logits."""
    truth = logits[np.arange(len(labels)), labels].astype(np.float64)
    losses = np.log(totals / np.exp(truth, out=truth))
    good = (losses >= NEAR) & (losses < FAR) & _need_no_shift(totals)
    if not good.all():
        again = np.flatnonzero(~good)
        rows = rows_of_a_block(logits)
        for few in (again[a : a + rows] for a in range(0, len(again), rows)):
            losses[few] = _exact_losses(logits[few], labels[few])
    return losses


def _exact_losses(logits: FloatArray, labels: IntArray) -> FloatArray:
    """Return losses within 2 ulp, small ones included: the truth stays out of its own sum."""
    _, others, rest = _beside_truth(logits, labels)
    losses = np.log1p(others) + rest / (1 + others)
    if not np.isfinite(losses).all():
        again = np.flatnonzero(~np.isfinite(losses))
        losses[again] = plain_losses(logits[again], labels[again])
    return losses


def _beside_truth(
    logits: FloatArray, labels: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray | float]:
    """Return ``exp(z - z_y)`` in float64 with 0 at the truth, and its sums in two parts."""
    truth = np.arange(len(labels)), labels
    true_logits = logits[truth][:, None]
    if logits.dtype == np.float32:
        terms: FloatArray = logits.astype(np.float64)
        terms -= true_logits
    else:
        terms, lost = difference(logits, true_logits)
    np.exp(terms, out=terms)
    # An infinite truth must not pass for a perfect hit: inf times 0 is NaN.
    terms[truth] = 0 * true_logits[:, 0]
    if logits.dtype == np.float32:
        return terms, _row_sums(terms), 0.0
    wide = terms.sum(axis=1, dtype=np.longdouble)
    others = wide.astype(np.float64)
    lost *= terms
    return terms, others, (wide - others).astype(np.float64) + _row_sums(lost)


def class_indices_block(
    logits: FloatArray, labels: IntArray, weights: FloatArray, out: FloatArray
) -> float:
    """Write the gradient of ``sum(weights * losses)`` into ``out``; return that sum.

    The true class stays out of the sum of exponentials, so neither a loss nor a slope close
    to 0 is the difference of two numbers close to 1. The value is NaN where a row that
    counts has no softmax.
    """
    if logits.itemsize > 8:
        return _shifted_block(logits, labels, weights, out)
    if logits.size <= SMALL:
        return _small_block(logits, labels, weights, out)
    np.exp(logits, out=out)
    truth = np.arange(len(labels)), labels
    true_term = out[truth]
    out[truth] = 0
    others = _row_sums(out)
    totals = others + true_term
    if not _need_no_shift(totals).all():
        return _shifted_block(logits, labels, weights, out)
    scale = weights / totals
    out *= scale[:, None]
    out[truth] = -(scale * others)
    return _weighted(_losses(totals, logits, labels), weights)


def _weighted(losses: FloatArray, weights: FloatArray) -> float:
    if not weights.all():
        losses = np.where(weights == 0, 0, losses)
    return float((weights * losses).sum(dtype=np.float64))


def _small_block(
    logits: FloatArray, labels: IntArray, weights: FloatArray, out: FloatArray
) -> float:
    """Do the same in float64 with the fewest calls."""
    terms, others, rest = _beside_truth(logits, labels)
    totals = 1 + others
    if not np.isfinite(totals).all():
        return _shifted_block(logits, labels, weights, out)
    scale = weights / totals
    terms *= scale[:, None]
    terms[np.arange(len(labels)), labels] = -(scale * others)
    out[...] = terms
    return _weighted(np.log1p(others) + rest / totals, weights)


def _shifted_block(
    logits: FloatArray, labels: IntArray, weights: FloatArray, out: FloatArray
) -> float:
    """Do the same where a sum of exponentials would leave its format."""
    few = logits.shape[1] <= FEW_CLASSES
    axis = 0 if few else 1
    source = np.array(logits.T, order="C") if few else logits
    work = source if few else out
    rows = np.arange(len(labels))
    truth = (labels, rows) if few else (rows, labels)
    maximum = source.max(axis=axis, keepdims=True)
    np.subtract(source, maximum, out=work)
    true_logit = work[truth]
    np.exp(work, out=work)
    work[truth] = 0
    others = work.sum(axis=axis)
    scale = weights / (others + np.exp(true_logit))
    work *= scale if few else scale[:, None]
    work[truth] = -(scale * others)
    if few:
        out[...] = work.T
    losses = _exact_losses(logits, labels)
    return _weighted_sum(losses, weights, maximum.ravel(), out)


def distributions_block(
    logits: FloatArray, targets: FloatArray, out: FloatArray
) -> float:
    """Do the same for labels that are distributions times the weight of their row."""
    rows = np.arange(len(logits))
    top = logits.argmax(axis=1)
    maximum = logits[rows, top]
    np.subtract(logits, maximum[:, None], out=out)
    paid = np.where(targets == 0, 0, targets * out).sum(axis=1)
    np.exp(out, out=out)
    out[rows, top] = 0
    others = out.sum(axis=1)
    out[rows, top] = 1
    weights = targets.sum(axis=1)
    out *= (weights / (1 + others))[:, None]
    out -= targets
    with np.errstate(divide="ignore"):
        losses = np.log1p(others) - paid / weights
    return _weighted_sum(losses, weights, maximum, out)


def _weighted_sum(
    losses: FloatArray, weights: FloatArray, maximum: FloatArray, out: FloatArray
) -> float:
    if weights.all():
        if not np.isfinite(maximum).all():
            return float("nan")
        return float((weights * losses).sum(dtype=np.float64))
    counts = weights != 0
    out[~counts] = 0
    if not np.isfinite(maximum[counts]).all():
        return float("nan")
    return float((weights[counts] * losses[counts]).sum(dtype=np.float64))
