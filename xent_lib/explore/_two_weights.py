"""The loss that the figure of chapter 7 walks down in, and the walk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from xent_lib._validation import FloatArray, IntArray
from xent_lib.models import (
    softmax_regression_hessian,
    softmax_regression_value_and_grad,
)
from xent_lib.optim import DivergenceError, Newton, Rule, minimise

TOLERANCE = 1e-6


@dataclass(frozen=True)
class TwoWeights:
    """The loss: the library's two columns of weights, of which class 0's stays 0.

    The library's own penalty would spare the last row, which holds no biases here.
    """

    features: FloatArray
    labels: IntArray
    l2: float

    def value_and_grad(self, weights: FloatArray) -> tuple[float, FloatArray]:
        loss, gradient = softmax_regression_value_and_grad(
            _two_columns(weights), self.features, self.labels
        )
        penalty = 0.5 * self.l2 * float(weights @ weights)
        return loss + penalty, gradient[:, 1] + self.l2 * weights

    def hessian(self, weights: FloatArray) -> FloatArray:
        matrix = softmax_regression_hessian(_two_columns(weights), self.features)
        own: FloatArray = matrix[1::2, 1::2] + self.l2 * np.eye(2)
        return own

    def newton(self) -> Newton:
        return Newton(lambda weights: self.value_and_grad(weights)[0], self.hessian)

    def walk(self, start: ArrayLike, rule: Rule, steps: int) -> FloatArray:
        """Return the path, up to where it ends or diverges."""
        if steps == 0:
            return np.array([start])
        try:
            history = minimise(
                self.value_and_grad,
                start,
                rule,
                steps=steps,
                tolerance=TOLERANCE,
                keep_path=True,
            )
        except DivergenceError as error:
            history = error.history
        return np.array(history.path)


def _two_columns(weights: FloatArray) -> FloatArray:
    return np.column_stack([np.zeros(2), weights])
