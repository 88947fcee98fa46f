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
    sigmoid_focal_loss,
    softmax_cross_entropy,
    softmax_cross_entropy_with_integer_labels,
)
from xent_lib.special import log_sigmoid, log_softmax, logsumexp, softmax

__all__ = [
    "cross_entropy",
    "entropy",
    "kl_divergence",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "one_hot",
    "perplexity",
    "sigmoid_binary_cross_entropy",
    "sigmoid_focal_loss",
    "smooth_labels",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_with_integer_labels",
    "surprisal",
]
