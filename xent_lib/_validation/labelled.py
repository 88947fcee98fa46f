"""Logits with their labels, as losses and gradients take them, checked together.

What counts: an example that ``where`` leaves out, or whose label has only weight 0, is not
looked at. Its loss and its gradient are 0, whatever its logits hold, NaN included.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent_lib._validation.arrays import (
    FloatArray,
    as_array,
    check_axis,
    check_distribution,
    check_finite,
    check_logits,
    check_no_nan,
    check_probabilities,
    check_real,
    check_same_shape,
)
from xent_lib._validation.examples import check_integer_labels
from xent_lib._validation.numbers import check_unit_interval

Rows = slice | NDArray[np.intp]
_ONE = np.longdouble(1)


@dataclass(slots=True)
class Batch:
    """Logits as rows of classes, with all that says what each row is to be compared with."""

    rows: FloatArray
    labels: NDArray[Any]  # one index a row, or one distribution
    where: NDArray[np.bool_] | None
    class_weights: FloatArray | None
    label_smoothing: float
    logits: FloatArray
    axis: int
    weight: np.floating[Any] = _ONE  # of each label, without class weights

    def for_the_mean(self) -> Batch:
        """Divide the weights by what a mean divides by: those of all labels that count."""
        _check_some(self.rows, self.where)
        labels = self.labels if self.where is None else self.labels[self.where]
        if self.class_weights is None:
            return replace(self, weight=1 / np.longdouble(len(labels)))
        if labels.ndim == 1:
            of_class = np.bincount(labels, minlength=self.rows.shape[1])
        else:
            of_class = labels.sum(axis=0, dtype=np.longdouble)
        # By a power of two, which is exact: the sum over many labels may leave the format.
        exponent = np.frexp(self.class_weights.max())[1]
        weights = np.ldexp(self.class_weights.astype(np.longdouble), -exponent)
        total = (of_class * weights).sum()
        if total == 0:
            raise ValueError(
                "class_weights must be above 0 for at least one label that counts; "
                "all of them are 0"
            )
        return replace(self, class_weights=weights / total)

    def row_weights(self, rows: Rows) -> FloatArray | np.floating[Any]:
        """Return what the loss of each index counts; one number where all count alike."""
        weights: FloatArray | np.floating[Any] = self.weight
        if self.class_weights is not None:
            weights = self.class_weights[self.labels[rows]]
        return weights if self.where is None else weights * self.where[rows]

    def targets(self, rows: Rows, work: np.dtype[Any]) -> FloatArray:
        """Return smoothed labels of some rows times the weights of their classes."""
        num_classes = self.rows.shape[1]
        share = work.type(self.label_smoothing)
        labels = self.labels[rows]
        if labels.ndim == 1:
            targets = np.zeros((len(labels), num_classes), work)
            targets[np.arange(len(labels)), labels] = 1 - share
        else:
            targets = labels * (1 - share)
        targets += share / num_classes
        weights = self.weight if self.class_weights is None else self.class_weights
        targets *= weights.astype(work)
        if self.where is not None:
            targets *= self.where[rows][:, None]
        return targets

    def has_distributions(self) -> bool:
        """Say whether labels are distributions, or become so by smoothing."""
        return self.labels.ndim == 2 or self.label_smoothing > 0

    def is_plain(self) -> bool:
        """Say whether labels are indices that count alike."""
        return (
            self.class_weights is None
            and self.where is None
            and not self.has_distributions()
        )

    def may_leave_out(self) -> bool:
        """Say whether an example may not count."""
        return self.where is not None or self.class_weights is not None

    def check_logits(self) -> None:
        """Refuse logits without a softmax where an example counts."""
        logits = self.logits
        if self.where is not None:
            shape = logits.shape[: self.axis] + logits.shape[self.axis + 1 :]
            counts = np.expand_dims(self.where.reshape(shape), self.axis)
            logits = np.where(counts, logits, 0)
        check_logits("logits", logits, self.axis)

    def like_losses(self, losses: FloatArray) -> FloatArray:
        """Give one number an example the shape and the format of the losses."""
        shape = self.logits.shape[: self.axis] + self.logits.shape[self.axis + 1 :]
        losses = losses.reshape(shape)
        if losses.dtype == self.logits.dtype:
            return losses
        with np.errstate(over="ignore", under="ignore"):
            return losses.astype(self.logits.dtype)

    def like_logits(self, gradient: FloatArray) -> FloatArray:
        """Give one row of numbers an example the shape and the format of the logits."""
        if self.logits.ndim != 2 or self.axis != 1:
            shape = np.moveaxis(self.logits, self.axis, -1).shape
            gradient = np.moveaxis(gradient.reshape(shape), -1, self.axis)
        with np.errstate(under="ignore"):
            return gradient.astype(self.logits.dtype, copy=False)


def batch_of_indices(
    logits: ArrayLike,
    labels: ArrayLike,
    axis: int,
    where: ArrayLike | None = None,
    class_weights: ArrayLike | None = None,
    label_smoothing: float = 0.0,
) -> Batch:
    """Return logits and class indices; nobody has looked at the values of the logits."""
    logits = check_real("logits", logits)
    axis = check_axis("logits", logits, axis)
    num_classes = logits.shape[axis]
    shape = logits.shape[:axis] + logits.shape[axis + 1 :]
    counts = _check_mask(where, shape)
    if counts is not None:
        given = as_array("labels", labels)
        labels = np.where(counts, given, 0) if given.shape == shape else given
    labels = check_integer_labels("labels", labels, num_classes, shape)
    return Batch(
        rows=_as_rows(logits, axis),
        labels=labels.reshape(-1).astype(np.intp, copy=False),
        where=None if counts is None else counts.reshape(-1),
        class_weights=_check_class_weights(class_weights, num_classes),
        label_smoothing=check_unit_interval("label_smoothing", label_smoothing),
        logits=logits,
        axis=axis,
    )


def batch_of_distributions(
    logits: ArrayLike,
    labels: ArrayLike,
    axis: int,
    where: ArrayLike | None = None,
    class_weights: ArrayLike | None = None,
    label_smoothing: float = 0.0,
) -> Batch:
    """Return logits and distributions, both in the wider of their formats."""
    logits = check_real("logits", logits)
    axis = check_axis("logits", logits, axis)
    targets = _as_probabilities(labels, logits)
    num_classes = logits.shape[axis]
    shape = logits.shape[:axis] + logits.shape[axis + 1 :]
    counts = _check_mask(where, shape)
    if counts is not None:
        targets = np.where(np.expand_dims(counts, axis), targets, 1 / num_classes)
    targets, axis = check_distribution("labels", targets, axis)
    logits = logits.astype(np.result_type(logits, targets), copy=False)
    return Batch(
        rows=_as_rows(logits, axis),
        labels=_as_rows(targets, axis),
        where=None if counts is None else counts.reshape(-1),
        class_weights=_check_class_weights(class_weights, num_classes),
        label_smoothing=check_unit_interval("label_smoothing", label_smoothing),
        logits=logits,
        axis=axis,
    )


class Entries(NamedTuple):
    """Log odds and labels between 0 and 1 of one shape, and which of them count."""

    logits: FloatArray
    labels: FloatArray
    where: NDArray[np.bool_] | None

    def part(
        self, part: slice
    ) -> tuple[FloatArray, FloatArray, NDArray[np.bool_] | None]:
        """Return some entries, counted in one line."""
        counts = None if self.where is None else self.where.reshape(-1)[part]
        return self.logits.reshape(-1)[part], self.labels.reshape(-1)[part], counts

    def divisor(self) -> int:
        """Return how many entries count."""
        _check_some(self.logits, self.where)
        return self.logits.size if self.where is None else int(self.where.sum())


def binary_entries(
    logits: ArrayLike, labels: ArrayLike, where: ArrayLike | None = None
) -> Entries:
    """Return log odds and probabilities, both 0 where an entry does not count."""
    logits = check_real("logits", logits)
    labels = _as_probabilities(labels, logits)
    counts = _check_mask(where, logits.shape)
    if counts is not None:
        zero = logits.dtype.type(0)
        logits = np.where(counts, logits, zero)
        labels = np.where(counts, labels, zero)
    check_no_nan("logits", logits)
    return Entries(logits, check_probabilities("labels", labels), counts)


def _as_rows(x: FloatArray, axis: int) -> FloatArray:
    """Return the classes of each example end to end, half precision as single."""
    if x.ndim != 2 or axis != 1:
        x = np.moveaxis(x, axis, -1).reshape(-1, x.shape[axis])
    return np.ascontiguousarray(x, np.float32 if x.itemsize == 2 else None)


def _as_probabilities(labels: ArrayLike, logits: FloatArray) -> FloatArray:
    """Whole-number labels (0, 1, False, True) do not widen the result to float64."""
    array = as_array("labels", labels)
    if array.dtype.kind in "biu":
        array = array.astype(logits.dtype)
    probabilities = check_real("labels", array)
    check_same_shape("logits", logits, "labels", probabilities)
    return probabilities


def _check_mask(
    where: ArrayLike | None, shape: tuple[int, ...]
) -> NDArray[np.bool_] | None:
    """Return a mask of ``shape``; ``None`` stays, and means that everything counts."""
    if where is None:
        return None
    mask = as_array("where", where)
    if mask.dtype != np.bool_:
        raise TypeError(f"where must hold booleans; got dtype {mask.dtype}")
    if mask.shape != shape:
        raise ValueError(
            f"where must have the shape of the losses, {shape}; got {mask.shape}"
        )
    return mask


def _check_some(x: FloatArray, where: NDArray[np.bool_] | None) -> None:
    """Refuse a mean over nothing."""
    if x.size == 0:
        raise ValueError(
            "logits must hold at least one example to take a mean of; got none"
        )
    if where is not None and not where.any():
        raise ValueError(
            f"where must keep at least one example; all {where.size} are masked out"
        )


def _check_class_weights(
    class_weights: ArrayLike | None, num_classes: int
) -> FloatArray | None:
    """Return one weight a class, finite and at least 0; ``None`` stays, and means 1."""
    if class_weights is None:
        return None
    weights = check_finite("class_weights", class_weights)
    if weights.shape != (num_classes,):
        raise ValueError(
            "class_weights must have one entry a class, "
            f"shape ({num_classes},); got {weights.shape}"
        )
    if (weights < 0).any():
        first = int(np.argmax(weights < 0))
        raise ValueError(
            "class_weights must not be negative; "
            f"class_weights[{first}] is {float(weights[first])!r}"
        )
    return weights.astype(np.result_type(weights, np.float64), copy=False)
