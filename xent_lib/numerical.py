"""Slopes of any function from its values alone, to check a derivative with; chapter 6."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent_lib._validation import FloatArray, check_no_nan, check_positive, check_real
from xent_lib._validation._places import at

__all__ = ["central_difference", "complex_step"]

Function = Callable[[NDArray[Any]], ArrayLike]


_STEP = 6e-6  # about the cube root of the float64 epsilon
_COMPLEX_STEP = 1e-30


def central_difference(
    function: Function, x: ArrayLike, *, step: float | None = None
) -> FloatArray:
    r"""Slopes from two nearby values, :math:`(f(x + h e_i) - f(x - h e_i)) / 2h`.

    The formula is off by a term of the order :math:`h^2`, and rounding adds one of the order
    :math:`\epsilon / h`; at the cube root of the float64 epsilon, near 6e-6, the two are of one
    order of magnitude for a function whose values and derivatives are of the order of 1. A
    large entry needs a larger step: beside 1e12, where neighbouring numbers are 1e-4 apart,
    6e-6 is lost.

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
        If ``x`` holds NaN, ``step`` is not finite and above 0, or it is so small beside an
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
        h = steps[index]
        if x[index] + h == x[index] - h:
            raise ValueError(
                f"step must be large enough to change x; {at('x', index)} is "
                f"{float(x[index])!r}, beside which {h:g} is lost"
            )
        moved = np.zeros_like(x)
        moved[index] = h
        change = np.asarray(function(x + moved)) - np.asarray(function(x - moved))
        slopes[index] = change / (2 * h)
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
        If ``x`` holds NaN, or ``step`` is not finite and above 0.

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
    point = check_real("x", x).astype(np.float64)
    check_no_nan("x", point)
    return point


def _steps(x: FloatArray, step: float | None, default: float) -> FloatArray:
    """One step for each entry of ``x``."""
    if step is not None:
        return np.full_like(x, check_positive("step", step))
    return default * np.maximum(1, np.abs(x))
