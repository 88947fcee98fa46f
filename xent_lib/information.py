"""Surprisal and its averages: entropy, cross entropy, divergence; taught in chapters 1, 3 and 14.

Results are in nats unless ``base`` says otherwise: ``base=2`` gives bits. The true
distribution ``p`` comes first, the forecast ``q`` second. The order matters.

A distribution may miss the sum 1 by the square root of its format's machine epsilon: 1.5e-8 in
float64, 3.5e-4 in float32, 0.031 in float16. Stored probabilities are rounded and seldom add up
to 1; the laws below hold for them as far as their sums are 1. Work is done in float64 at least,
and the result is rounded once to the widest floating format given; integers count as float64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from xent_lib._validation import (
    FloatArray,
    check_base,
    check_distribution,
    check_probabilities,
    check_same_shape,
)
from xent_lib.special import add_up, scalar_if_0d

__all__ = [
    "cross_entropy",
    "entropy",
    "jensen_shannon_divergence",
    "kl_divergence",
    "perplexity",
    "surprisal",
]

# Between these ratios of p to q the parts of a divergence nearly cancel.
_NEAR_ONE = 0.1  # largest (p - q) / (p + q)
_ODD_POWERS = range(19, 1, -2)  # 0.1 to the 21st is below rounding
_SMALLEST_RATIO = 1e-300  # below it float64 holds fewer digits of p / q
_EVEN_POWERS = range(
    22, 1, -2
)  # of the same ratio, for Jensen and Shannon's divergence


def surprisal(p: ArrayLike, *, base: float | None = None) -> FloatArray:
    r"""Surprise at seeing an event of probability ``p``, :math:`-\log p`.

    Parameters
    ----------
    p : array_like, any shape
        Probabilities in [0, 1]; not a distribution, so they need not sum to 1.
    base : float, optional
        Base of the logarithm; natural by default.

    Returns
    -------
    ndarray, shape of ``p``
        In nats, or bits for ``base=2``; inf where ``p`` is 0. A NumPy scalar for a scalar.

    Raises
    ------
    TypeError
        If ``p`` does not hold real numbers or has a mask, or ``base`` is no number.
    ValueError
        If a value is negative, above 1 or NaN, or ``base`` is not finite and above 1.

    Notes
    -----
    Chapter 1 derives it from three wishes. Time and memory grow linearly with the size of ``p``.

    Examples
    --------
    >>> float(surprisal(0.7).round(4))
    0.3567
    >>> float(surprisal(0.5, base=2))
    1.0
    """
    p = check_probabilities("p", p)
    return _rounded(-logarithm(widen(p), base), p.dtype)


def entropy(p: ArrayLike, *, base: float | None = None, axis: int = -1) -> FloatArray:
    r"""Average surprisal of a source, :math:`H(p) = -\sum_k p_k \log p_k`.

    Unlike ``scipy.stats.entropy`` it does not normalise ``p`` but refuses what does not sum to
    1, and it takes the last axis by default and not the first. The relative entropy, which
    SciPy's function returns for two distributions, is :func:`kl_divergence`.

    Parameters
    ----------
    p : array_like, shape (..., K, ...)
        Distributions along ``axis``. One whose sum is off by more than the tolerance (see the
        head of this section) is an error; ``p`` is not normalised here.
    base : float, optional
        Base of the logarithm; natural by default.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray, shape (..., ...)
        In nats, or bits for ``base=2``; from 0 to :math:`\log K`, up to the tolerance.

    Raises
    ------
    TypeError
        If ``p`` does not hold real numbers or has a mask, ``axis`` is no integer, or ``base``
        is no number.
    ValueError
        If a slice of ``p`` is no distribution, ``axis`` is out of range, or ``base`` is not
        finite and above 1.

    Notes
    -----
    Taught in chapter 1. Time and memory grow linearly with the size of ``p``.

    References
    ----------
    .. [1] Shannon, C. E. (1948). A mathematical theory of communication. Bell System
       Technical Journal 27, 379-423. doi:10.1002/j.1538-7305.1948.tb01338.x

    Examples
    --------
    >>> float(entropy([0.7, 0.2, 0.1]).round(4))
    0.8018
    >>> float(entropy([0.5, 0.5], base=2))
    1.0
    """
    p, axis = check_distribution("p", p, axis)
    average = -add_up(xlogy(p, p, base), axis)
    return _rounded(average, p.dtype)


def cross_entropy(
    p: ArrayLike, q: ArrayLike, *, base: float | None = None, axis: int = -1
) -> FloatArray:
    r"""Average price of events from ``p`` under prices for ``q``, :math:`-\sum_k p_k \log q_k`.

    Unlike PyTorch's ``cross_entropy`` it takes probabilities and not logits, and the truth
    first.

    Parameters
    ----------
    p : array_like, shape (..., K, ...)
        The truth: distributions along ``axis``, one-hot labels among them.
    q : array_like, shape of ``p``
        The forecast: distributions along ``axis``.
    base : float, optional
        Base of the logarithm; natural by default.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray, shape (..., ...)
        In nats, or bits for ``base=2``; at least ``entropy(p)``, up to the tolerance, and inf
        where ``q`` rules out what ``p`` allows.

    Raises
    ------
    TypeError
        If ``p`` or ``q`` does not hold real numbers or has a mask, ``axis`` is no integer, or
        ``base`` is no number.
    ValueError
        If the shapes differ, a slice is no distribution, ``axis`` is out of range, or
        ``base`` is not finite and above 1.

    See Also
    --------
    xent_lib.losses.softmax_cross_entropy : from logits; it is finite where a probability
        has underflowed to 0.

    Notes
    -----
    Chapter 3 builds it. Time and memory grow linearly with the size of ``p``.

    Examples
    --------
    >>> float(cross_entropy([1.0, 0.0, 0.0], [0.7, 0.2, 0.1]).round(4))
    0.3567
    """
    p, q, axis = _check_pair(p, q, axis)
    average = -add_up(xlogy(p, q, base), axis)
    return _rounded(average, np.result_type(p, q))


def kl_divergence(
    p: ArrayLike, q: ArrayLike, *, base: float | None = None, axis: int = -1
) -> FloatArray:
    r"""Price above the unavoidable, :math:`D(p \| q) = \sum_k p_k \log (p_k / q_k)`.

    Parameters
    ----------
    p : array_like, shape (..., K, ...)
        The truth: distributions along ``axis``.
    q : array_like, shape of ``p``
        The forecast: distributions along ``axis``.
    base : float, optional
        Base of the logarithm; natural by default.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray, shape (..., ...)
        In nats, or bits for ``base=2``; at least 0, 0 where the two agree, and inf where
        ``q`` rules out what ``p`` allows. Up to rounding and the tolerance, the cross entropy
        is the entropy plus this.

    Raises
    ------
    TypeError
        If ``p`` or ``q`` does not hold real numbers or has a mask, ``axis`` is no integer, or
        ``base`` is no number.
    ValueError
        If the shapes differ, a slice is no distribution, ``axis`` is out of range, or
        ``base`` is not finite and above 1.

    Notes
    -----
    Taught in chapter 3. Where ``p`` and ``q`` nearly agree, each term of the sum is far larger
    than the sum. So :math:`p_k \log (p_k / q_k) - (p_k - q_k)` is added up instead: no term is
    negative, and what is subtracted adds up to 1 - 1 = 0. Where it is far smaller than its two
    parts, its series is taken in place of their difference. Sums of
    rounded probabilities that miss 1 by s change the result by about :math:`s^2 / 2`. Time and
    memory grow linearly with the size of ``p``.

    References
    ----------
    .. [1] Kullback, S. and Leibler, R. A. (1951). On information and sufficiency. Annals of
       Mathematical Statistics 22, 79-86. doi:10.1214/aoms/1177729694

    Examples
    --------
    >>> float(kl_divergence([0.5, 0.5], [0.9, 0.1]).round(4))
    0.5108
    >>> float(kl_divergence([0.9, 0.1], [0.5, 0.5]).round(4))
    0.3681
    """
    p, q, axis = _check_pair(p, q, axis)
    nats = add_up(_price_above(p, q), axis)
    unit = 1 if base is None else np.log(check_base(base, nats.dtype))
    return _rounded(nats / unit, np.result_type(p, q))


def jensen_shannon_divergence(
    p: ArrayLike, q: ArrayLike, *, base: float | None = None, axis: int = -1
) -> FloatArray:
    r"""Mean price of taking two sources for their mixture.

    With :math:`m = (p + q) / 2` it is :math:`\frac12 D(p \| m) + \frac12 D(q \| m)`, which is
    :math:`H(m) - \frac12 H(p) - \frac12 H(q)`. Exchanging ``p`` and ``q`` changes nothing.
    SciPy's ``jensenshannon`` returns the square root of it, normalises what it is given, and
    takes the first axis by default.

    Parameters
    ----------
    p : array_like, shape (..., K, ...)
        Distributions along ``axis``.
    q : array_like, shape of ``p``
        The others, along ``axis`` too.
    base : float, optional
        Base of the logarithm; natural by default.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray, shape (..., ...)
        In nats, or bits for ``base=2``; from 0, where the two agree, to :math:`\log 2`, where
        no class has a positive probability in both, up to rounding and the tolerance.

    Raises
    ------
    TypeError
        If ``p`` or ``q`` does not hold real numbers or has a mask, ``axis`` is no integer, or
        ``base`` is no number.
    ValueError
        If the shapes differ, a slice is no distribution, ``axis`` is out of range, or
        ``base`` is not finite and above 1.

    See Also
    --------
    kl_divergence : this is its mean, from ``p`` and from ``q`` to the mixture.

    Notes
    -----
    Chapter 14 takes it apart. With :math:`t_k = (p_k - q_k) / (p_k + q_k)` a class adds
    :math:`\frac12 m_k \big((1 + t_k) \log(1 + t_k) + (1 - t_k) \log(1 - t_k)\big)`, which is
    :math:`m_k (t_k^2 / 2 + t_k^4 / 12 + \dots)`. For small :math:`t_k` the series is added up,
    so the result keeps its digits where ``p`` and ``q`` nearly agree, and no term is negative.
    Time and memory grow linearly with the size of ``p``.

    References
    ----------
    .. [1] Lin, J. (1991). Divergence measures based on the Shannon entropy. IEEE Transactions
       on Information Theory 37, 145-151. doi:10.1109/18.61115

    Examples
    --------
    >>> float(jensen_shannon_divergence([1.0, 0.0, 0.0], [0.7, 0.2, 0.1]).round(4))
    0.1173
    >>> float(jensen_shannon_divergence([1.0, 0.0], [0.0, 1.0], base=2))
    1.0
    """
    p, q, axis = _check_pair(p, q, axis)
    nats = add_up(_price_of_mixing(p, q), axis)
    unit = 1 if base is None else np.log(check_base(base, nats.dtype))
    return _rounded(nats / unit, np.result_type(p, q))


def perplexity(
    p: ArrayLike, q: ArrayLike | None = None, *, axis: int = -1
) -> FloatArray:
    r"""Effective number of equally likely choices, :math:`e^{H(p, q)}`.

    Parameters
    ----------
    p : array_like, shape (..., K, ...)
        The truth: distributions along ``axis``.
    q : array_like, shape of ``p``, optional
        The forecast; ``p`` itself by default, which gives :math:`e^{H(p)}`.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray, shape (..., ...)
        A pure number, which does not depend on the base of the logarithm; at least 1, up to
        the tolerance.

    Raises
    ------
    TypeError
        If ``p`` or ``q`` does not hold real numbers or has a mask, or ``axis`` is no integer.
    ValueError
        If the shapes differ, a slice is no distribution, or ``axis`` is out of range.

    Notes
    -----
    Chapter 4 reads it for one label, chapter 12 for a language. To get the
    perplexity of a data set, take the exponential of the mean loss, never the mean of
    exponentials. Time and memory grow linearly with the size of ``p``.

    A large perplexity has fewer digits: its relative error is the error of the cross entropy in
    nats, about 1e-13 for 690 nats. Beyond the format of the result it is inf.

    Examples
    --------
    >>> float(perplexity([0.25, 0.25, 0.25, 0.25]).round(4))
    4.0
    >>> float(perplexity([1.0, 0.0, 0.0], [0.7, 0.2, 0.1]).round(4))
    1.4286
    """
    p, q, axis = _check_pair(p, p if q is None else q, axis)
    with np.errstate(over="ignore"):
        choices = np.exp(-add_up(xlogy(p, q), axis))
        return _rounded(choices, np.result_type(p, q))


def _check_pair(
    p: ArrayLike, q: ArrayLike, axis: int
) -> tuple[FloatArray, FloatArray, int]:
    p, _ = check_distribution("p", p, axis)
    q, axis = check_distribution("q", q, axis)
    check_same_shape("p", p, "q", q)
    return p, q, axis


def widen(x: FloatArray) -> FloatArray:
    """Give narrow floats the room of float64; the caller rounds once, at the end."""
    return x.astype(np.result_type(x, np.float64), copy=False)


def logarithm(y: FloatArray, base: float | None) -> FloatArray:
    """``log(y)`` to any base; those that NumPy has give whole bits and whole digits exactly."""
    with np.errstate(divide="ignore"):
        if base is None:
            return np.log(y)
        base_here = check_base(base, y.dtype)
        if base_here == 2:
            return np.log2(y)
        if base_here == 10:
            return np.log10(y)
        quotient: FloatArray = np.log(y) / np.log(base_here)
        return quotient


def xlogy(x: FloatArray, y: FloatArray, base: float | None = None) -> FloatArray:
    """``x * log(y)`` with 0 where ``x`` is 0: an event that never happens costs nothing."""
    with np.errstate(invalid="ignore"):
        return np.where(x == 0, 0, widen(x) * logarithm(widen(y), base))


def _price_above(p: FloatArray, q: FloatArray) -> FloatArray:
    """``p log(p / q) - (p - q)``, at least 0, with its digits also where p and q nearly agree.

    With s = (p - q) / (p + q), log(p / q) is 2 atanh(s), and the whole is
    (p + q) s² + 2 p (atanh(s) - s). For small s the bracket is a power series. Elsewhere the
    quotient's logarithm is taken, and that of each where the quotient leaves the format.
    """
    p, q = widen(p), widen(q)
    total = p + q
    s = np.divide(p - q, total, out=np.zeros_like(total), where=total > 0)
    near = np.abs(s) < _NEAR_ONE
    series = np.zeros_like(s)
    for power in _ODD_POWERS:
        series = (series + 1 / s.dtype.type(power)) * s**2
    with np.errstate(all="ignore"):
        ratio = p / q
        beyond = ~((ratio > _SMALLEST_RATIO) & (ratio < 1 / _SMALLEST_RATIO))
        logs = np.log(ratio)
        logs[beyond] = np.log(p[beyond]) - np.log(q[beyond])
        apart = np.where(p == 0, q, p * logs - (p - q))
    return np.where(near, total * s**2 + 2 * p * s * series, apart)


def _price_of_mixing(p: FloatArray, q: FloatArray) -> FloatArray:
    """Half of ``p log(p / m) + q log(q / m)`` with ``m = (p + q) / 2``, at least 0."""
    p, q = widen(p), widen(q)
    total = p + q
    s = np.divide(p - q, total, out=np.zeros_like(total), where=total > 0)
    series = np.zeros_like(s)
    for power in _EVEN_POWERS:
        series = series * s**2 + 1 / s.dtype.type(power * (power - 1))
    apart = xlogy(1 + s, 1 + s) + xlogy(1 - s, 1 - s)
    near = np.abs(s) < _NEAR_ONE
    return total / 2 * np.where(near, s**2 * series, apart / 2)


def _rounded(result: FloatArray, dtype: DTypeLike) -> FloatArray:
    """Round to ``dtype``; a certain event costs 0.0 and not -0.0."""
    return scalar_if_0d(np.asarray(result + 0.0).astype(dtype, copy=False))
