"""Softmax regression, the smallest classifier that learns; taught in chapter 7."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from xent_lib._validation import (
    FloatArray,
    IntArray,
    check_not_negative,
    check_real,
    check_softmax_exists,
    check_table,
    check_weights_fit,
)
from xent_lib.losses import softmax_cross_entropy_with_integer_labels_value_and_grad
from xent_lib.losses.softmax import softmax_and_complement
from xent_lib.models.classifier import (
    PARTLY_SEPARATED,
    SEPARATED,
    Classifier,
    has_learnt_nothing,
    warn_if_unfinished,
    was_interrupted,
)
from xent_lib.optim import History, Newton, Rule, minimise
from xent_lib.special import at_least_float64

# A Newton step that moves no logit further than this is close to the minimum.
_STILL_LOGIT = 0.1
# What rounding leaves of a lead that does not change, as a share of the step.
_ROUNDING_OF_LEADS = 1e-8
# Gradients in weights of standardised features: what rounding may leave, where a fit that
# checks another one ends, and what no minimum has.
_ROUNDING_OF_GRADIENTS = 1e-9
_CHECK_TOLERANCE = 1e-6
_NO_MINIMUM = 1e-3
# Up to so many weights Newton's method checks, in so many steps, where another rule ended.
_MOST_CHECKED_WEIGHTS = 1000
_CHECK_STEPS = 60


def with_ones(features: FloatArray) -> FloatArray:
    """Append a column of ones, whose weights are the biases.

    Parameters
    ----------
    features : ndarray, shape (N, D)
        One example a row.

    Returns
    -------
    ndarray, shape (N, D + 1)
        With 1 as the last feature of each example; float64, or a wider format of ``features``.

    Raises
    ------
    TypeError
        If ``features`` do not hold real numbers or have a mask.
    ValueError
        If ``features`` are no table.

    Notes
    -----
    Chapter 7 explains it. Time and memory grow linearly with the size of ``features``, which
    are copied.

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
        If ``labels`` are not integers, ``features`` do not hold real numbers or have a mask, or
        ``l2`` is no number.
    ValueError
        If the shapes do not fit, a label is out of range, ``l2`` is negative or not finite, or
        a logit is NaN or inf. A logit of
        -inf is let through, but weights of -inf make the value and some slopes NaN or inf.

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
    l2 = check_not_negative("l2", l2)
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
    TypeError
        If ``features`` do not hold real numbers or have a mask, or ``l2`` is no number.
    ValueError
        If the shapes do not fit, ``l2`` is negative or not finite, or a logit is +inf or -inf
        for every class. NaN gives NaN.

    Notes
    -----
    Chapter 7 derives it. Time :math:`N D^2 K^2`, memory :math:`D^2 K^2 + N D K`.

    Examples
    --------
    >>> softmax_regression_hessian(np.zeros((1, 2)), np.array([[1.0]])).tolist()
    [[0.25, -0.25], [-0.25, 0.25]]
    """
    check_table("features", features, len(weights))
    l2 = check_not_negative("l2", l2)
    logits = check_real("logits", features @ weights)
    check_softmax_exists("logits", logits, 1)
    q, rest = (
        part.astype(logits.dtype, copy=False)
        for part in softmax_and_complement(logits, at_least_float64(logits))
    )
    num_examples, num_features = features.shape
    num_classes = q.shape[1]
    weighted = (features[:, :, None] * q[:, None, :]).reshape(num_examples, -1)
    shape = (num_features, num_classes) * 2
    hessian = -(weighted.T @ weighted).reshape(shape)
    for k in range(num_classes):
        bend = q[:, k] * rest[:, k]  # q - q * q would lose the digits of a q close to 1
        hessian[:, k, :, k] = features.T @ (bend[:, None] * features)
    matrix = np.asarray(hessian.reshape(weights.size, -1) / num_examples)
    penalised = _without_biases(np.ones_like(weights)).ravel()
    matrix.flat[:: weights.size + 1] += l2 * penalised
    return matrix


class SoftmaxRegression(Classifier):
    r"""Linear logits, softmax, cross entropy: the smallest classifier that learns.

    It minimises the mean loss plus :math:`\tfrac{\lambda}{2} \sum W_{dk}^2`. For three classes
    or more that is the objective of scikit-learn's ``LogisticRegression(C=C)`` at
    ``l2 = 1 / (C * N)``; for two classes, where scikit-learn has one row of weights and this
    has two of opposite sign, at ``l2 = 2 / (C * N)``.

    Parameters
    ----------
    l2 : float, default 0.001
        :math:`\lambda`; the biases are not penalised. At 0, data that a linear model can
        separate, wholly or in part, have no best weights: the fit stops and warns.
    rule : Rule, optional
        How to step, for instance ``xent_lib.optim.Adam(0.1)``; Newton's method by default,
        which suits up to a few thousand weights.
    max_iter : int, default 1000
        The most steps to take.
    tol : float, default 1e-6
        Stop once no entry of the gradient is larger. Newton's method takes the gradient in the
        weights of features that are each measured by its own spread (the largest distance from
        its mean), and goes on while a step moves some logit by 0.1 or more; a ``rule`` works
        on the features as they are, and the gradient is that of ``coef_`` and ``intercept_``.

    Attributes
    ----------
    classes_ : ndarray, shape (K,)
        Names of the classes, sorted.
    coef_ : ndarray of float64, shape (K, D)
        Weights, one row a class.
    intercept_ : ndarray of float64, shape (K,)
        Biases.
    n_features_in_, n_iter_ : int
        Number of features; steps taken.
    loss_curve_ : list of float
        The objective before each step, and at the end where the fit ended on its gradient.

    Warns
    -----
    SeparableDataWarning
        From ``fit``; see there.
    ConvergenceWarning
        From ``fit``; see there.

    See Also
    --------
    Classifier : ``predict``, ``predict_proba``, ``decision_function`` and
        ``score``.

    Notes
    -----
    Taught in chapter 7. Newton's method works on features that are centred and scaled inside,
    so neither their means nor their units matter beyond rounding; ``coef_`` and ``intercept_``
    belong to the features as given. Each of its steps takes the time and the memory of
    :func:`softmax_regression_hessian` and :math:`(D K)^3` to solve for the step; each step of
    another rule those of :func:`softmax_regression_value_and_grad`. Where a rule has ended,
    Newton's method checks the result, if there are at most 1,000 weights: by a step of its own,
    and at ``l2=0`` by a fit of its own of at most 60 steps. Of more weights, only the size of
    the gradient is checked.

    Examples
    --------
    >>> model = SoftmaxRegression(l2=0.01).fit([[-2.0], [-1.0], [1.0], [2.0]], list("aabb"))
    >>> model.predict([[-3.0], [3.0]]).tolist()
    ['a', 'b']
    """

    coef_: FloatArray
    intercept_: FloatArray

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
        SoftmaxRegression
            This model.

        Raises
        ------
        DivergenceError
            If the rule's steps are too long.
        TypeError
            If ``X`` does not hold real numbers, ``y`` holds strings and numbers, one of them
            has a mask, ``l2`` or ``tol`` is no number, or ``max_iter`` no integer.
        ValueError
            If ``X`` or ``y`` is not as described, the weights of features close to 0 leave
            float64, ``l2`` or ``tol`` is negative or not finite, or ``max_iter`` is below 1.

        Warns
        -----
        SeparableDataWarning
            If ``l2`` is 0 and the data are found to be separable, wholly or in part; the
            weights are those of the moment.
        ConvergenceWarning
            If ``max_iter`` steps were not enough, the fit was interrupted, or the rule ended
            where a step of Newton's method moves some logit by 0.1 or more or, for features of
            unusual size, the gradient is small only because of their unit.
        """
        l2, tol = check_not_negative("l2", self.l2), check_not_negative("tol", self.tol)
        features, labels, classes = self._check_training_data(X, y)
        standardised = _StandardisedObjective(features, labels, l2)
        if self.rule is None:
            history = standardised.solve(len(classes), self.max_iter, tol)
            weights = standardised.to_given_units(history.parameters)
        else:
            rows = with_ones(features)
            history = minimise(
                partial(
                    softmax_regression_value_and_grad,
                    features=rows,
                    labels=labels,
                    l2=l2,
                ),
                np.zeros((rows.shape[1], len(classes))),
                self.rule,
                steps=self.max_iter,
                tolerance=tol,
                stop=None if l2 > 0 else partial(_separated, rows=rows, labels=labels),
            )
            weights = history.parameters
            if history.finished and history.stopped != SEPARATED:
                standardised.check_minimum(history)
        warn_if_unfinished(history)
        if not has_learnt_nothing(history):
            self._learn(
                history,
                classes_=classes,
                n_features_in_=features.shape[1],
                coef_=weights[:-1].T.copy(),
                intercept_=weights[-1].copy(),
            )
        return self

    def _logits(self, X: FloatArray) -> FloatArray:
        return np.asarray(X @ self.coef_.T + self.intercept_)


def _without_biases(weights: FloatArray) -> FloatArray:
    kept = weights.copy()
    kept[-1] = 0
    return kept


class _StandardisedObjective:
    """The objective with each feature centred and measured by its own spread.

    Newton's method takes the same steps in any units, but rounding does not: beside a mean of
    1e9 the curvature of a spread of 1e5 is lost. A gradient is as small as it looks in these
    units only, where features of size 1e-9 have one as large as any other.
    """

    def __init__(self, features: FloatArray, labels: IntArray, l2: float) -> None:
        # A power of two first, which is exact, so that no square leaves the format.
        self._exponent = np.frexp(np.abs(features).max(axis=0))[1]
        scaled = np.ldexp(features, -self._exponent)
        self._centre = scaled.mean(axis=0)
        away = scaled - self._centre
        # Exactly 0 where a feature is constant, though its mean is rounded.
        away[:, scaled.min(axis=0) == scaled.max(axis=0)] = 0
        spread = np.abs(away).max(axis=0)
        self._spread = np.where(spread > 0, spread, 1.0)
        self._rows = with_ones(away / self._spread)
        self._labels = labels
        with np.errstate(over="ignore"):
            penalty = (np.sqrt(l2) / np.ldexp(self._spread, self._exponent)) ** 2
        self._penalty = np.append(np.minimum(penalty, 1e300), 0.0)[:, None]
        self._separable = l2 == 0
        self._is_partly_separated = False
        self._newton = _ScaledNewton(
            lambda weights: self.value_and_grad(weights)[0], self._hessian
        )

    def to_given_units(self, weights: FloatArray) -> FloatArray:
        """Return the same model's weights for the features as they were given."""
        slopes = weights[:-1] / self._spread[:, None]
        biases = weights[-1] - self._centre @ slopes
        with np.errstate(over="ignore"):
            slopes = np.ldexp(slopes, -self._exponent[:, None])
        check_weights_fit("X", slopes)
        return np.vstack([slopes, biases])

    def _from_given_units(self, weights: FloatArray) -> FloatArray:
        slopes = np.ldexp(weights[:-1], self._exponent[:, None])
        biases = weights[-1] + self._centre @ slopes
        return np.vstack([slopes * self._spread[:, None], biases])

    def value_and_grad(self, weights: FloatArray) -> tuple[float, FloatArray]:
        """Return the objective and its gradient in weights for these units."""
        value, gradient = softmax_regression_value_and_grad(
            weights, self._rows, self._labels
        )
        pull = self._penalty * weights
        return value + 0.5 * float((pull * weights).sum()), gradient + pull

    def _hessian(self, weights: FloatArray) -> FloatArray:
        matrix = softmax_regression_hessian(weights, self._rows)
        penalties = np.broadcast_to(self._penalty, weights.shape).ravel()
        matrix.flat[:: len(matrix) + 1] += penalties
        return matrix

    def solve(self, num_classes: int, steps: int, tolerance: float) -> History:
        """Find the minimum from weights of 0, or that there is none."""
        history = minimise(
            self.value_and_grad,
            np.zeros((self._rows.shape[1], num_classes)),
            self._newton,
            steps=steps,
            tolerance=tolerance,
            stop=self._stop_if_separated if self._separable else None,
        )
        if not history.finished or history.stopped == SEPARATED:
            return history
        left = steps - max(history.watched_steps)
        settled = _last_move(history) is None or self._stop_reason(history) is not None
        if left and not settled:
            rest = self._continue(history.parameters, history.rule, left)
            history = _join(history, rest)
        elif self._is_partly_separated:
            history.stopped = PARTLY_SEPARATED
        if history.finished and history.stopped != PARTLY_SEPARATED:
            most = max(tolerance, _ROUNDING_OF_GRADIENTS)
            self._check_gradient(history, history.parameters, most)
        return history

    def check_minimum(self, history: History) -> None:
        """Say in ``history`` if what another rule ended at is no minimum after all."""
        try:
            self._check_minimum(history)
        except KeyboardInterrupt:
            taken = max(history.watched_steps)
            history.stopped = (
                f"interrupted after {taken} steps, while the result was checked"
            )
            history.finished = False

    def _check_minimum(self, history: History) -> None:
        start = self._from_given_units(history.parameters)
        if start.size <= _MOST_CHECKED_WEIGHTS:
            if self._separable:  # found from 0, before curvatures vanish
                steps = _CHECK_STEPS
                own = self.solve(start.shape[1], steps, _CHECK_TOLERANCE)
                if own.stopped in (SEPARATED, PARTLY_SEPARATED):
                    history.stopped = PARTLY_SEPARATED
                    return
                _pass_interruption_on(own)
            rest = self._continue(start, self._newton, _CHECK_STEPS)
            _pass_interruption_on(rest)
            if not rest.finished or max(rest.watched_steps) > 1:
                history.finished = False
                history.stopped += (
                    ", but from there Newton's method still moves a logit"
                )
        self._check_gradient(history, start, _NO_MINIMUM)

    def _stop_if_separated(self, history: History) -> str | None:
        """Stop where all is separated; note where a part is."""
        reason = _separated(history, self._rows, self._labels)
        if _last_move(history) is not None:
            self._is_partly_separated |= self._stop_reason(history) == PARTLY_SEPARATED
        return reason

    def _continue(self, start: FloatArray, rule: Rule, steps: int) -> History:
        return minimise(
            self.value_and_grad, start, rule, steps=steps, stop=self._stop_reason
        )

    def _check_gradient(
        self, history: History, weights: FloatArray, most: float
    ) -> None:
        largest = float(np.abs(self.value_and_grad(weights)[1]).max())
        if largest > most:
            history.finished = False
            history.stopped += (
                f"; by the spread of a feature, the slope is still {largest:.2g}"
            )

    def _stop_reason(self, history: History) -> str | None:
        """Whether the last step was a short one, or one that may be repeated for ever.

        It may be where no example lost some of its lead over any class, and one gained.
        """
        step = _last_move(history)
        if step is None:
            return None
        moved = self._rows @ step
        gained = moved - np.take_along_axis(moved, self._labels[:, None], axis=1)
        size = np.abs(gained).max()
        if size < _STILL_LOGIT:
            return f"a step moves no logit by {_STILL_LOGIT:g}"
        if self._separable and gained.max() <= _ROUNDING_OF_LEADS * size:
            return PARTLY_SEPARATED
        return None


@dataclass
class _ScaledNewton(Newton):
    """Newton's method with the weights of each feature in a unit of their own.

    In these units the diagonal of the Hessian is about 1, so that the damping is small beside
    each of its entries, however strong the penalty of one feature. A unit is that of all
    classes, so adding one number to the weights of all stays the flat direction.
    """

    last_move: FloatArray | None = field(default=None, init=False, repr=False)

    def step(self, parameters: FloatArray, gradient: FloatArray) -> FloatArray:
        """Return the next parameters; keep how far they moved."""
        matrix = self.hessian(parameters)
        diagonal = np.diag(matrix).reshape(parameters.shape).mean(axis=1, keepdims=True)
        unit = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1)) * np.ones_like(gradient)
        scaled = Newton(
            lambda weights: self.loss(weights * unit),
            lambda _: unit.reshape(-1, 1) * matrix * unit.ravel(),
            self.damping,
        )
        move = scaled.step(parameters / unit, gradient * unit) * unit - parameters
        # What rounding did in the flat direction.
        move -= move.mean(axis=1, keepdims=True)
        self.last_move = move
        return parameters + move


def _last_move(history: History) -> FloatArray | None:
    assert isinstance(history.rule, _ScaledNewton)
    return history.rule.last_move


def _pass_interruption_on(history: History) -> None:
    """Let Control-C, which ended a run, end what the run was for."""
    if was_interrupted(history):
        raise KeyboardInterrupt


def _join(first: History, second: History) -> History:
    """Two runs, the second from where the first had seen a gradient and ended, as one."""
    before, after = max(first.watched_steps), max(second.watched_steps)
    return replace(
        second,
        loss=first.loss[:-1] + second.loss,
        watched_steps=first.watched_steps
        + [before + step for step in second.watched_steps[1:]],
        stopped=second.stopped.replace(f"{after} steps", f"{before + after} steps"),
    )


def _separated(history: History, rows: FloatArray, labels: IntArray) -> str | None:
    """Whether every example's own logit is the largest.

    If so, weights twice as long double every lead and lower every loss, and so on for ever.
    """
    logits = rows @ history.parameters
    own = np.take_along_axis(logits, labels[:, None], axis=1)
    np.put_along_axis(logits, labels[:, None], -np.inf, axis=1)
    return SEPARATED if (own[:, 0] > logits.max(axis=1)).all() else None
