"""Checks of what an example counts: masks and class weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent_lib._validation import FloatArray, check_finite


def check_mask(
    name: str, where: ArrayLike | None, shape: tuple[int, ...]
) -> NDArray[np.bool_] | None:
    """Return a mask of ``shape``; ``None`` stays, and means that everything counts."""
    if where is None:
        return None
    mask = np.asarray(where)
    if mask.dtype != np.bool_:
        raise TypeError(f"{name} must hold booleans; got dtype {mask.dtype}")
    if mask.shape != shape:
        raise ValueError(
            f"{name} must have the shape of the losses, {shape}; got {mask.shape}"
        )
    return mask


def check_some(
    name: str, shape: tuple[int, ...], mask: NDArray[np.bool_] | None
) -> None:
    """Refuse a mean over nothing."""
    if 0 in shape:
        raise ValueError(
            "logits must hold at least one example to take a mean of; got none"
        )
    if mask is not None and not mask.any():
        raise ValueError(
            f"{name} must keep at least one example; all {mask.size} are masked out"
        )


def check_some_weight(name: str, total: float) -> None:
    """Refuse a mean whose divisor is 0."""
    if total == 0:
        raise ValueError(
            f"{name} must be above 0 for at least one label that counts; all of them are 0"
        )


def check_class_weights(
    name: str, weights: ArrayLike | None, num_classes: int
) -> FloatArray | None:
    """Return one weight a class, finite and at least 0; ``None`` stays, and means 1."""
    if weights is None:
        return None
    array = check_finite(name, weights)
    if array.shape != (num_classes,):
        raise ValueError(
            f"{name} must have one entry a class, shape ({num_classes},); got {array.shape}"
        )
    if (array < 0).any():
        first = int(np.argmax(array < 0))
        raise ValueError(
            f"{name} must not be negative; {name}[{first}] is {float(array[first])!r}"
        )
    return array.astype(np.float64)
