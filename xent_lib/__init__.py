"""Cross entropy, its parts and its relatives: the library of the book.

NumPy is all it needs. What draws (``plots``, ``show``) and what uses PyTorch
(``torch_losses``) is imported only when you ask for it by name.
"""

from xent_lib.information import (
    cross_entropy,
    entropy,
    kl_divergence,
    perplexity,
    surprisal,
)
from xent_lib.labels import one_hot, smooth_labels
from xent_lib.losses import (
    sigmoid_binary_cross_entropy,
    sigmoid_binary_cross_entropy_value_and_grad,
    sigmoid_focal_loss,
    sigmoid_focal_loss_value_and_grad,
    softmax_cross_entropy,
    softmax_cross_entropy_value_and_grad,
    softmax_cross_entropy_with_integer_labels,
    softmax_cross_entropy_with_integer_labels_value_and_grad,
)
from xent_lib.special import log_sigmoid, log_softmax, logsumexp, sigmoid, softmax

__all__ = [
    "cross_entropy",
    "entropy",
    "kl_divergence",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "one_hot",
    "perplexity",
    "sigmoid",
    "sigmoid_binary_cross_entropy",
    "sigmoid_binary_cross_entropy_value_and_grad",
    "sigmoid_focal_loss",
    "sigmoid_focal_loss_value_and_grad",
    "smooth_labels",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_value_and_grad",
    "softmax_cross_entropy_with_integer_labels",
    "softmax_cross_entropy_with_integer_labels_value_and_grad",
    "surprisal",
]
