"""Softmax cross entropy and its gradient; taught in chapters 3 to 6.

The second half of the file is the arithmetic. What is said about a row of logits follows from
``split_exponentials``: the exponential of one class here, the sum of the others there. For a
class index the one is the true class, for a distribution the likeliest one.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent_lib._validation import (
    Batch,
    FloatArray,
    Rows,
    batch_of_distributions,
    batch_of_indices,
)
from xent_lib.losses._blocks import sum_over_blocks
from xent_lib.losses._unshifted import unshifted_losses
from xent_lib.special import (
    DType,
    at_least_float64,
    exponentials,
    scalar_if_0d,
    wider_dtype,
)

# Sums of exponentials between these need no shift.
SMALLEST_UNSHIFTED = 1e-100
LARGEST_UNSHIFTED = 1e37
FAR = 600.0  # nats below a maximum; from 708 on float64 loses digits of the exponential
SMALLEST_FACTOR = 1e-37  # float32 holds it to all its digits


def softmax_cross_entropy(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    axis: int = -1,
    where: ArrayLike | None = None,
    class_weights: ArrayLike | None = None,
    label_smoothing: float = 0.0,
) -> FloatArray:
    r"""Cross entropy of labels that are distributions, :math:`-\sum_k y_k \log q_k`.

    With :math:`q = \operatorname{softmax}(z)` and labels that sum to 1 this is
    :math:`\operatorname{logsumexp}(z) - \sum_k y_k z_k`. It is computed as
    :math:`\sum_k y_k (z_w - z_k) - \log q_w`, where :math:`w` is the likeliest class: a sum of
    terms that are all at least 0, so no digits cancel. With class weights :math:`w_k` it is
    :math:`-\sum_k w_k y_k \log q_k`. Unlike optax's ``where``, which leaves out classes, this
    one leaves out examples.

    Parameters
    ----------
    logits : array_like, shape (..., K, ...)
        Scores, finite or -inf; a class at -inf has probability 0.
    labels : array_like, shape of ``logits``
        Distributions along ``axis``: one-hot, smoothed or soft.
    axis : int, default -1
        The axis of the classes.
    where : array_like of bool, shape (..., ...), optional
        Examples that count; the others cost 0.
    class_weights : array_like, shape (K,), optional
        What a label of each class counts, at least 0; 1 by default.
    label_smoothing : float, default 0.0
        Share of the uniform distribution that is mixed into every label, from 0 to 1.

    Returns
    -------
    ndarray, shape (..., ...)
        One loss per example, in nats; inf where a label needs a class at -inf. A class with
        label 0 costs nothing, whatever its logit. The format is the wider one of ``logits``
        and ``labels``, of which whole numbers and booleans do not count.

    Raises
    ------
    TypeError
        If ``logits``, ``labels`` or ``class_weights`` do not hold real numbers or have a mask,
        ``where`` does not hold booleans, ``label_smoothing`` is no number, or ``axis`` no
        integer.
    ValueError
        If shapes do not fit, ``logits`` hold NaN or +inf or are -inf for every class, a label
        is no distribution, a class weight is negative or not finite, ``label_smoothing`` lies
        outside [0, 1], or ``axis`` is out of range.

    See Also
    --------
    softmax_cross_entropy_with_integer_labels : the same for class indices.

    Notes
    -----
    Chapter 5 derives it. An example that ``where`` leaves out, or whose label, smoothed, has
    only classes of weight 0, is not looked at: it may hold NaN. The mean of those that count
    is ``losses[where].mean()``; with class weights divide the sum by the weight of the labels,
    as :func:`softmax_cross_entropy_value_and_grad` does. Logits and labels below float64 are
    worked out in float64, wider ones in long double. Time grows linearly with the size of
    ``logits``; so does memory where an axis, a mask or a change of format asks for a copy, and
    otherwise it is the losses and a few blocks of at most a megabyte, or of one row, for each
    core.

    Examples
    --------
    >>> logits = np.log([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1]])
    >>> labels = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]]
    >>> softmax_cross_entropy(logits, labels).round(4).tolist()
    [0.3567, 0.9831]
    """
    return _losses(
        batch_of_distributions(
            logits, labels, axis, where, class_weights, label_smoothing
        )
    )


def softmax_cross_entropy_with_integer_labels(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    axis: int = -1,
    where: ArrayLike | None = None,
    class_weights: ArrayLike | None = None,
    label_smoothing: float = 0.0,
) -> FloatArray:
    r"""Cross entropy of labels that are class indices, :math:`-\log q_y`.

    With :math:`q = \operatorname{softmax}(z)` this is :math:`\operatorname{logsumexp}(z) - z_y`,
    computed as :math:`\log(1 + \sum_{k \ne y} e^{z_k} / e^{z_y})`, where ``log1p`` adds the 1,
    so a loss close to 0 keeps its digits. No one-hot vector is built. With class weights
    :math:`w_k` it is :math:`-w_y \log q_y`, and with label smoothing :math:`\alpha` the label of
    class :math:`k` is :math:`(1 - \alpha) [k = y] + \alpha / K`, each entry times its class's
    weight, as in PyTorch.

    Parameters
    ----------
    logits : array_like, shape (..., K, ...)
        Scores, finite or -inf; a class at -inf has probability 0.
    labels : array_like of int, shape (..., ...)
        Class indices from 0 to K - 1; the shape of ``logits`` without ``axis``.
    axis : int, default -1
        The axis of the classes.
    where : array_like of bool, shape of ``labels``, optional
        Examples that count; the others cost 0, and their labels may be -1 or -100.
    class_weights : array_like, shape (K,), optional
        What an example of each class counts, at least 0; 1 by default.
    label_smoothing : float, default 0.0
        Share of the uniform distribution in every label, from 0 to 1.

    Returns
    -------
    ndarray, shape of ``labels``
        One loss per example, in nats, in the format of ``logits``; inf where the true class is
        at -inf.

    Raises
    ------
    TypeError
        If ``logits`` or ``class_weights`` do not hold real numbers, ``labels`` are not
        integers, one of them has a mask, ``where`` does not hold booleans, ``label_smoothing``
        is no number, or ``axis`` no integer.
    ValueError
        If shapes do not fit, ``logits`` hold NaN or +inf or are -inf for every class, a label
        is out of range, a class weight is negative or not finite, ``label_smoothing`` lies
        outside [0, 1], or ``axis`` is out of range.

    See Also
    --------
    softmax_cross_entropy : the same for labels that are distributions.

    Notes
    -----
    Chapter 5 derives it. An example that ``where`` leaves out, or whose label, smoothed, has
    only classes of weight 0, is not looked at: its logits may hold NaN. The mean of those that
    count is ``losses[where].mean()``; with class weights divide the sum by the weight of the
    labels, as :func:`softmax_cross_entropy_with_integer_labels_value_and_grad` does. Small
    batches and rows of many classes in ``float32`` have quick ways of their own, so the loss of
    a row may move with the batch around it, by at most 2 units in its last place. Other losses
    do not move, nor do slopes, but for the divisor of their mean. Time grows linearly with the
    size of ``logits``; so does memory where an axis, half precision, integers or a view that is
    not contiguous ask for a copy, and otherwise it is the losses and a few blocks of at most a
    megabyte, or of one row, for each core.

    Examples
    --------
    >>> logits = np.log([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1]])
    >>> softmax_cross_entropy_with_integer_labels(logits, [0, 2]).round(4).tolist()
    [0.3567, 2.3026]
    """
    return _losses(
        batch_of_indices(logits, labels, axis, where, class_weights, label_smoothing)
    )


def softmax_cross_entropy_value_and_grad(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    axis: int = -1,
    where: ArrayLike | None = None,
    class_weights: ArrayLike | None = None,
    label_smoothing: float = 0.0,
) -> tuple[float, FloatArray]:
    r"""Mean loss of labels that are distributions, and its gradient, :math:`(q - y) / N`.

    The mean is over the N examples that count. With class weights :math:`w_k` it is
    :math:`-\sum_{ik} w_k y_{ik} \log q_{ik} / \sum_{ik} w_k y_{ik}`, so a one-hot label and
    its index have the same mean; PyTorch divides by the number of examples here. Smoothing
    leaves the divisor as it is.

    Parameters
    ----------
    logits : array_like, shape (..., K, ...)
        Scores, finite or -inf.
    labels : array_like, shape of ``logits``
        Distributions along ``axis``: one-hot, smoothed or soft.
    axis : int, default -1
        The axis of the classes.
    where : array_like of bool, shape (..., ...), optional
        Examples that count.
    class_weights : array_like, shape (K,), optional
        What a label of each class counts, at least 0; 1 by default.
    label_smoothing : float, default 0.0
        Share of the uniform distribution that is mixed into every label, from 0 to 1.

    Returns
    -------
    value : float
        Mean loss of the examples that count, in nats; a Python float for every format.
    gradient : ndarray, shape of ``logits``
        The slopes of ``value``, in the wider format of ``logits`` and ``labels``, of which
        whole numbers and booleans do not count; 0 for examples that do not count.

    Raises
    ------
    TypeError
        If ``logits``, ``labels`` or ``class_weights`` do not hold real numbers or have a mask,
        ``where`` does not hold booleans, ``label_smoothing`` is no number, or ``axis`` no
        integer.
    ValueError
        If shapes do not fit, ``logits`` hold NaN or +inf or are -inf for every class, a label
        is no distribution, a class weight is negative or not finite, ``label_smoothing`` lies
        outside [0, 1], ``axis`` is out of range, or no example counts.

    See Also
    --------
    softmax_cross_entropy : the losses themselves.

    Notes
    -----
    Chapter 6 derives it. An example that ``where`` leaves out, or whose label, smoothed, has
    only classes of weight 0, is not looked at: it may hold NaN. The gradient is that of the
    value: where a label misses the sum 1 by rounding, :math:`q` is multiplied by its sum.
    Logits and labels below float64 are worked out in float64, wider ones in long double; a
    slope is a difference of two numbers between 0 and 1, and the more digits these share, the
    fewer it has. Time grows linearly with the size of ``logits``; memory is the gradient, what
    an axis, a mask or a change of format copies, and a few blocks of at most a megabyte, or of
    one row, for each core.

    Examples
    --------
    >>> logits = np.log([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1]])
    >>> labels = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]]
    >>> value, gradient = softmax_cross_entropy_value_and_grad(logits, labels)
    >>> round(value, 4), gradient.round(4).tolist()
    (0.6699, [[-0.15, 0.1, 0.05], [0.1, -0.15, 0.05]])
    """
    batch = batch_of_distributions(
        logits, labels, axis, where, class_weights, label_smoothing
    )
    return value_and_grad_of_sum(batch.for_the_mean())


def softmax_cross_entropy_with_integer_labels_value_and_grad(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    axis: int = -1,
    where: ArrayLike | None = None,
    class_weights: ArrayLike | None = None,
    label_smoothing: float = 0.0,
) -> tuple[float, FloatArray]:
    r"""Mean of the loss of class indices and its gradient, :math:`(q - y) / N`.

    The mean is over the N examples that count. With class weights it is
    :math:`\sum_i w_{y_i} \ell_i / \sum_i w_{y_i}`, the mean that PyTorch takes. With label
    smoothing :math:`\alpha` the label of class :math:`k` is
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
    where : array_like of bool, shape of ``labels``, optional
        Examples that count; the labels of the others may be -1 or -100.
    class_weights : array_like, shape (K,), optional
        What an example of each class counts, at least 0; 1 by default.
    label_smoothing : float, default 0.0
        Share of the uniform distribution in every label, from 0 to 1.

    Returns
    -------
    value : float
        Mean loss of the examples that count, in nats; a Python float for every format.
    gradient : ndarray, shape of ``logits``
        The slopes of ``value``, in the format of ``logits``; 0 for examples that do not count.

    Raises
    ------
    TypeError
        If ``logits`` or ``class_weights`` do not hold real numbers, ``labels`` are not
        integers, one of them has a mask, ``where`` does not hold booleans, ``label_smoothing``
        is no number, or ``axis`` no integer.
    ValueError
        If shapes do not fit, ``logits`` hold NaN or +inf or are -inf for every class, a label
        is out of range, a class weight is negative or not finite, ``label_smoothing`` lies
        outside [0, 1], ``axis`` is out of range, or no example counts.

    See Also
    --------
    softmax_cross_entropy_with_integer_labels : the losses themselves.

    Notes
    -----
    Chapter 6 derives it. An example that ``where`` leaves out, or whose label, smoothed, has
    only classes of weight 0, is not looked at: its logits may hold NaN. No one-hot vector is
    built unless labels are smoothed, and then a block at a time. Time grows linearly with the
    size of ``logits``; memory is the gradient, what an axis or a change of format copies (half
    precision is worked on as float32), and a few blocks of at most a megabyte, or of one row,
    for each core.

    Examples
    --------
    >>> logits = np.log([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1]])
    >>> value, gradient = softmax_cross_entropy_with_integer_labels_value_and_grad(logits, [0, 2])
    >>> round(value, 4), gradient.round(4).tolist()
    (1.3296, [[-0.15, 0.1, 0.05], [0.35, 0.1, -0.45]])
    """
    batch = batch_of_indices(
        logits, labels, axis, where, class_weights, label_smoothing
    )
    return value_and_grad_of_sum(batch.for_the_mean())


# The arithmetic. From here on arrays have been checked, logits are rows of classes, and each
# function is given a block of them.


class SplitExponentials(NamedTuple):
    """The exponentials of some rows, one class of each set apart."""

    own_index: tuple[NDArray[np.intp], NDArray[np.intp]]  # of the classes set apart
    terms: FloatArray  # shape (N, K); 0 at the class set apart
    own: FloatArray  # shape (N,); the exponential of the class set apart
    others: FloatArray  # shape (N,); the sum of the terms
    # Shape (N,); nats below what is taken out of the row, where something is.
    distance: FloatArray | None


def split_exponentials(
    logits: FloatArray, classes: NDArray[np.intp], work: DType
) -> SplitExponentials:
    """Split the exponentials of each row into that of one class and the sum of the others.

    A format ``work`` wider than that of the logits holds most exponentials as they are. Those
    of a row that it does not hold are divided by that of the row's maximum, so that none
    overflows. Each row is judged by itself: what stands beside it changes no bit of it.
    """
    own_index = np.arange(len(logits)), classes
    is_wider = work.itemsize > logits.itemsize
    if is_wider:
        terms = logits.astype(work)
        np.exp(terms, out=terms)
        row = own_and_others(own_index, terms, None, is_wider)
        fits = row.own > SMALLEST_UNSHIFTED
        fits &= row.own + row.others < LARGEST_UNSHIFTED
        if fits.all():
            return row
    shift = logits.max(axis=1)
    if is_wider:
        shift[fits] = 0
    distance = shift.astype(wider_dtype(logits)) - logits[own_index]
    terms = exponentials(logits, shift[:, None], work)
    return own_and_others(own_index, terms, distance, is_wider)


def own_and_others(
    own_index: tuple[NDArray[np.intp], NDArray[np.intp]],
    terms: FloatArray,
    distance: FloatArray | None,
    is_wider: bool,
) -> SplitExponentials:
    """Take the exponential of one class of each row out of ``terms``, and add the others."""
    own = terms[own_index]
    terms[own_index] = 0
    if is_wider:
        others = np.einsum("ij->i", terms)
    else:
        others = terms.sum(axis=1, dtype=wider_dtype(terms)).astype(terms.dtype)
    return SplitExponentials(own_index, terms, own, others, distance)


def softmax_and_complement(
    logits: FloatArray, work: DType
) -> tuple[FloatArray, FloatArray]:
    """Return the probabilities q of each row, and 1 - q: what each leaves to the others.

    That of the likeliest class, which may be close to 1, is left to the sum of the others.
    """
    with np.errstate(all="ignore"):
        row = split_exponentials(logits, logits.argmax(axis=1), work)
    total = (row.own + row.others)[:, None]
    rest = total - row.terms  # harmless: a term is at most half of the total
    rest[row.own_index] = row.others
    row.terms[row.own_index] = row.own
    return row.terms / total, rest / total


def negative_log_softmax(row: SplitExponentials) -> FloatArray:
    """Return the loss of the class set apart, ``-log(own / (own + others))``.

    It is ``log1p(others / own)``, the 1 being the class itself. Far below the maximum its
    exponential has lost digits; there the others are all that counts beside the distance.
    """
    losses = np.log1p(row.others / row.own)
    if row.distance is not None:
        far = row.distance > FAR
        if far.any():
            losses = losses.astype(row.distance.dtype)
            losses[far] = row.distance[far] + np.log(row.others[far])
    return losses


def index_block(batch: Batch, rows: Rows, gradient: FloatArray | None) -> FloatArray:
    """Return weighted losses of class indices; write their slopes where asked.

    The slope of the truth is its probability less 1, which is minus the probability of the
    others: nothing is subtracted from 1.
    """
    work = at_least_float64(batch.rows)
    row = split_exponentials(batch.rows[rows], batch.labels[rows], work)
    weights = batch.row_weights(rows)
    losses: FloatArray = negative_log_softmax(row) * weights
    if gradient is not None:
        slopes = gradient[rows]
        scale = (weights / (row.own + row.others)).astype(work)
        _scale_rows(row.terms, scale, slopes)
        slopes[row.own_index] = -scale * row.others
    if batch.may_leave_out():
        _zero_masked(np.equal(weights, 0), losses, gradient, rows)
    return losses


def _scale_rows(terms: FloatArray, scale: FloatArray, out: FloatArray) -> None:
    """Write ``terms * scale[:, None]``, in the narrower format where that costs no digits."""
    factors = scale.astype(out.dtype)
    out[...] = terms
    out *= factors[:, None]
    wide = ~((factors >= SMALLEST_FACTOR) & (factors <= 1)) & (scale != 0)
    if wide.any():
        out[wide] = terms[wide] * scale[wide, None]


def distribution_block(
    batch: Batch, rows: Rows, gradient: FloatArray | None
) -> FloatArray:
    """Return losses of weighted distributions; write their slopes where asked.

    A loss is what the labels pay below the likeliest class, and the loss of that class times
    the weight of the row. A slope is the weighted prediction less the target, here over the
    total of the exponentials; for the likeliest class what both have in common is left out.
    """
    work = wider_dtype(batch.rows)
    logits = batch.rows[rows]
    row = split_exponentials(logits, logits.argmax(axis=1), work)
    targets = batch.targets(rows, work)
    own_target = targets[row.own_index]
    targets[row.own_index] = 0
    other_targets = targets.sum(axis=1)
    weights = own_target + other_targets
    below = logits[row.own_index].astype(work)[:, None] - logits
    paid = np.einsum("ij,ij->i", targets, below)
    if not np.isfinite(paid).all():
        below[targets == 0] = 0  # 0 times infinity: what is never needed costs nothing
        paid = np.einsum("ij,ij->i", targets, below)
    losses: FloatArray = paid + weights * negative_log_softmax(row)
    if gradient is not None:
        total = row.own + row.others
        slopes = row.terms * weights[:, None] - targets * total[:, None]
        slopes[row.own_index] = row.own * other_targets - row.others * own_target
        slopes /= total[:, None]
        gradient[rows] = slopes
    if batch.may_leave_out():
        _zero_masked(weights == 0, losses, gradient, rows)
    return losses


def _zero_masked(
    left_out: NDArray[np.bool_],
    losses: FloatArray,
    gradient: FloatArray | None,
    rows: Rows,
) -> None:
    """Write 0 where an example does not count, whatever its logits have come to."""
    if left_out.any():
        losses[left_out] = 0
        if gradient is not None:
            gradient[rows][left_out] = 0


def _losses(batch: Batch) -> FloatArray:
    """Go through a batch in blocks; return one loss an example."""
    losses = np.empty(len(batch.rows), batch.rows.dtype)
    again = None
    if losses.dtype == np.float32 and batch.is_plain():
        again = unshifted_losses(batch.rows, batch.labels, losses)
        if again is not None and not again.size:
            return scalar_if_0d(batch.like_losses(losses))
    block_of = distribution_block if batch.has_distributions() else index_block

    def block(part: slice) -> float:
        rows = part if again is None else again[part]
        found = block_of(batch, rows, None)
        losses[rows] = found
        return float(found.sum())

    count = len(losses) if again is None else len(again)
    if math.isnan(sum_over_blocks(block, count, batch.rows.shape[1])):
        batch.check_logits()
    return scalar_if_0d(batch.like_losses(losses))


def value_and_grad_of_sum(batch: Batch) -> tuple[float, FloatArray]:
    """Go through a batch in blocks; return the sum of its weighted losses and its slopes."""
    gradient = np.empty_like(batch.rows)
    block_of = distribution_block if batch.has_distributions() else index_block

    def block(rows: slice) -> float:
        return float(block_of(batch, rows, gradient).sum())

    value = sum_over_blocks(block, *gradient.shape)
    if math.isnan(value):
        batch.check_logits()
    return value, batch.like_logits(gradient)
