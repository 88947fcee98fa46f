"""Checks at the public edge of the library.

Every public function calls these once and then runs a short kernel. Every error text lives
here, and each one names the argument, what was expected, and what came instead.
"""

from __future__ import annotations

from collections.abc import Sized
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]


def _first(mask: NDArray[np.bool_] | np.bool_) -> tuple[int, ...]:
    """Index of the first True in ``mask``."""
    return tuple(int(i) for i in np.argwhere(mask)[0])


def _at(name: str, index: tuple[int, ...]) -> str:
    """Spell an element the way Python would: ``p[2, 0]``, or ``p`` for a scalar."""
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def _slice(name: str, index: tuple[int, ...], axis: int) -> str:
    """Spell a slice along ``axis``: ``p[2, :]``, or ``p`` where there is one slice only."""
    where = index[:axis] + (":",) + index[axis:]
    return f"{name}[{', '.join(map(str, where))}]" if index else name


def check_real(name: str, x: ArrayLike) -> FloatArray:
    """Return ``x`` as a floating array; integers become float64, float widths are kept."""
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ValueError(
            f"{name} must be an array of real numbers; got rows of unequal length"
        ) from error
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
            f"{name} must not contain NaN; {_at(name, _first(np.isnan(x)))} is nan"
        )


def check_probabilities(name: str, p: ArrayLike) -> FloatArray:
    """Return ``p`` as an array whose every entry lies in [0, 1]."""
    array = check_real(name, p)
    check_no_nan(name, array)
    for bad, expected in ((array < 0, "not be negative"), (array > 1, "be at most 1")):
        if bad.any():
            index = _first(bad)
            raise ValueError(
                f"probabilities must {expected}; {_at(name, index)} is {float(array[index])!r}"
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
        index = _first(bad)
        raise ValueError(
            f"{name} must sum to 1 along axis {axis}; "
            f"{_slice(name, index, axis)} sums to {float(total[index]):.6g}"
        )
    return array, axis


def check_same_shape(name: str, x: NDArray[Any], other: str, y: NDArray[Any]) -> None:
    """Refuse to broadcast: the two arrays have one shape."""
    if x.shape != y.shape:
        raise ValueError(
            f"{name} and {other} must have the same shape; got {x.shape} and {y.shape}"
        )


def check_logits(name: str, logits: ArrayLike, axis: int) -> tuple[FloatArray, int]:
    """Return logits and their axis: finite or -inf, and never -inf for every class at once."""
    array = check_real(name, logits)
    axis = check_axis(name, array, axis)
    if not _every_maximum_is_finite(array, axis):
        check_no_nan(name, array)
        check_softmax_exists(name, array, axis)
    return array, axis


def _every_maximum_is_finite(x: FloatArray, axis: int) -> bool:
    """Say in one pass what NaN, +inf and a slice of -inf all spoil; the rest is good."""
    return bool(np.isfinite(x.max(axis=axis)).all())


def check_softmax_exists(name: str, x: FloatArray, axis: int) -> None:
    """Refuse +inf, and slices that are -inf throughout: neither has a softmax."""
    if _every_maximum_is_finite(x, axis):
        return
    if np.isposinf(x).any():
        index = _first(np.isposinf(x))
        raise ValueError(f"{name} must be finite or -inf; {_at(name, index)} is inf")
    excluded = np.isneginf(x).all(axis=axis)
    if excluded.any():
        raise ValueError(
            f"{name} must be above -inf for at least one class along axis {axis}; "
            f"{_slice(name, _first(excluded), axis)} is -inf throughout"
        )


def check_integer_labels(
    name: str, labels: ArrayLike, num_classes: int, shape: tuple[int, ...] | None = None
) -> IntArray:
    """Return class indices from 0 to ``num_classes - 1``, of ``shape`` where one is given."""
    array = np.asarray(labels)
    if array.size == 0 and array.dtype.kind == "f":
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(
            f"{name} must be integer class indices; got dtype {array.dtype} "
            "(labels that are distributions go to softmax_cross_entropy)"
        )
    if shape is not None and array.shape != shape:
        raise ValueError(
            f"{name} must have the shape of logits without the class axis, {shape}; "
            f"got {array.shape}"
        )
    bad = (array < 0) | (array >= num_classes)
    if bad.any():
        index = _first(bad)
        raise ValueError(
            f"{name} must be between 0 and {num_classes - 1}; "
            f"{_at(name, index)} is {int(array[index])}"
        )
    return array


def check_positive_integer(name: str, value: int) -> int:
    """Return a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an integer; got {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1; got {value}")
    return int(value)


def check_not_negative_integer(name: str, value: int) -> int:
    """Return a whole number of at least 0."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an integer; got {value!r}")
    if value < 0:
        raise ValueError(f"{name} must be at least 0; got {value}")
    return int(value)


def check_text(name: str, text: str) -> str:
    """Return a string."""
    if not isinstance(text, str):
        raise TypeError(f"{name} must be a string; got {type(text).__name__}")
    return text


def check_fitted(model: object, learnt: str) -> None:
    """Refuse to use a model that has learnt nothing yet."""
    if not hasattr(model, learnt):
        raise ValueError(
            f"this {type(model).__name__} is not fitted yet; call fit first"
        )


def check_tokens(name: str, tokens: ArrayLike, vocab_size: int) -> IntArray:
    """Return a sequence of tokens, which may be empty, as indices into a vocabulary."""
    array = np.asarray(tokens)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one sequence; got shape {array.shape}")
    if array.size == 0:
        return np.zeros(0, np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must be integers; got dtype {array.dtype}")
    bad = (array < 0) | (array >= vocab_size)
    if bad.any():
        index = _first(bad)
        raise ValueError(
            f"{name} must be between 0 and {vocab_size - 1}, the vocabulary; "
            f"{_at(name, index)} is {int(array[index])}"
        )
    return array


def check_discount(name: str, value: float) -> float:
    """Return a number above 0 and at most 1."""
    if not 0 < value <= 1:
        raise ValueError(f"{name} must be above 0 and at most 1; got {value!r}")
    return float(value)


def check_unit_interval(name: str, value: float) -> float:
    """Return a number from 0 to 1."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be between 0 and 1; got {value!r}")
    return float(value)


def check_not_negative(name: str, value: float) -> float:
    """Return a finite number of at least 0."""
    if not 0 <= value < float("inf"):
        raise ValueError(f"{name} must be finite and at least 0; got {value!r}")
    return float(value)


def check_base(base: float | None) -> float:
    """Return the natural logarithm of ``base``: the factor from nats; 1.0 for ``None``."""
    if base is None:
        return 1.0
    if not 1 < base < float("inf"):
        raise ValueError(f"base must be finite and above 1; got {base!r}")
    return float(np.log(base))


def check_positive(name: str, value: float) -> float:
    """Return a finite number above 0."""
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} must be finite and above 0; got {value!r}")
    return float(value)


def check_finite(name: str, x: ArrayLike) -> FloatArray:
    """Return ``x`` as a floating array without NaN and without inf."""
    array = check_real(name, x)
    bad = ~np.isfinite(array)
    if bad.any():
        index = _first(bad)
        raise ValueError(
            f"{name} must be finite, without NaN and inf; "
            f"{_at(name, index)} is {float(array[index])!r}"
        )
    return array


def check_features(
    name: str, x: ArrayLike, model: str = "", num_features: int | None = None
) -> FloatArray:
    """Return a table of finite numbers, one row an example and one column a feature.

    A fitted ``model`` expects ``num_features``. The texts hold the words that scikit-learn's
    own checks of an estimator look for.
    """
    if hasattr(x, "toarray"):
        raise TypeError(
            f"{name} must be a dense array; got a sparse {type(x).__name__}, "
            f"which {name}.toarray() makes dense"
        )
    array = np.asarray(x)
    if array.dtype.kind == "c":
        raise ValueError(
            f"{name} must hold real numbers. Complex data not supported; got dtype {array.dtype}"
        )
    if array.dtype.kind == "O":
        array = array.astype(np.float64)
    if array.ndim != 2:
        raise ValueError(
            f"{name} must be two-dimensional, (examples, features); got shape {array.shape}. "
            f"Reshape your data: {name}.reshape(-1, 1) for one feature, "
            f"{name}.reshape(1, -1) for one example"
        )
    if 0 in array.shape:
        kind = "sample(s)" if array.shape[0] == 0 else "feature(s)"
        raise ValueError(
            f"{name} must hold at least one example and one feature; got 0 {kind} "
            f"(shape={array.shape}) while a minimum of 1 is required."
        )
    if num_features is not None and array.shape[1] != num_features:
        raise ValueError(
            f"{name} has {array.shape[1]} features, "
            f"but {model} is expecting {num_features} features as input"
        )
    return check_finite(name, array).astype(np.float64, copy=False)


def check_class_labels(name: str, labels: ArrayLike | None) -> NDArray[Any]:
    """Return one class name an example: whole numbers, strings or booleans."""
    if labels is None:
        raise ValueError(
            f"a classifier requires {name} to be passed, but the target {name} is None"
        )
    array = np.asarray(labels)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional; got shape {array.shape}")
    if array.dtype.kind == "f":
        array = check_finite(name, array)
        if (array != np.round(array)).any():
            index = _first(array != np.round(array))
            raise ValueError(
                f"Unknown label type: {name} must hold class labels, not measurements; "
                f"{_at(name, index)} is {float(array[index])!r}"
            )
    elif array.dtype.kind == "c":
        raise ValueError(
            f"{name} must hold class labels. Complex data not supported; got {array.dtype}"
        )
    return array


def check_same_length(name: str, x: NDArray[Any], other: str, y: NDArray[Any]) -> None:
    """Refuse two arrays that do not hold the same number of examples."""
    if len(x) != len(y):
        raise ValueError(
            f"{name} and {other} must hold the same number of examples; "
            f"got {len(x)} and {len(y)}"
        )


def check_several_classes(name: str, classes: NDArray[Any]) -> None:
    """Refuse labels that all name one class: there is nothing to tell apart."""
    if len(classes) < 2:
        raise ValueError(
            f"{name} must hold at least 2 classes; got 1 class only, {classes[0]!r}"
        )


def check_decay(name: str, value: float) -> float:
    """Return what is kept of a running sum: from 0 to below 1."""
    if not 0 <= value < 1:
        raise ValueError(f"{name} must be at least 0 and below 1; got {value!r}")
    return float(value)


def check_not_empty(name: str, x: Sized, what: str = "example") -> None:
    """Refuse what holds nothing."""
    if len(x) == 0:
        raise ValueError(f"{name} must hold at least one {what}; got none")


def check_yes_or_no(name: str, outcomes: ArrayLike) -> FloatArray:
    """Return one outcome an example, 0.0 or 1.0."""
    array = np.asarray(outcomes)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional; got shape {array.shape}")
    bad = (array != 0) & (array != 1)
    if bad.any():
        index = _first(bad)
        raise ValueError(
            f"{name} must hold 0 or 1; {_at(name, index)} is {array[index].item()!r}"
        )
    return array.astype(np.float64)
