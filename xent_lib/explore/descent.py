"""A loss of two weights to walk down in, by the rules of chapter 7."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from traitlets import Enum, Float, Int, List, Unicode, validate

from xent_lib._validation import (
    FloatArray,
    check_finite,
    check_integer_labels,
    check_positive,
    check_same_length,
)
from xent_lib.explore._base import Interactive
from xent_lib.explore._two_weights import TwoWeights
from xent_lib.optim import Adam, GradientDescent, Momentum, Rule
from xent_lib.plots.descent import plot_descent

RULES = ("gradient descent", "momentum", "Adam", "Newton")
LOWEST_RATE, HIGHEST_RATE = 0.01, 1000.0
MOST_STEPS = 200
_GRID = 121  # points along a side of the still picture's map


class Descent(Interactive):
    r"""A start, a rule and a learning rate to choose, and the walk down the loss they make.

    The model is a softmax regression of two classes with two weights: class 0 keeps the logit
    0 and class 1 has :math:`w \cdot x`. The loss is the mean cross entropy plus
    :math:`\tfrac{\lambda}{2} |w|^2`.

    Parameters
    ----------
    features : array_like, shape (N, 2)
        One example a row.
    labels : array_like of int, shape (N,)
        0 or 1.
    rule : {"gradient descent", "momentum", "Adam", "Newton"}
        How to step.
    learning_rate : float, default 1.0
        From 0.01 to 1000; Newton's method has none.
    start : array_like, shape (2,), default (0, 0)
        The first weights, from ``-reach`` to ``reach``.
    steps : int, default 0
        How many steps have been taken, at most 200.
    l2 : float, default 0.01
        :math:`\lambda`, above 0.
    reach : float, default 4.0
        The map shows both weights from ``-reach`` to ``reach``.
    names : sequence of str, optional
        Names of the two features.
    classes : sequence of str, optional
        Names of the two classes.

    Attributes
    ----------
    start, rule, learning_rate, steps
        Follow the reader's hand in a live notebook; setting them moves the figure.
    path : ndarray, shape (M, 2)
        The weights before each step and after the last. A walk ends early at the bottom, and
        where it diverges.
    loss : float
        In nats, where the walk stands.
    bottom : ndarray, shape (2,)
        The weights of the lowest loss.

    Raises
    ------
    TypeError
        If an argument does not hold numbers of the kind described.
    ValueError
        If a shape or a number is not as described.

    Notes
    -----
    Used in chapter 7. The rules are those of ``xent_lib.optim``, with their defaults. Time
    grows linearly with N for every step and every point of the map, memory linearly with N and
    with the points.

    Examples
    --------
    >>> walk = Descent([[-1, 0], [1, 1], [2, 0], [1, -1]], [0, 1, 1, 0], rule="Newton", steps=9)
    >>> len(walk.path), bool(np.allclose(walk.path[-1], walk.bottom))
    (6, True)
    """

    module = "descent"
    state_names = (
        "features",
        "labels",
        "l2",
        "names",
        "classes",
        "start",
        "rule",
        "learning_rate",
        "steps",
        "reach",
    )
    features = List(List(Float())).tag(sync=True)
    labels = List(Int()).tag(sync=True)
    l2 = Float(0.01).tag(sync=True)
    names = List(Unicode()).tag(sync=True)
    classes = List(Unicode()).tag(sync=True)
    start = List(Float()).tag(sync=True)
    rule = Enum(RULES, default_value=RULES[0]).tag(sync=True)
    learning_rate = Float(1.0).tag(sync=True)
    steps = Int(0).tag(sync=True)
    reach = Float(4.0).tag(sync=True)

    def __init__(
        self,
        features: ArrayLike,
        labels: ArrayLike,
        *,
        rule: str = RULES[0],
        learning_rate: float = 1.0,
        start: ArrayLike = (0.0, 0.0),
        steps: int = 0,
        l2: float = 0.01,
        reach: float = 4.0,
        names: Sequence[str] = ("feature 1", "feature 2"),
        classes: Sequence[str] = ("class 0", "class 1"),
    ) -> None:
        x = check_finite("features", features).astype(float)
        if x.ndim != 2 or x.shape[1] != 2:
            raise ValueError(f"features must have shape (N, 2); got {x.shape}")
        y = check_integer_labels("labels", labels, 2)
        check_same_length("features", x, "labels", y)
        super().__init__(
            features=x.tolist(),
            labels=y.tolist(),
            l2=check_positive("l2", l2),
            reach=check_positive("reach", reach),
            names=_two_names("names", names),
            classes=_two_names("classes", classes),
            start=list(np.asarray(start, dtype=float)),
            rule=rule,
            learning_rate=learning_rate,
            steps=steps,
        )

    @property
    def path(self) -> FloatArray:
        """The weights before each step and after the last, one pair a row.

        A walk ends early at the bottom, and where it diverges.
        """
        objective = self._objective()
        return objective.walk(self.start, self._rule(objective), self.steps)

    @property
    def loss(self) -> float:
        """The loss where the walk stands, in nats."""
        return self._objective().value_and_grad(self.path[-1])[0]

    @property
    def bottom(self) -> FloatArray:
        """The weights of the lowest loss, found by Newton's method."""
        objective = self._objective()
        path = objective.walk((0.0, 0.0), objective.newton(), MOST_STEPS)
        return np.asarray(path[-1])

    def curvatures_at(self, weights: ArrayLike) -> FloatArray:
        """Tell how curved the loss is, by the eigenvalues of its Hessian.

        Parameters
        ----------
        weights : array_like, shape (2,)
            Where to look.

        Returns
        -------
        ndarray, shape (2,)
            The largest first.

        Raises
        ------
        TypeError
            If ``weights`` do not hold real numbers.
        ValueError
            If they are not two finite numbers.
        """
        hessian = self._objective().hessian(_two_weights("weights", weights))
        return np.asarray(np.linalg.eigvalsh(hessian)[::-1])

    def _objective(self) -> TwoWeights:
        return TwoWeights(np.array(self.features), np.array(self.labels), self.l2)

    def _rule(self, objective: TwoWeights) -> Rule:
        if self.rule == "Newton":
            return objective.newton()
        rules = {
            "gradient descent": GradientDescent,
            "momentum": Momentum,
            "Adam": Adam,
        }
        made: Rule = rules[self.rule](self.learning_rate)
        return made

    @validate("start")
    def _check_start(self, proposal: Any) -> list[float]:
        start = _two_weights("start", list(proposal["value"]))
        if np.abs(start).max() > self.reach:
            raise ValueError(
                f"start must lie from {-self.reach:g} to {self.reach:g}; "
                f"got {start.tolist()}"
            )
        values: list[float] = start.tolist()
        return values

    @validate("learning_rate")
    def _check_learning_rate(self, proposal: Any) -> float:
        return _between("learning_rate", proposal["value"], LOWEST_RATE, HIGHEST_RATE)

    @validate("steps")
    def _check_steps(self, proposal: Any) -> int:
        return int(_between("steps", proposal["value"], 0, MOST_STEPS))

    def _draw(self) -> NDArray[Any]:
        side = np.linspace(-self.reach, self.reach, _GRID)
        first, second = np.meshgrid(side, side)
        points = np.stack([first.ravel(), second.ravel()], axis=-1)
        objective, bottom = self._objective(), self.bottom
        lowest = objective.value_and_grad(bottom)[0]
        above = [objective.value_and_grad(point)[0] - lowest for point in points]
        return plot_descent(
            side,
            np.reshape(above, first.shape),
            self.path,
            bottom,
            self.features,
            self.labels,
            self.names,
            self.classes,
        )

    def _describe(self) -> str:
        path = self.path
        rate = "" if self.rule == "Newton" else f" at rate {self.learning_rate:g}"
        return (
            f"Left, lines of equal loss over the weights of {self.names[0]} and "
            f"{self.names[1]}, and {len(path) - 1} steps of {self.rule}{rate} from "
            f"({path[0, 0]:.1f}, {path[0, 1]:.1f}) to ({path[-1, 0]:.2f}, "
            f"{path[-1, 1]:.2f}), where the loss is {self.loss:.4f} nats. Right, the "
            f"data with the decision boundary of the last weights between "
            f"{self.classes[0]} and {self.classes[1]}."
        )


def _two_weights(name: str, weights: ArrayLike) -> FloatArray:
    pair = check_finite(name, weights).astype(float)
    if pair.shape != (2,):
        raise ValueError(f"{name} must be two numbers; got shape {pair.shape}")
    return pair


def _two_names(name: str, names: Sequence[str]) -> list[str]:
    if len(names) != 2:
        raise ValueError(f"{name} must hold 2 names; got {len(names)}")
    return list(names)


def _between(name: str, value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise ValueError(f"{name} must be from {low:g} to {high:g}; got {value:g}")
    return value
