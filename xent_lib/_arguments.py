"""Logits with their labels, as the losses and the gradients take them, checked together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent_lib._masks import (
    check_class_weights,
    check_mask,
    check_some,
    check_some_weight,
)
from xent_lib._validation import (
    FloatArray,
    IntArray,
    check_axis,
    check_distribution,
    check_integer_labels,
    check_logits,
    check_no_nan,
    check_probabilities,
    check_real,
    check_same_shape,
)


def with_class_indices(
    logits: ArrayLike, labels: ArrayLike, axis: int
) -> tuple[FloatArray, IntArray, int]:
    """Return logits, one class index per example, and the axis of the classes."""
    logits, axis = check_logits("logits", logits, axis)
    shape = logits.shape[:axis] + logits.shape[axis + 1 :]
    return (
        logits,
        check_integer_labels("labels", labels, logits.shape[axis], shape),
        axis,
    )


def rows_of_indices(
    logits: ArrayLike, labels: ArrayLike, axis: int
) -> tuple[FloatArray, FloatArray, NDArray[np.intp], int]:
    """Return logits whose values nobody has looked at, the same as rows, labels and axis."""
    logits = check_real("logits", logits)
    axis = check_axis("logits", logits, axis)
    shape = logits.shape[:axis] + logits.shape[axis + 1 :]
    labels = check_integer_labels("labels", labels, logits.shape[axis], shape)
    return logits, as_rows(logits, axis), labels.astype(np.intp, copy=False), axis


def as_rows(logits: FloatArray, axis: int) -> FloatArray:
    """Return logits as rows of classes, end to end, float16 with the room of float32."""
    rows = logits
    if logits.ndim != 2 or axis != 1:
        rows = np.moveaxis(logits, axis, -1).reshape(-1, logits.shape[axis])
    width = np.float32 if rows.dtype == np.float16 else rows.dtype
    return np.ascontiguousarray(rows, width)


def with_distributions(
    logits: ArrayLike, labels: ArrayLike, axis: int
) -> tuple[FloatArray, FloatArray, int]:
    """Return logits, labels of the same shape that sum to 1, and the axis of the classes."""
    logits, axis = check_logits("logits", logits, axis)
    weights = check_real("labels", _as_weights(labels, logits))
    check_same_shape("logits", logits, "labels", weights)
    return logits, check_distribution("labels", weights, axis)[0], axis


def with_yes_or_no(
    logits: ArrayLike, labels: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Return log odds, and labels of the same shape between 0 and 1."""
    logits = check_real("logits", logits)
    check_no_nan("logits", logits)
    weights = check_real("labels", _as_weights(labels, logits))
    check_same_shape("logits", logits, "labels", weights)
    return logits, check_probabilities("labels", weights)


def _as_weights(labels: ArrayLike, logits: FloatArray) -> ArrayLike:
    """Whole-number labels (0, 1, False, True) must not widen the result to float64."""
    array = np.asarray(labels)
    return array.astype(logits.dtype) if array.dtype.kind in "biu" else array


@dataclass(frozen=True)
class Batch:
    """Logits as rows, with labels, weights and mask, and what the mean divides by."""

    rows: FloatArray
    labels: NDArray[Any]
    class_weights: FloatArray | None
    counts: NDArray[np.bool_] | None
    divisor: float
    logits: FloatArray
    axis: int

    def scale(self, rows: slice) -> FloatArray | float:
        """Return 1 over the divisor for rows that count, and 0 for the others."""
        if self.counts is None:
            return 1 / self.divisor
        weights: FloatArray = self.counts[rows] / np.float64(self.divisor)
        return weights

    def weights(self, rows: slice) -> FloatArray | float:
        """Return what each example's loss is multiplied by, for class indices."""
        scale = self.scale(rows)
        if self.class_weights is not None:
            scale = scale * self.class_weights[self.labels[rows]]
        return scale

    def fill_with_indices(
        self, targets: FloatArray, rows: slice, smoothing: float
    ) -> None:
        """Write smoothed one-hot labels times all that weighs them."""
        scale = np.reshape(self.scale(rows), (-1, 1))
        low = smoothing / targets.shape[1] * scale
        targets[...] = low
        own = np.arange(len(targets)), self.labels[rows]
        targets[own] = np.ravel(low + (1 - smoothing) * scale)
        if self.class_weights is not None:
            targets *= self.class_weights.astype(targets.dtype)

    def fill_with_distributions(
        self, targets: FloatArray, rows: slice, smoothing: float
    ) -> None:
        """Write smoothed distributions times all that weighs them."""
        scale = np.reshape(self.scale(rows), (-1, 1))
        labels, share = self.labels[rows], (1 - smoothing) * scale
        np.multiply(labels, share, out=targets, casting="same_kind")
        if smoothing:
            targets += smoothing / targets.shape[1] * scale
        if self.class_weights is not None:
            targets *= self.class_weights.astype(targets.dtype)

    def logits_that_count(self) -> FloatArray:
        """Return the logits as they were given, with 0 where an example does not count."""
        if self.counts is None:
            return self.logits
        shape = self.logits.shape[: self.axis] + self.logits.shape[self.axis + 1 :]
        counts = np.expand_dims(self.counts.reshape(shape), self.axis)
        return np.where(counts, self.logits, 0)

    def in_shape(self, gradient: FloatArray) -> FloatArray:
        """Give the rows of a gradient the shape and the width of the logits."""
        if gradient.shape == self.logits.shape and self.axis == 1:
            return gradient.astype(self.logits.dtype, copy=False)
        moved = np.moveaxis(self.logits, self.axis, -1).shape
        shaped = np.moveaxis(gradient.reshape(moved), -1, self.axis)
        return shaped.astype(self.logits.dtype, copy=False)


def batch_of_indices(
    logits: ArrayLike,
    labels: ArrayLike,
    axis: int,
    weights: ArrayLike | None,
    where: ArrayLike | None,
) -> Batch:
    """Return class indices and their logits as rows."""
    logits = check_real("logits", logits)
    axis = check_axis("logits", logits, axis)
    shape = logits.shape[:axis] + logits.shape[axis + 1 :]
    num_classes = logits.shape[axis]
    counts = check_mask("where", where, shape)
    if counts is not None:
        labels = np.where(counts, labels, 0)
    labels = check_integer_labels("labels", labels, num_classes, shape).reshape(-1)
    labels = labels.astype(np.intp, copy=False)
    class_weights = check_class_weights("weights", weights, num_classes)
    total = None if class_weights is None else class_weights[labels]
    return _batch(logits, labels, class_weights, counts, total, axis)


def batch_of_distributions(
    logits: ArrayLike,
    labels: ArrayLike,
    axis: int,
    weights: ArrayLike | None,
    where: ArrayLike | None,
) -> Batch:
    """Return labels that are distributions, and their logits, as rows."""
    logits = check_real("logits", logits)
    axis = check_axis("logits", logits, axis)
    targets = check_real("labels", _as_weights(labels, logits))
    check_same_shape("logits", logits, "labels", targets)
    num_classes = logits.shape[axis]
    shape = logits.shape[:axis] + logits.shape[axis + 1 :]
    counts = check_mask("where", where, shape)
    if counts is not None:
        targets = np.where(np.expand_dims(counts, axis), targets, 1 / num_classes)
    targets, axis = check_distribution("labels", targets, axis)
    targets = np.moveaxis(targets, axis, -1).reshape(-1, num_classes)
    class_weights = check_class_weights("weights", weights, num_classes)
    total = None if class_weights is None else targets @ class_weights
    logits = logits.astype(np.result_type(logits, targets), copy=False)
    return _batch(logits, targets, class_weights, counts, total, axis)


def kept_entries(
    logits: ArrayLike, labels: ArrayLike, where: ArrayLike | None
) -> tuple[ArrayLike, ArrayLike, NDArray[np.bool_]]:
    """Return logits and labels with 0 where an entry does not count, and the mask."""
    shape = np.shape(logits)
    counts = check_mask("where", where, shape)
    check_some("where", shape, counts)
    if counts is None:
        return logits, labels, np.ones(shape, np.bool_)
    logits, labels = check_real("logits", logits), np.asarray(labels)
    check_same_shape("logits", logits, "labels", labels)
    return np.where(counts, logits, 0), np.where(counts, labels, 0), counts


def _batch(
    logits: FloatArray,
    labels: NDArray[Any],
    class_weights: FloatArray | None,
    counts: NDArray[np.bool_] | None,
    weights_of_rows: FloatArray | None,
    axis: int,
) -> Batch:
    rows = as_rows(logits, axis)
    check_some("where", (len(rows),), counts)
    counts = None if counts is None else counts.ravel()
    if weights_of_rows is not None:
        divisor = float(weights_of_rows.sum(where=True if counts is None else counts))
    else:
        divisor = float(len(rows) if counts is None else np.count_nonzero(counts))
    check_some_weight("weights", divisor)
    return Batch(rows, labels, class_weights, counts, divisor, logits, axis)
