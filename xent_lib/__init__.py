"""Cross entropy, its parts and its relatives: the library of the book.

NumPy is all it needs. What draws (``plots``, ``show``) and what uses PyTorch
(``torch_losses``) is imported only when you ask for it by name, and the models, with the
loop that fits them, only when you use one.
"""

from typing import TYPE_CHECKING

from xent_lib.information import (
    cross_entropy,
    entropy,
    jensen_shannon_divergence,
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

if TYPE_CHECKING:
    from xent_lib.models import SoftmaxRegression, TwoLayerNetwork

__all__ = [
    "SoftmaxRegression",
    "TwoLayerNetwork",
    "cross_entropy",
    "entropy",
    "jensen_shannon_divergence",
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

_MODELS = ("SoftmaxRegression", "TwoLayerNetwork")

if not TYPE_CHECKING:  # a checker would take every misspelt name for one of these

    def __getattr__(name: str) -> object:
        """Import a model when it is first asked for."""
        if name not in _MODELS:
            raise AttributeError(f"module 'xent_lib' has no attribute {name!r}")
        from xent_lib import models

        return getattr(models, name)


def __dir__() -> list[str]:
    """Name what is imported later too."""
    return sorted({*globals(), *_MODELS})
