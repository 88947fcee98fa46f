"""Labels as indices and labels as distributions; taught in chapter 2."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from xent_lib._validation import (
    FloatArray,
    check_distribution,
    check_floating_dtype,
    check_integer_labels,
    check_positive_integer,
    check_unit_interval,
)


def one_hot(
    labels: ArrayLike, num_classes: int, *, dtype: DTypeLike = np.float64
) -> FloatArray:
    r"""Write class indices as vectors with a single 1, :math:`y_k = 1` if :math:`k` is the label.

    Parameters
    ----------
    labels : array_like of int, shape (...)
        Class indices from 0 to ``num_classes - 1``.
    num_classes : int
        How many classes there are; not guessed from the labels, since a batch may lack one.
    dtype : dtype, default float64
        The floating type of the result.

    Returns
    -------
    ndarray, shape (..., num_classes)
        Distributions: each vector along the last axis holds one 1 and zeros.

    Raises
    ------
    TypeError
        If ``labels`` are not integers or have a mask, ``num_classes`` is no integer, or
        ``dtype`` is no floating type.
    ValueError
        If a label is out of range or ``num_classes`` is below 1.

    Notes
    -----
    Taught in chapter 2. Time and memory: the size of the result, ``num_classes`` times that
    of the labels.

    Examples
    --------
    >>> one_hot([0, 2], 3).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    num_classes = check_positive_integer("num_classes", num_classes)
    labels = check_integer_labels("labels", labels, num_classes)
    check_floating_dtype("dtype", dtype)
    encoded = np.zeros((*labels.shape, num_classes), dtype)
    np.put_along_axis(encoded, labels[..., None], 1, axis=-1)
    return encoded


def smooth_labels(labels: ArrayLike, alpha: float) -> FloatArray:
    r"""Mix labels with the uniform distribution, :math:`(1 - \alpha)\, y_k + \alpha / K`.

    Parameters
    ----------
    labels : array_like, shape (..., K)
        Distributions over the last axis, one-hot or soft. A sum may miss 1 by the square
        root of the format's machine epsilon.
    alpha : float
        Share of the uniform distribution, from 0 (no change) to 1 (nothing left of ``labels``).

    Returns
    -------
    ndarray, shape (..., K)
        Distributions in the floating format of ``labels``, float64 for integers; the true
        class of a one-hot label keeps :math:`1 - \alpha + \alpha / K`, rounded to it.

    Raises
    ------
    TypeError
        If ``labels`` do not hold real numbers or have a mask, or ``alpha`` is no number.
    ValueError
        If ``labels`` are not distributions or ``alpha`` lies outside [0, 1].

    Notes
    -----
    Chapter 2 shows it, chapter 6 its gradient. Time and memory grow linearly with the size of
    ``labels``.

    References
    ----------
    .. [1] Szegedy, C., Vanhoucke, V., Ioffe, S., Shlens, J. and Wojna, Z. (2016). Rethinking
       the Inception architecture for computer vision. CVPR. doi:10.1109/CVPR.2016.308

    Examples
    --------
    >>> smooth_labels([1.0, 0.0, 0.0], 0.3).round(4).tolist()
    [0.8, 0.1, 0.1]
    """
    labels, axis = check_distribution("labels", labels, -1)
    wide = labels.astype(np.result_type(labels, np.float64), copy=False)
    share = wide.dtype.type(check_unit_interval("alpha", alpha))
    smoothed = (1 - share) * wide + share / labels.shape[axis]
    rounded: FloatArray = smoothed.astype(labels.dtype, copy=False)
    return rounded
