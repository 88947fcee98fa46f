"""Losses of float32 rows from the exponentials of their scores as they are.

The one fast path of the losses, private to ``softmax_cross_entropy_with_integer_labels``. It
exists for two shapes of batch. Of a small one the calls from Python to NumPy take the time, so
this makes few. With many classes and no gradient there is little to do beside exponentials,
and in float64, in which the plain form works, one takes twice the time that it does in float32:
from about 100 classes on the plain form takes 1.2 to 2 times as long as PyTorch.

Scores are not shifted here. Rows for which that does not do are handed back, to be worked out by
the plain form.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from xent_lib._validation import FloatArray
from xent_lib.losses._blocks import sum_over_blocks

SMALL_BATCH = 2**13  # entries
NEAR_ZERO = (
    300.0  # nats; float64 holds the exponentials of such scores to all their digits
)
FEWEST_CLASSES = 48  # from here on sums in float32 pay
# Entries that are added in float32; the error grows with them.
SHORTEST_RUN, LONGEST_RUN = 2**4, 2**5
LARGE_LOSS = 2.0  # nats; rounding moves a smaller loss by more than 2 units
SMALLEST_SUM, LARGEST_SUM = 1e-10, 1e30  # far from both ends of float32

Indices = NDArray[np.intp]


def unshifted_losses(
    logits: FloatArray, labels: Indices, losses: FloatArray
) -> Indices | None:
    """Fill ``losses``; return the rows that have to be worked out again, ``None`` for all."""
    if logits.size <= SMALL_BATCH:
        return _few_losses(logits, labels, losses)
    if logits.shape[1] >= FEWEST_CLASSES:
        return _losses_from_rounded_sums(logits, labels, losses)
    return None


def _few_losses(
    logits: FloatArray, labels: Indices, losses: FloatArray
) -> Indices | None:
    """Do what the plain form does in float64, without a shift."""
    if not logits.size or not (
        logits.item(logits.argmin()) >= -NEAR_ZERO
        and logits.item(logits.argmax()) <= NEAR_ZERO
    ):
        return None
    terms = logits.astype(np.float64)
    np.exp(terms, out=terms)
    truth = np.arange(0, terms.size, terms.shape[1]) + labels
    own = terms.take(truth)
    terms.put(truth, 0)
    others = terms @ _ones(terms.shape[1], "d")
    try:
        losses[...] = np.log1p(others / own)
    except (
        FloatingPointError
    ):  # float32 underflows, and the caller has asked for an error
        return None
    return _NO_ROWS


def _losses_from_rounded_sums(
    logits: FloatArray, labels: Indices, losses: FloatArray
) -> Indices:
    """Take logarithms of rounded sums, good to 2 units in the last place of a large loss."""
    totals = np.empty(len(logits))

    def block(rows: slice) -> float:
        _add_exponentials(logits[rows], totals[rows])
        return 0.0

    sum_over_blocks(block, *logits.shape)
    with np.errstate(all="ignore"):
        good = (totals > SMALLEST_SUM) & (totals < LARGEST_SUM)
        np.log(totals, out=totals, where=good)
        totals -= logits[np.arange(len(logits)), labels]
        good &= totals >= LARGE_LOSS
        losses[...] = totals
    return np.flatnonzero(~good)


def _add_exponentials(logits: FloatArray, totals: FloatArray) -> None:
    """Sum the exponentials of each row: runs in float32, and the runs in float64."""
    count, num_classes = logits.shape
    run, width = _run_and_width(num_classes)
    terms = np.empty((count, width), np.float32)
    terms[:, num_classes:] = 0
    np.exp(logits, out=terms[:, :num_classes])
    runs = (terms.reshape(-1, run) @ _ones(run, "f")).reshape(count, -1)
    np.matmul(runs.astype(np.float64), _ones(runs.shape[1], "d"), out=totals)


@functools.cache
def _run_and_width(num_classes: int) -> tuple[int, int]:
    """Return a length that divides a row, or the longest and a row filled up with zeros."""
    divisor = max(run for run in range(1, LONGEST_RUN + 1) if num_classes % run == 0)
    if divisor >= SHORTEST_RUN:
        return divisor, num_classes
    return LONGEST_RUN, -(-num_classes // LONGEST_RUN) * LONGEST_RUN


_NO_ROWS: Indices = np.zeros(0, np.intp)


@functools.lru_cache(maxsize=16)
def _ones(count: int, format: str) -> FloatArray:
    return np.ones(count, format)
