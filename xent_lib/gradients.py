"""Derivatives of the losses in closed form, and two numerical ways to check one; chapter 6.

The logits come first, as in the losses. Every closed form is per example: the caller divides
by the number of examples where the loss is a mean.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent_lib._arguments import with_class_indices, with_distributions, with_yes_or_no
from xent_lib._validation import (
    FloatArray,
    check_logits,
    check_no_nan,
    check_positive,
    check_real,
)
from xent_lib.special import log_sigmoid, softmax

__all__ = [
    "central_difference",
    "complex_step",
    "sigmoid_binary_cross_entropy_grad",
    "softmax_cross_entropy_grad",
    "softmax_cross_entropy_with_integer_labels_grad",
    "softmax_jacobian",
]

Function = Callable[[NDArray[Any]], ArrayLike]


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
        One symmetric matrix per example, its two class axes last. Rows and columns sum to 0.

    Raises
    ------
    TypeError
        If ``logits`` do not hold real numbers.
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
    q = np.moveaxis(softmax(logits, axis), axis, -1)
    jacobian: FloatArray = -q[..., :, None] * q[..., None, :]
    k = np.arange(q.shape[-1])
    jacobian[..., k, k] += q
    return jacobian


def softmax_cross_entropy_grad(
    logits: ArrayLike, labels: ArrayLike, axis: int = -1
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
        The prediction minus the label; sums to 0 along ``axis``, and is at most
        :math:`\sqrt 2` long.

    Raises
    ------
    TypeError
        If ``logits`` or ``labels`` do not hold real numbers.
    ValueError
        If the shapes differ, ``logits`` hold NaN or +inf or are -inf for every class, a label
        is no distribution, or ``axis`` is out of range.

    See Also
    --------
    xent_lib.fused.softmax_cross_entropy_value_and_grad : the mean loss and its gradient.

    Notes
    -----
    Chapter 6 derives it twice. Time and memory grow linearly with the size of ``logits``.

    Examples
    --------
    >>> softmax_cross_entropy_grad(np.log([0.7, 0.2, 0.1]), [1, 0, 0]).round(4).tolist()
    [-0.3, 0.2, 0.1]
    """
    logits, labels, axis = with_distributions(logits, labels, axis)
    gradient: FloatArray = softmax(logits, axis) - labels
    return gradient


def softmax_cross_entropy_with_integer_labels_grad(
    logits: ArrayLike, labels: ArrayLike, axis: int = -1
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
        The prediction, less 1 at the true class; no one-hot vector is built.

    Raises
    ------
    TypeError
        If ``logits`` do not hold real numbers or ``labels`` are not integers.
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
    logits, labels, axis = with_class_indices(logits, labels, axis)
    gradient = softmax(logits, axis)
    place = np.expand_dims(labels, axis)
    at_truth = np.take_along_axis(gradient, place, axis)
    np.put_along_axis(gradient, place, at_truth - 1, axis)
    return gradient


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
        The prediction minus the label, between -1 and 1.

    Raises
    ------
    TypeError
        If ``logits`` or ``labels`` do not hold real numbers.
    ValueError
        If the shapes differ, ``logits`` hold NaN, or a label lies outside [0, 1].

    Notes
    -----
    Chapter 6 derives it. Time and memory grow linearly with the size of ``logits``.

    Examples
    --------
    >>> sigmoid_binary_cross_entropy_grad([0.0, 0.0], [1, 0]).tolist()
    [-0.5, 0.5]
    """
    logits, labels = with_yes_or_no(logits, labels)
    gradient: FloatArray = np.exp(log_sigmoid(logits)) - labels
    return gradient


def central_difference(
    function: Function, x: ArrayLike, *, step: float = 6e-6
) -> FloatArray:
    r"""Slopes from two nearby values, :math:`(f(x + h e_i) - f(x - h e_i)) / 2h`.

    The formula is off by a term of the order :math:`h^2`, and rounding adds one of the order
    :math:`\epsilon / h`; the default is the cube root of the float64 epsilon, where the two
    are about equal.

    Parameters
    ----------
    function : callable
        Takes an array of the shape of ``x`` and returns one real number.
    x : array_like, any shape
        Where to take the slope; computed in float64.
    step : float, default 6e-6
        Distance :math:`h`, the same for every entry.

    Returns
    -------
    ndarray, shape of ``x``

    Raises
    ------
    TypeError
        If ``x`` does not hold real numbers.
    ValueError
        If ``x`` holds NaN, or ``step`` is not a positive finite number.

    Notes
    -----
    Chapter 6 draws its error over the step. Two calls of ``function`` per entry.

    Examples
    --------
    >>> central_difference(lambda x: x[0] ** 2 + 3 * x[1], [2.0, 0.0]).round(6).tolist()
    [4.0, 3.0]
    """
    x = _check_point(x)
    step = check_positive("step", step)
    slopes = np.empty_like(x)
    for index in np.ndindex(x.shape):
        moved = np.zeros_like(x)
        moved[index] = step
        change = np.asarray(function(x + moved)) - np.asarray(function(x - moved))
        slopes[index] = change / (2 * step)
    return slopes


def complex_step(
    function: Function, x: ArrayLike, *, step: float = 1e-30
) -> FloatArray:
    r"""Slopes from one complex value each, :math:`\operatorname{Im} f(x + i h e_k) / h`.

    No two values are subtracted, so a smaller step is never worse. The function has to be
    analytic and to let complex numbers through: no absolute value, no comparison.

    Parameters
    ----------
    function : callable
        Takes a complex array of the shape of ``x`` and returns one complex number.
    x : array_like, any shape
        Where to take the slope; computed in float64.
    step : float, default 1e-30
        Distance :math:`h` along the imaginary axis.

    Returns
    -------
    ndarray, shape of ``x``

    Raises
    ------
    TypeError
        If ``x`` does not hold real numbers.
    ValueError
        If ``x`` holds NaN, or ``step`` is not a positive finite number.

    Notes
    -----
    Chapter 6 uses it. One call of ``function`` per entry.

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
    step = check_positive("step", step)
    slopes = np.empty_like(x)
    for index in np.ndindex(x.shape):
        moved = x.astype(np.complex128)
        moved[index] += 1j * step
        slopes[index] = np.asarray(function(moved)).imag / step
    return slopes


def _check_point(x: ArrayLike) -> FloatArray:
    point = check_real("x", x).astype(np.float64)
    check_no_nan("x", point)
    return point
