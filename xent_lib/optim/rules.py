"""How to step: gradient descent, momentum, Adam and Newton; taught in chapter 7."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import sqrt
from typing import Protocol

import numpy as np

from xent_lib._validation import (
    FloatArray,
    check_decay,
    check_not_negative,
    check_positive,
)

_HALVINGS = 40


class Rule(Protocol):
    """What every rule offers."""

    def step(self, parameters: FloatArray, gradient: FloatArray) -> FloatArray:
        """Return the next parameters."""
        ...


@dataclass
class GradientDescent:
    r"""Step against the gradient, :math:`\theta \leftarrow \theta - \eta\, g`.

    Parameters
    ----------
    learning_rate : float
        :math:`\eta`, above 0.

    Raises
    ------
    TypeError
        If ``learning_rate`` is no number.
    ValueError
        If ``learning_rate`` is not finite and above 0.

    Notes
    -----
    Taught in chapter 7. Time and memory of a step grow linearly with the number of parameters.

    Examples
    --------
    >>> GradientDescent(0.5).step(np.array([1.0]), np.array([0.2])).tolist()
    [0.9]
    """

    learning_rate: float

    def __post_init__(self) -> None:
        self.learning_rate = check_positive("learning_rate", self.learning_rate)

    def step(self, parameters: FloatArray, gradient: FloatArray) -> FloatArray:
        """Return the next parameters."""
        return parameters - self.learning_rate * gradient


@dataclass
class Momentum:
    r"""Step along a running sum of gradients, :math:`\theta \leftarrow \theta - \eta\, v`.

    The sum forgets a little at every step: :math:`v \leftarrow \mu v + g`, from :math:`v = 0`.

    Parameters
    ----------
    learning_rate : float
        :math:`\eta`, above 0. While the gradient stays the same, the steps grow towards
        :math:`1 / (1 - \mu)` times gradient descent's.
    decay : float, default 0.9
        :math:`\mu`, what is left of the running sum after each step; from 0 to below 1.

    Raises
    ------
    TypeError
        If an argument is no number.
    ValueError
        If a number is out of its range.

    Notes
    -----
    Taught in chapter 7. PyTorch's SGD with ``momentum`` takes the same steps, up to rounding.
    Time and memory of a step grow linearly with the number of parameters; one array of their
    shape is kept.

    References
    ----------
    .. [1] Polyak, B. T. (1964). Some methods of speeding up the convergence of iteration
       methods. USSR Computational Mathematics and Mathematical Physics 4, 1-17.
       doi:10.1016/0041-5553(64)90137-5

    Examples
    --------
    >>> rule = Momentum(0.5, decay=0.5)
    >>> x = rule.step(np.array([1.0]), np.array([0.2]))
    >>> rule.step(x, np.array([0.2])).round(4).tolist()
    [0.75]
    """

    learning_rate: float
    decay: float = 0.9
    velocity: FloatArray | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.learning_rate = check_positive("learning_rate", self.learning_rate)
        self.decay = check_decay("decay", self.decay)

    def step(self, parameters: FloatArray, gradient: FloatArray) -> FloatArray:
        """Return the next parameters."""
        kept = 0.0 if self.velocity is None else self.decay * self.velocity
        self.velocity = np.asarray(kept + gradient)
        return parameters - self.learning_rate * self.velocity


@dataclass
class Adam:
    r"""Step by the gradient's running mean over the root of its running square.

    .. math::

        m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad
        r \leftarrow \beta_2 r + (1 - \beta_2) g^2, \quad
        \theta \leftarrow \theta - \eta\, \hat m / (\sqrt{\hat r} + \epsilon)

    with :math:`\hat m = m / (1 - \beta_1^t)` and :math:`\hat r = r / (1 - \beta_2^t)` after
    :math:`t` steps, because both averages start at 0. What is kept is :math:`\sqrt r`, so a
    gradient may be as large or as small as its format allows, though its square may not.

    Parameters
    ----------
    learning_rate : float, default 0.001
        :math:`\eta`, how far each parameter moves in the first step and, while its gradient
        stays the same, in each later one, as long as the gradient is large beside ``epsilon``.
    mean_decay, square_decay : float, default 0.9 and 0.999
        :math:`\beta_1` and :math:`\beta_2`, from 0 to below 1.
    epsilon : float, default 1e-8
        Keeps a parameter without gradient from dividing by 0.

    Raises
    ------
    TypeError
        If an argument is no number.
    ValueError
        If a number is out of its range.

    Notes
    -----
    Taught in chapter 7. PyTorch's Adam takes the same steps, up to rounding. Time and memory
    of a step grow linearly with the number of parameters; two arrays of their shape are kept.

    References
    ----------
    .. [1] Kingma, D. P. and Ba, J. (2015). Adam: a method for stochastic optimization. ICLR.
       doi:10.48550/arXiv.1412.6980

    Examples
    --------
    >>> Adam(0.1).step(np.array([1.0, 1.0]), np.array([5.0, -0.01])).round(4).tolist()
    [0.9, 1.1]
    """

    learning_rate: float = 0.001
    mean_decay: float = 0.9
    square_decay: float = 0.999
    epsilon: float = 1e-8
    mean: FloatArray | None = field(default=None, init=False, repr=False)
    root: FloatArray | None = field(default=None, init=False, repr=False)
    steps: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        self.learning_rate = check_positive("learning_rate", self.learning_rate)
        self.mean_decay = check_decay("mean_decay", self.mean_decay)
        self.square_decay = check_decay("square_decay", self.square_decay)
        self.epsilon = check_positive("epsilon", self.epsilon)

    def step(self, parameters: FloatArray, gradient: FloatArray) -> FloatArray:
        """Return the next parameters."""
        if self.mean is None or self.root is None:
            self.mean, self.root = np.zeros_like(gradient), np.zeros_like(gradient)
        self.steps += 1
        self.mean = self.mean_decay * self.mean + (1 - self.mean_decay) * gradient
        self.root = np.hypot(
            sqrt(self.square_decay) * self.root, sqrt(1 - self.square_decay) * gradient
        )
        mean = self.mean / (1 - self.mean_decay**self.steps)
        size = self.root / sqrt(1 - self.square_decay**self.steps) + self.epsilon
        return np.asarray(parameters - self.learning_rate * (mean / size))


@dataclass
class Newton:
    r"""Step to the bottom of the parabola that fits, :math:`\theta \leftarrow \theta - H^{-1} g`.

    A full step may land where the parabola no longer fits. It is halved, up to 39 times, until
    the loss is no higher than before; if it is higher each time, the parameters stay.

    A softmax has a flat direction: raising all logits by one number changes nothing, so the
    Hessian has an eigenvalue 0 and no inverse. A small multiple of the identity, added to
    :math:`H`, makes it invertible. Along the flat direction the gradient is 0, and so is the
    step. In a direction of curvature :math:`c` the step is shorter by the factor
    :math:`c / (c + d)`, where :math:`d` is what was added: the same up to rounding where
    :math:`c` is not far below the diagonal's mean, and too short for a feature measured in
    units that make its numbers tiny beside those of the others.

    Parameters
    ----------
    loss : callable
        ``loss(parameters)`` returns the number to minimise.
    hessian : callable
        ``hessian(parameters)`` returns the matrix of second derivatives, shape (n, n), for n
        parameters in the order of ``parameters.ravel()``.
    damping : float, default 1e-10
        What is added to the diagonal, as a multiple of its mean.

    Raises
    ------
    TypeError
        If ``damping`` is no number.
    ValueError
        If ``damping`` is negative or not finite.
    numpy.linalg.LinAlgError
        From ``step``, if the matrix is singular all the same, for instance with a damping of 0.

    Notes
    -----
    Taught in chapter 7. A step takes time :math:`n^3` and memory :math:`n^2`, and calls
    ``hessian`` once and ``loss`` from 2 to 41 times.

    Examples
    --------
    >>> rule = Newton(lambda x: float((x - 3) @ (x - 3)), lambda x: np.diag([2.0]))
    >>> rule.step(np.array([0.0]), np.array([-6.0])).round(4).tolist()
    [3.0]
    """

    loss: Callable[[FloatArray], float] = field(repr=False)
    hessian: Callable[[FloatArray], FloatArray] = field(repr=False)
    damping: float = 1e-10

    def __post_init__(self) -> None:
        self.damping = check_not_negative("damping", self.damping)

    def step(self, parameters: FloatArray, gradient: FloatArray) -> FloatArray:
        """Return the next parameters."""
        matrix = self.hessian(parameters).copy()
        matrix.flat[:: len(matrix) + 1] += self.damping * np.trace(matrix) / len(matrix)
        full_step = np.linalg.solve(matrix, gradient.ravel()).reshape(parameters.shape)
        before = self.loss(parameters)
        for halvings in range(_HALVINGS):
            moved = np.asarray(parameters - full_step / 2**halvings)
            if self.loss(moved) <= before:
                return moved
        return parameters
