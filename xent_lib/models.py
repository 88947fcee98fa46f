"""Softmax regression, the smallest classifier that learns; taught in chapter 7.

It follows scikit-learn's conventions: arguments are stored as given, ``fit`` learns, and what
was learnt ends in an underscore. Its loss and derivatives are plain functions, so a chapter
can hand them to :func:`xent_lib.optim.minimise` itself.
"""

from __future__ import annotations

from functools import partial
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from xent_lib._estimator import (
    SEPARATED,
    Classifier,
    ConvergenceWarning,
    SeparableDataWarning,
    warn_if_unfinished,
)
from xent_lib._validation import FloatArray, IntArray, check_not_negative, check_table
from xent_lib.fused import softmax_cross_entropy_with_integer_labels_value_and_grad
from xent_lib.optim import History, Newton, Rule, minimise
from xent_lib.special import softmax

__all__ = [
    "ConvergenceWarning",
    "SeparableDataWarning",
    "SoftmaxRegression",
    "softmax_regression_hessian",
    "softmax_regression_value_and_grad",
    "with_ones",
]


def with_ones(features: FloatArray) -> FloatArray:
    """Append a column of ones, whose weights are the biases.

    Parameters
    ----------
    features : ndarray, shape (N, D)
        One example a row.

    Returns
    -------
    ndarray, shape (N, D + 1)
        With 1 as the last feature of each example.

    Raises
    ------
    ValueError
        If ``features`` are no table.

    Notes
    -----
    Chapter 7 explains it. Time and memory grow linearly with the size of ``features``, which is
    copied.

    Examples
    --------
    >>> with_ones(np.array([[0.2, 0.5]])).tolist()
    [[0.2, 0.5, 1.0]]
    """
    check_table("features", features)
    return np.column_stack([features, np.ones(len(features))])


def softmax_regression_value_and_grad(
    weights: FloatArray, features: FloatArray, labels: IntArray, l2: float = 0.0
) -> tuple[float, FloatArray]:
    r"""Mean cross entropy of a linear model plus a penalty, and the gradient in the weights.

    With logits :math:`Z = X W`, the value is the mean loss plus
    :math:`\tfrac{\lambda}{2} \sum W_{dk}^2` without the biases, and the gradient
    :math:`X^\top (Q - Y) / N + \lambda W`.

    Parameters
    ----------
    weights : ndarray, shape (D + 1, K)
        The last row holds the biases, which are not penalised.
    features : ndarray, shape (N, D + 1)
        The last column holds ones, as :func:`with_ones` makes it.
    labels : ndarray of int, shape (N,)
        Class indices.
    l2 : float, default 0.0
        :math:`\lambda`, the strength of the penalty.

    Returns
    -------
    value : float
        In nats.
    gradient : ndarray, shape of ``weights``

    Raises
    ------
    TypeError
        If ``labels`` are not integers.
    ValueError
        If the shapes do not fit, a label is out of range, or a logit is not finite.

    Notes
    -----
    Chapter 6 derives the gradient. Time :math:`N D K`, memory :math:`N K + D K`.

    Examples
    --------
    >>> value, gradient = softmax_regression_value_and_grad(
    ...     np.zeros((2, 2)), np.array([[3.0, 1.0]]), np.array([0]))
    >>> round(value, 4), gradient.tolist()
    (0.6931, [[-1.5, 1.5], [-0.5, 0.5]])
    """
    check_table("features", features, len(weights))
    loss, error = softmax_cross_entropy_with_integer_labels_value_and_grad(
        features @ weights, labels
    )
    penalised = l2 * _without_biases(weights)
    value = loss + 0.5 * float((penalised * weights).sum())
    return value, features.T @ error + penalised


def softmax_regression_hessian(
    weights: FloatArray, features: FloatArray, l2: float = 0.0
) -> FloatArray:
    r"""Second derivatives of :func:`softmax_regression_value_and_grad`.

    Entry ((d, k), (f, j)) is the mean over examples of
    :math:`x_d x_f\,q_k (\delta_{jk} - q_j)`, plus :math:`\lambda` on the diagonal of the
    weights that are penalised.

    Parameters
    ----------
    weights : ndarray, shape (D + 1, K)
        The last row holds the biases.
    features : ndarray, shape (N, D + 1)
        The last column holds ones.
    l2 : float, default 0.0
        The strength of the penalty.

    Returns
    -------
    ndarray, shape ((D + 1) K, (D + 1) K)
        Rows and columns in the order of ``weights.ravel()``.

    Raises
    ------
    ValueError
        If the shapes do not fit or a logit is not finite.

    Notes
    -----
    Chapter 7 derives it. Time :math:`N D^2 K^2`, memory :math:`D^2 K^2 + N D K`.

    Examples
    --------
    >>> softmax_regression_hessian(np.zeros((1, 2)), np.array([[1.0]])).tolist()
    [[0.25, -0.25], [-0.25, 0.25]]
    """
    check_table("features", features, len(weights))
    q = softmax(features @ weights)
    num_examples, num_features = features.shape
    num_classes = q.shape[1]
    weighted = (features[:, :, None] * q[:, None, :]).reshape(num_examples, -1)
    shape = (num_features, num_classes) * 2
    hessian = -(weighted.T @ weighted).reshape(shape)
    for k in range(num_classes):
        hessian[:, k, :, k] += features.T @ (q[:, k, None] * features)
    matrix = np.asarray(hessian.reshape(weights.size, -1) / num_examples)
    penalised = _without_biases(np.ones_like(weights)).ravel()
    matrix.flat[:: weights.size + 1] += l2 * penalised
    return matrix


class SoftmaxRegression(Classifier):
    r"""Linear logits, softmax, cross entropy: the smallest classifier that learns.

    It minimises the mean loss plus :math:`\tfrac{\lambda}{2} \sum W_{dk}^2`. At
    ``l2 = 1 / (C * N)`` that is the objective of scikit-learn's ``LogisticRegression(C=C)``
    for three classes or more.

    Parameters
    ----------
    l2 : float, default 0.001
        :math:`\lambda`; the biases are not penalised. At 0, data that a linear model can
        separate have no best weights: the fit stops and warns.
    rule : Rule, optional
        How to step, for instance ``xent_lib.optim.Adam(0.1)``; Newton's method by default,
        which suits up to a few thousand weights.
    max_iter : int, default 1000
        The most steps to take.
    tol : float, default 1e-6
        Stop once no entry of the gradient is larger.

    Attributes
    ----------
    classes_ : ndarray, shape (K,)
        Names of the classes, sorted.
    coef_ : ndarray, shape (K, D)
        Weights, one row a class.
    intercept_ : ndarray, shape (K,)
        Biases.
    n_features_in_, n_iter_ : int
        Number of features; steps taken.
    loss_curve_ : list of float
        The objective before each step.

    Notes
    -----
    Taught in chapter 7. Each step of Newton's method takes the time and the memory of
    :func:`softmax_regression_hessian` and :math:`(D K)^3` to solve for the step; each step of
    another rule those of :func:`softmax_regression_value_and_grad`.

    Examples
    --------
    >>> model = SoftmaxRegression(l2=0.01).fit([[-2.0], [-1.0], [1.0], [2.0]], list("aabb"))
    >>> model.predict([[-3.0], [3.0]]).tolist()
    ['a', 'b']
    """

    def __init__(
        self,
        *,
        l2: float = 1e-3,
        rule: Rule | None = None,
        max_iter: int = 1000,
        tol: float = 1e-6,
    ) -> None:
        self.l2 = l2
        self.rule = rule
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Find the weights.

        Parameters
        ----------
        X : array_like, shape (N, D)
            Finite features.
        y : array_like, shape (N,)
            Class names: whole numbers, strings or booleans; two classes at least.

        Returns
        -------
        SoftmaxRegression
            This model.

        Raises
        ------
        DivergenceError
            If the rule's steps are too long.
        ValueError
            If ``X`` or ``y`` is not as described, or ``l2`` or ``tol`` is negative.

        Warns
        -----
        SeparableDataWarning
            If ``l2`` is 0 and the data are separable; the weights are those of the moment.
        ConvergenceWarning
            If ``max_iter`` steps were not enough, or the fit was interrupted.
        """
        l2, tol = check_not_negative("l2", self.l2), check_not_negative("tol", self.tol)
        features, labels = self._check_training_data(X, y)
        rows = with_ones(features)
        objective = partial(
            softmax_regression_value_and_grad, features=rows, labels=labels, l2=l2
        )

        history = minimise(
            objective,
            np.zeros((rows.shape[1], len(self.classes_))),
            self.rule
            or Newton(
                lambda weights: objective(weights)[0],
                partial(softmax_regression_hessian, features=rows, l2=l2),
            ),
            steps=self.max_iter,
            tolerance=tol,
            stop=None if l2 > 0 else partial(_separated, features=rows, labels=labels),
        )
        warn_if_unfinished(history)
        self.coef_ = history.parameters[:-1].T.copy()
        self.intercept_ = history.parameters[-1].copy()
        self.loss_curve_, self.n_iter_ = history.loss, max(history.watched_steps)
        return self

    def _logits(self, X: FloatArray) -> FloatArray:
        return np.asarray(X @ self.coef_.T + self.intercept_)


def _without_biases(weights: FloatArray) -> FloatArray:
    kept = weights.copy()
    kept[-1] = 0
    return kept


def _separated(history: History, features: FloatArray, labels: IntArray) -> str | None:
    """Whether every example's own logit is the largest.

    If so, weights twice as long double every lead and lower every loss, and so on for ever.
    """
    logits = features @ history.parameters
    own = np.take_along_axis(logits, labels[:, None], axis=1)
    np.put_along_axis(logits, labels[:, None], -np.inf, axis=1)
    return SEPARATED if (own[:, 0] > logits.max(axis=1)).all() else None
