"""What a data set holds, labels, features, tokens and texts, and whether a model has seen one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sized
from numbers import Real
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent_lib._validation._places import at, first
from xent_lib._validation.arrays import (
    FloatArray,
    IntArray,
    as_array,
    check_finite,
    check_no_nan,
    check_one_dimensional,
    check_real,
)

Choice = TypeVar("Choice", str, int)

_LARGEST_NAME = 2**53  # beyond it float64 takes two whole numbers for one


def check_integer_labels(
    name: str, labels: ArrayLike, num_classes: int, shape: tuple[int, ...] | None = None
) -> IntArray:
    """Return class indices from 0 to ``num_classes - 1``, of ``shape`` where one is given."""
    array = as_array(name, labels)
    if array.size == 0 and array.dtype.kind == "f":
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(
            f"{name} must be integer class indices; got dtype {array.dtype} "
            "(labels that are distributions go to softmax_cross_entropy)"
        )
    if shape is not None and array.shape != shape:
        raise ValueError(
            f"{name} must have the shape of logits without the class axis, {shape}; "
            f"got {array.shape}"
        )
    if array.size and not (
        array.item(array.argmin()) >= 0 and array.item(array.argmax()) < num_classes
    ):
        index = first((array < 0) | (array >= num_classes))
        raise ValueError(
            f"{name} must be between 0 and {num_classes - 1}; "
            f"{at(name, index)} is {int(array[index])}"
        )
    return array


def check_tokens(name: str, tokens: ArrayLike, vocab_size: int) -> IntArray:
    """Return a sequence of tokens, which may be empty, as indices into a vocabulary."""
    array = as_array(name, tokens)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one sequence; got shape {array.shape}")
    if array.size == 0:
        return np.zeros(0, np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must be integers; got dtype {array.dtype}")
    bad = (array < 0) | (array >= vocab_size)
    if bad.any():
        index = first(bad)
        raise ValueError(
            f"{name} must be between 0 and {vocab_size - 1}, the vocabulary; "
            f"{at(name, index)} is {int(array[index])}"
        )
    return array


def check_table(name: str, x: NDArray[Any], num_columns: int | None = None) -> None:
    """Refuse what is no table of ``num_columns``, or of any number where none is given."""
    x = as_array(name, x)
    if x.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers; got dtype {x.dtype}")
    if x.ndim != 2 or num_columns not in (None, x.shape[1]):
        columns = "D" if num_columns is None else num_columns
        raise ValueError(f"{name} must have shape (N, {columns}); got {x.shape}")


def check_held_out_logits(name: str, x: NDArray[Any]) -> None:
    """Refuse what is no table of logits with a class or more."""
    if x.ndim != 2 or x.shape[1] == 0:
        raise ValueError(
            f"{name} must have shape (N, K), one row an example; got shape {x.shape}"
        )


def check_class_labels(name: str, labels: ArrayLike | None) -> NDArray[Any]:
    """Return one class name an example: whole numbers, strings or booleans."""
    if labels is None:
        raise ValueError(
            f"a classifier requires {name} to be passed, but the target {name} is None"
        )
    array = as_array(name, labels)
    check_one_dimensional(name, array)
    # NumPy writes numbers as strings where a list holds both.
    given = labels if isinstance(labels, list | tuple) else array
    if array.dtype.kind in "OSU" and len({kind_of_name(one) for one in given}) > 1:
        raise TypeError(
            f"{name} must hold either numbers or strings; got both in {array.dtype}"
        )
    if array.dtype.kind == "f":
        array = check_finite(name, array)
        _refuse_no_names(name, array, array == np.round(array))
        if isinstance(labels, list | tuple) and (np.abs(array) > _LARGEST_NAME).any():
            raise ValueError(
                f"{name} must name classes by numbers of one integer format, which lists of "
                f"numbers beyond {_LARGEST_NAME} leave; got {array.dtype}"
            )
    elif array.dtype.kind == "O":
        _refuse_no_names(name, array, np.array([_is_name(one) for one in array], bool))
    elif array.dtype.kind == "c":
        raise ValueError(
            f"{name} must hold class labels. Complex data not supported; got {array.dtype}"
        )
    elif array.dtype.kind not in "biuSU":
        raise ValueError(
            f"Unknown label type: {name} must hold whole numbers, strings or booleans; "
            f"got dtype {array.dtype}"
        )
    return array


def _is_name(one: object) -> bool:
    """Say whether an object names a class: a string, a whole number or a boolean."""
    if isinstance(one, float | np.floating):
        return bool(one == np.round(one)) and bool(np.isfinite(one))
    return isinstance(one, str | bytes | int | np.integer | np.bool_)


def _refuse_no_names(name: str, array: NDArray[Any], good: NDArray[np.bool_]) -> None:
    """Refuse what names no class, such as a measurement, NaN or None."""
    if not good.all():
        index = first(~good)
        raise ValueError(
            f"Unknown label type: {name} must hold class labels, not measurements; "
            f"{at(name, index)} is {array.tolist()[index[0]]!r}"
        )


def kind_of_name(name: object) -> str:
    """Say what a class is named by: two names of different kinds are never equal."""
    if isinstance(name, str | bytes):
        return "strings" if isinstance(name, str) else "bytes"
    return "numbers"


def check_same_kind(name: str, x: NDArray[Any], other: str, y: NDArray[Any]) -> None:
    """Refuse to compare strings with numbers, as which no example would ever agree."""
    first_kinds, second_kinds = (
        {kind_of_name(one) for one in array[:1].tolist()} for array in (x, y)
    )
    if first_kinds != second_kinds:
        raise TypeError(
            f"{name} and {other} must name the classes alike; "
            f"got {first_kinds.pop()} and {second_kinds.pop()}"
        )


def check_binary(name: str, outcomes: ArrayLike) -> FloatArray:
    """Return one outcome an example, 0.0 or 1.0."""
    array = as_array(name, outcomes)
    check_one_dimensional(name, array)
    if array.dtype.kind in "biuf":
        bad = (array != 0) & (array != 1)
    else:
        bad = np.array([not _is_outcome(one) for one in array], bool)
    if bad.any():
        index = first(bad)
        raise ValueError(
            f"{name} must hold 0 or 1; {at(name, index)} is {array.tolist()[index[0]]!r}"
        )
    return array.astype(np.float64)


def _is_outcome(one: object) -> bool:
    return isinstance(one, Real | np.bool_) and one in (0, 1)


def check_features(
    name: str, x: ArrayLike, model: str = "", num_features: int | None = None
) -> FloatArray:
    """Return a table of finite numbers, one row an example and one column a feature.

    A fitted ``model`` expects ``num_features``. The texts hold the words that scikit-learn's
    own checks of an estimator look for.
    """
    if hasattr(x, "toarray"):
        raise TypeError(
            f"{name} must be a dense array; got a sparse {type(x).__name__}, "
            f"which {name}.toarray() makes dense"
        )
    array = as_array(name, x)
    if array.dtype.kind == "c":
        raise ValueError(
            f"{name} must hold real numbers. Complex data not supported; got dtype {array.dtype}"
        )
    if array.dtype.kind == "O":
        _refuse_strings(name, array)
    if array.dtype.kind in "Ob":
        array = array.astype(np.float64)
    if array.ndim != 2:
        raise ValueError(
            f"{name} must be two-dimensional, (examples, features); got shape {array.shape}. "
            f"Reshape your data: {name}.reshape(-1, 1) for one feature, "
            f"{name}.reshape(1, -1) for one example"
        )
    if 0 in array.shape:
        kind = "sample(s)" if array.shape[0] == 0 else "feature(s)"
        raise ValueError(
            f"{name} must hold at least one example and one feature; got 0 {kind} "
            f"(shape={array.shape}) while a minimum of 1 is required."
        )
    if num_features is not None and array.shape[1] != num_features:
        raise ValueError(
            f"{name} has {array.shape[1]} features, "
            f"but {model} is expecting {num_features} features as input"
        )
    with np.errstate(over="ignore"):  # a long double may be beyond float64
        return check_finite(
            name, check_real(name, array).astype(np.float64, copy=False)
        )


def _refuse_strings(name: str, array: NDArray[Any]) -> None:
    """Refuse digits in quotes, which a conversion of objects would read as numbers."""
    for index, entry in np.ndenumerate(array):
        if isinstance(entry, str | bytes):
            raise TypeError(
                f"{name} must hold real numbers; {at(name, index)} is the string {entry!r}"
            )


def check_same_length(name: str, x: NDArray[Any], other: str, y: NDArray[Any]) -> None:
    """Refuse two arrays that do not hold the same number of examples."""
    for one, array in ((name, x), (other, y)):
        if array.ndim == 0:
            raise ValueError(f"{one} must hold one row an example; got a scalar")
    if len(x) != len(y):
        raise ValueError(
            f"{name} and {other} must hold the same number of examples; "
            f"got {len(x)} and {len(y)}"
        )


def check_two_in_each_bin(name: str, counts: FloatArray) -> None:
    """Refuse a correction for chance where a bin holds one forecast, which shows none."""
    if counts.min() < 2:
        raise ValueError(
            f"{name} needs two forecasts or more in every bin that holds any; "
            f"{int((counts < 2).sum())} of {len(counts)} such bins hold a single one: take "
            'fewer bins, or strategy="quantile"'
        )


def check_several_classes(name: str, classes: NDArray[Any]) -> None:
    """Refuse labels that all name one class: there is nothing to tell apart."""
    if len(classes) < 2:
        raise ValueError(
            f"{name} must hold at least 2 classes; got 1 class only, {classes[0]!r}"
        )


def check_weights_fit(name: str, weights: FloatArray) -> None:
    """Refuse features so close to 0 that a weight, one row a feature, is beyond float64."""
    bad = ~np.isfinite(weights).all(axis=1)
    if bad.any():
        raise ValueError(
            f"{name} must hold features whose weights float64 can hold; "
            f"that of {name}[:, {first(bad)[0]}], whose numbers are too close to 0, is beyond it"
        )


def check_not_empty(name: str, x: Sized, what: str = "example") -> None:
    """Refuse what holds nothing."""
    if len(x) == 0:
        raise ValueError(f"{name} must hold at least one {what}; got none")


def check_fitted(model: object, learnt: str) -> None:
    """Refuse to use a model that has learnt nothing yet."""
    if not hasattr(model, learnt):
        raise ValueError(
            f"this {type(model).__name__} is not fitted yet; call fit first"
        )


def check_split(held_out: float, chosen: NDArray[np.bool_]) -> None:
    """Refuse a share of held-out examples that leaves one of the two sides without any."""
    if chosen.all() or not chosen.any():
        empty = "train on" if chosen.all() else "hold out"
        raise ValueError(
            f"held_out={held_out:g} of {len(chosen)} examples leaves none to {empty}"
        )


def check_parameter_names(model: str, given: Iterable[str], known: list[str]) -> None:
    """Refuse to set what a model has no parameter for, in scikit-learn's words."""
    for name in given:
        if name not in known:
            raise ValueError(f"{model} has no parameter {name!r}; it has {known}")


def check_choice(name: str, value: Choice, choices: Collection[Choice]) -> Choice:
    """Return one of the values that there are."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {list(choices)}; got {value!r}")
    return value


def check_description(name: str, text: str) -> None:
    """Refuse a text alternative of fewer than two words."""
    if len(text.split()) < 2:
        raise ValueError(
            f"{name} must say in words what the figure shows; got {text!r}"
        )


def check_chapter(name: str, chapter: int | str, known: Collection[str]) -> str:
    """Return a chapter's number in two digits, where it is among the known ones."""
    if isinstance(chapter, bool) or not isinstance(chapter, int | np.integer | str):
        raise TypeError(
            f"{name} must be a chapter's number; got {type(chapter).__name__}"
        )
    number = str(chapter).strip().zfill(2)
    if number not in known:
        last = max(map(int, known))
        raise ValueError(f"{name} must be from 1 to {last}; got {chapter!r}")
    return number


def check_text(name: str, text: str) -> str:
    """Return a string."""
    if not isinstance(text, str):
        raise TypeError(f"{name} must be a string; got {type(text).__name__}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{name} must be text that UTF-8 can write; {name}[{error.start}] is the half of a "
            f"surrogate pair, {text[error.start]!r}"
        ) from error
    return text


def check_bytes(name: str, code: bytes) -> bytes:
    """Return bytes."""
    if not isinstance(code, bytes):
        raise TypeError(f"{name} must be bytes; got {type(code).__name__}")
    return code


def check_callable(name: str, function: object) -> None:
    """Refuse what cannot be called."""
    if not callable(function):
        raise TypeError(f"{name} must be callable; got {type(function).__name__}")


def check_forecast(name: str, log_prob: ArrayLike) -> FloatArray:
    """Return the probabilities of the log-probabilities that a function returned."""
    returned = f"what {name} returns"
    array = check_real(returned, log_prob)
    check_one_dimensional(returned, array)
    check_no_nan(returned, array)
    q = np.exp(array.astype(np.float64))
    total = float(q.sum())
    if not abs(total - 1) <= np.sqrt(np.finfo(array.dtype).eps):
        raise ValueError(
            f"{returned} must be log-probabilities, whose exponentials sum to 1; they sum to "
            f"{total:.6g}"
        )
    return q


def check_vocabulary_has(name: str, place: int, token: int, vocab_size: int) -> None:
    """Refuse a token that a forecast of ``vocab_size`` tokens does not price."""
    if not 0 <= token < vocab_size:
        raise ValueError(
            f"{name} must be between 0 and {vocab_size - 1}, the vocabulary; "
            f"{name}[{place}] is {token}"
        )


def check_code(name: str, fits: bool, num_tokens: int) -> None:
    """Refuse an arithmetic code that no text has."""
    if not fits:
        raise ValueError(
            f"{name} must be what arithmetic_encode returns for {num_tokens} tokens under the "
            "same forecasts; no text has this code"
        )
