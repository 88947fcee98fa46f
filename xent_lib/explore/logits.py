"""Scores to move, with softmax, loss, gradient and an overflow to watch; chapters 5 and 6."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from traitlets import Enum, Float, Int, List, Unicode, validate

from xent_lib._validation import FloatArray, check_finite, check_positive
from xent_lib.explore._base import Interactive
from xent_lib.explore._checks import plain_label, plain_names
from xent_lib.gradients import softmax_cross_entropy_grad
from xent_lib.labels import one_hot
from xent_lib.losses import softmax_cross_entropy_with_integer_labels
from xent_lib.plots.slopes import plot_difference
from xent_lib.special import softmax

FEWEST_CLASSES, MOST_CLASSES = 3, 10
PRECISIONS = ("float16", "float32", "float64")


class Logits(Interactive):
    r"""Logits to move, and what follows: probabilities, loss, and the gradient :math:`q - y`.

    The scores are :math:`(z_k + c) / T` with a shift :math:`c`, which changes nothing, and a
    temperature :math:`T`. Beside the stable program stands one that follows the formula as it
    is written, in the precision chosen, until it overflows.

    Parameters
    ----------
    logits : array_like, shape (K,)
        From three to ten scores.
    truth : int, default 0
        Index of the class that happened.
    temperature : float, default 1.0
        Divides the scores.
    shift : float, default 0.0
        Added to every logit.
    precision : {"float32", "float16", "float64"}
        What the two programs compute in.
    names : sequence of str, optional
        Names of the classes; A, B, C and so on by default.

    Attributes
    ----------
    logits, truth, temperature, shift, precision
        Follow the reader's hand in a live notebook; setting them moves the figure.
    q, gradient : ndarray, shape (K,)
        Probabilities, and the slopes of the loss in the scores.
    loss : float
        In nats.

    Raises
    ------
    TypeError
        If ``logits`` do not hold real numbers or ``truth`` is no integer.
    ValueError
        If there are fewer than three or more than ten logits, one is not finite, ``truth`` is
        out of range, or ``temperature`` is not positive.

    Notes
    -----
    Used in chapters 5 and 6. Time and memory grow linearly with K.

    Examples
    --------
    >>> figure = Logits(np.log([7.0, 2.0, 1.0]))
    >>> figure.gradient.round(4).tolist()
    [-0.3, 0.2, 0.1]
    >>> figure.shift = 100.0
    >>> round(figure.loss, 4)
    0.3567
    """

    module = "logits"
    state_names = ("logits", "truth", "temperature", "shift", "precision", "names")
    logits = List(Float()).tag(sync=True)
    truth = Int().tag(sync=True)
    temperature = Float(1.0).tag(sync=True)
    shift = Float(0.0).tag(sync=True)
    precision = Enum(PRECISIONS, default_value="float32").tag(sync=True)
    names = List(Unicode()).tag(sync=True)

    def __init__(
        self,
        logits: ArrayLike,
        truth: int = 0,
        *,
        temperature: float = 1.0,
        shift: float = 0.0,
        precision: str = "float32",
        names: Sequence[str] | None = None,
    ) -> None:
        scores = _plain_logits(logits)
        super().__init__(
            logits=scores,
            truth=plain_label("truth", truth, len(scores)),
            temperature=check_positive("temperature", temperature),
            shift=float(shift),
            precision=precision,
            names=plain_names(names, len(scores)),
        )

    @property
    def q(self) -> FloatArray:
        """The probabilities of the figure as it stands."""
        return softmax(self._scores())

    @property
    def gradient(self) -> FloatArray:
        """The slope of the loss in each score, prediction minus label."""
        return softmax_cross_entropy_grad(
            self._scores(), one_hot(self.truth, len(self.logits))
        )

    @property
    def loss(self) -> float:
        """The loss of the figure as it stands, in nats."""
        return float(
            softmax_cross_entropy_with_integer_labels(self._scores(), self.truth)
        )

    def _scores(self) -> FloatArray:
        scores: FloatArray = (np.array(self.logits) + self.shift) / self.temperature
        return scores

    @validate("logits")
    def _check_logits(self, proposal: Any) -> list[float]:
        return _plain_logits(proposal["value"])

    @validate("truth")
    def _check_truth(self, proposal: Any) -> int:
        return plain_label("truth", proposal["value"], len(self.logits))

    @validate("temperature")
    def _check_temperature(self, proposal: Any) -> float:
        return check_positive("temperature", proposal["value"])

    def _draw(self) -> Axes:
        y = one_hot(self.truth, len(self.logits))
        axes: Axes = plot_difference(self.q, y, self.gradient, self.names)
        return axes

    def _describe(self) -> str:
        shares = ", ".join(f"{share:.3f}" for share in self.q)
        slopes = ", ".join(f"{slope:.3f}" for slope in self.gradient)
        return (
            f"Bars of the softmax ({shares}) and of the gradient ({slopes}) over the "
            f"classes {', '.join(self.names)}. {self.names[self.truth]} happened, at a "
            f"loss of {self.loss:.4f} nats."
        )


def _plain_logits(logits: ArrayLike) -> list[float]:
    scores = check_finite("logits", logits).astype(float)
    if scores.ndim != 1 or not FEWEST_CLASSES <= len(scores) <= MOST_CLASSES:
        raise ValueError(
            f"logits must be {FEWEST_CLASSES} to {MOST_CLASSES} numbers; got shape {scores.shape}"
        )
    values: list[float] = scores.tolist()
    return values
