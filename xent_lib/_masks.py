"""Checks of what an example counts: masks and class weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent_lib._validation import FloatArray, check_finite


def check_mask(
    name: str, where: ArrayLike | None, shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Return a mask of ``shape``; for ``None`` one that keeps everything and holds no memory."""
    if where is None:
        return np.broadcast_to(np.True_, shape)
    mask = np.asarray(where)
    if mask.dtype != np.bool_:
        raise TypeError(f"{name} must hold booleans; got dtype {mask.dtype}")
    if mask.shape != shape:
        raise ValueError(
            f"{name} must have one entry an example, shape {shape}; got {mask.shape}"
        )
    return mask


def check_some(name: str, mask: NDArray[np.bool_]) -> None:
    """Refuse a mean over nothing."""
    if mask.size == 0:
        raise ValueError(
            "logits must hold at least one example; the mean of none is not defined"
        )
    if not mask.any():
        raise ValueError(
            f"{name} must keep at least one example; all {mask.size} are masked"
        )


def check_class_weights(
    name: str, weights: ArrayLike | None, num_classes: int
) -> FloatArray:
    """Return one weight a class, finite and at least 0; ones for ``None``."""
    if weights is None:
        return np.broadcast_to(np.float64(1), (num_classes,))
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
