"""Logits with their labels, as the losses and the gradients take them, checked together."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from xent_lib._validation import (
    FloatArray,
    IntArray,
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
