"""The fast halves of ``fused``: rows of logits in blocks that stay in a core's cache.

Each block is read once from memory, worked on where its gradient will lie, and left there, so
the gradient is the only large array. ``plain`` says the same in a few lines; tests hold the
two equal.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from xent_lib._validation import FloatArray, IntArray

BLOCK_BYTES = 2**18  # of logits; a quarter of a megabyte fits most second-level caches
FEW_CLASSES = 64  # up to here a block is turned, so that loops run along the examples
ENTRIES_A_THREAD = 2**18  # below this, starting a thread costs more than it saves

Block = Callable[[slice], float]


def available_cores() -> int:
    """Cores that this process may use; ``OMP_NUM_THREADS`` lowers them, as elsewhere."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return min(cores, int(asked)) if asked.isdigit() and int(asked) else cores


def sum_over_blocks(block: Block, logits: FloatArray) -> float:
    """Call ``block`` on slices that cover the rows of ``logits``; return the sum of its values."""
    if logits.nbytes <= BLOCK_BYTES:
        with np.errstate(invalid="ignore"):
            return block(slice(None))
    count = len(logits)
    rows = max(1, BLOCK_BYTES // (logits.shape[1] * logits.itemsize))
    slices = [slice(a, min(a + rows, count)) for a in range(0, count, rows)]
    threads = min(available_cores(), logits.size // ENTRIES_A_THREAD, len(slices))

    def work(mine: list[slice]) -> float:
        with np.errstate(invalid="ignore"):
            return sum(block(rows) for rows in mine)

    if threads < 2:
        return work(slices)
    bounds = [len(slices) * i // threads for i in range(threads + 1)]
    shares = [slices[a:b] for a, b in zip(bounds, bounds[1:], strict=False)]
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(work, shares))


def class_indices_block(
    logits: FloatArray, labels: IntArray, weights: FloatArray, out: FloatArray
) -> float:
    """Write the gradient of ``sum(weights * losses)`` into ``out``; return that sum.

    The true class stays out of the sum of exponentials, so neither a loss nor a slope close
    to 0 is the difference of two numbers close to 1. The value is NaN where a row that
    counts has no softmax.
    """
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
    losses = np.log1p(others + np.expm1(true_logit)) - true_logit
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
