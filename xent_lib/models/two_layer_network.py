"""A network with one hidden layer, back-propagated by hand; taught in chapter 8."""

from __future__ import annotations

from functools import partial
from math import ceil
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from xent_lib._validation import (
    FloatArray,
    IntArray,
    check_not_negative,
    check_positive_integer,
    check_shape,
    check_table,
)
from xent_lib.losses import softmax_cross_entropy_with_integer_labels_value_and_grad
from xent_lib.models.classifier import (
    Classifier,
    has_learnt_nothing,
    warn_if_unfinished,
    was_interrupted,
)
from xent_lib.models.softmax_regression import with_ones
from xent_lib.optim import Adam, Rule, minibatches, minimise

Sizes = tuple[int, int, int]


def layers(parameters: FloatArray, sizes: Sizes) -> tuple[FloatArray, FloatArray]:
    """Show a flat array as the weights of two layers, biases in the last row of each.

    Parameters
    ----------
    parameters : ndarray, shape ((D + 1) H + (H + 1) K,)
        All weights, first layer first.
    sizes : tuple of int
        (D, H, K): features, hidden units, classes.

    Returns
    -------
    first : ndarray, shape (D + 1, H)
    second : ndarray, shape (H + 1, K)
        Views: no copy is made.

    Raises
    ------
    ValueError
        If ``parameters`` do not have the shape that ``sizes`` ask for.

    Notes
    -----
    Chapter 8 uses it. Time and memory do not depend on the sizes.

    Examples
    --------
    >>> first, second = layers(np.arange(17.0), (2, 3, 2))
    >>> first.shape, second.shape
    ((3, 3), (4, 2))
    """
    num_features, hidden, num_classes = sizes
    cut = (num_features + 1) * hidden
    check_shape("parameters", parameters, (cut + (hidden + 1) * num_classes,))
    return (
        parameters[:cut].reshape(num_features + 1, hidden),
        parameters[cut:].reshape(hidden + 1, num_classes),
    )


def two_layer_start(sizes: Sizes, rng: np.random.Generator) -> FloatArray:
    r"""Draw the first parameters: random features, and no opinion about the classes.

    The first layer is normal with variance :math:`2 / D`, so the mean square of what the
    rectifier passes on is, on average over such weights, that of the features. The second
    layer starts at 0, so all logits are 0 and the loss starts at :math:`\log K`.

    Parameters
    ----------
    sizes : tuple of int
        (D, H, K): features, hidden units, classes.
    rng : numpy.random.Generator
        Where the weights come from.

    Returns
    -------
    ndarray, shape ((D + 1) H + (H + 1) K,)

    Raises
    ------
    TypeError
        If a size is not an integer.
    ValueError
        If a size is below 1.

    Notes
    -----
    Chapter 8 uses it. Time and memory grow linearly with the number of parameters.

    References
    ----------
    .. [1] He, K., Zhang, X., Ren, S. and Sun, J. (2015). Delving deep into rectifiers. ICCV.
       doi:10.1109/ICCV.2015.123

    Examples
    --------
    >>> two_layer_start((2, 3, 2), np.random.default_rng(0)).shape
    (17,)
    """
    num_features, hidden, num_classes = (
        check_positive_integer(f"sizes[{k}]", size) for k, size in enumerate(sizes)
    )
    parameters = np.zeros((num_features + 1) * hidden + (hidden + 1) * num_classes)
    first, _ = layers(parameters, sizes)
    first[:-1] = rng.normal(0, np.sqrt(2 / num_features), (num_features, hidden))
    return parameters


def two_layer_logits(
    parameters: FloatArray, features: FloatArray, sizes: Sizes
) -> FloatArray:
    """Run the network forwards: linear, rectified, linear.

    Parameters
    ----------
    parameters : ndarray
        As :func:`two_layer_start` draws them.
    features : ndarray, shape (N, D)
        One example a row.
    sizes : tuple of int
        (D, H, K): features, hidden units, classes.

    Returns
    -------
    ndarray, shape (N, K)
        Logits.

    Raises
    ------
    ValueError
        If ``parameters`` or ``features`` do not have the shapes that ``sizes`` ask for.

    Notes
    -----
    Taught in chapter 8. Time :math:`N H (D + K)`, memory :math:`N (D + H + K)`.

    Examples
    --------
    >>> two_layer_logits(np.ones(17), np.array([[1.0, -3.0]]), (2, 3, 2)).tolist()
    [[1.0, 1.0]]
    """
    first, second = layers(parameters, sizes)
    check_table("features", features, sizes[0])
    hidden = np.maximum(with_ones(features) @ first, 0)
    return np.asarray(with_ones(hidden) @ second)


def two_layer_value_and_grad(
    parameters: FloatArray,
    features: FloatArray,
    labels: IntArray,
    sizes: Sizes,
    l2: float = 0.0,
) -> tuple[float, FloatArray]:
    r"""Mean cross entropy of the network plus a penalty, and the gradient in its parameters.

    The gradient starts as :math:`(q - y) / N` at the logits and runs backwards: through the
    second layer's weights, through the rectifier where it was open, to the first layer's.

    Parameters
    ----------
    parameters : ndarray
        As :func:`two_layer_start` draws them.
    features : ndarray, shape (N, D)
        One example a row.
    labels : ndarray of int, shape (N,)
        Class indices.
    sizes : tuple of int
        (D, H, K): features, hidden units, classes.
    l2 : float, default 0.0
        Strength of the penalty :math:`\tfrac{\lambda}{2} \sum \theta^2`, biases included.

    Returns
    -------
    value : float
        In nats.
    gradient : ndarray, shape of ``parameters``

    Raises
    ------
    TypeError
        If ``labels`` are not integers, ``features`` do not hold real numbers, or ``l2`` is no
        number.
    ValueError
        If the shapes do not fit, a label is out of range, ``l2`` is negative or not finite, or
        a logit is NaN or inf.

    Notes
    -----
    Chapter 8 derives it. Time :math:`N H (D + K)`: between two and three times the
    multiplications of the logits alone, two where D is large beside K, three where K is. Memory
    :math:`N (D + H + K)` and a few arrays of the size of ``parameters``.

    Examples
    --------
    >>> start = two_layer_start((2, 3, 2), np.random.default_rng(0))
    >>> value, gradient = two_layer_value_and_grad(
    ...     start, np.array([[1.0, 0.5]]), np.array([0]), (2, 3, 2))
    >>> round(value, 4), gradient.shape
    (0.6931, (17,))
    """
    first, second = layers(parameters, sizes)
    check_table("features", features, sizes[0])
    l2 = check_not_negative("l2", l2)
    rows = with_ones(features)
    hidden = with_ones(np.maximum(rows @ first, 0))
    loss, error = softmax_cross_entropy_with_integer_labels_value_and_grad(
        hidden @ second, labels
    )
    hidden_error = (error @ second[:-1].T) * (hidden[:, :-1] > 0)
    gradient = np.concatenate(
        [(rows.T @ hidden_error).ravel(), (hidden.T @ error).ravel()]
    )
    penalty = 0.5 * l2 * float(parameters @ parameters)
    return loss + penalty, gradient + l2 * parameters


class TwoLayerNetwork(Classifier):
    r"""Linear, rectified, linear, softmax: :func:`two_layer_logits` with ``fit``.

    Parameters
    ----------
    hidden_size : int, default 64
        How many hidden units.
    l2 : float, default 0.0001
        Strength of the penalty on all parameters.
    rule : Rule, optional
        How to step; ``Adam(0.01)`` by default.
    batch_size : int, default 64
        Examples in a batch; fewer where there are fewer.
    epochs : int, default 60
        How many times to go through the training data.
    random_state : int, default 0
        Seed of the first weights and of the shuffles.

    Attributes
    ----------
    classes_ : ndarray, shape (K,)
        Names of the classes, sorted.
    parameters_ : ndarray of float64
        All weights, as :func:`layers` reads them.
    n_features_in_, n_iter_ : int
        Number of features; steps taken.
    loss_curve_ : list of float
        The objective before each step, on that step's batch.

    Warns
    -----
    ConvergenceWarning
        From ``fit``, if it was interrupted. Otherwise nothing is said about a minimum: training
        ends after the given number of epochs, wherever it is.

    See Also
    --------
    Classifier : ``predict``, ``predict_proba``, ``decision_function`` and
        ``score``.

    Notes
    -----
    Taught in chapter 8. Fitting takes the time of :func:`two_layer_value_and_grad` for every
    batch of every epoch, and its memory once, beside what the rule keeps.

    Examples
    --------
    >>> exclusive_or = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    >>> TwoLayerNetwork(epochs=100).fit(exclusive_or, [0, 1, 1, 0]).predict(exclusive_or).tolist()
    [0, 1, 1, 0]
    """

    parameters_: FloatArray
    _sizes: Sizes

    def __init__(
        self,
        *,
        hidden_size: int = 64,
        l2: float = 1e-4,
        rule: Rule | None = None,
        batch_size: int = 64,
        epochs: int = 60,
        random_state: int = 0,
    ) -> None:
        self.hidden_size = hidden_size
        self.l2 = l2
        self.rule = rule
        self.batch_size = batch_size
        self.epochs = epochs
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train on mini-batches for the given number of epochs.

        A fit that raises an error, or that Control-C interrupts before the first step is done,
        leaves the model as it was. One that is interrupted later keeps the weights it had
        reached.

        Parameters
        ----------
        X : array_like, shape (N, D)
            Finite features: numbers or booleans, computed with in float64.
        y : array_like, shape (N,)
            Class names: whole numbers, strings or booleans; two classes at least.

        Returns
        -------
        TwoLayerNetwork
            This model.

        Raises
        ------
        DivergenceError
            If the rule's steps are too long.
        TypeError
            If ``X`` does not hold real numbers, ``y`` holds strings and numbers, one of them
            has a mask, ``l2`` is no number, or a size or count is no integer.
        ValueError
            If ``X`` or ``y`` is not as described, or a number is out of its range.

        Warns
        -----
        ConvergenceWarning
            If the fit was interrupted.
        """
        l2 = check_not_negative("l2", self.l2)
        epochs = check_positive_integer("epochs", self.epochs)
        hidden_size = check_positive_integer("hidden_size", self.hidden_size)
        batch_size = check_positive_integer("batch_size", self.batch_size)
        features, labels, classes = self._check_training_data(X, y)
        rng = np.random.default_rng(self.random_state)
        sizes = (features.shape[1], hidden_size, len(classes))
        history = minimise(
            partial(two_layer_value_and_grad, sizes=sizes, l2=l2),
            two_layer_start(sizes, rng),
            self.rule or Adam(0.01),
            steps=epochs * ceil(len(features) / batch_size),
            batches=minibatches(features, labels, batch_size, rng),
        )
        if was_interrupted(history):
            warn_if_unfinished(history)
        if not has_learnt_nothing(history):
            self._learn(
                history,
                classes_=classes,
                n_features_in_=features.shape[1],
                parameters_=history.parameters,
                _sizes=sizes,
            )
        return self

    def _logits(self, X: FloatArray) -> FloatArray:
        return two_layer_logits(self.parameters_, X, self._sizes)
