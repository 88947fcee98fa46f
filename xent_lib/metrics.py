"""How good are predictions: hits, squared distance, calibration; chapters 8 and 11.

Truth first, prediction second, as in scikit-learn; :func:`best_temperature` takes logits first,
as the losses do. Losses live in :mod:`xent_lib.losses`.
"""

from __future__ import annotations

from math import exp, log
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent_lib._validation import (
    FloatArray,
    IntArray,
    check_binary,
    check_choice,
    check_class_labels,
    check_distribution,
    check_finite,
    check_held_out_logits,
    check_integer_labels,
    check_not_empty,
    check_one_dimensional,
    check_positive_integer,
    check_probabilities,
    check_same_kind,
    check_same_length,
    check_table,
    check_two_in_each_bin,
    check_unit_interval,
)

Strategy = Literal["uniform", "quantile"]

LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.01, 100.0
_HALVINGS = 60  # of the interval between their logarithms, which reach rounding before


def accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Share of examples whose predicted class is the true one.

    Parameters
    ----------
    y_true : array_like, shape (N,)
        True classes: whole numbers, booleans or strings.
    y_pred : array_like, shape (N,)
        Predicted classes, named in the same way.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    TypeError
        If one side holds strings and the other numbers, or an array has a mask.
    ValueError
        If there is no example, the lengths differ, or an array is not one-dimensional or holds
        what names no class, such as 0.5 or NaN.

    Notes
    -----
    Chapter 4 sets it against the loss. Time and memory grow linearly with N.

    Examples
    --------
    >>> accuracy(["rain", "snow", "sun", "sun"], ["rain", "rain", "sun", "sun"])
    0.75
    """
    true, predicted = _check_classes(y_true, y_pred)
    check_same_kind("y_true", true, "y_pred", predicted)
    return float((true == predicted).mean())


def confusion_matrix(
    y_true: ArrayLike, y_pred: ArrayLike, num_classes: int
) -> IntArray:
    """Count, for each true class, which class was predicted.

    Unlike scikit-learn's function of this name it takes class indices and no other names, and
    has a row and a column for each of ``num_classes``, seen or not.

    Parameters
    ----------
    y_true : array_like of int, shape (N,)
        True class indices.
    y_pred : array_like of int, shape (N,)
        Predicted class indices.
    num_classes : int
        How many classes there are.

    Returns
    -------
    ndarray of int, shape (num_classes, num_classes)
        Row i, column j: how many examples of class i were taken for class j.

    Raises
    ------
    TypeError
        If classes or ``num_classes`` are no integers, or an array has a mask.
    ValueError
        If there is no example, the lengths differ, or a class is out of range.

    Notes
    -----
    Chapter 8 reads one. Time and memory grow linearly with N and with the size of the table.

    Examples
    --------
    >>> confusion_matrix([0, 0, 1], [0, 1, 1], 2).tolist()
    [[1, 1], [0, 1]]
    """
    num_classes = check_positive_integer("num_classes", num_classes)
    true, predicted = _check_classes(y_true, y_pred)
    true = check_integer_labels("y_true", true, num_classes)
    predicted = check_integer_labels("y_pred", predicted, num_classes)
    cells = true.astype(np.intp) * num_classes + predicted.astype(np.intp)
    counts = np.bincount(cells, minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes)


def brier_score(y_true: ArrayLike, y_prob: ArrayLike) -> float:
    r"""Mean squared distance of forecasts from what happened, :math:`\sum_k (p_k - y_k)^2`.

    Parameters
    ----------
    y_true : array_like of int, shape (N,)
        True class indices.
    y_prob : array_like, shape (N, K)
        Distributions over the classes. The sum of a row may miss 1 by the square root of the
        format's machine epsilon.

    Returns
    -------
    float
        From 0 to 2, up to that tolerance; computed in float64 at least. For two classes it is
        twice the score of the one probability that some libraries report.

    Raises
    ------
    TypeError
        If ``y_true`` are not integers, ``y_prob`` holds no real numbers, or an array has a mask.
    ValueError
        If there is no example, the lengths differ, a class is out of range, ``y_prob`` is no
        table, or a row of it is no distribution.

    Notes
    -----
    Chapter 11 takes it apart. Time and memory grow linearly with the size of ``y_prob``.

    References
    ----------
    .. [1] Brier, G. W. (1950). Verification of forecasts expressed in terms of probability.
       Monthly Weather Review 78, 1-3.
       doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2

    Examples
    --------
    >>> round(brier_score([0], [[0.7, 0.2, 0.1]]), 4)
    0.14
    """
    q, _ = check_distribution("y_prob", y_prob, -1)
    check_table("y_prob", q)
    true = check_class_labels("y_true", y_true)
    check_not_empty("y_true", true)
    check_same_length("y_true", true, "y_prob", q)
    true = check_integer_labels("y_true", true, q.shape[-1])
    missed = q.astype(np.result_type(q, np.float64))
    missed[np.arange(len(true)), true] -= 1
    return float((missed**2).sum(axis=1).mean())


def calibration_curve(
    y_true: ArrayLike,
    y_prob: ArrayLike,
    *,
    n_bins: int = 5,
    strategy: Strategy = "uniform",
) -> tuple[FloatArray, FloatArray]:
    """Sort forecasts of an event into bins; in each, compare how often it came true.

    The bins are those of scikit-learn's function of this name, up to the rounding of its
    quantiles, but outcomes have no names (no ``pos_label``). A forecast on the edge between
    two bins belongs to the lower one: a bin from a to b is (a, b]; the first also holds its
    lower end.

    Parameters
    ----------
    y_true : array_like, shape (N,)
        Whether the event happened: 0 or 1, or booleans. For a classifier of many classes,
        whether its prediction was right.
    y_prob : array_like, shape (N,)
        The probability that the forecast gave the event.
    n_bins : int, default 5
        How many bins.
    strategy : {"uniform", "quantile"}, default "uniform"
        Bins of equal width in [0, 1], or bins between quantiles of the forecasts, which hold
        about equally many. Equal forecasts stay together, so with many of them some bins hold
        more and others none.

    Returns
    -------
    prob_true : ndarray of float64, shape (bins that are not empty,)
        How often the event happened.
    prob_pred : ndarray of float64, same shape
        The mean forecast.

    Raises
    ------
    TypeError
        If ``n_bins`` is no integer, ``y_prob`` holds no real numbers, or an array has a mask.
    ValueError
        If there is no example, the lengths differ, an array is not one-dimensional, an outcome
        is not 0 or 1, a forecast lies outside [0, 1], ``n_bins`` is below 1, or ``strategy``
        is unknown.

    Notes
    -----
    Chapter 11 reads one. Time grows linearly with N, and with N log N for quantiles; memory
    linearly with N.

    Examples
    --------
    >>> often, said = calibration_curve([0, 0, 1, 1, 1], [0.1, 0.3, 0.4, 0.8, 0.9], n_bins=2)
    >>> often.round(4).tolist(), said.round(4).tolist()
    ([0.3333, 1.0], [0.2667, 0.85])
    """
    count, happened, said = _bin(y_true, y_prob, n_bins, strategy)
    filled = count > 0
    return happened[filled] / count[filled], said[filled] / count[filled]


def expected_calibration_error(
    y_true: ArrayLike,
    y_prob: ArrayLike,
    *,
    n_bins: int = 10,
    strategy: Strategy = "uniform",
) -> float:
    """Mean distance between what was said and what happened, over the bins of the curve.

    Parameters
    ----------
    y_true, y_prob, n_bins, strategy
        As for :func:`calibration_curve`.

    Returns
    -------
    float
        From 0 to 1: each bin's distance, weighted by its share of the examples.

    Raises
    ------
    TypeError, ValueError
        As :func:`calibration_curve`.

    Notes
    -----
    Taught in chapter 11, which also shows how it misleads. Time and memory are those of
    :func:`calibration_curve`.

    References
    ----------
    .. [1] Naeini, M. P., Cooper, G. and Hauskrecht, M. (2015). Obtaining well calibrated
       probabilities using Bayesian binning. AAAI. doi:10.1609/aaai.v29i1.9602

    Examples
    --------
    >>> round(expected_calibration_error([0, 1, 1, 1], [0.5, 0.5, 0.9, 0.9], n_bins=5), 4)
    0.05
    """
    count, happened, said = _bin(y_true, y_prob, n_bins, strategy)
    return float(np.abs(happened - said).sum() / count.sum())


def best_temperature(logits: ArrayLike, labels: ArrayLike) -> float:
    r"""Find the temperature at which held-out examples have the lowest mean log loss.

    Temperature scaling divides every logit by :math:`T`. The ranking of the classes stays, so
    the accuracy does too; only the confidence moves. In :math:`\beta = 1 / T` the mean loss
    :math:`\log \sum_k e^{\beta z_k} - \beta z_y` is convex, with the slope
    :math:`\sum_k q_k z_k - z_y`: what the model expects its logit to be, less what the truth's
    logit is. The best temperature makes the two equal on average; it is found by halving an
    interval.

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
        average no larger than the mean of all. Where all logits of each example are equal,
        every temperature is as good, and 0.01 is returned.

    Raises
    ------
    TypeError
        If ``labels`` are not integers, ``logits`` hold no real numbers, or one has a mask.
    ValueError
        If there is no example, a logit is not finite, or shapes or labels do not fit.

    See Also
    --------
    expected_calibration_error : what it is meant to lower, and may not.

    Notes
    -----
    Taught in chapter 11, with Newton's method beside it. Time and memory grow linearly with N
    and K.

    References
    ----------
    .. [1] Guo, C., Pleiss, G., Sun, Y. and Weinberger, K. Q. (2017). On calibration of modern
       neural networks. ICML. arXiv:1706.04599

    Examples
    --------
    Three times in four the model is right, and it says so with a probability of 0.9:

    >>> round(best_temperature([[np.log(9), 0.0]] * 4, [0, 0, 0, 1]), 4)
    2.0
    """
    z = check_finite("logits", logits)
    check_held_out_logits("logits", z)
    check_not_empty("logits", z)
    y = check_integer_labels("labels", labels, z.shape[1], (len(z),))
    quarters = z.astype(np.result_type(z, np.float64)) / 4  # so no difference overflows
    above_truth = quarters - quarters[np.arange(len(y)), y][:, None]
    below_top = above_truth - above_truth.max(axis=1, keepdims=True)

    def slope(inverse: float) -> float:
        # Infinite products are certain outcomes; a sum beyond the format is positive.
        with np.errstate(over="ignore", under="ignore"):
            terms = np.exp(4 * inverse * below_top)
            expected = (terms * above_truth).sum(axis=1) / terms.sum(axis=1)
            return float(expected.mean())

    low, high = log(1 / HIGHEST_TEMPERATURE), log(1 / LOWEST_TEMPERATURE)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if slope(exp(middle)) <= 0:
            low = middle
        else:
            high = middle
    return 1 / exp((low + high) / 2)


class BrierParts(NamedTuple):
    """What a Brier score is made of; see :func:`brier_decomposition`.

    Attributes
    ----------
    reliability : float
        Mean squared distance between what was said and what happened: the squared calibration
        error. 0 is best.
    resolution : float
        Mean squared distance between what happened in a bin and what happened overall. More
        is better.
    uncertainty : float
        The score of always saying how often the event happens overall.
    """

    reliability: float
    resolution: float
    uncertainty: float


def brier_decomposition(
    y_true: ArrayLike,
    y_prob: ArrayLike,
    *,
    n_bins: int = 10,
    strategy: Strategy = "uniform",
    debiased: bool = False,
) -> BrierParts:
    r"""Take the Brier score of a yes-or-no forecast apart into calibration and the rest.

    With :math:`n_b` of :math:`N` forecasts in bin :math:`b`, of mean :math:`s_b`, of which the
    share :math:`o_b` came true, and :math:`o` for the share of all: reliability is
    :math:`\sum_b \frac{n_b}{N} (s_b - o_b)^2`, resolution
    :math:`\sum_b \frac{n_b}{N} (o_b - o)^2`, uncertainty :math:`o (1 - o)`. Reliability less
    resolution plus uncertainty is the mean of :math:`(s_b - y)^2`: the score of the forecasts
    where those in a bin are equal, and else of forecasts replaced by their bin's mean.

    Parameters
    ----------
    y_true, y_prob, n_bins, strategy
        As for :func:`calibration_curve`.
    debiased : bool, default False
        Correct for chance, for examples that were drawn at random. In a bin it adds about
        :math:`o_b (1 - o_b) / (n_b - 1)` to reliability and to resolution, which is taken away,
        weighted as above. The share of all examples is a chance too:
        :math:`o (1 - o) / (N - 1)` is added to resolution and to uncertainty.

    Returns
    -------
    BrierParts
        Reliability from 0 to 1, resolution and uncertainty from 0 to 1/4. Debiased,
        reliability and resolution may lie below 0 where there is next to none, uncertainty may
        lie a little above 1/4, and the three still add up to the same score.

    Raises
    ------
    TypeError, ValueError
        As :func:`calibration_curve`; and ValueError if ``debiased`` is asked for and a bin
        holds a single forecast, whose chance one outcome cannot tell.

    See Also
    --------
    brier_score : the score over all classes, for two classes twice the one of this function.

    Notes
    -----
    Chapter 11 derives it. Time and memory are those of :func:`calibration_curve`.

    References
    ----------
    .. [1] Murphy, A. H. (1973). A new vector partition of the probability score. Journal of
       Applied Meteorology 12, 595-600.
       doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2

    .. [2] Ferro, C. A. T. and Fricker, T. E. (2012). A bias-corrected decomposition of the
       Brier score. Quarterly Journal of the Royal Meteorological Society 138, 1954-1960.
       doi:10.1002/qj.1924

    Examples
    --------
    >>> parts = brier_decomposition([0, 1, 1, 1], [0.5, 0.5, 0.9, 0.9], n_bins=5)
    >>> [round(part, 4) for part in parts]
    [0.005, 0.0625, 0.1875]
    """
    count, happened, said = _bin(y_true, y_prob, n_bins, strategy)
    filled = count > 0
    count, happened, said = count[filled], happened[filled], said[filled]
    total = count.sum()
    often, mean, overall = happened / count, said / count, happened.sum() / total
    reliability = float((count * (mean - often) ** 2).sum() / total)
    resolution = float((count * (often - overall) ** 2).sum() / total)
    uncertainty = float(overall * (1 - overall))
    if debiased:
        check_two_in_each_bin("debiased", count)
        chance = float((count * often * (1 - often) / (count - 1)).sum() / total)
        once = uncertainty / (total - 1)
        reliability -= chance
        resolution += float(once) - chance
        uncertainty += float(once)
    return BrierParts(reliability, resolution, uncertainty)


def calibration_bands(
    y_prob: ArrayLike,
    *,
    n_bins: int = 5,
    strategy: Strategy = "uniform",
    level: float = 0.9,
    draws: int = 1000,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Say between which frequencies a bin of honest forecasts stays, chance being what it is.

    Outcomes are drawn as often as ``draws`` says, each event with the very probability that its
    forecast gave it. The band of a bin leaves out the same share of the drawn frequencies
    below and above. Frequencies of :func:`calibration_curve` that lie outside are more than
    chance in that bin alone; with many bins some lie outside by chance.

    Parameters
    ----------
    y_prob, n_bins, strategy
        As for :func:`calibration_curve`.
    level : float, default 0.9
        Share of the draws that a bin's band is meant to hold. A frequency moves in steps of
        one in the bin's number of forecasts, so a band may hold more.
    draws : int, default 1000
        How many times the outcomes are drawn.
    rng : numpy.random.Generator
        Draws them.

    Returns
    -------
    low, high : ndarray of float64, shape (bins that are not empty,)
        In the order of :func:`calibration_curve`.

    Raises
    ------
    TypeError
        If ``n_bins`` or ``draws`` is no integer, ``level`` no number, ``y_prob`` holds no real
        numbers or has a mask.
    ValueError
        If there is no forecast, ``y_prob`` is not one-dimensional or lies outside [0, 1],
        ``n_bins`` or ``draws`` is below 1, ``level`` lies outside [0, 1], or ``strategy`` is
        unknown.

    Notes
    -----
    Chapter 11 explains it. Time grows with N times ``draws``, memory linearly with N and with
    ``draws`` times ``n_bins``.

    References
    ----------
    .. [1] Bröcker, J. and Smith, L. A. (2007). Increasing the reliability of reliability
       diagrams. Weather and Forecasting 22, 651-661. doi:10.1175/WAF993.1

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> low, high = calibration_bands([0.8] * 20, rng=rng)
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([0.65], [0.95])
    """
    said = check_probabilities("y_prob", y_prob)
    check_one_dimensional("y_prob", said)
    check_not_empty("y_prob", said)
    level = check_unit_interval("level", level)
    draws = check_positive_integer("draws", draws)
    bins = _bin_numbers(said, n_bins, strategy)
    count = np.bincount(bins)
    filled = count > 0
    often = np.empty((draws, int(filled.sum())))
    for row in often:
        came_true = rng.random(len(said)) < said
        row[:] = np.bincount(bins[came_true], minlength=len(count))[filled]
    often /= count[filled]
    outside = (1 - level) / 2
    low, high = np.quantile(
        often, [outside, 1 - outside], axis=0, method="inverted_cdf"
    )
    return low, high


def _bin(
    y_true: ArrayLike, y_prob: ArrayLike, n_bins: int, strategy: Strategy
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Per bin: how many forecasts, how many came true, and the sum of the forecasts."""
    said = check_probabilities("y_prob", y_prob)
    check_one_dimensional("y_prob", said)
    happened = check_binary("y_true", y_true)
    check_not_empty("y_true", happened)
    check_same_length("y_true", happened, "y_prob", said)
    bins = _bin_numbers(said, n_bins, strategy)
    count = np.bincount(bins, minlength=n_bins).astype(np.float64)
    true = np.bincount(bins, weights=happened, minlength=n_bins)
    total = np.bincount(bins, weights=said.astype(np.float64), minlength=n_bins)
    return count, true.astype(np.float64), total.astype(np.float64)


def _bin_numbers(said: FloatArray, n_bins: int, strategy: Strategy) -> IntArray:
    """Say in which bin each forecast lies, from 0."""
    n_bins = check_positive_integer("n_bins", n_bins)
    inner = np.arange(1, n_bins)
    if check_choice("strategy", strategy, get_args(Strategy)) == "quantile":
        edges = _quantiles(said, inner, n_bins)
    else:
        work = np.result_type(said, np.float64)
        edges = (inner.astype(work) / n_bins).astype(said.dtype)
    return np.searchsorted(edges, said)


def _quantiles(said: FloatArray, parts: IntArray, whole: int) -> FloatArray:
    """Interpolate between sorted forecasts as ``np.quantile(said, parts / whole)`` does.

    The place of a quantile is a fraction of whole numbers here, so one that falls on a
    forecast is that forecast and not a neighbour that rounding made.
    """
    ordered = np.sort(said)
    below, rest = np.divmod(parts * (len(said) - 1), whole)
    above = np.minimum(below + 1, len(said) - 1)
    work = np.result_type(said, np.float64)
    low, high = ordered[below].astype(work), ordered[above].astype(work)
    return np.where(rest == 0, low, low + (high - low) * (rest.astype(work) / whole))


def _check_classes(
    y_true: ArrayLike, y_pred: ArrayLike
) -> tuple[NDArray[Any], NDArray[Any]]:
    true = check_class_labels("y_true", y_true)
    predicted = check_class_labels("y_pred", y_pred)
    check_same_length("y_true", true, "y_pred", predicted)
    check_not_empty("y_true", true)
    return true, predicted
