"""The worked example to touch: a forecast, what happened, and the loss; chapter 4."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from traitlets import Float, Int, List, Unicode, validate

from xent_lib.explore._base import Interactive
from xent_lib.explore._checks import plain_distribution, plain_label, plain_names
from xent_lib.information import surprisal
from xent_lib.plots.worked_example import plot_prices


class LossCurve(Interactive):
    r"""A forecast's probabilities to drag, and the loss :math:`-\sum_k y_k \log q_k` they cost.

    Parameters
    ----------
    q : array_like, shape (K,)
        The forecast, a distribution over K classes.
    truth : int, default 0
        Index of the class that happened.
    names : sequence of str, optional
        Names of the classes; A, B, C and so on by default.

    Attributes
    ----------
    q : list of float
    truth : int
        Both follow the reader's hand in a live notebook, and setting them moves the figure.
    loss : float
        In nats; inf where the truth has probability 0.

    Raises
    ------
    TypeError
        If ``truth`` is no integer.
    ValueError
        If ``q`` is no distribution, ``truth`` is out of range, or there is not one name a
        class.

    Notes
    -----
    Used in chapter 4. Time and memory grow linearly with K.

    Examples
    --------
    >>> curve = LossCurve([0.7, 0.2, 0.1])
    >>> round(curve.loss, 4)
    0.3567
    >>> curve.truth = 1
    >>> round(curve.loss, 4)
    1.6094
    """

    module = "loss_curve"
    state_names = ("q", "truth", "names")
    q = List(Float()).tag(sync=True)
    truth = Int().tag(sync=True)
    names = List(Unicode()).tag(sync=True)

    def __init__(
        self, q: ArrayLike, truth: int = 0, *, names: Sequence[str] | None = None
    ) -> None:
        forecast = plain_distribution("q", q)
        super().__init__(
            q=forecast,
            truth=plain_label("truth", truth, len(forecast)),
            names=plain_names(names, len(forecast)),
        )

    @property
    def loss(self) -> float:
        """The loss of the figure as it stands, in nats; inf where the truth has probability 0."""
        return float(surprisal(self.q[self.truth]))

    @validate("q")
    def _check_q(self, proposal: Any) -> list[float]:
        return plain_distribution("q", proposal["value"], len(self.names) or None)

    @validate("truth")
    def _check_truth(self, proposal: Any) -> int:
        return plain_label("truth", proposal["value"], len(self.names) or len(self.q))

    def _draw(self) -> Axes:
        prices = surprisal(np.array(self.q))
        curve = np.linspace(0.01, 1, 400)
        marks = {
            f"{name}: {price:.4f}": (share, price)
            for name, share, price in zip(self.names, self.q, prices, strict=True)
            if np.isfinite(price)
        }
        return plot_prices(curve, surprisal(curve), marks)

    def _describe(self) -> str:
        forecast = ", ".join(
            f"{name} {share:.3g}"
            for name, share in zip(self.names, self.q, strict=True)
        )
        return (
            f"The curve of minus log q with one point for each class of the forecast "
            f"({forecast}). {self.names[self.truth]} happened, at a loss of "
            f"{self.loss:.4f} nats."
        )
