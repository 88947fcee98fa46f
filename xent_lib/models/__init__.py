"""Classifiers that learn: softmax regression, chapter 7, and a network of two layers, chapter 8.

They follow scikit-learn's conventions, and need no scikit-learn: arguments are stored as given,
``fit`` learns, and what was learnt ends in an underscore. Losses and derivatives are plain
functions, so a chapter can hand them to :func:`xent_lib.optim.minimise` itself. The parameters
of the network are one flat array, which :func:`layers` shows as its two weight matrices.

Where scikit-learn's own tools need one of its classes (tags, an error or a warning that they
recognise), it is imported at that moment; a model that is fitted and asked never needs it.
"""

from xent_lib.models.classifier import (
    Classifier,
    ConvergenceWarning,
    SeparableDataWarning,
)
from xent_lib.models.softmax_regression import (
    SoftmaxRegression,
    softmax_regression_hessian,
    softmax_regression_value_and_grad,
    with_ones,
)
from xent_lib.models.two_layer_network import (
    TwoLayerNetwork,
    layers,
    two_layer_logits,
    two_layer_start,
    two_layer_value_and_grad,
)

__all__ = [
    "Classifier",
    "ConvergenceWarning",
    "SeparableDataWarning",
    "SoftmaxRegression",
    "TwoLayerNetwork",
    "layers",
    "softmax_regression_hessian",
    "softmax_regression_value_and_grad",
    "two_layer_logits",
    "two_layer_start",
    "two_layer_value_and_grad",
    "with_ones",
]
