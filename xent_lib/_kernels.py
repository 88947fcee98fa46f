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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent_lib._blocks import MOST_ROWS, Room, sum_over_blocks
from xent_lib._validation import FloatArray
from xent_lib.plain import plain_losses
from xent_lib.special import difference

SMALL = 2**11  # entries up to which calls cost more than float64 does
FEW_CLASSES = 24  # up to here float64 at once is faster than float32 and then some again
CALM = 300.0  # nats; float64 holds the exponentials of such logits, and their quotients
LEAST, MOST = 1e-10, 1e30  # sums of exponentials that need no shift, in float32 too
TINY, HUGE = 1e-290, 1e290  # the same in float64
ROUNDING = 3  # machine epsilons that a rounded sum of exponentials may be off
NEAR, FAR = 2.0, 500.0  # nats; between them such a sum leaves a loss within 2 ulp
RUN = 2**8  # entries that are added in the format of the logits

Labels = NDArray[np.intp]
Weights = FloatArray | float
_counting = np.arange(MOST_ROWS)


def losses_of_indices(logits: FloatArray, labels: Labels) -> FloatArray:
    """Return one loss a row; not finite where a row is bad."""
    if logits.itemsize > 8:
        return plain_losses(logits, labels)
    if small_and_calm(logits):
        return _losses(*_beside_truth(logits, labels, None)[1:])
    losses = np.empty(len(logits), logits.dtype)
    few = logits.shape[1] <= FEW_CLASSES
    way = _exact_losses if few else _rounded_losses

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


def small_and_calm(logits: FloatArray) -> bool:
    """Say whether entries are few and near 0; NaN and infinities are not."""
    return logits.size <= SMALL and bool(
        -CALM < logits.item(logits.argmin()) and logits.item(logits.argmax()) < CALM
    )


def small_batch(
    logits: FloatArray, labels: Labels, weights: Weights, out: FloatArray
) -> float:
    """Do what ``class_indices_block`` does, in float64 throughout."""
    terms, others, own, rest = _beside_truth(logits, labels, None)
    slopes = weights / (others + own)
    np.multiply(terms, slopes[:, None], out=out, casting="same_kind")
    slopes *= others
    out.put(_positions(labels, out.shape[1], None), -slopes)
    return float((weights * _losses(others, own, rest)).sum())


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


def _array(
    room: Room | None, name: str, shape: tuple[int, ...], dtype: str = "d"
) -> NDArray[Any] | None:
    """Return where to write; without a room, None: for few numbers NumPy's own are faster."""
    return None if room is None else room.array(name, shape, dtype)


def _positions(labels: Labels, classes: int, room: Room | None) -> Labels:
    """Return where the true entries lie in rows laid end to end."""
    out = _array(room, "truth", labels.shape, "p")
    truth: Labels = np.multiply(_counting[: len(labels)], classes, out=out)
    truth += labels
    return truth


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
    logits: FloatArray, labels: Labels, room: Room | None
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray | float]:
    """Return terms in float64 with 0 at the truth, their sums, the true terms, and a rest.

    Terms are ``exp(z)`` for ``float32``, to which ``float64`` is exact enough. For ``float64``
    they are ``exp(z - z_y)``, and the rest is what rounding took from the sums.
    """
    truth = _positions(labels, logits.shape[1], room)
    if logits.dtype == np.float32:
        out = _array(room, "terms", logits.shape)
        terms = np.exp(logits, out=out, dtype=np.float64)
        flat = terms.reshape(-1)
        own = flat.take(truth, out=_array(room, "own", truth.shape), mode="clip")
        flat[truth] = 0
        return terms, _row_sums(terms, _array(room, "others", truth.shape), room), own, 0.0
    true_logits = logits.take(truth)
    terms, lost = difference(logits, true_logits[:, None])
    np.exp(terms, out=terms)
    terms.put(truth, 0)
    own = 1 + 0 * true_logits  # an infinite truth is no perfect hit: inf times 0 is NaN
    wide = terms.sum(axis=1, dtype=np.longdouble)
    others = wide.astype(np.float64)
    lost *= terms
    return terms, others, own, (wide - others).astype(np.float64) + lost.sum(axis=1)


def _row_sums(
    terms: FloatArray, out: FloatArray | None, room: Room | None
) -> FloatArray:
    """Add runs of a row by BLAS, and what they come to in float64."""
    rows, classes = terms.shape
    run = _run(classes)
    dtype = terms.dtype.char
    if run == classes:
        if dtype == "d":
            return terms.dot(_ones(run, dtype), out=out)
        rounded = _array(room, "rounded", (rows,), dtype)
        return np.add(terms.dot(_ones(run, dtype), out=rounded), 0.0, out=out)
    if run == 0:
        return np.add.reduce(terms, axis=1, out=out)
    parts = terms.reshape(-1, run).dot(_ones(run, dtype)).reshape(rows, -1)
    return np.add.reduce(parts, axis=1, dtype=np.float64, out=out)


@functools.cache
def _run(classes: int) -> int:
    """Return the longest run that rows divide into; 0 where all are too short to pay."""
    longest = max(run for run in range(1, RUN + 1) if classes % run == 0)
    return longest if longest == classes or longest >= RUN // 16 else 0


@functools.cache
def _ones(count: int, dtype: str) -> FloatArray:
    return np.ones(count, dtype)


def _exact_losses(logits: FloatArray, labels: Labels, room: Room) -> FloatArray:
    """Return losses within 2 ulp, whatever the logits."""
    _, others, own, rest = _beside_truth(logits, labels, room)
    totals = np.add(others, own, out=room.array("totals", others.shape))
    losses = _losses(others, own, rest)
    if not (totals.min() > TINY and totals.max() < HUGE and losses.max() < FAR):
        bad = ~((losses < FAR) & (totals > TINY) & (totals < HUGE))
        losses[bad] = plain_losses(logits[bad], labels[bad])
    return losses


def _exact_losses_at(
    rows: Labels, logits: FloatArray, labels: Labels, room: Room
) -> FloatArray:
    """Return the losses of some rows."""
    few = room.array("few", (len(rows), logits.shape[1]), logits.dtype.char)
    logits.take(rows, axis=0, out=few, mode="clip")
    return _exact_losses(few, labels[rows], room)


def _rounded_losses(logits: FloatArray, labels: Labels, room: Room) -> FloatArray:
    """Return losses from rounded sums, right where they lie between ``NEAR`` and ``FAR``."""
    terms = room.array("rounded terms", logits.shape, logits.dtype.char)
    totals, own = room.array("sums", (2, len(logits)))
    _row_sums(np.exp(logits, out=terms), totals, room)
    _true_terms(logits, _positions(labels, logits.shape[1], room), own, room)
    if not (totals.min() > LEAST and totals.max() < MOST):
        totals[:] = np.nan
    totals /= own
    return np.log(totals, out=totals)


def _true_terms(
    logits: FloatArray, truth: Labels, own: FloatArray, room: Room
) -> FloatArray:
    rounded = room.array("rounded", own.shape, logits.dtype.char)
    np.copyto(own, logits.take(truth, out=rounded, mode="clip"))
    return np.exp(own, out=own)


def _unshifted_block(
    logits: FloatArray, labels: Labels, weights: Weights, out: FloatArray, room: Room
) -> float | None:
    """Do it from rounded sums; return nothing where these leave their format."""
    others, own, totals = room.array("sums", (3, len(logits)))
    truth = _positions(labels, out.shape[1], room)
    np.exp(logits, out=out)
    flat = out.reshape(-1)
    flat[truth] = 0
    _row_sums(out, others, room)
    _true_terms(logits, truth, own, room)
    np.add(others, own, out=totals)
    losses = _losses(others, own)
    if not (totals.min() > LEAST and totals.max() < MOST and losses.max() < FAR):
        return None
    slopes = np.divide(weights, totals, out=totals)
    rounded = room.array("rounded", slopes.shape, out.dtype.char)
    np.copyto(rounded, slopes, casting="same_kind")
    out *= rounded[:, None]
    slopes *= others
    np.negative(slopes, out=rounded, casting="same_kind")
    flat[truth] = rounded
    if _in_doubt(losses, weights, slopes, out):
        again = np.flatnonzero(losses < 2 * NEAR)
        losses[again] = _exact_losses_at(again, logits, labels, room)
    return float((weights * losses).sum())


def _in_doubt(
    losses: FloatArray, weights: Weights, slopes: FloatArray, out: FloatArray
) -> bool:
    """Say whether a rounded sum of exponentials may move the mean by more than 1.5 ulp.

    A loss moves by its slope at the truth when the sum moves by its own size. A mean in doubt
    lies below ``NEAR``, so losses from twice that on are too few to matter.
    """
    weight = weights * len(losses) if isinstance(weights, float) else weights.sum()
    if weight == 0:
        return False
    error = ROUNDING * np.finfo(out.dtype).eps * slopes.sum()
    mean = out.dtype.type((weights * losses).sum() / weight)
    return bool(error > 1.5 * weight * np.spacing(mean))


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
    others = _row_sums(out, np.empty(len(out)), room)
    slopes = weights / (others + own)
    out *= slopes.astype(out.dtype)[:, None]
    out[truth] = -(slopes * others)
    counts = weights != 0
    out[~counts] = 0
    if not np.isfinite(maximum[counts]).all():
        return float("nan")
    exact = plain_losses if logits.itemsize > 8 else functools.partial(_exact_losses, room=room)
    losses = exact(logits[counts], labels[counts])
    return float((weights[counts] * losses).sum())
