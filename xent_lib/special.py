"""Logarithms of sums of exponentials, and what follows from them; taught in chapter 5.

The names and conventions are scipy.special's, except that ``axis`` is the last one unless
you say otherwise, because that is where this book keeps the classes.
"""

from __future__ import annotations

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
    "softmax",
]


def widen(x: FloatArray) -> FloatArray:
    """Give float16 the room of float32; the caller rounds once, at the end."""
    return x.astype(np.float32) if x.dtype == np.float16 else x


def unwrap(x: FloatArray) -> FloatArray:
    """Turn a zero-dimensional array into the NumPy scalar that a caller expects."""
    scalar: FloatArray = x[()]
    return scalar


def difference(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return ``a - b`` rounded, and what the rounding left out (Knuth's two-sum).

    Where a difference is infinite or NaN, the second is 0.
    """
    rounded = a - b
    taken = a - rounded
    lost = (a - (rounded + taken)) + (taken - b)
    return rounded, np.where(np.isfinite(lost), lost, 0)


def max_and_excess(x: FloatArray, axis: int) -> tuple[FloatArray, FloatArray]:
    """Split logsumexp into its two parts, both with ``axis`` kept: the maximum, and the rest.

    The maximum's own term is exactly 1 and stays inside ``log1p``, so an excess far smaller
    than 1 keeps its digits. A loss that subtracts the maximum again can do so without
    rounding the excess away first. Both parts are at least as wide as float64; the sum has a
    few more bits where the processor does, and is rounded once.
    """
    x = x.astype(np.result_type(x, np.float64), copy=False)
    top = np.expand_dims(x.argmax(axis=axis), axis)
    maximum = np.take_along_axis(x, top, axis)
    with np.errstate(invalid="ignore"):
        below, lost = difference(x, np.where(np.isinf(maximum), 0, maximum))
        terms = np.exp(below)
        np.put_along_axis(terms, top, 0, axis)
        total = terms.sum(axis=axis, keepdims=True, dtype=np.longdouble)
        total += (terms * lost).sum(axis=axis, keepdims=True)  # the slope of exp is exp
    return maximum, np.log1p(total).astype(x.dtype)


def logsumexp(x: ArrayLike, axis: int = -1, keepdims: bool = False) -> FloatArray:
    r"""Logarithm of the sum of exponentials, :math:`\log \sum_k e^{x_k}`.

    The maximum :math:`m` is taken out first, so nothing overflows:
    :math:`m + \log(1 + \sum_{k \ne \arg\max} e^{x_k - m})`. The maximum's own term is exactly
    1 and is left to ``log1p``, so a sum that is barely above its maximum keeps its digits.
    A shift of the input shifts the result: ``logsumexp(x + c) == logsumexp(x) + c``.

    Parameters
    ----------
    x : array_like, shape (..., K, ...)
        Real numbers; -inf is a term of zero, NaN stays NaN.
    axis : int, default -1
        The axis summed over.
    keepdims : bool, default False
        Keep the summed axis with length 1.

    Returns
    -------
    ndarray, shape (..., ...)
        In nats when ``x`` is in nats; a NumPy scalar for one-dimensional ``x``.

    Raises
    ------
    TypeError
        If ``x`` does not hold real numbers.
    ValueError
        If ``axis`` is out of range or has length 0.

    See Also
    --------
    softmax : the gradient of this function.

    Notes
    -----
    Chapter 5 derives it. Time and memory grow linearly with the size of ``x``.

    Examples
    --------
    >>> float(logsumexp([1000.0, 1000.0]).round(4))
    1000.6931
    """
    x = check_real("x", x)
    axis = check_axis("x", x, axis)
    maximum, excess = max_and_excess(x, axis)
    result: FloatArray = (maximum + excess).astype(x.dtype, copy=False)
    return result if keepdims else unwrap(result.squeeze(axis))


def softmax(x: ArrayLike, axis: int = -1) -> FloatArray:
    r"""Turn scores into a distribution, :math:`e^{x_k} / \sum_j e^{x_j}`.

    Adding one number to every score changes nothing, which is why subtracting the maximum
    first is allowed; it keeps every exponential at most 1.

    Parameters
    ----------
    x : array_like, shape (..., K, ...)
        Scores (logits); -inf gives probability 0, NaN stays NaN.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray, shape of ``x``
        Probabilities; they sum to 1 along ``axis`` up to rounding.

    Raises
    ------
    TypeError
        If ``x`` does not hold real numbers.
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
    work = widen(x)
    terms = np.exp(work - work.max(axis=axis, keepdims=True))
    result: FloatArray = terms / terms.sum(axis=axis, keepdims=True)
    return result.astype(x.dtype, copy=False)


def log_softmax(x: ArrayLike, axis: int = -1) -> FloatArray:
    r"""Logarithm of :func:`softmax`, :math:`x_k - \log \sum_j e^{x_j}`.

    It never forms a probability, so a class whose probability would underflow to 0 still has
    a finite logarithm.

    Parameters
    ----------
    x : array_like, shape (..., K, ...)
        Scores (logits); -inf stays -inf, NaN stays NaN.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray, shape of ``x``
        Log probabilities in nats, at most 0.

    Raises
    ------
    TypeError
        If ``x`` does not hold real numbers.
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
    return ((x - maximum) - excess).astype(x.dtype, copy=False)


def log_sigmoid(x: ArrayLike) -> FloatArray:
    r"""Logarithm of the sigmoid, :math:`\log \frac{1}{1 + e^{-x}} = -\log(1 + e^{-x})`.

    Written as :math:`\min(x, 0) - \log(1 + e^{-|x|})`: the exponential is at most 1 for every
    ``x``, so neither tail overflows.

    Parameters
    ----------
    x : array_like, any shape
        Scores (log odds); NaN stays NaN.

    Returns
    -------
    ndarray, shape of ``x``
        Log probabilities in nats, at most 0; a NumPy scalar for a scalar ``x``.

    Raises
    ------
    TypeError
        If ``x`` does not hold real numbers.

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
    work = widen(x)
    result = np.minimum(work, 0) - np.log1p(np.exp(-np.abs(work)))
    return unwrap(np.asarray(result).astype(x.dtype, copy=False))
