"""What ``losses`` and ``fused`` compute, written to be read; chapters 5 and 6 derive it.

Here every step is one line over whole arrays. The fast versions go through the rows in blocks
that fit a core's cache, which takes less time and a fraction of the memory, and hand the rows
that need most care to :func:`plain_losses`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from xent_lib._validation import FloatArray
from xent_lib.special import max_and_excess, softmax

__all__ = ["plain_losses", "plain_losses_of_distributions", "plain_value_and_grad"]


def plain_losses(logits: ArrayLike, labels: ArrayLike) -> FloatArray:
    r"""Loss of each row, :math:`(m - z_y) + (\operatorname{logsumexp}(z) - m)`.

    Two terms that are at least 0, so no digits cancel. With :math:`m = \max_k z_k` the first is
    the distance of the truth below the maximum, the second the excess above it.

    Parameters
    ----------
    logits : array_like, shape (N, K)
        Scores, finite or -inf.
    labels : array_like of int, shape (N,)
        Class indices from 0 to K - 1.

    Returns
    -------
    ndarray, shape (N,)
        In nats, at least as wide as float64.

    Notes
    -----
    Chapter 5 derives it. Time and memory grow linearly with the size of ``logits``.

    Examples
    --------
    >>> plain_losses(np.log([[0.7, 0.2, 0.1]]), [0]).round(4).tolist()
    [0.3567]
    """
    logits, labels = np.asarray(logits), np.asarray(labels)
    maximum, excess = max_and_excess(logits, 1)
    true_logit = np.take_along_axis(logits, labels[:, None], 1)
    losses: FloatArray = ((maximum - true_logit) + excess)[:, 0]
    return losses


def plain_losses_of_distributions(logits: ArrayLike, labels: ArrayLike) -> FloatArray:
    r"""Loss of each row, :math:`\sum_k y_k (m - z_k) + (\operatorname{logsumexp}(z) - m)`.

    The first sum is the distance below the maximum that the labels pay on average. A class with
    label 0 pays nothing, whatever its logit.

    Parameters
    ----------
    logits : array_like, shape (N, K)
        Scores, finite or -inf.
    labels : array_like, shape (N, K)
        Distributions: one-hot, smoothed or soft.

    Returns
    -------
    ndarray, shape (N,)
        In nats, at least as wide as float64.

    Notes
    -----
    Chapter 5 derives it. Time and memory grow linearly with the size of ``logits``.

    Examples
    --------
    >>> plain_losses_of_distributions(np.log([[0.7, 0.2, 0.1]]), [[1, 0, 0]]).round(4).tolist()
    [0.3567]
    """
    logits, labels = np.asarray(logits), np.asarray(labels)
    maximum, excess = max_and_excess(logits, 1)
    with np.errstate(invalid="ignore"):
        paid = np.where(labels == 0, 0, labels * (maximum - logits))
    losses: FloatArray = paid.sum(axis=1) + excess[:, 0]
    return losses


def plain_value_and_grad(
    logits: ArrayLike, targets: ArrayLike
) -> tuple[float, FloatArray]:
    r"""Sum of weighted losses and its gradient, :math:`w_i q_{ik} - t_{ik}`.

    A target is a label times all that multiplies it: the weight of its class, 0 where an
    example is masked, 1 over what the mean divides by. A row's weight is
    :math:`w_i = \sum_k t_{ik}`, and the value is :math:`-\sum_{ik} t_{ik} \log q_{ik}` with
    :math:`q = \operatorname{softmax}(z)`.

    Parameters
    ----------
    logits : array_like, shape (N, K)
        Scores, finite or -inf.
    targets : array_like, shape (N, K)
        Weighted labels, at least 0.

    Returns
    -------
    value : float
        In nats.
    gradient : ndarray, shape (N, K)
        The slopes of ``value`` in the logits.

    Raises
    ------
    ValueError
        If ``logits`` have no softmax: +inf, or -inf for every class of a row.

    Notes
    -----
    Chapter 6 derives it. Time and memory grow linearly with the size of ``logits``: about
    four arrays of that size at once, where ``fused`` needs the gradient alone.

    Examples
    --------
    >>> value, gradient = plain_value_and_grad(np.log([[0.7, 0.2, 0.1]]), [[1, 0, 0]])
    >>> round(value, 4), gradient.round(4).tolist()
    (0.3567, [[-0.3, 0.2, 0.1]])
    """
    logits, targets = np.asarray(logits), np.asarray(targets)
    weights = targets.sum(axis=1, keepdims=True)
    gradient = weights * softmax(logits) - targets
    maximum, excess = max_and_excess(logits, 1)
    with np.errstate(invalid="ignore"):
        paid = np.where(targets == 0, 0, targets * (maximum - logits))
    return float(paid.sum() + (weights * excess).sum()), gradient
