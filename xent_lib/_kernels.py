"""Losses of class indices and their gradient, a block of rows at a time; ``fused`` calls them.

A block is read once from memory, worked on where its gradient will lie, and left there, so the
gradient is the only large array. It is first tried without a shift: where every sum of
exponentials stays far from both ends of its format, subtracting the maximum changes nothing,
and two passes are saved. The true class stays out of that sum, so neither a loss nor a slope
close to 0 is the difference of two numbers close to 1. ``plain`` says the same in a few lines;
tests hold the two equal.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent_lib._blocks import Room, sum_over_blocks, wide_parts
from xent_lib._sums import ones, row_sums
from xent_lib._validation import FloatArray
from xent_lib.plain import plain_losses
from xent_lib.special import difference

SMALL = 2**11  # entries up to which calls cost more than float64 and a copy in it do
SMALL_LOSS = 2**14  # the same where there is no gradient to write
FEW_CLASSES = (
    24  # up to here float64 at once is faster than float32 and then some again
)
CALM = 300.0  # nats; float64 holds the exponentials of such logits, and their quotients
LEAST, MOST = 1e-10, 1e30  # sums of exponentials that need no shift, in float32 too
TINY, HUGE = 1e-290, 1e290  # the same in float64
ROUNDING = 3  # machine epsilons that a rounded sum of exponentials may be off
NEAR, FAR = 2.0, 500.0  # nats; between them such a sum leaves a loss within 2 ulp

Labels = NDArray[np.intp]
Weights = FloatArray | float


def losses_of_indices(logits: FloatArray, labels: Labels) -> FloatArray:
    """Return one loss a row; not finite where a row is bad."""
    if logits.itemsize > 8:
        return plain_losses(logits, labels)
    if small_and_calm(logits, SMALL_LOSS):
        truth = _positions(labels, logits.shape[1])
        return _losses(*_beside_truth(logits, truth)[1:])
    losses = np.empty(len(logits), logits.dtype)
    few = logits.shape[1] <= FEW_CLASSES
    way = exact_losses if few else _rounded_losses

    def first(rows: slice, room: Room) -> float:
        losses[rows] = way(logits[rows], labels[rows], room)
        return 0.0

    def second(part: slice, room: Room) -> float:
        rows = again[part]
        losses[rows] = _exact_losses_at(rows, logits, labels, room)
        return 0.0

    sum_over_blocks(first, len(logits), logits)
    if not few:
        again = np.flatnonzero(~((losses >= NEAR) & (losses < FAR)))
        sum_over_blocks(second, len(again), logits)
    return losses


def small_and_calm(logits: FloatArray, most: int) -> bool:
    """Say whether entries are few and near 0; NaN and infinities are not."""
    if not 0 < logits.size <= most:
        return False
    return lie_between(-CALM, logits, CALM)


def lie_between(least: float, numbers: FloatArray, most: float) -> bool:
    """Say whether all numbers lie between two; NaN does not."""
    # argmin and item cost a quarter of what min does for few numbers.
    low, high = numbers.item(numbers.argmin()), numbers.item(numbers.argmax())
    return bool(low > least and high < most)


def small_batch(
    logits: FloatArray, labels: Labels, weights: Weights, out: FloatArray
) -> float:
    """Do what ``class_indices_block`` does, in float64 throughout."""
    truth = _positions(labels, out.shape[1])
    terms, others, own, rest = _beside_truth(logits, truth)
    slopes = weights / (others + own)
    terms *= slopes[:, None]
    slopes *= others
    terms.put(truth, -slopes)
    np.copyto(out, terms, casting="same_kind")
    return _weighted_sum(_losses(others, own, rest), weights)


def class_indices_block(
    logits: FloatArray, labels: Labels, weights: Weights, out: FloatArray, room: Room
) -> float:
    """Write the gradient of ``sum(weights * losses)`` into ``out``; return that sum.

    The value is NaN where a row that counts has no softmax.
    """
    if logits.itemsize <= 8:
        value = _unshifted_block(logits, labels, weights, out, room)
        if value is not None:
            return value
    return _shifted_block(logits, labels, np.broadcast_to(weights, len(out)), out, room)


def _positions(labels: Labels, classes: int, out: Labels | None = None) -> Labels:
    """Return where the true entries lie in rows laid end to end."""
    truth: Labels = np.add(_starts(len(labels), classes), labels, out=out)
    return truth


@functools.lru_cache(maxsize=8)
def _starts(count: int, classes: int) -> Labels:
    return np.arange(0, count * classes, classes)


def _losses(
    others: FloatArray, own: FloatArray, rest: FloatArray | float = 0.0
) -> FloatArray:
    """Turn the true terms, beside the sums of the others in two parts, into losses."""
    if isinstance(rest, float):
        np.divide(others, own, out=own)
        return np.log1p(own, out=own)
    losses: FloatArray = np.log1p(others / own) + rest / (others + own)
    return losses


def _beside_truth(
    logits: FloatArray, truth: Labels, terms: FloatArray | None = None
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray | float]:
    """Return terms in float64 with 0 at the truth, their sums, the true terms, and a rest.

    Terms are ``exp(z)`` for ``float32``, to which ``float64`` is exact enough. For ``float64``
    they are ``exp(z - z_y)``, and the rest is what rounding took from the sums.
    """
    if logits.dtype == np.float32:
        if terms is None:
            terms = logits.astype(np.float64)
        else:
            np.copyto(terms, logits)
        np.exp(terms, out=terms)
        own = terms.take(truth)
        terms.reshape(-1)[truth] = 0
        return terms, terms.dot(ones(terms.shape[1], "d")), own, 0.0
    true_logits = logits.take(truth)
    terms, lost = difference(logits, true_logits[:, None])
    np.exp(terms, out=terms)
    terms.put(truth, 0)
    own = 1 + 0 * true_logits  # an infinite truth is no perfect hit: inf times 0 is NaN
    wide = terms.sum(axis=1, dtype=np.longdouble)
    others = wide.astype(np.float64)
    lost *= terms
    return terms, others, own, (wide - others).astype(np.float64) + lost.sum(axis=1)


def exact_losses(logits: FloatArray, labels: Labels, room: Room) -> FloatArray:
    """Return losses within 2 ulp, whatever the logits."""
    truth = _positions(labels, logits.shape[1])
    terms = room.array("terms", logits.shape)
    _, others, own, rest = _beside_truth(logits, truth, terms)
    totals = others + own
    losses = _losses(others, own, rest)
    if not (lie_between(TINY, totals, HUGE) and lie_between(-1, losses, FAR)):
        bad = ~((losses < FAR) & (totals > TINY) & (totals < HUGE))
        losses[bad] = plain_losses(logits[bad], labels[bad])
    return losses


def _exact_losses_at(
    rows: Labels, logits: FloatArray, labels: Labels, room: Room
) -> FloatArray:
    """Return the losses of some rows."""
    losses = np.empty(len(rows))
    classes = logits.shape[1]
    for part in wide_parts(len(rows), classes):
        some = rows[part]
        few = room.array("few", (len(some), classes), logits.dtype.char)
        logits.take(some, axis=0, out=few, mode="clip")
        losses[part] = exact_losses(few, labels[some], room)
    return losses


def _rounded_losses(logits: FloatArray, labels: Labels, room: Room) -> FloatArray:
    """Return losses from rounded sums, right where they lie between ``NEAR`` and ``FAR``."""
    terms = room.array("rounded terms", logits.shape, logits.dtype.char)
    totals, own = room.array("sums", (2, len(logits)))
    row_sums(np.exp(logits, out=terms), totals, room)
    _true_terms(logits, _positions(labels, logits.shape[1]), own, room)
    if not lie_between(LEAST, totals, MOST):
        totals[:] = np.nan
    totals /= own
    losses: FloatArray = np.log(totals, out=totals)
    return losses


def _true_terms(
    logits: FloatArray, truth: Labels, own: FloatArray, room: Room
) -> FloatArray:
    """Fill ``own`` with the exponentials of the true logits."""
    rounded = room.array("rounded", own.shape, logits.dtype.char)
    np.copyto(own, logits.take(truth, out=rounded, mode="clip"))
    return np.exp(own, out=own)


def _unshifted_block(
    logits: FloatArray, labels: Labels, weights: Weights, out: FloatArray, room: Room
) -> float | None:
    """Do it from rounded sums; return nothing where these leave their format."""
    others, totals, own = room.array("sums", (3, len(out)))
    truth = _positions(labels, out.shape[1], room.array("truth", labels.shape, "p"))
    flat = np.exp(logits, out=out).reshape(-1)
    flat[truth] = 0
    row_sums(out, others, room)
    _true_terms(logits, truth, own, room)
    np.add(others, own, out=totals)
    losses = _losses(others, own)
    if not (lie_between(LEAST, totals, MOST) and lie_between(-1, losses, FAR)):
        return None
    slopes = np.divide(weights, totals, out=totals)
    rounded = room.array("rounded", slopes.shape, out.dtype.char)
    np.copyto(rounded, slopes, casting="same_kind")
    out *= rounded[:, None]
    slopes *= others
    np.copyto(rounded, np.negative(slopes, out=others), casting="same_kind")
    flat[truth] = rounded
    value = _weighted_sum(losses, weights)
    if in_doubt(value, slopes, weights, out.dtype):
        again = np.flatnonzero(losses < 2 * NEAR)
        losses[again] = _exact_losses_at(again, logits, labels, room)
        value = _weighted_sum(losses, weights)
    return value


def _weighted_sum(losses: FloatArray, weights: Weights) -> float:
    if isinstance(weights, float):
        return weights * float(losses.sum())
    return float((weights * losses).sum())


def in_doubt(
    value: float, slopes: FloatArray, weights: Weights, dtype: np.dtype[Any]
) -> bool:
    """Say whether a rounded sum of exponentials may move the mean by more than 1.5 ulp.

    A loss moves by its slope at the truth when the sum moves by its own size. A mean in doubt
    lies below ``NEAR``, so losses from twice that on are too few to matter.
    """
    weight = weights * len(slopes) if isinstance(weights, float) else weights.sum()
    if weight == 0:
        return False
    eps = float(np.finfo(dtype).eps)
    error = ROUNDING * eps * float(slopes.sum())
    last_place = eps * 2.0 ** (math.frexp(value / weight)[1] - 1)
    return bool(error > 1.5 * weight * last_place)


def _shifted_block(
    logits: FloatArray, labels: Labels, weights: FloatArray, out: FloatArray, room: Room
) -> float:
    """Do it where a sum of exponentials would leave its format."""
    truth = np.arange(len(labels)), labels
    maximum = logits.max(axis=1)
    np.subtract(logits, maximum[:, None], out=out)
    np.exp(out, out=out)
    own = out[truth]
    out[truth] = 0
    others = np.empty(len(out))
    row_sums(out, others, room)
    slopes = weights / (others + own)
    out *= slopes.astype(out.dtype)[:, None]
    out[truth] = -(slopes * others)
    counts = weights != 0
    out[~counts] = 0
    if not counts.any():
        return 0.0
    if not np.isfinite(maximum[counts]).all():
        return float("nan")
    exact = (
        plain_losses
        if logits.itemsize > 8
        else functools.partial(exact_losses, room=room)
    )
    losses = exact(logits[counts], labels[counts])
    return float((weights[counts] * losses).sum())
