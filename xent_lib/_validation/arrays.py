"""Arrays of real numbers: their axis, distributions and logits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from xent_lib._validation._places import at, first, slice_at

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]


def as_array(name: str, x: ArrayLike) -> NDArray[Any]:
    """Return ``x`` as an array in the machine's byte order; refuse a mask.

    ``np.asarray`` would drop the mask and bring back what it hides.
    """
    if _is_masked(x):
        raise TypeError(
            f"{name} must be an array without a mask; got a masked array, of which "
            "compressed() keeps what is not masked and filled(value) replaces the rest"
        )
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ValueError(
            f"{name} must be an array; got rows of unequal length"
        ) from error
    if not array.dtype.isnative and array.dtype.kind in "iufc":
        array = array.astype(array.dtype.newbyteorder("="))
    return array


def _is_masked(x: object) -> bool:
    if isinstance(x, list | tuple):
        return any(_is_masked(part) for part in x)
    return isinstance(x, np.ma.MaskedArray)


def check_real(name: str, x: ArrayLike) -> FloatArray:
    """Return ``x`` as a floating array; integers become float64, float widths are kept."""
    array = as_array(name, x)
    if array.dtype.kind in "iu":
        return array.astype(np.float64)
    if array.dtype.kind != "f":
        raise TypeError(f"{name} must hold real numbers; got dtype {array.dtype}")
    return array


def check_axis(name: str, x: NDArray[Any], axis: int) -> int:
    """Return ``axis`` as a non-negative number, for an ``x`` that has at least one class."""
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer):
        raise TypeError(f"axis must be an integer; got {axis!r}")
    if x.ndim == 0:
        raise ValueError(
            f"{name} must have at least one axis, the classes; got a scalar"
        )
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(
            f"axis must be between {-x.ndim} and {x.ndim - 1} "
            f"for {name} of shape {x.shape}; got {axis}"
        )
    if x.shape[axis] == 0:
        raise ValueError(
            f"{name} must hold at least one class along axis {axis}; got shape {x.shape}"
        )
    return int(axis) % x.ndim


def check_no_nan(name: str, x: FloatArray) -> None:
    """Refuse NaN."""
    if np.isnan(x).any():
        raise ValueError(
            f"{name} must not contain NaN; {at(name, first(np.isnan(x)))} is nan"
        )


def check_finite(name: str, x: ArrayLike) -> FloatArray:
    """Return ``x`` as a floating array without NaN and without inf."""
    array = check_real(name, x)
    bad = ~np.isfinite(array)
    if bad.any():
        index = first(bad)
        raise ValueError(
            f"{name} must be finite, without NaN and inf; "
            f"{at(name, index)} is {float(array[index])!r}"
        )
    return array


def check_same_shape(name: str, x: NDArray[Any], other: str, y: NDArray[Any]) -> None:
    """Refuse to broadcast: the two arrays have one shape."""
    if x.shape != y.shape:
        raise ValueError(
            f"{name} and {other} must have the same shape; got {x.shape} and {y.shape}"
        )


def check_shape(name: str, x: NDArray[Any], shape: tuple[int, ...]) -> None:
    """Refuse any other shape, and a mask."""
    x = as_array(name, x)
    if x.shape != shape:
        raise ValueError(f"{name} must have shape {shape}; got {x.shape}")


def check_step_moves(
    name: str, x: FloatArray, index: tuple[int, ...], step: float
) -> None:
    """Refuse a step so small beside an entry that adding it changes nothing."""
    if x[index] + step == x[index] - step:
        raise ValueError(
            f"step must be large enough to change {name}; {at(name, index)} is "
            f"{float(x[index])!r}, beside which {step:g} is lost"
        )


def check_one_dimensional(name: str, x: NDArray[Any]) -> None:
    """Refuse a scalar, a table, and whatever has more axes."""
    if x.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional; got shape {x.shape}")


def check_floating_dtype(name: str, dtype: DTypeLike) -> None:
    """Refuse formats of whole numbers, of complex ones and of what is no number."""
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"{name} must be a floating type; got {np.dtype(dtype)}")


def check_probabilities(name: str, p: ArrayLike) -> FloatArray:
    """Return ``p`` as an array whose every entry lies in [0, 1]."""
    array = check_real(name, p)
    if not array.size or (
        array.item(array.argmin()) >= 0 and array.item(array.argmax()) <= 1
    ):
        return array
    check_no_nan(name, array)
    for bad, expected in ((array < 0, "not be negative"), (array > 1, "be at most 1")):
        if bad.any():
            index = first(bad)
            raise ValueError(
                f"probabilities must {expected}; {at(name, index)} is {float(array[index])!r}"
            )
    return array


def check_distribution(name: str, p: ArrayLike, axis: int) -> tuple[FloatArray, int]:
    """Return ``p`` and its axis; every slice along ``axis`` is a distribution.

    A sum may differ from 1 by the square root of the dtype's machine epsilon, which rounded
    arithmetic stays within and a forgotten normalisation does not.
    """
    array = check_real(name, p)
    axis = check_axis(name, array, axis)
    array = check_probabilities(name, array)
    total = array.sum(axis=axis, dtype=np.float64)
    bad = np.abs(total - 1) > np.sqrt(np.finfo(array.dtype).eps)
    if bad.any():
        index = first(bad)
        raise ValueError(
            f"{name} must sum to 1 along axis {axis}; "
            f"{slice_at(name, index, axis)} sums to {_not_1(float(total[index]))}"
        )
    return array, axis


def _not_1(total: float) -> str:
    """Spell a wrong sum in six digits, or in twelve where six would read as 1."""
    spelled = f"{total:.6g}"
    return f"{total:.12g}" if spelled == "1" else spelled


def check_logits(name: str, logits: ArrayLike, axis: int) -> tuple[FloatArray, int]:
    """Return logits and their axis: finite or -inf, and never -inf for every class at once."""
    array = check_real(name, logits)
    axis = check_axis(name, array, axis)
    if not _every_maximum_is_finite(array, axis):
        check_no_nan(name, array)
        check_softmax_exists(name, array, axis)
    return array, axis


def check_softmax_exists(name: str, x: FloatArray, axis: int) -> None:
    """Refuse +inf, and slices that are -inf throughout: neither has a softmax."""
    if _every_maximum_is_finite(x, axis):
        return
    if np.isposinf(x).any():
        index = first(np.isposinf(x))
        raise ValueError(f"{name} must be finite or -inf; {at(name, index)} is inf")
    excluded = np.isneginf(x).all(axis=axis)
    if excluded.any():
        raise ValueError(
            f"{name} must be above -inf for at least one class along axis {axis}; "
            f"{slice_at(name, first(excluded), axis)} is -inf throughout"
        )


def _every_maximum_is_finite(x: FloatArray, axis: int) -> bool:
    """Say in one pass what NaN, +inf and a slice of -inf all spoil; the rest is good."""
    return bool(np.isfinite(x.max(axis=axis)).all())
