r"""One number that makes a classifier less sure of itself; for the planned chapter 11.

Temperature scaling divides every logit by :math:`T`. The ranking of the classes stays, so the
accuracy does too; only the confidence moves.
"""

from __future__ import annotations

from math import exp, log

import numpy as np
from numpy.typing import ArrayLike

from xent_lib._validation import (
    check_finite,
    check_integer_labels,
    check_not_empty,
)

LOWEST, HIGHEST = 0.01, 100.0  # temperatures
_HALVINGS = 60  # of the interval between their logarithms, which reach rounding before


def best_temperature(logits: ArrayLike, labels: ArrayLike) -> float:
    r"""Find the temperature at which held-out examples have the lowest mean log loss.

    In :math:`\beta = 1 / T` the mean loss :math:`\log \sum_k e^{\beta z_k} - \beta z_y` is
    convex, with the slope :math:`\sum_k q_k z_k - z_y`: what the model expects its logit to be,
    less what the truth's logit is. The best temperature makes the two equal on average; it is
    found by halving an interval.

    Parameters
    ----------
    logits : array_like, shape (N, K)
        Finite scores of examples that the model was not trained on.
    labels : array_like of int, shape (N,)
        True class indices.

    Returns
    -------
    float
        From 0.01 to 100, found in float64 at least whatever the format of ``logits``. At one
        of the ends (up to rounding) the best temperature lies there or beyond, or there is
        none: every truth has the largest logit of its example, or the truths' logits are on
        average no larger than the mean of all.

    Raises
    ------
    TypeError
        If ``labels`` are not integers, ``logits`` hold no real numbers, or one has a mask.
    ValueError
        If there is no example, a logit is not finite, or shapes or labels do not fit.

    See Also
    --------
    xent_lib.metrics.expected_calibration_error : what it is meant to lower, and may not.

    Notes
    -----
    For the planned chapter 11. Time and memory grow linearly with N and K.

    References
    ----------
    .. [1] Guo, C., Pleiss, G., Sun, Y. and Weinberger, K. Q. (2017). On calibration of modern
       neural networks. ICML. arXiv:1706.04599

    Examples
    --------
    Three times in four the model is right, and it says so with a probability of 0.9:

    >>> import numpy as np
    >>> round(best_temperature([[np.log(9), 0.0]] * 4, [0, 0, 0, 1]), 4)
    2.0
    """
    z = check_finite("logits", logits)
    if z.ndim != 2 or z.shape[1] == 0:
        raise ValueError(
            f"logits must have shape (N, K), one row an example; got shape {z.shape}"
        )
    check_not_empty("logits", z)
    y = check_integer_labels("labels", labels, z.shape[1], (len(z),))
    quarters = z.astype(np.result_type(z, np.float64)) / 4  # so no difference overflows
    above_truth = quarters - quarters[np.arange(len(y)), y][:, None]
    below_top = above_truth - above_truth.max(axis=1, keepdims=True)

    def slope(inverse: float) -> float:
        # Infinite products are certain outcomes; a sum beyond the format is positive.
        with np.errstate(over="ignore"):
            terms = np.exp(4 * inverse * below_top)
            expected = (terms * above_truth).sum(axis=1) / terms.sum(axis=1)
            return float(expected.mean())

    low, high = log(1 / HIGHEST), log(1 / LOWEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if slope(exp(middle)) <= 0:
            low = middle
        else:
            high = middle
    return 1 / exp((low + high) / 2)
