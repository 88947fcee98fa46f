"""Losses of labels that are distributions, a block of rows at a time; ``fused`` calls them.

A loss is what its labels pay below the likeliest class, and the loss of that class, which
``_kernels`` knows.
"""

from __future__ import annotations

import numpy as np

from xent_lib._blocks import Room, sum_over_blocks, wide_parts
from xent_lib._kernels import LEAST, MOST, exact_losses, in_doubt, lie_between
from xent_lib._sums import row_sums
from xent_lib._validation import FloatArray
from xent_lib.plain import plain_losses_of_distributions


def losses_of_distributions(logits: FloatArray, labels: FloatArray) -> FloatArray:
    """Return one loss a row of logits that have been checked."""
    if logits.itemsize > 8 or labels.itemsize > 8:
        return plain_losses_of_distributions(logits, labels)
    losses = np.empty(len(logits), np.result_type(logits, labels))

    def block(rows: slice, room: Room) -> float:
        part = logits[rows].astype(losses.dtype, copy=False)
        losses[rows] = _losses(part, labels[rows], np.ones(len(part)), room)
        return 0.0

    sum_over_blocks(block, len(logits), logits)
    return losses


def _losses(
    logits: FloatArray, labels: FloatArray, weights: FloatArray, room: Room
) -> FloatArray:
    """Return losses of labels that are distributions times the weight of their row."""
    losses = np.empty(len(logits))
    for part in wide_parts(*logits.shape):
        losses[part] = _few_losses(logits[part], labels[part], weights[part], room)
    return losses


def _few_losses(
    logits: FloatArray, labels: FloatArray, weights: FloatArray, room: Room
) -> FloatArray:
    top = logits.argmax(axis=1)
    maximum = logits[np.arange(len(top)), top].astype(np.float64)
    below = room.array("below", logits.shape)
    np.copyto(below, logits)
    np.subtract(maximum[:, None], below, out=below)
    paid = np.einsum("ij,ij->i", below, labels)
    if not np.isfinite(paid).all():
        below[labels == 0] = 0  # what 0 times infinity must be here
        paid = np.einsum("ij,ij->i", below, labels)
    losses: FloatArray = paid + weights * exact_losses(logits, top, room)
    return losses


def distributions_block(
    logits: FloatArray, targets: FloatArray, out: FloatArray, room: Room
) -> float:
    """Write the gradient of the cross entropy of ``targets`` into ``out``; return its sum.

    Targets are labels times the weight of their row. The value is NaN where a row that counts
    has no softmax.
    """
    totals, weights = room.array("totals and weights", (2, len(out)))
    row_sums(np.exp(logits, out=out), totals, room)
    row_sums(targets, weights, room)
    if not lie_between(LEAST, totals, MOST):
        return _shifted_block(logits, targets, weights, out, room)
    rounded = room.array("rounded", totals.shape, out.dtype.char)
    np.copyto(rounded, weights / totals, casting="same_kind")
    out *= rounded[:, None]
    out -= targets
    named = np.einsum("ij,ij->", targets, logits, dtype=np.float64)
    value = float(weights.dot(np.log(totals)) - named)
    exact = logits.dtype == np.float32 and not in_doubt(
        value, weights, weights, out.dtype
    )
    return value if exact else float(_losses(logits, targets, weights, room).sum())


def _shifted_block(
    logits: FloatArray,
    targets: FloatArray,
    weights: FloatArray,
    out: FloatArray,
    room: Room,
) -> float:
    """Do it where a sum of exponentials would leave its format."""
    maximum = logits.max(axis=1)
    np.subtract(logits, maximum[:, None], out=out)
    np.exp(out, out=out)
    out *= (weights / out.sum(axis=1)).astype(out.dtype)[:, None]
    out -= targets
    counts = weights != 0
    out[~counts] = 0
    if not np.isfinite(maximum[counts]).all():
        return float("nan")
    some = logits[counts], targets[counts], weights[counts]
    return float(_losses(*some, room).sum()) if counts.any() else 0.0
