"""Losses from logits, one value per example; taught in chapters 3 to 6.

The prediction comes first, as in optax: ``loss(logits, labels)``. The caller takes the mean,
in the open. The shape of a label never decides what it means: class indices and distributions
have a function each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from xent_lib._arguments import (
    as_rows,
    rows_of_indices,
    with_distributions,
    with_yes_or_no,
)
from xent_lib._distributions import losses_of_distributions
from xent_lib._kernels import losses_of_indices
from xent_lib._validation import (
    FloatArray,
    check_logits,
    check_not_negative,
    check_unit_interval,
)
from xent_lib.special import log_sigmoid, unwrap, widen


def softmax_cross_entropy(
    logits: ArrayLike, labels: ArrayLike, axis: int = -1
) -> FloatArray:
    r"""Cross entropy of labels that are distributions, :math:`-\sum_k y_k \log p_k`.

    With :math:`p = \operatorname{softmax}(z)` and labels that sum to 1 this is
    :math:`\operatorname{logsumexp}(z) - \sum_k y_k z_k`. It is computed as
    :math:`\sum_k y_k (m - z_k) + (\operatorname{logsumexp}(z) - m)` with :math:`m = \max_k z_k`,
    a sum of terms that are all at least 0, so no digits cancel.

    Parameters
    ----------
    logits : array_like, shape (..., K, ...)
        Scores, finite or -inf; a class at -inf has probability 0.
    labels : array_like, shape of ``logits``
        Distributions along ``axis``: one-hot, smoothed or soft.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray, shape (..., ...)
        One loss per example, in nats; inf where a label needs a class at -inf. A class with
        label 0 costs nothing, whatever its logit.

    Raises
    ------
    TypeError
        If ``logits`` or ``labels`` do not hold real numbers.
    ValueError
        If the shapes differ, ``logits`` hold NaN or +inf or are -inf for every class, a label
        is no distribution, or ``axis`` is out of range.

    See Also
    --------
    softmax_cross_entropy_with_integer_labels : the same for class indices.
    xent_lib.plain.plain_losses_of_distributions : the same arithmetic in three lines.

    Notes
    -----
    Chapter 5 derives it. Time grows linearly with the size of ``logits``; memory is the losses
    and some blocks of a megabyte for each core, kept for the next call.

    Examples
    --------
    >>> logits = np.log([[0.7, 0.2, 0.1]])
    >>> softmax_cross_entropy(logits, [[1.0, 0.0, 0.0]]).round(4).tolist()
    [0.3567]
    """
    logits, labels, axis = with_distributions(logits, labels, axis)
    losses = losses_of_distributions(as_rows(logits, axis), as_rows(labels, axis))
    shape = logits.shape[:axis] + logits.shape[axis + 1 :]
    dtype = np.result_type(logits, labels)
    return unwrap(losses.astype(dtype, copy=False).reshape(shape))


def softmax_cross_entropy_with_integer_labels(
    logits: ArrayLike, labels: ArrayLike, axis: int = -1
) -> FloatArray:
    r"""Cross entropy of labels that are class indices, :math:`-\log p_y`.

    With :math:`p = \operatorname{softmax}(z)` this is
    :math:`\operatorname{logsumexp}(z) - z_y`, computed as
    :math:`(m - z_y) + (\operatorname{logsumexp}(z) - m)` with :math:`m = \max_k z_k`, a sum of
    two terms that are at least 0, so no digits cancel. No one-hot vector is built.

    Parameters
    ----------
    logits : array_like, shape (..., K, ...)
        Scores, finite or -inf; a class at -inf has probability 0.
    labels : array_like of int, shape (..., ...)
        Class indices from 0 to K - 1; the shape of ``logits`` without ``axis``.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray, shape of ``labels``
        One loss per example, in nats; inf where the true class is at -inf.

    Raises
    ------
    TypeError
        If ``logits`` do not hold real numbers or ``labels`` are not integers.
    ValueError
        If the shapes do not fit, a label is out of range, ``logits`` hold NaN or +inf or are
        -inf for every class, or ``axis`` is out of range.

    See Also
    --------
    softmax_cross_entropy : the same for labels that are distributions.
    xent_lib.plain.plain_losses : the same arithmetic in three lines.

    Notes
    -----
    Chapter 5 derives it. Time grows linearly with the size of ``logits``; memory is the losses
    and some blocks of a megabyte for each core, kept for the next call.

    Examples
    --------
    >>> logits = np.log([[0.7, 0.2, 0.1]])
    >>> softmax_cross_entropy_with_integer_labels(logits, [0]).round(4).tolist()
    [0.3567]
    """
    logits, rows, labels, axis = rows_of_indices(logits, labels, axis)
    losses = losses_of_indices(rows, labels.reshape(-1))
    if losses.size and not losses.item(losses.argmax()) < np.inf:
        check_logits("logits", logits, axis)
    return unwrap(losses.astype(logits.dtype, copy=False).reshape(labels.shape))


def sigmoid_binary_cross_entropy(logits: ArrayLike, labels: ArrayLike) -> FloatArray:
    r"""Cross entropy of yes-or-no labels, :math:`-y \log p - (1 - y) \log(1 - p)`.

    With :math:`p = \sigma(z)` this is :math:`w\,|z| + \log(1 + e^{-|z|})`, where :math:`w` is
    the share of the label on the side that the sign of :math:`z` speaks against:
    :math:`1 - y` for a positive logit, :math:`y` for a negative one.

    Parameters
    ----------
    logits : array_like, any shape
        Scores (log odds of the label 1); infinite ones are allowed.
    labels : array_like, shape of ``logits``
        Probabilities of the label 1, in [0, 1]; 0 and 1 for hard labels.

    Returns
    -------
    ndarray, shape of ``logits``
        One loss per entry, in nats.

    Raises
    ------
    TypeError
        If ``logits`` or ``labels`` do not hold real numbers.
    ValueError
        If the shapes differ, ``logits`` hold NaN, or a label lies outside [0, 1].

    Notes
    -----
    Chapter 3 introduces it, for the planned chapter 10. Time and memory grow linearly with the
    size of ``logits``.

    Examples
    --------
    >>> sigmoid_binary_cross_entropy([0.0, 1000.0, 1000.0], [1, 1, 0]).round(4).tolist()
    [0.6931, 0.0, 1000.0]
    """
    logits, labels = with_yes_or_no(logits, labels)
    loss = _binary_cross_entropy(widen(logits), labels)
    return unwrap(loss.astype(np.result_type(logits, labels), copy=False))


def sigmoid_focal_loss(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    alpha: float | None = None,
    gamma: float = 2.0,
) -> FloatArray:
    r"""Binary cross entropy with hits turned down, :math:`-\alpha_t (1 - p_t)^\gamma \log p_t`.

    Here :math:`p_t` is the probability given to what happened: :math:`\sigma(z)` for the label
    1, :math:`1 - \sigma(z)` for the label 0. The factor :math:`\alpha_t` is ``alpha`` for the
    label 1 and ``1 - alpha`` for the label 0.

    Parameters
    ----------
    logits : array_like, any shape
        Scores (log odds of the label 1).
    labels : array_like, shape of ``logits``
        0 or 1; values between mix the two, as in optax.
    alpha : float, optional
        Weight of the label 1, in [0, 1]; no weighting by default.
    gamma : float, default 2.0
        Focusing exponent, at least 0; 0 gives the binary cross entropy.

    Returns
    -------
    ndarray, shape of ``logits``
        One loss per entry, in nats (weighted, so no longer a price in nats of an event).

    Raises
    ------
    TypeError
        If ``logits`` or ``labels`` do not hold real numbers.
    ValueError
        If the shapes differ, ``logits`` hold NaN, a label or ``alpha`` lies outside [0, 1], or
        ``gamma`` is negative.

    Notes
    -----
    For the planned chapter 10. Time and memory grow linearly with the size of ``logits``.

    References
    ----------
    .. [1] Lin, T.-Y., Goyal, P., Girshick, R., He, K. and Dollar, P. (2017). Focal loss for
       dense object detection. ICCV. doi:10.1109/ICCV.2017.324

    Examples
    --------
    >>> sigmoid_focal_loss([0.0], [1]).round(4).tolist()
    [0.1733]
    """
    logits, labels = with_yes_or_no(logits, labels)
    gamma = check_not_negative("gamma", gamma)
    dtype = np.result_type(logits, labels)
    work = widen(logits)
    miss = np.exp(log_sigmoid(-work)) * labels + np.exp(log_sigmoid(work)) * (
        1 - labels
    )
    loss = miss**gamma * _binary_cross_entropy(work, labels)
    if alpha is not None:
        alpha = check_unit_interval("alpha", alpha)
        loss = loss * (alpha * labels + (1 - alpha) * (1 - labels))
    return unwrap(np.asarray(loss).astype(dtype, copy=False))


def _binary_cross_entropy(logits: FloatArray, labels: FloatArray) -> FloatArray:
    size = np.abs(logits)
    wrong_side = np.where(logits > 0, 1 - labels, labels)
    with np.errstate(invalid="ignore"):
        paid = np.where(wrong_side == 0, 0, wrong_side * size)
    return paid + np.log1p(np.exp(-size))
