"""Derivatives of the losses in closed form, and slopes of any function from its values; chapter 6.

The logits come first, as in the losses. Every closed form is per example: the caller divides
by the number of examples where the loss is a mean. The arithmetic is that of
:mod:`xent_lib.losses`, so a slope close to 0 keeps its digits. The slopes from values need no
formula, so they check one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent_lib._validation import (
    FloatArray,
    batch_of_distributions,
    batch_of_indices,
    binary_entries,
    check_finite,
    check_logits,
    check_positive,
    check_real,
    check_step_moves,
)
from xent_lib.losses.binary import binary_cross_entropy_parts
from xent_lib.losses.softmax import softmax_and_complement, value_and_grad_of_sum
from xent_lib.special import ignoring_underflow, scalar_if_0d, wider_dtype

__all__ = [
    "central_difference",
    "complex_step",
    "sigmoid_binary_cross_entropy_grad",
    "softmax_cross_entropy_grad",
    "softmax_cross_entropy_with_integer_labels_grad",
    "softmax_jacobian",
]

Function = Callable[[NDArray[Any]], ArrayLike]

_STEP = 6e-6  # about the cube root of the float64 epsilon
_COMPLEX_STEP = 1e-30


@ignoring_underflow
def softmax_jacobian(logits: ArrayLike, axis: int = -1) -> FloatArray:
    r"""Slopes of every probability in every logit, :math:`\operatorname{diag}(q) - q q^\top`.

    Entry :math:`(j, k)` is :math:`\partial q_j / \partial z_k = q_j (\delta_{jk} - q_k)` with
    :math:`q = \operatorname{softmax}(z)`. The same matrix is the Hessian of the cross entropy
    in the logits, for every label whose entries sum to 1, since the gradient is
    :math:`q - y` and the label does not move.

    Parameters
    ----------
    logits : array_like, shape (..., K, ...)
        Scores, finite or -inf.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray, shape (..., K, K)
        One symmetric matrix per example, its two class axes last, in the format of
        ``logits``. Rows and columns sum to 0 up to rounding.

    Raises
    ------
    TypeError
        If ``logits`` do not hold real numbers or have a mask, or ``axis`` is no integer.
    ValueError
        If ``logits`` hold NaN or +inf or are -inf for every class, or ``axis`` is out of
        range.

    Notes
    -----
    Chapter 6 derives it. Time and memory: K times the size of ``logits``.

    Examples
    --------
    >>> softmax_jacobian(np.log([0.7, 0.2, 0.1])).round(2).tolist()
    [[0.21, -0.14, -0.07], [-0.14, 0.16, -0.02], [-0.07, -0.02, 0.09]]
    """
    logits, axis = check_logits("logits", logits, axis)
    classes = np.moveaxis(logits, axis, -1)
    rows = classes.reshape(-1, classes.shape[-1])
    q, rest = softmax_and_complement(rows, wider_dtype(rows))
    jacobian = -q[:, :, None] * q[:, None, :]
    k = np.arange(q.shape[1])
    jacobian[:, k, k] = q * rest
    return jacobian.reshape(*classes.shape, q.shape[1]).astype(logits.dtype)


def softmax_cross_entropy_grad(
    logits: ArrayLike, labels: ArrayLike, *, axis: int = -1
) -> FloatArray:
    r"""Gradient of the cross entropy of distributions in the logits, :math:`q - y`.

    Parameters
    ----------
    logits : array_like, shape (..., K, ...)
        Scores, finite or -inf.
    labels : array_like, shape of ``logits``
        Distributions along ``axis``: one-hot, smoothed or soft.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray, shape of ``logits``
        The prediction minus the label, in the wider format of ``logits`` and ``labels``, of
        which whole numbers and booleans do not count. Up to rounding it sums to 0 along
        ``axis`` and is at most :math:`\sqrt 2` long.

    Raises
    ------
    TypeError
        If ``logits`` or ``labels`` do not hold real numbers or have a mask.
    ValueError
        If the shapes differ, ``logits`` hold NaN or +inf or are -inf for every class, a label
        is no distribution, or ``axis`` is out of range.

    See Also
    --------
    xent_lib.losses.softmax_cross_entropy_value_and_grad : the mean loss and its gradient.

    Notes
    -----
    Chapter 6 derives it twice. A slope is a difference of two numbers between 0 and 1, in
    float64 for narrower formats and in long double for float64: the more digits these share,
    the fewer it has. Time and memory grow linearly with the size of ``logits``.

    Examples
    --------
    >>> softmax_cross_entropy_grad(np.log([0.7, 0.2, 0.1]), [1, 0, 0]).round(4).tolist()
    [-0.3, 0.2, 0.1]
    """
    return value_and_grad_of_sum(batch_of_distributions(logits, labels, axis))[1]


def softmax_cross_entropy_with_integer_labels_grad(
    logits: ArrayLike, labels: ArrayLike, *, axis: int = -1
) -> FloatArray:
    r"""Gradient of the cross entropy of class indices in the logits, :math:`q - y`.

    Parameters
    ----------
    logits : array_like, shape (..., K, ...)
        Scores, finite or -inf.
    labels : array_like of int, shape (..., ...)
        Class indices from 0 to K - 1; the shape of ``logits`` without ``axis``.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray, shape of ``logits``
        The prediction, less 1 at the true class, in the format of ``logits``. No one-hot
        vector is built.

    Raises
    ------
    TypeError
        If ``logits`` do not hold real numbers, ``labels`` are not integers, or one of them has a
        mask.
    ValueError
        If the shapes do not fit, a label is out of range, ``logits`` hold NaN or +inf or are
        -inf for every class, or ``axis`` is out of range.

    Notes
    -----
    Chapter 6 derives it. Time and memory grow linearly with the size of ``logits``.

    Examples
    --------
    >>> logits = np.log([0.7, 0.2, 0.1])
    >>> softmax_cross_entropy_with_integer_labels_grad(logits, 0).round(4).tolist()
    [-0.3, 0.2, 0.1]
    """
    return value_and_grad_of_sum(batch_of_indices(logits, labels, axis))[1]


@ignoring_underflow
def sigmoid_binary_cross_entropy_grad(
    logits: ArrayLike, labels: ArrayLike
) -> FloatArray:
    r"""Gradient of the binary cross entropy in the logits, :math:`\sigma(z) - y`.

    Parameters
    ----------
    logits : array_like, any shape
        Scores (log odds of the label 1); infinite ones are allowed.
    labels : array_like, shape of ``logits``
        Probabilities of the label 1, in [0, 1].

    Returns
    -------
    ndarray, shape of ``logits``
        The prediction minus the label, between -1 and 1, in the wider format of ``logits``
        and ``labels``, of which whole numbers and booleans do not count.

    Raises
    ------
    TypeError
        If ``logits`` or ``labels`` do not hold real numbers or have a mask.
    ValueError
        If the shapes differ, ``logits`` hold NaN, or a label lies outside [0, 1].

    Notes
    -----
    Chapter 6 derives it. For a label between 0 and 1 it is a difference of two numbers, in
    float64 for narrower formats and in long double for float64: the more digits these share,
    the fewer it has. Time and memory grow linearly with the size of ``logits``.

    Examples
    --------
    >>> sigmoid_binary_cross_entropy_grad([0.0, 0.0], [1, 0]).tolist()
    [-0.5, 0.5]
    """
    entries = binary_entries(logits, labels)
    slopes = binary_cross_entropy_parts(entries.logits, entries.labels).slopes
    dtype = np.result_type(entries.logits, entries.labels)
    return scalar_if_0d(np.asarray(slopes).astype(dtype, copy=False))


def central_difference(
    function: Function, x: ArrayLike, *, step: float | None = None
) -> FloatArray:
    r"""Slopes from two nearby values, :math:`(f(x + h e_i) - f(x - h e_i)) / 2h`.

    The formula is off by a term of the order :math:`h^2`, and rounding adds one of the order
    :math:`\epsilon / h`; at the cube root of the float64 epsilon, near 6e-6, the two are of one
    order of magnitude for a function whose values and derivatives are of the order of 1. A
    large entry needs a larger step: beside 1e12, where neighbouring numbers are 1e-4 apart,
    6e-6 is lost. Beside 1e9 it is rounded, so the difference is divided by the distance between
    the two points as they are.

    Parameters
    ----------
    function : callable
        Takes an array of the shape of ``x`` and returns one real number.
    x : array_like, any shape
        Where to take the slope; computed in float64.
    step : float, optional
        Distance :math:`h`, one for all entries. By default each entry has its own,
        6e-6 times its size, and 6e-6 for entries between -1 and 1.

    Returns
    -------
    ndarray, shape of ``x``

    Raises
    ------
    TypeError
        If ``x`` does not hold real numbers or has a mask, or ``step`` is no number.
    ValueError
        If ``x`` is not finite, ``step`` is not finite and above 0, or it is so small beside an
        entry that adding it changes nothing.

    Notes
    -----
    Chapter 6 draws its error over the step. Time: two calls of ``function`` for each entry of
    ``x``; memory: that of a call and a few arrays of the shape of ``x``.

    Examples
    --------
    >>> central_difference(lambda x: x[0] ** 2 + 3 * x[1], [2.0, 0.0]).round(6).tolist()
    [4.0, 3.0]
    """
    x = _check_point(x)
    steps = _steps(x, step, _STEP)
    slopes = np.empty_like(x)
    for index in np.ndindex(x.shape):
        h = float(steps[index])
        check_step_moves("x", x, index, h)
        above, below = x.copy(), x.copy()
        above[index] += h
        below[index] -= h
        high, low = np.asarray(function(above)), np.asarray(function(below))
        change = np.subtract(high, low, dtype=np.result_type(high, low, np.float64))
        slopes[index] = change / (above[index] - below[index])
    return slopes


def complex_step(
    function: Function, x: ArrayLike, *, step: float | None = None
) -> FloatArray:
    r"""Slopes from one complex value each, :math:`\operatorname{Im} f(x + i h e_k) / h`.

    No two values are subtracted, so a smaller step loses no digits until the imaginary part
    falls below about 1e-308, where numbers have fewer of them. The function has to be analytic
    and to let complex numbers through: no absolute value, no comparison.

    Parameters
    ----------
    function : callable
        Takes a complex array of the shape of ``x`` and returns one complex number.
    x : array_like, any shape
        Where to take the slope; computed in float64.
    step : float, optional
        Distance :math:`h` along the imaginary axis. By default 1e-30, and for entries
        beyond -1 and 1 that many times their size.

    Returns
    -------
    ndarray, shape of ``x``

    Raises
    ------
    TypeError
        If ``x`` does not hold real numbers or has a mask, or ``step`` is no number.
    ValueError
        If ``x`` is not finite, or ``step`` is not finite and above 0.

    Notes
    -----
    Chapter 6 uses it. Time: one call of ``function`` for each entry of ``x``; memory: that of a
    call and a few arrays of the shape of ``x``.

    References
    ----------
    .. [1] Squire, W. and Trapp, G. (1998). Using complex variables to estimate derivatives of
       real functions. SIAM Review 40, 110-112. doi:10.1137/S003614459631241X

    Examples
    --------
    >>> complex_step(lambda x: np.exp(x[0]) * x[1], [0.0, 2.0]).tolist()
    [2.0, 1.0]
    """
    x = _check_point(x)
    steps = _steps(x, step, _COMPLEX_STEP)
    slopes = np.empty_like(x)
    for index in np.ndindex(x.shape):
        moved = x.astype(np.complex128)
        moved[index] += 1j * steps[index]
        slopes[index] = np.asarray(function(moved)).imag / steps[index]
    return slopes


def _check_point(x: ArrayLike) -> FloatArray:
    with np.errstate(over="ignore"):  # a long double may be beyond float64
        return check_finite("x", check_real("x", x).astype(np.float64))


def _steps(x: FloatArray, step: float | None, default: float) -> FloatArray:
    """One step for each entry of ``x``."""
    if step is not None:
        return np.full_like(x, check_positive("step", step))
    return default * np.maximum(1, np.abs(x))
