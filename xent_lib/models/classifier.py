"""What the classifiers of chapters 7 and 8 share: predictions, parameters, warnings of a fit."""

from __future__ import annotations

import inspect
import warnings
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent_lib._validation import (
    FloatArray,
    IntArray,
    as_array,
    check_class_labels,
    check_features,
    check_parameter_names,
    check_same_length,
    check_several_classes,
)
from xent_lib.metrics import accuracy
from xent_lib.optim import History
from xent_lib.special import softmax


class ConvergenceWarning(UserWarning):
    """A fit ended before it reached a minimum; its text says where.

    It is not scikit-learn's class of this name: a filter for the one does not catch the other.
    ``warnings.simplefilter("error", ConvergenceWarning)`` turns it into an error; the model
    then stays what it was before the fit.
    """


class SeparableDataWarning(ConvergenceWarning):
    """The loss has no minimum, since the training data are separable, wholly or in part.

    Along some direction longer weights lower the loss of some examples and raise that of none,
    so the weights that the fit leaves are those of the moment at which it stopped.
    """


SEPARATED = "the classes are separated"
PARTLY_SEPARATED = "the classes are separated in part"


def was_interrupted(history: History) -> bool:
    """Whether Control-C ended a run."""
    return history.stopped.startswith("interrupted")


def has_learnt_nothing(history: History) -> bool:
    """Whether a run was interrupted before its first step was done."""
    return was_interrupted(history) and history.watched_steps == [0]


def warn_if_unfinished(history: History) -> None:
    """Say so where a fit ended without a minimum."""
    taken = max(history.watched_steps)
    if history.stopped == SEPARATED:
        warnings.warn(
            "the training data are linearly separable: all examples are classified correctly "
            f"after {taken} steps, and from here longer weights lower the "
            "loss without end, so no best weights exist; stopped here. Set l2 above 0",
            SeparableDataWarning,
            stacklevel=3,
        )
    elif history.stopped == PARTLY_SEPARATED:
        warnings.warn(
            "the training data are linearly separable, at least in part (quasi-separable): in "
            "one direction longer weights lower the loss of some examples without end and "
            f"raise that of none, so no best weights exist; stopped after {taken} steps. "
            "Set l2 above 0",
            SeparableDataWarning,
            stacklevel=3,
        )
    elif has_learnt_nothing(history):
        warnings.warn(
            f"the fit did not reach a minimum: {history.stopped}; nothing was learnt, and the "
            "model is what it was before",
            ConvergenceWarning,
            stacklevel=3,
        )
    elif not history.finished:
        warnings.warn(
            f"the fit did not reach a minimum: {history.stopped}; the loss is "
            f"{history.loss[-1]:.6g}. Allow more steps, choose another rule, or set l2 higher",
            ConvergenceWarning,
            stacklevel=3,
        )


class Classifier:
    """What the classifiers of this library have in common.

    They are :class:`SoftmaxRegression` and :class:`TwoLayerNetwork`. What was learnt is set all
    at once when a fit is done, so one that fails or is interrupted before its first step leaves
    the model as it was. A model that has learnt nothing raises scikit-learn's
    ``NotFittedError`` when it is asked, or a ``ValueError`` where scikit-learn is not
    installed; ``NotFittedError`` is a ``ValueError`` too.

    Attributes
    ----------
    classes_ : ndarray, shape (K,)
        Names of the classes, sorted.
    n_features_in_, n_iter_ : int
        Number of features; steps taken.
    loss_curve_ : list of float
        The objective before each step.
    """

    classes_: NDArray[Any]
    n_features_in_: int
    n_iter_: int
    loss_curve_: list[float]

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from examples; each classifier documents its own.

        Parameters
        ----------
        X : array_like, shape (N, D)
            Finite features.
        y : array_like, shape (N,)
            Class names.

        Returns
        -------
        Classifier
            This model.

        Raises
        ------
        TypeError, ValueError
            If ``X`` or ``y`` is not as described.
        """
        raise NotImplementedError

    def _logits(self, X: FloatArray) -> FloatArray:
        raise NotImplementedError

    def decision_function(self, X: ArrayLike) -> FloatArray:
        """Return logits; of two classes, the log odds of the second.

        Parameters
        ----------
        X : array_like, shape (N, D)
            Finite features.

        Returns
        -------
        ndarray of float64, shape (N, K), or (N,) where K is 2
            In the order of ``classes_``.

        Raises
        ------
        TypeError
            If ``X`` does not hold real numbers.
        ValueError
            If the model is not fitted yet, or ``X`` is not as described.
        """
        logits = self._checked_logits(X)
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

    def predict_proba(self, X: ArrayLike) -> FloatArray:
        """Return a distribution over the classes for each example.

        Parameters
        ----------
        X : array_like, shape (N, D)
            Finite features.

        Returns
        -------
        ndarray of float64, shape (N, K)
            In the order of ``classes_``.

        Raises
        ------
        TypeError
            If ``X`` does not hold real numbers.
        ValueError
            If the model is not fitted yet, or ``X`` is not as described.
        """
        return softmax(self._checked_logits(X))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable class of each example; of equals, the first.

        Parameters
        ----------
        X : array_like, shape (N, D)
            Finite features.

        Returns
        -------
        ndarray, shape (N,)
            Names from ``classes_``, with their dtype.

        Raises
        ------
        TypeError
            If ``X`` does not hold real numbers.
        ValueError
            If the model is not fitted yet, or ``X`` is not as described.
        """
        best = self._checked_logits(X).argmax(axis=1)
        return np.asarray(self.classes_[best])

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return the accuracy: the share of examples classified as ``y`` says.

        Parameters
        ----------
        X : array_like, shape (N, D)
            Finite features.
        y : array_like, shape (N,)
            True classes, named as those of ``fit`` were.

        Returns
        -------
        float
            From 0 to 1.

        Raises
        ------
        TypeError
            If ``X`` does not hold real numbers, or ``y`` holds strings where ``fit`` was given
            numbers, or the reverse.
        ValueError
            If the model is not fitted yet, or ``X`` or ``y`` is not as described.
        """
        return accuracy(y, self.predict(X))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments by name.

        Parameters
        ----------
        deep : bool, default True
            Has no effect; scikit-learn passes it.

        Returns
        -------
        dict

        Raises
        ------
        AttributeError
            If an argument was deleted from the model.
        """
        return {name: getattr(self, name) for name in self._parameter_names()}

    def set_params(self, **params: Any) -> Self:
        """Set constructor arguments by name; they are checked by the next ``fit``.

        Parameters
        ----------
        params
            Some of what :meth:`get_params` returns.

        Returns
        -------
        Classifier
            This model.

        Raises
        ------
        ValueError
            If a name is unknown.
        """
        check_parameter_names(type(self).__name__, params, self._parameter_names())
        vars(self).update(params)
        return self

    def __repr__(self) -> str:
        given = ", ".join(f"{k}={v!r}" for k, v in self.get_params().items())
        return f"{type(self).__name__}({given})"

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(),
        )

    def _check_training_data(
        self, X: ArrayLike, y: ArrayLike
    ) -> tuple[FloatArray, IntArray, NDArray[Any]]:
        """Return features, class indices and the names of the classes."""
        features = check_features("X", X)
        names = check_class_labels("y", _without_column(y))
        check_same_length("X", features, "y", names)
        classes, labels = np.unique(names, return_inverse=True)
        check_several_classes("y", classes)
        return features, labels, classes

    def _learn(self, history: History, **learnt: Any) -> None:
        """Set what a fit has found, all at once."""
        taken = max(history.watched_steps)
        vars(self).update(learnt, loss_curve_=history.loss, n_iter_=taken)

    def _checked_logits(self, X: ArrayLike) -> FloatArray:
        if not hasattr(self, "classes_"):
            error = _scikit_learn("NotFittedError", ValueError)
            raise error(f"this {type(self).__name__} is not fitted yet; call fit first")
        features = check_features("X", X, type(self).__name__, self.n_features_in_)
        return self._logits(features)

    @classmethod
    def _parameter_names(cls) -> list[str]:
        return list(inspect.signature(cls).parameters)


def _without_column(y: ArrayLike) -> ArrayLike:
    array = as_array("y", y)
    if array.ndim != 2 or array.shape[1] != 1:
        return y
    warnings.warn(
        "A column-vector y was passed when a 1d array was expected; "
        "y.ravel() gives one",
        _scikit_learn("DataConversionWarning", UserWarning),
        stacklevel=4,
    )
    return array.ravel()


def _scikit_learn(name: str, base: type[Any]) -> type[Any]:
    """scikit-learn's class of this name, or its base where scikit-learn is not installed."""
    try:
        from sklearn import exceptions
    except ImportError:
        return base
    return getattr(exceptions, name)  # type: ignore[no-any-return]
