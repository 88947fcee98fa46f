"""Slopes of any function from its values alone, to check a derivative with; chapter 6."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent_lib._validation import FloatArray, check_no_nan, check_positive, check_real

__all__ = ["central_difference", "complex_step"]

Function = Callable[[NDArray[Any]], ArrayLike]


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
    Chapter 6 draws its error over the step. Time: two calls of ``function`` for each entry of
    ``x``; memory: that of a call and a few arrays of the shape of ``x``.

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
