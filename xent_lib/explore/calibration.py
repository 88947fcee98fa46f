"""A classifier's confidence to turn down, its reliability diagram; chapter 11."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray
from traitlets import Bool, Float, Int, List, validate

from xent_lib._validation import (
    FloatArray,
    IntArray,
    check_finite,
    check_integer_labels,
    check_positive,
    check_positive_integer,
)
from xent_lib.datasets import overconfident_digits
from xent_lib.explore._base import Interactive
from xent_lib.losses import softmax_cross_entropy_with_integer_labels
from xent_lib.metrics import (
    best_temperature,
    calibration_curve,
    expected_calibration_error,
)
from xent_lib.plots.calibration import plot_reliability
from xent_lib.special import softmax

MOST_BINS = 20


class Calibration(Interactive):
    r"""Held-out logits :math:`z / T` with a temperature to move, and how well they are meant.

    A bar a bin of confidence says how often the predictions in it came true. Log loss, accuracy
    and expected calibration error follow the temperature; the lowest log loss stays hidden until
    the reader asks for it.

    Parameters
    ----------
    logits : array_like, shape (N, K), optional
        Finite scores of examples that the model was not trained on;
        :func:`xent_lib.datasets.overconfident_digits` by default.
    labels : array_like of int, shape (N,), optional
        True class indices; needed where ``logits`` are given.
    temperature : float, default 1.0
        Divides the logits.
    n_bins : int, default 10
        Bins of equal width, up to 20.
    shown : bool, default False
        Whether the best temperature can be seen.

    Attributes
    ----------
    temperature, n_bins, shown
        Follow the reader's hand in a live notebook; setting them moves the figure.
    logits, labels
        Lists.
    log_loss, accuracy, calibration_error : float
        Of the figure as it stands; the loss in nats.
    best_temperature : float
        Where the log loss is lowest.

    Raises
    ------
    TypeError
        If ``labels`` are not integers.
    ValueError
        If logits are given without labels, shapes do not fit, a logit is not finite, a label is
        out of range, ``temperature`` is not positive, or ``n_bins`` is not from 1 to 20.

    Notes
    -----
    Chapter 11 shows it. The calibration error sets the confidence in the likeliest class
    against whether that class was right. Time and memory grow linearly with N and K.

    Examples
    --------
    >>> figure = Calibration()
    >>> round(figure.log_loss, 3), round(figure.calibration_error, 3)
    (0.977, 0.105)
    >>> figure.temperature = figure.best_temperature
    >>> round(figure.log_loss, 3), round(figure.calibration_error, 3)
    (0.582, 0.049)
    """

    module = "calibration"
    state_names = ("temperature", "n_bins", "shown", "logits", "labels")
    temperature = Float(1.0).tag(sync=True)
    n_bins = Int(10).tag(sync=True)
    shown = Bool(False).tag(sync=True)
    logits = List(List(Float())).tag(sync=True)
    labels = List(Int()).tag(sync=True)

    def __init__(
        self,
        logits: ArrayLike | None = None,
        labels: ArrayLike | None = None,
        *,
        temperature: float = 1.0,
        n_bins: int = 10,
        shown: bool = False,
    ) -> None:
        if (logits is None) != (labels is None):
            raise ValueError("logits and labels must be given together")
        if logits is None or labels is None:
            logits, labels = overconfident_digits()
        scores = _matrix(logits)
        truth = check_integer_labels("labels", labels, scores.shape[1], (len(scores),))
        super().__init__(
            logits=scores.tolist(),
            labels=truth.tolist(),
            temperature=check_positive("temperature", temperature),
            n_bins=_checked_bins(n_bins),
            shown=bool(shown),
        )

    @property
    def q(self) -> FloatArray:
        """The probabilities of the figure as it stands, shape (N, K)."""
        return softmax(self._scores())

    @property
    def log_loss(self) -> float:
        """The mean loss of the figure as it stands, in nats."""
        return float(
            softmax_cross_entropy_with_integer_labels(
                self._scores(), self._truth()
            ).mean()
        )

    @property
    def accuracy(self) -> float:
        """The share of predictions that are right, whatever the temperature."""
        return float(self._right().mean())

    @property
    def calibration_error(self) -> float:
        """The expected calibration error of the figure as it stands."""
        return expected_calibration_error(
            self._right(), self.q.max(axis=1), n_bins=self.n_bins
        )

    @property
    def best_temperature(self) -> float:
        """The temperature of the lowest log loss."""
        return best_temperature(self.logits, self.labels)

    def _scores(self) -> FloatArray:
        scores: FloatArray = np.array(self.logits) / self.temperature
        return scores

    def _truth(self) -> IntArray:
        return np.array(self.labels)

    def _right(self) -> NDArray[np.bool_]:
        right: NDArray[np.bool_] = np.array(self.logits).argmax(axis=1) == self._truth()
        return right

    @validate("temperature")
    def _check_temperature(self, proposal: Any) -> float:
        return check_positive("temperature", proposal["value"])

    @validate("n_bins")
    def _check_bins(self, proposal: Any) -> int:
        return _checked_bins(proposal["value"])

    def _draw(self) -> Axes:
        confidence, edges = self.q.max(axis=1), np.arange(self.n_bins + 1) / self.n_bins
        bins = np.searchsorted(edges[1:-1], confidence)
        curve = calibration_curve(self._right(), confidence, n_bins=self.n_bins)
        counts = np.bincount(bins, minlength=self.n_bins)
        return plot_reliability(edges, counts, *curve)

    def _describe(self) -> str:
        return (
            f"A reliability diagram of {len(self.labels)} predictions in {self.n_bins} bins "
            f"of confidence, at temperature {self.temperature:.2f}: log loss "
            f"{self.log_loss:.3f} nats, accuracy {self.accuracy:.3f}, expected calibration "
            f"error {self.calibration_error:.3f}; mean confidence "
            f"{self.q.max(axis=1).mean():.3f}."
        )


def _matrix(logits: ArrayLike) -> FloatArray:
    scores = check_finite("logits", logits).astype(float)
    if scores.ndim != 2 or 0 in scores.shape:
        raise ValueError(
            f"logits must have shape (N, K), one row an example; got shape {scores.shape}"
        )
    return scores


def _checked_bins(n_bins: int) -> int:
    count = check_positive_integer("n_bins", n_bins)
    if count > MOST_BINS:
        raise ValueError(f"n_bins must be at most {MOST_BINS}; got {count}")
    return count
