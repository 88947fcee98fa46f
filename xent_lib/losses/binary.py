"""Losses of yes-or-no labels; chapters 3 and 6 introduce them, chapter 10 takes them on.

The arithmetic, two functions at the end of the file, is entry by entry: what the likelier
answer has, what the other one has, and what the label pays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent_lib._validation import (
    FloatArray,
    binary_entries,
    check_not_negative,
    check_unit_interval,
)
from xent_lib.losses._blocks import sum_over_blocks
from xent_lib.special import scalar_if_0d, wider_dtype


def sigmoid_binary_cross_entropy(
    logits: ArrayLike, labels: ArrayLike, *, where: ArrayLike | None = None
) -> FloatArray:
    r"""Cross entropy of yes-or-no labels, :math:`-y \log q - (1 - y) \log(1 - q)`.

    With :math:`q = \sigma(z)` this is :math:`v\,|z| + \log(1 + e^{-|z|})`, where :math:`v` is
    what the label gives to the less likely answer: :math:`1 - y` for a positive logit,
    :math:`y` for a negative one.

    Parameters
    ----------
    logits : array_like, any shape
        Scores (log odds of the label 1); infinite ones are allowed.
    labels : array_like, shape of ``logits``
        Probabilities of the label 1, in [0, 1]; 0 and 1 for hard labels.
    where : array_like of bool, shape of ``logits``, optional
        Entries that count; the others cost 0 and are not looked at: they may hold NaN.

    Returns
    -------
    ndarray, shape of ``logits``
        One loss per entry, in nats, in the wider format of ``logits`` and ``labels``, of which
        whole numbers and booleans do not count.

    Raises
    ------
    TypeError
        If ``logits`` or ``labels`` do not hold real numbers or have a mask, or ``where`` does
        not hold booleans.
    ValueError
        If shapes differ, ``logits`` hold NaN, or a label lies outside [0, 1].

    Notes
    -----
    Chapter 3 introduces it, chapter 10 takes it on. Worked out in a format wider than that
    of the input where there is one, and rounded once. Time and memory grow linearly with the
    size of ``logits``.

    Examples
    --------
    >>> sigmoid_binary_cross_entropy([0.0, 1000.0, 1000.0], [1, 1, 0]).round(4).tolist()
    [0.6931, 0.0, 1000.0]
    """
    return sigmoid_focal_loss(logits, labels, gamma=0.0, where=where)


def sigmoid_focal_loss(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    alpha: float | None = None,
    gamma: float = 2.0,
    where: ArrayLike | None = None,
) -> FloatArray:
    r"""Binary cross entropy with hits turned down, :math:`-\alpha_t (1 - q_t)^\gamma \log q_t`.

    Here :math:`q_t` is the probability given to what happened: :math:`\sigma(z)` for the label
    1, :math:`1 - \sigma(z)` for the label 0. The factor :math:`\alpha_t` is ``alpha`` for the
    label 1 and ``1 - alpha`` for the label 0.

    Parameters
    ----------
    logits : array_like, any shape
        Scores (log odds of the label 1); infinite ones are allowed.
    labels : array_like, shape of ``logits``
        0 or 1; values between mix the two, as in optax.
    alpha : float, optional
        Weight of the label 1, in [0, 1]; no weighting by default.
    gamma : float, default 2.0
        Focusing exponent, at least 0; 0 gives the binary cross entropy.
    where : array_like of bool, shape of ``logits``, optional
        Entries that count; the others cost 0 and are not looked at: they may hold NaN.

    Returns
    -------
    ndarray, shape of ``logits``
        One loss per entry, in nats (weighted, so no longer a price in nats of an event), in
        the wider format of ``logits`` and ``labels``, of which whole numbers and booleans do
        not count. An entry of weight 0 costs 0, however wrong its forecast.

    Raises
    ------
    TypeError
        If ``logits`` or ``labels`` do not hold real numbers or have a mask, ``where`` does not
        hold booleans, or ``alpha`` or ``gamma`` is no number.
    ValueError
        If shapes differ, ``logits`` hold NaN, a label or ``alpha`` lies outside [0, 1], or
        ``gamma`` is negative or not finite.

    Notes
    -----
    Taught in chapter 10. Worked out in a format wider than that of the input where there
    is one, and rounded once. Time and memory grow linearly with the size of ``logits``.

    References
    ----------
    .. [1] Lin, T.-Y., Goyal, P., Girshick, R., He, K. and Dollar, P. (2017). Focal loss for
       dense object detection. ICCV. doi:10.1109/ICCV.2017.324

    Examples
    --------
    >>> sigmoid_focal_loss([0.0], [1]).round(4).tolist()
    [0.1733]
    """
    entries = binary_entries(logits, labels, where)
    gamma, alpha = _check_gamma_and_alpha(gamma, alpha)
    losses = np.empty(entries.logits.shape, np.result_type(*entries[:2]))
    flat = losses.reshape(-1)

    def block(part: slice) -> float:
        flat[part] = _focal(*entries.part(part), gamma, alpha)[0]
        return 0.0

    sum_over_blocks(block, losses.size, 1)
    return scalar_if_0d(losses)


def sigmoid_binary_cross_entropy_value_and_grad(
    logits: ArrayLike, labels: ArrayLike, *, where: ArrayLike | None = None
) -> tuple[float, FloatArray]:
    r"""Mean binary cross entropy and its gradient, :math:`(\sigma(z) - y) / N`.

    The mean is over all N entries that count, examples and labels alike.

    Parameters
    ----------
    logits : array_like, any shape
        Scores (log odds of the label 1); infinite ones are allowed.
    labels : array_like, shape of ``logits``
        Probabilities of the label 1, in [0, 1].
    where : array_like of bool, shape of ``logits``, optional
        Entries that count; the others are not looked at: they may hold NaN.

    Returns
    -------
    value : float
        Mean loss of the entries that count, in nats; a Python float for every format.
    gradient : ndarray, shape of ``logits``
        The slopes of ``value``, in the wider format of ``logits`` and ``labels``, of which
        whole numbers and booleans do not count; 0 for entries that do not count.

    Raises
    ------
    TypeError
        If ``logits`` or ``labels`` do not hold real numbers or have a mask, or ``where`` does
        not hold booleans.
    ValueError
        If shapes differ, ``logits`` hold NaN, a label lies outside [0, 1], or no entry counts.

    Notes
    -----
    Chapter 6 derives it. Worked out in a format wider than that of the input where there is
    one, and rounded once. A slope for a label between 0 and 1 is a difference of two numbers of
    that format: the more digits forecast and label share, the fewer it has. Time and memory
    grow linearly with the size of ``logits``.

    Examples
    --------
    >>> value, gradient = sigmoid_binary_cross_entropy_value_and_grad([0.0, 0.0], [1, 0])
    >>> round(value, 4), gradient.tolist()
    (0.6931, [-0.25, 0.25])
    """
    return sigmoid_focal_loss_value_and_grad(logits, labels, gamma=0.0, where=where)


def sigmoid_focal_loss_value_and_grad(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    alpha: float | None = None,
    gamma: float = 2.0,
    where: ArrayLike | None = None,
) -> tuple[float, FloatArray]:
    r"""Mean focal loss and its gradient in the logits.

    With the miss :math:`u = q (1 - y) + (1 - q) y`, :math:`q = \sigma(z)`, and the binary
    cross entropy :math:`H`, the loss is :math:`\alpha_t u^\gamma H` and its slope
    :math:`\alpha_t u^\gamma \left(\gamma\,(1 - 2y)\,\frac{q (1 - q)}{u}\,H + q - y\right)`.
    The mean is over all entries that count, whatever ``alpha``.

    Parameters
    ----------
    logits : array_like, any shape
        Scores (log odds of the label 1); infinite ones are allowed.
    labels : array_like, shape of ``logits``
        0 or 1; values between mix the two.
    alpha : float, optional
        Weight of the label 1, in [0, 1]; no weighting by default.
    gamma : float, default 2.0
        Focusing exponent, at least 0.
    where : array_like of bool, shape of ``logits``, optional
        Entries that count; the others are not looked at: they may hold NaN.

    Returns
    -------
    value : float
        Mean loss of the entries that count; a Python float for every format.
    gradient : ndarray, shape of ``logits``
        The slopes of ``value``, in the wider format of ``logits`` and ``labels``, of which
        whole numbers and booleans do not count; 0 for entries that do not count.

    Raises
    ------
    TypeError
        If ``logits`` or ``labels`` do not hold real numbers or have a mask, ``where`` does not
        hold booleans, or ``alpha`` or ``gamma`` is no number.
    ValueError
        If shapes differ, ``logits`` hold NaN, a label or ``alpha`` lies outside [0, 1],
        ``gamma`` is negative or not finite, or no entry counts.

    Notes
    -----
    Taught in chapter 10. Worked out in a format wider than that of the input where there
    is one, and rounded once. A slope for a label between 0 and 1 is a difference, as in
    :func:`sigmoid_binary_cross_entropy_value_and_grad`. Time and memory grow linearly with the
    size of ``logits``.

    Examples
    --------
    >>> value, gradient = sigmoid_focal_loss_value_and_grad([0.0], [1])
    >>> round(value, 4), gradient.round(4).tolist()
    (0.1733, [-0.2983])
    """
    entries = binary_entries(logits, labels, where)
    gamma, alpha = _check_gamma_and_alpha(gamma, alpha)
    divisor = entries.divisor()
    gradient = np.empty(entries.logits.shape, np.result_type(*entries[:2]))
    flat = gradient.reshape(-1)

    def block(part: slice) -> float:
        losses, slopes = _focal(*entries.part(part), gamma, alpha)
        flat[part] = slopes / divisor
        return float((losses / divisor).sum())

    value = sum_over_blocks(block, gradient.size, 1)
    return value, gradient


def _check_gamma_and_alpha(
    gamma: float, alpha: float | None
) -> tuple[float, float | None]:
    if alpha is not None:
        alpha = check_unit_interval("alpha", alpha)
    return check_not_negative("gamma", gamma), alpha


class BinaryParts(NamedTuple):
    """What a log odds and its label come to, entry by entry."""

    yes: FloatArray  # the probability of the label 1
    no: FloatArray  # that of the label 0, which is not 1 less the other
    entropy: FloatArray  # the binary cross entropy
    slopes: FloatArray  # its slope, the probability of 1 less the label


def binary_cross_entropy_parts(logits: FloatArray, labels: FloatArray) -> BinaryParts:
    """Return the loss and the slope of each entry in a format wider than the input.

    The likelier answer has 1 / (1 + e^-|z|), the other e^-|z| / (1 + e^-|z|).
    """
    work = np.result_type(wider_dtype(logits), wider_dtype(labels))
    size, labels = np.abs(logits.astype(work)), labels.astype(work)
    with np.errstate(invalid="ignore"):
        small = np.exp(-size)
        likely, unlikely = 1 / (1 + small), small / (1 + small)
        yes, no = np.where(logits > 0, (likely, unlikely), (unlikely, likely))
        given_to_unlikely = np.where(logits > 0, 1 - labels, labels)
        paid = np.where(given_to_unlikely == 0, 0, given_to_unlikely * size)
    slopes = yes * (1 - labels) - no * labels
    return BinaryParts(yes, no, paid + np.log1p(small), slopes)


def _focal(
    logits: FloatArray,
    labels: FloatArray,
    counts: NDArray[np.bool_] | None,
    gamma: float,
    alpha: float | None,
) -> tuple[FloatArray, FloatArray]:
    """Return weighted focal losses and their slopes."""
    yes, no, entropy, slopes = binary_cross_entropy_parts(logits, labels)
    scale = np.ones_like(entropy)
    if gamma > 0:
        labels = labels.astype(entropy.dtype)
        miss = yes * (1 - labels) + no * labels
        scale = miss**gamma
        relative = np.divide(yes * no, miss, out=np.ones_like(miss), where=miss != 0)
        turn = gamma * (1 - 2 * labels) * relative
        slopes = slopes + np.where(turn == 0, 0, turn * entropy)
    if alpha is not None:
        share = entropy.dtype.type(alpha)
        scale *= share * labels + (1 - share) * (1 - labels)
    if counts is not None:
        scale *= counts
    return np.where(scale == 0, 0, scale * entropy), scale * slopes
