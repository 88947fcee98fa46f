"""Mean loss and its gradient in the logits, in one call; taught in chapter 6.

Training needs both, and the gradient costs little more than the loss: the prediction minus
the label, over the number of examples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from xent_lib._validation import FloatArray
from xent_lib.labels import one_hot
from xent_lib.losses import (
    softmax_cross_entropy,
    softmax_cross_entropy_with_integer_labels,
)
from xent_lib.special import softmax


def softmax_cross_entropy_value_and_grad(
    logits: ArrayLike, labels: ArrayLike
) -> tuple[float, FloatArray]:
    r"""Mean loss of labels that are distributions, and its gradient, :math:`(p - y) / N`."""
    loss = softmax_cross_entropy(logits, labels)
    gradient = (softmax(logits) - np.asarray(labels)) / loss.size
    return float(loss.mean()), gradient


def softmax_cross_entropy_with_integer_labels_value_and_grad(
    logits: ArrayLike, labels: ArrayLike
) -> tuple[float, FloatArray]:
    r"""Mean of the loss of class indices and its gradient, :math:`(p - y) / N`."""
    loss = softmax_cross_entropy_with_integer_labels(logits, labels)
    probabilities = softmax(logits)
    gradient = (probabilities - one_hot(labels, probabilities.shape[-1])) / loss.size
    return float(loss.mean()), gradient
