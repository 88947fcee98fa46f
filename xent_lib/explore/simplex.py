"""All three-class distributions as a triangle to move in; chapters 1 and 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from traitlets import Float, List, Unicode, validate

from xent_lib.explore._base import Interactive
from xent_lib.explore._checks import plain_distribution, plain_names
from xent_lib.information import cross_entropy, entropy, kl_divergence
from xent_lib.plots.simplex import plot_entropy_on_simplex, plot_simplex

_STEPS = 120  # of the grid under the still picture


class Simplex(Interactive):
    r"""A distribution as a point to drag, with its entropy; and a second one, with its price.

    With ``p`` alone, the level lines are those of the entropy. With a forecast ``q`` they are
    those of the cross entropy :math:`H(p, q)` over all forecasts, and two lengths show that
    :math:`H(p, q) = H(p) + D(p \| q)`.

    Parameters
    ----------
    p : array_like, shape (3,)
        A distribution; the truth, where ``q`` is given.
    q : array_like, shape (3,), optional
        A forecast.
    names : sequence of str, optional
        Names of the classes: top, left and right corner; A, B and C by default.

    Attributes
    ----------
    p, q : list of float
        Follow the reader's hand in a live notebook; setting them moves the figure. ``q`` is
        empty where none was given.
    entropy, cross_entropy, kl_divergence : float
        In nats; the last two are inf where ``q`` rules out what ``p`` allows.

    Raises
    ------
    ValueError
        If ``p`` or ``q`` is no distribution over three classes, or there are not three names.

    Notes
    -----
    Used in chapters 1 and 3. Time and memory are the same for every distribution.

    Examples
    --------
    >>> figure = Simplex([0.5, 0.25, 0.25], [0.7, 0.2, 0.1])
    >>> round(figure.entropy, 4), round(figure.kl_divergence, 4)
    (1.0397, 0.1166)
    >>> figure.q = [0.5, 0.25, 0.25]
    >>> figure.kl_divergence
    0.0
    """

    module = "simplex"
    state_names = ("p", "q", "names")
    p = List(Float()).tag(sync=True)
    q = List(Float()).tag(sync=True)
    names = List(Unicode()).tag(sync=True)

    def __init__(
        self,
        p: ArrayLike,
        q: ArrayLike | None = None,
        *,
        names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(
            p=plain_distribution("p", p, 3),
            q=[] if q is None else plain_distribution("q", q, 3),
            names=plain_names(names, 3),
        )

    @property
    def entropy(self) -> float:
        """The entropy of ``p`` as it stands, in nats."""
        return float(entropy(self.p))

    @property
    def cross_entropy(self) -> float:
        """What events from ``p`` cost under ``q``, in nats."""
        return float(cross_entropy(self.p, self.q or self.p))

    @property
    def kl_divergence(self) -> float:
        """What ``q`` costs above the entropy, in nats."""
        return float(kl_divergence(self.p, self.q or self.p))

    @validate("p")
    def _check_p(self, proposal: Any) -> list[float]:
        return plain_distribution("p", proposal["value"], 3)

    @validate("q")
    def _check_q(self, proposal: Any) -> list[float]:
        given = list(proposal["value"])
        return plain_distribution("q", given, 3) if given else []

    def _draw(self) -> Axes:
        if self.q:
            points = {"truth p": self.p, "forecast q": self.q}
            return plot_simplex(points, "forecast q", self.names)
        steps = range(_STEPS + 1)
        pairs = [(a, b) for a in steps for b in steps if a + b <= _STEPS]
        grid = np.array([(a, b, _STEPS - a - b) for a, b in pairs]) / _STEPS
        return plot_entropy_on_simplex(grid, entropy(grid), self.p, self.names)

    def _describe(self) -> str:
        def spelled(p: Sequence[float]) -> str:
            return ", ".join(f"{share:.2f}" for share in p)

        corners = ", ".join(self.names)
        if not self.q:
            return (
                f"The triangle of distributions over {corners}, with lines of equal "
                f"entropy and the point ({spelled(self.p)}), of entropy "
                f"{self.entropy:.4f} nats."
            )
        return (
            f"The triangle of distributions over {corners}, with the truth "
            f"p ({spelled(self.p)}) and the forecast q ({spelled(self.q)}). Entropy "
            f"{self.entropy:.4f}, divergence {self.kl_divergence:.4f}, cross entropy "
            f"{self.cross_entropy:.4f} nats."
        )
