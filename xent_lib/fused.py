"""Mean loss and its gradient in the logits, in one call; taught in chapter 6.

Training needs both, and together they cost little more than the loss. ``plain`` shows the
arithmetic; here it runs in blocks, on every core where that pays.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from xent_lib._arguments import (
    batch_of_distributions,
    batch_of_indices,
    kept_entries,
    with_yes_or_no,
)
from xent_lib._blocks import Room, sum_over_blocks
from xent_lib._distributions import distributions_block
from xent_lib._kernels import SMALL, class_indices_block, small_and_calm, small_batch
from xent_lib._validation import (
    FloatArray,
    check_logits,
    check_not_negative,
    check_unit_interval,
)
from xent_lib.losses import sigmoid_binary_cross_entropy
from xent_lib.special import log_sigmoid, widen

__all__ = [
    "sigmoid_binary_cross_entropy_value_and_grad",
    "sigmoid_focal_loss_value_and_grad",
    "softmax_cross_entropy_value_and_grad",
    "softmax_cross_entropy_with_integer_labels_value_and_grad",
]


def softmax_cross_entropy_value_and_grad(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    axis: int = -1,
    weights: ArrayLike | None = None,
    where: ArrayLike | None = None,
    label_smoothing: float = 0.0,
) -> tuple[float, FloatArray]:
    r"""Mean loss of labels that are distributions, and its gradient, :math:`(q - y) / N`.

    With class weights :math:`w_k` the value is
    :math:`-\sum_{ik} w_k y_{ik} \log q_{ik} / \sum_{ik} w_k y_{ik}`, so that a one-hot label
    counts as its index does. PyTorch divides by the number of examples here.

    Parameters
    ----------
    logits : array_like, shape (..., K, ...)
        Scores, finite or -inf.
    labels : array_like, shape of ``logits``
        Distributions along ``axis``: one-hot, smoothed or soft.
    axis : int, default -1
        The axis of the classes.
    weights : array_like, shape (K,), optional
        What a label of each class counts, at least 0; 1 by default.
    where : array_like of bool, shape (..., ...), optional
        Examples that count; what stands at the others is not looked at.
    label_smoothing : float, default 0.0
        Share of the uniform distribution that is mixed into every label, from 0 to 1. The
        divisor is that of the labels as given.

    Returns
    -------
    value : float
        Mean loss of the examples that count, in nats.
    gradient : ndarray, shape of ``logits``
        The slopes of ``value``; 0 for examples that do not count.

    Raises
    ------
    TypeError
        If ``logits``, ``labels`` or ``weights`` do not hold real numbers, or ``where`` does
        not hold booleans.
    ValueError
        If shapes do not fit, ``logits`` hold NaN or +inf or are -inf for every class, a label
        is no distribution, a weight is negative or not finite, ``label_smoothing`` lies
        outside [0, 1], ``axis`` is out of range, or no example counts.

    See Also
    --------
    xent_lib.plain.plain_value_and_grad : the same arithmetic in a few lines.

    Notes
    -----
    Chapter 6 derives it. Time grows linearly with the size of ``logits``; memory is the
    gradient and some blocks of a megabyte for each core, kept for the next call.

    Examples
    --------
    >>> logits = np.log([[0.7, 0.2, 0.1]])
    >>> value, gradient = softmax_cross_entropy_value_and_grad(logits, [[1, 0, 0]])
    >>> round(value, 4), gradient.round(4).tolist()
    (0.3567, [[-0.3, 0.2, 0.1]])
    """
    batch = batch_of_distributions(logits, labels, axis, weights, where)
    smoothing = check_unit_interval("label_smoothing", label_smoothing)
    gradient = np.empty_like(batch.rows, order="C")

    def block(rows: slice, room: Room) -> float:
        part = batch.rows[rows]
        targets = room.array("targets", part.shape, part.dtype.char)
        batch.fill_with_distributions(targets, rows, smoothing)
        return distributions_block(part, targets, gradient[rows], room)

    value = sum_over_blocks(block, len(gradient), gradient)
    if math.isnan(value):
        check_logits("logits", batch.logits_that_count(), batch.axis)
    return value, batch.in_shape(gradient)


def softmax_cross_entropy_with_integer_labels_value_and_grad(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    axis: int = -1,
    weights: ArrayLike | None = None,
    where: ArrayLike | None = None,
    label_smoothing: float = 0.0,
) -> tuple[float, FloatArray]:
    r"""Mean of the loss of class indices and its gradient, :math:`(q - y) / N`.

    With class weights the value is :math:`\sum_i w_{y_i} \ell_i / \sum_i w_{y_i}`, the mean
    that PyTorch takes. With label smoothing :math:`\alpha` the label of class :math:`k` is
    :math:`(1 - \alpha) [k = y] + \alpha / K`, each entry times its class's weight, over the
    same divisor.

    Parameters
    ----------
    logits : array_like, shape (..., K, ...)
        Scores, finite or -inf.
    labels : array_like of int, shape (..., ...)
        Class indices from 0 to K - 1; the shape of ``logits`` without ``axis``.
    axis : int, default -1
        The axis of the classes.
    weights : array_like, shape (K,), optional
        What an example of each class counts, at least 0; 1 by default.
    where : array_like of bool, shape of ``labels``, optional
        Examples that count. What stands at the others is not looked at, so their labels may
        be -1 or -100.
    label_smoothing : float, default 0.0
        Share of the uniform distribution in every label, from 0 to 1.

    Returns
    -------
    value : float
        Mean loss of the examples that count, in nats.
    gradient : ndarray, shape of ``logits``
        The slopes of ``value``; 0 for examples that do not count.

    Raises
    ------
    TypeError
        If ``logits`` or ``weights`` do not hold real numbers, ``labels`` are not integers, or
        ``where`` does not hold booleans.
    ValueError
        If shapes do not fit, ``logits`` hold NaN or +inf or are -inf for every class, a label
        is out of range, a weight is negative or not finite, ``label_smoothing`` lies outside
        [0, 1], ``axis`` is out of range, or no example counts.

    See Also
    --------
    xent_lib.plain.plain_value_and_grad : the same arithmetic in a few lines.

    Notes
    -----
    Chapter 6 derives it. Time grows linearly with the size of ``logits``; memory is the
    gradient and some blocks of a megabyte for each core, kept for the next call. No one-hot
    vector is built.

    Examples
    --------
    >>> logits = np.log([[0.7, 0.2, 0.1]])
    >>> value, gradient = softmax_cross_entropy_with_integer_labels_value_and_grad(logits, [0])
    >>> round(value, 4), gradient.round(4).tolist()
    (0.3567, [[-0.3, 0.2, 0.1]])
    """
    batch = batch_of_indices(logits, labels, axis, weights, where)
    smoothing = check_unit_interval("label_smoothing", label_smoothing)
    gradient = np.empty_like(batch.rows, order="C")

    def hard(rows: slice, room: Room) -> float:
        given = batch.rows[rows], batch.labels[rows], batch.weights(rows)
        return class_indices_block(*given, gradient[rows], room)

    def smoothed(rows: slice, room: Room) -> float:
        part = batch.rows[rows]
        targets = room.array("targets", part.shape, part.dtype.char)
        batch.fill_with_indices(targets, rows, smoothing)
        return distributions_block(part, targets, gradient[rows], room)

    if not smoothing and small_and_calm(batch.rows, SMALL):
        weights = batch.weights(slice(None))
        value = small_batch(batch.rows, batch.labels, weights, gradient)
    else:
        block = smoothed if smoothing else hard
        value = sum_over_blocks(block, len(gradient), gradient)
    if math.isnan(value):
        check_logits("logits", batch.logits_that_count(), batch.axis)
    return value, batch.in_shape(gradient)


def sigmoid_binary_cross_entropy_value_and_grad(
    logits: ArrayLike, labels: ArrayLike, *, where: ArrayLike | None = None
) -> tuple[float, FloatArray]:
    r"""Mean binary cross entropy and its gradient, :math:`(\sigma(z) - y) / N`.

    The mean is over all entries that count, examples and labels alike.

    Parameters
    ----------
    logits : array_like, any shape
        Scores (log odds of the label 1).
    labels : array_like, shape of ``logits``
        Probabilities of the label 1, in [0, 1].
    where : array_like of bool, shape of ``logits``, optional
        Entries that count; what stands at the others is not looked at.

    Returns
    -------
    value : float
        Mean loss of the entries that count, in nats.
    gradient : ndarray, shape of ``logits``
        The slopes of ``value``; 0 for entries that do not count.

    Raises
    ------
    TypeError
        If ``logits`` or ``labels`` do not hold real numbers, or ``where`` no booleans.
    ValueError
        If the shapes differ, ``logits`` hold NaN, a label lies outside [0, 1], or no entry
        counts.

    Notes
    -----
    Chapter 6 derives it. Time and memory grow linearly with the size of ``logits``.

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
        Scores (log odds of the label 1).
    labels : array_like, shape of ``logits``
        0 or 1; values between mix the two.
    alpha : float, optional
        Weight of the label 1, in [0, 1]; no weighting by default.
    gamma : float, default 2.0
        Focusing exponent, at least 0.
    where : array_like of bool, shape of ``logits``, optional
        Entries that count; what stands at the others is not looked at.

    Returns
    -------
    value : float
        Mean loss of the entries that count.
    gradient : ndarray, shape of ``logits``
        The slopes of ``value``; 0 for entries that do not count.

    Raises
    ------
    TypeError
        If ``logits`` or ``labels`` do not hold real numbers, or ``where`` no booleans.
    ValueError
        If the shapes differ, ``logits`` hold NaN, a label or ``alpha`` lies outside [0, 1],
        ``gamma`` is negative, or no entry counts.

    Notes
    -----
    For the planned chapter 10. Time and memory grow linearly with the size of ``logits``.

    Examples
    --------
    >>> value, gradient = sigmoid_focal_loss_value_and_grad([0.0], [1])
    >>> round(value, 4), gradient.round(4).tolist()
    (0.1733, [-0.2983])
    """
    logits, labels, counts = kept_entries(logits, labels, where)
    logits, labels = with_yes_or_no(logits, labels)
    gamma = check_not_negative("gamma", gamma)
    work = widen(logits)
    yes, no = np.exp(log_sigmoid(work)), np.exp(log_sigmoid(-work))
    entropy = sigmoid_binary_cross_entropy(work, labels)
    miss = yes * (1 - labels) + no * labels
    scale = miss**gamma * counts / np.count_nonzero(counts)
    if alpha is not None:
        alpha = check_unit_interval("alpha", alpha)
        scale = scale * (alpha * labels + (1 - alpha) * (1 - labels))
    relative = np.divide(yes * no, miss, out=np.ones_like(miss), where=miss != 0)
    turn = gamma * (1 - 2 * labels) * relative
    with np.errstate(invalid="ignore"):
        losses = np.where(scale == 0, 0, scale * entropy)
        slopes = np.where(turn == 0, 0, turn * entropy) + (
            yes * (1 - labels) - no * labels
        )
    gradient = np.asarray(scale * slopes).astype(logits.dtype, copy=False)
    return float(losses.sum(dtype=np.float64)), gradient
