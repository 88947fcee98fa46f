"""Losses from logits, with their gradients; taught in chapters 3 to 6.

The prediction comes first, as in optax: ``loss(logits, labels)``. A loss returns one value an
example, and the caller takes the mean, in the open. Each has a companion ``_value_and_grad``,
which returns the mean and its slopes in the logits. The shape of a label never decides what it
means: class indices and distributions have a function each.
"""

from xent_lib.losses.binary import (
    sigmoid_binary_cross_entropy,
    sigmoid_binary_cross_entropy_value_and_grad,
    sigmoid_focal_loss,
    sigmoid_focal_loss_value_and_grad,
)
from xent_lib.losses.softmax import (
    softmax_cross_entropy,
    softmax_cross_entropy_value_and_grad,
    softmax_cross_entropy_with_integer_labels,
    softmax_cross_entropy_with_integer_labels_value_and_grad,
)

__all__ = [
    "sigmoid_binary_cross_entropy",
    "sigmoid_binary_cross_entropy_value_and_grad",
    "sigmoid_focal_loss",
    "sigmoid_focal_loss_value_and_grad",
    "softmax_cross_entropy",
    "softmax_cross_entropy_value_and_grad",
    "softmax_cross_entropy_with_integer_labels",
    "softmax_cross_entropy_with_integer_labels_value_and_grad",
]
