"""Logarithms of sums of exponentials, and what follows from them; taught in chapter 5.

``logsumexp``, ``softmax`` and ``log_softmax`` are named as in scipy.special, but take one
``axis``, the last one unless you say otherwise, because that is where this book keeps the
classes. ``sigmoid`` and ``log_sigmoid`` are SciPy's ``expit`` and ``log_expit``. Results have
the format of the input, integers count as float64, and half and single precision are worked out
in float64 and rounded once. A zero-dimensional result is a NumPy scalar.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from xent_lib._validation import (
    FloatArray,
    check_axis,
    check_real,
    check_softmax_exists,
)

__all__ = [
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "sigmoid",
    "softmax",
]

DType = np.dtype[Any]
P = ParamSpec("P")
R = TypeVar("R")


def at_least_float64(x: FloatArray) -> DType:
    """Return the format in which ``x`` is worked on: float64, or longdouble for longdouble."""
    return np.result_type(x, np.float64)


def wider_dtype(x: FloatArray) -> DType:
    """Return a format that holds more digits than that of ``x``, where the processor has one."""
    return np.dtype(np.float64 if x.itemsize < 8 else np.longdouble)


def scalar_if_0d(x: FloatArray) -> FloatArray:
    """Turn a zero-dimensional array into the NumPy scalar that a caller expects."""
    scalar: FloatArray = x[()]
    return scalar


def ignoring_underflow(function: Callable[P, R]) -> Callable[P, R]:
    """Let what underflows be 0 where the caller has asked NumPy for an error.

    ``np.errstate`` as a decorator would do, but NumPy 1.26 mixes up the settings of threads.
    """

    @functools.wraps(function)
    def quiet(*args: P.args, **kwargs: P.kwargs) -> R:
        with np.errstate(under="ignore"):
            return function(*args, **kwargs)

    return quiet


def add_up(
    terms: FloatArray, axis: int, dtype: DType | None = None, keepdims: bool = False
) -> FloatArray:
    """Add along ``axis``, whichever axis lies end to end in memory.

    Along that one NumPy adds in pairs, along another one term after the other: a million
    terms then lose five digits.
    """
    total: FloatArray
    if axis == terms.ndim - 1 and terms.flags.c_contiguous:
        total = terms.sum(axis=axis, dtype=dtype, keepdims=keepdims)
        return total
    rows = np.ascontiguousarray(np.moveaxis(terms, axis, -1))
    total = rows.sum(axis=-1, dtype=dtype)
    return np.expand_dims(total, axis) if keepdims else total


def difference(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return ``a - b`` rounded, and what the rounding left out (Knuth's two-sum).

    Where a difference is infinite or NaN, the second is 0.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = a - b
        taken = a - rounded
        lost = (a - (rounded + taken)) + (taken - b)
    return rounded, np.where(np.isfinite(lost), lost, 0)


def exponentials(x: FloatArray, shift: FloatArray, work: DType) -> FloatArray:
    """Return ``exp(x - shift)`` in the format ``work``, right to its last digits.

    A difference that is rounded moves the exponential by a factor ``exp(lost)``, which is
    ``1 + lost`` to all digits that matter. A ``work`` wider than ``x`` needs no such care.
    """
    if work.itemsize > x.itemsize:
        terms: FloatArray = np.exp(x - shift.astype(work))
        return terms
    below, lost = difference(x.astype(work, copy=False), shift)
    terms = np.exp(below)
    terms += terms * lost
    return terms


def max_and_excess(x: FloatArray, axis: int) -> tuple[FloatArray, FloatArray]:
    """Split logsumexp into its two parts, both with ``axis`` kept: the maximum, and the rest.

    The maximum's own term is exactly 1 and stays inside ``log1p``, so an excess far smaller
    than 1 keeps its digits. A loss that subtracts the maximum again can do so without
    rounding the excess away first. An infinite maximum has no excess.
    """
    work = at_least_float64(x)
    top = np.expand_dims(x.argmax(axis=axis), axis)
    maximum = np.take_along_axis(x, top, axis).astype(work)
    with np.errstate(over="ignore", invalid="ignore"):
        terms = exponentials(x, maximum, work)
        np.put_along_axis(terms, top, 0, axis)
        total = add_up(terms, axis, wider_dtype(x), keepdims=True).astype(work)
    return maximum, np.where(np.isfinite(maximum), np.log1p(total), 0)


@ignoring_underflow
def logsumexp(x: ArrayLike, axis: int = -1, keepdims: bool = False) -> FloatArray:
    r"""Logarithm of the sum of exponentials, :math:`\log \sum_k e^{x_k}`.

    Unlike ``scipy.special.logsumexp`` it sums over the last axis by default and not over all
    entries at once, takes no factors ``b``, and refuses an axis of length 0.

    The maximum :math:`m` is taken out first, so nothing overflows:
    :math:`m + \log(1 + \sum_{k \ne \arg\max} e^{x_k - m})`. The maximum's own term is exactly
    1 and is left to ``log1p``, so a sum that is barely above its maximum keeps its digits.
    A shift of the input shifts the result: ``logsumexp(x + c)`` is ``logsumexp(x) + c`` up to
    rounding.

    Parameters
    ----------
    x : array_like, shape (..., K, ...)
        Real numbers; -inf is a term of zero, and one inf makes the sum inf. A NaN makes the
        result of its own slice NaN, and of no other.
    axis : int, default -1
        The axis summed over.
    keepdims : bool, default False
        Keep the summed axis with length 1.

    Returns
    -------
    ndarray, shape (..., ...)
        In nats when ``x`` is in nats, in the format of ``x``; a NumPy scalar for
        one-dimensional ``x``.

    Raises
    ------
    TypeError
        If ``x`` does not hold real numbers or has a mask, or ``axis`` is no integer.
    ValueError
        If ``axis`` is out of range or has length 0.

    See Also
    --------
    softmax : the gradient of this function.

    Notes
    -----
    Chapter 5 derives it. A result close to 0 is the difference of two numbers of the size of
    the maximum :math:`m`, and has fewer digits: such slices are worked out again in the next
    wider format, and the error left is about :math:`10^{-19} |m|` where that is an 80-bit long
    double, :math:`10^{-16} |m|` elsewhere. Time and memory grow linearly with the size of ``x``.

    Examples
    --------
    >>> float(logsumexp([1000.0, 1000.0]).round(4))
    1000.6931
    """
    x = check_real("x", x)
    axis = check_axis("x", x, axis)
    maximum, excess = max_and_excess(x, axis)
    with np.errstate(over="ignore"):
        total = maximum + excess
        near = np.abs(total) < excess
        if near.any():
            rows = np.moveaxis(x, axis, -1)[near.squeeze(axis)]
            total[near] = logsumexp_near_zero(rows)
        result: FloatArray = total.astype(x.dtype, copy=False)
    return result if keepdims else scalar_if_0d(result.squeeze(axis))


def logsumexp_near_zero(rows: FloatArray) -> FloatArray:
    """Return it where maximum and excess cancel, which happens below 0 only.

    ``log1p`` is given the sum less 1, whose parts are ``exp(maximum) - 1`` and the other terms.
    """
    places = np.arange(len(rows)), rows.argmax(axis=1)
    wide = rows.astype(wider_dtype(rows))
    terms = np.exp(wide)
    terms[places] = np.expm1(wide[places])
    result: FloatArray = np.log1p(terms.sum(axis=1))
    return result


@ignoring_underflow
def softmax(x: ArrayLike, axis: int = -1) -> FloatArray:
    r"""Turn scores into a distribution, :math:`e^{x_k} / \sum_j e^{x_j}`.

    Unlike ``scipy.special.softmax`` it takes the last axis by default and not all entries at
    once, and where no quotient exists it raises an error and does not return NaN.

    Adding one number to every score changes nothing, which is why subtracting the maximum
    first is allowed; it keeps every exponential at most 1.

    Parameters
    ----------
    x : array_like, shape (..., K, ...)
        Scores (logits); -inf gives probability 0. A NaN makes its own slice NaN throughout,
        and no other.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray, shape of ``x``
        Probabilities, in the format of ``x``; they sum to 1 along ``axis`` up to rounding.

    Raises
    ------
    TypeError
        If ``x`` does not hold real numbers or has a mask, or ``axis`` is no integer.
    ValueError
        If ``axis`` is out of range or has length 0, or a slice holds +inf or is -inf
        throughout, so that the quotient does not exist.

    See Also
    --------
    log_softmax : its logarithm, which keeps the digits of small probabilities.

    Notes
    -----
    Chapter 5 derives it. Time and memory grow linearly with the size of ``x``.

    Examples
    --------
    >>> softmax([0.0, 0.0]).tolist()
    [0.5, 0.5]
    >>> softmax(np.log([0.7, 0.2, 0.1])).round(4).tolist()
    [0.7, 0.2, 0.1]
    """
    x = check_real("x", x)
    axis = check_axis("x", x, axis)
    check_softmax_exists("x", x, axis)
    terms = exponentials(x, x.max(axis=axis, keepdims=True), at_least_float64(x))
    total = add_up(terms, axis, wider_dtype(x), keepdims=True)
    result: FloatArray = terms / total.astype(terms.dtype)
    return result.astype(x.dtype, copy=False)


@ignoring_underflow
def log_softmax(x: ArrayLike, axis: int = -1) -> FloatArray:
    r"""Logarithm of :func:`softmax`, :math:`x_k - \log \sum_j e^{x_j}`.

    Unlike ``scipy.special.log_softmax`` it takes the last axis by default and not all entries
    at once, and where :func:`softmax` does not exist it raises an error and does not return
    NaN.

    It never forms a probability, so a class whose probability would underflow to 0 still has
    a finite logarithm.

    Parameters
    ----------
    x : array_like, shape (..., K, ...)
        Scores (logits); -inf stays -inf. A NaN makes its own slice NaN throughout, and no
        other.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray, shape of ``x``
        Log probabilities in nats, at most 0, in the format of ``x``.

    Raises
    ------
    TypeError
        If ``x`` does not hold real numbers or has a mask, or ``axis`` is no integer.
    ValueError
        If ``axis`` is out of range or has length 0, or a slice holds +inf or is -inf
        throughout.

    Notes
    -----
    Chapter 5 derives it. Time and memory grow linearly with the size of ``x``.

    Examples
    --------
    >>> log_softmax([1000.0, 0.0]).tolist()
    [0.0, -1000.0]
    """
    x = check_real("x", x)
    axis = check_axis("x", x, axis)
    check_softmax_exists("x", x, axis)
    maximum, excess = max_and_excess(x, axis)
    with np.errstate(over="ignore"):
        return ((x - maximum) - excess).astype(x.dtype, copy=False)


@ignoring_underflow
def sigmoid(x: ArrayLike) -> FloatArray:
    r"""Probability whose log odds are :math:`x`, :math:`\frac{1}{1 + e^{-x}}`.

    For a negative :math:`x` it is computed as :math:`\frac{e^x}{1 + e^x}`, so the exponential
    is at most 1 for every ``x`` and a small probability keeps its digits.

    Parameters
    ----------
    x : array_like, any shape
        Scores (log odds); infinite ones are allowed. A NaN stays NaN, in its own place.

    Returns
    -------
    ndarray, shape of ``x``
        Probabilities, in the format of ``x``; a NumPy scalar for a scalar ``x``.

    Raises
    ------
    TypeError
        If ``x`` does not hold real numbers or has a mask.

    See Also
    --------
    log_sigmoid : its logarithm.

    Notes
    -----
    Chapter 5 derives it. Time and memory grow linearly with the size of ``x``.

    Examples
    --------
    >>> float(sigmoid(0.0))
    0.5
    >>> float(sigmoid(np.log(0.7 / 0.3)).round(4))
    0.7
    """
    x = check_real("x", x)
    work = x.astype(at_least_float64(x), copy=False)
    small = np.exp(-np.abs(work))
    result = np.where(work < 0, small, 1) / (1 + small)
    return scalar_if_0d(np.asarray(result).astype(x.dtype, copy=False))


@ignoring_underflow
def log_sigmoid(x: ArrayLike) -> FloatArray:
    r"""Logarithm of the sigmoid, :math:`\log \frac{1}{1 + e^{-x}} = -\log(1 + e^{-x})`.

    Written as :math:`\min(x, 0) - \log(1 + e^{-|x|})`: the exponential is at most 1 for every
    ``x``, so neither tail overflows.

    Parameters
    ----------
    x : array_like, any shape
        Scores (log odds); infinite ones are allowed. A NaN stays NaN, in its own place.

    Returns
    -------
    ndarray, shape of ``x``
        Log probabilities in nats, at most 0, in the format of ``x``; a NumPy scalar for a
        scalar ``x``.

    Raises
    ------
    TypeError
        If ``x`` does not hold real numbers or has a mask.

    See Also
    --------
    sigmoid : the probability itself.

    Notes
    -----
    Chapter 5 derives it. Time and memory grow linearly with the size of ``x``.

    Examples
    --------
    >>> float(log_sigmoid(0.0).round(4))
    -0.6931
    >>> float(log_sigmoid(-1000.0))
    -1000.0
    """
    x = check_real("x", x)
    work = x.astype(at_least_float64(x), copy=False)
    result = np.minimum(work, 0) - np.log1p(np.exp(-np.abs(work)))
    return scalar_if_0d(np.asarray(result).astype(x.dtype, copy=False))
