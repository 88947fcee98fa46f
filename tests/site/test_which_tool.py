"""The page that decides: each call that it names gives the loss worked out by hand."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Any

import numpy as np
import pytest
import test_six_libraries as six_libraries  # imports the other libraries, or skips without them
import torch
from sklearn.metrics import log_loss
from torch.nn import functional

from bookkit.reading.contents import ROOT
from xent_lib import (
    sigmoid,
    sigmoid_binary_cross_entropy,
    sigmoid_focal_loss,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_with_integer_labels,
)

PAGE = (ROOT / "book" / "which_tool.md").read_text("utf-8")
keras, optax, jnp = six_libraries.keras, six_libraries.optax, six_libraries.jnp
xgboost, lightgbm = six_libraries.xgboost, six_libraries.lightgbm

RNG = np.random.default_rng(2)
N, K = 6, 4
Z = RNG.normal(size=(N, K)).astype(np.float32)
Y = np.array([0, 3, 1, 2, 2, 0])
P = softmax(RNG.normal(size=(N, K))).astype(np.float32)
S = RNG.normal(size=N).astype(np.float32)
T = np.array([1, 0, 0, 1, 1, 0], np.float32)
MANY = RNG.normal(size=(N, 3)).astype(np.float32)
M = (RNG.random((N, 3)) < 0.5).astype(np.float32)
M[0], M[1] = 0, 1
KEEP = np.array([1, 0, 1, 1, 0, 1], np.float32)
W = np.array([1, 2, 4, 8], np.float32)
C = np.float32(5)
PRIOR = np.array([0.4, 0.3, 0.2, 0.1], np.float32)
HIDDEN = RNG.normal(size=(N, 5)).astype(np.float32)
MATRIX = RNG.normal(size=(K, 5)).astype(np.float32)
ARRAYS = {
    "z": Z,
    "q": softmax(Z).astype(np.float32),
    "l": np.log(softmax(Z)).astype(np.float32),
    "y": Y,
    "p": P,
    "s": S,
    "r": sigmoid(S).astype(np.float32),
    "t": T,
    "u": RNG.random(N).astype(np.float32),
    "S": MANY,
    "R": sigmoid(MANY).astype(np.float32),
    "M": M,
    "v": np.where(KEEP == 1, Y, -1),
    "keep": KEEP,
    "w": W,
    "c": C,
    "prior": PRIOR,
    "x": HIDDEN,
    "W": MATRIX,
    "z16": Z.astype(np.float16),
}
LOSSES = softmax_cross_entropy_with_integer_labels(Z, Y)
BINARY = sigmoid_binary_cross_entropy(S, T)


def of_classes(scores: Any) -> float:
    return float(softmax_cross_entropy_with_integer_labels(scores, Y).mean())


RIGHT: dict[str, float] = {
    "One class of K, from scores": float(LOSSES.mean()),
    "One class of K, from probabilities": float(LOSSES.mean()),
    "One class of K, from logarithms of probabilities": float(LOSSES.mean()),
    "A distribution over the classes": float(softmax_cross_entropy(Z, P).mean()),
    "Yes or no, from a score": float(BINARY.mean()),
    "Yes or no, from a probability": float(BINARY.mean()),
    "A share between 0 and 1": float(
        sigmoid_binary_cross_entropy(S, ARRAYS["u"]).mean()
    ),
    "Several labels at once": float(sigmoid_binary_cross_entropy(MANY, M).mean()),
    "Missing labels, padding, void": float((KEEP * LOSSES).sum() / KEEP.sum()),
    "Class weights": float((W[Y] * LOSSES).sum() / W[Y].sum()),
    "A weight for the positives": float(((1 + (C - 1) * T) * BINARY).mean()),
    "Focal loss": float(sigmoid_focal_loss(S, T, gamma=2).mean()),
    "Logit adjustment": of_classes(Z + np.log(PRIOR)),
    "A large vocabulary": of_classes(HIDDEN @ MATRIX.T),
    "Half precision": of_classes(Z.astype(np.float16).astype(np.float32)),
    "Batches of unequal size": float(LOSSES.mean()),
}
_ENTRY = re.compile(r"^### ([^\n]+)\n(.*?)(?=^#{2,3} |\Z)", re.MULTILINE | re.DOTALL)
_CALL = re.compile(r"^- ([\w-]+): `([^`]+)`(?: with `weight=([^`]+)`)?", re.MULTILINE)
CALLS = [
    (title, *call)
    for title, text in _ENTRY.findall(PAGE)
    for call in _CALL.findall(text)
]
LIBRARIES = ("PyTorch", "Keras", "optax", "scikit-learn", "XGBoost", "LightGBM")


def value_of(title: str, library: str, call: str, weight: str) -> float:
    """What a call of the page gives, for arrays of the library's own kind."""
    match library:
        case "PyTorch":
            tensors = {name: torch.tensor(array) for name, array in ARRAYS.items()}
            names = {"exp": torch.exp, "log": torch.log}
            options = {"LinearCrossEntropyOptions": torch.nn.LinearCrossEntropyOptions}
            return float(eval(call, vars(functional) | names | options | tensors))
        case "Keras":
            return float(eval(call, vars(keras.losses) | {"np": np} | ARRAYS))
        case "optax":
            arrays = {name: jnp.asarray(array) for name, array in ARRAYS.items()}
            return float(eval(call, vars(optax) | {"jnp": jnp} | arrays))
        case "scikit-learn":
            return float(eval(call, {"np": np, "log_loss": log_loss} | ARRAYS))
    settings = eval(call)
    objective = settings["objective"]
    several = objective.startswith("multi")
    scores = Z if several else S
    labels = Y if several else ARRAYS["u"] if "share" in title else T
    given = eval(weight, dict(ARRAYS)) if weight else None
    assert settings.get("num_class", K) == K
    assert several == ("num_class" in settings)
    run = six_libraries.xgboost_loss
    if library == "LightGBM":
        run = six_libraries.lightgbm_loss
    return float(run(scores, labels, objective, weight=given))


@pytest.mark.filterwarnings("ignore:The y_prob values do not sum to one")
@pytest.mark.parametrize(("title", "library", "call", "weight"), CALLS)
def test_a_call_gives_the_loss_worked_out_by_hand(
    title: str, library: str, call: str, weight: str
) -> None:
    value = value_of(title, library, call, weight)
    assert value == pytest.approx(RIGHT[title], rel=2e-5)


def test_every_part_with_calls_has_its_loss_and_the_common_case_every_library() -> None:
    assert {title for title, *_ in CALLS} == set(RIGHT)
    of = {title: {call[1] for call in CALLS if call[0] == title} for title in RIGHT}
    assert all("PyTorch" in found for found in of.values())
    assert set().union(*of.values()) == set(LIBRARIES)
    assert of["Class weights"] == set(LIBRARIES)


def test_the_losses_differ_so_that_one_call_cannot_pass_for_another() -> None:
    distinct = {round(value, 4) for value in RIGHT.values()}
    # From scores, probabilities, logarithms and in batches it is one loss, as is yes or no.
    assert len(distinct) >= len(RIGHT) - 5


def test_the_divergences_of_the_page_are_the_one_worked_out_by_hand() -> None:
    right = pytest.approx(float((P * (np.log(P) - ARRAYS["l"])).sum() / N), rel=1e-4)
    calls = re.search(r"KL divergence: `(.+?)`, `(.+?)`, `(.+?)`\.", PAGE)
    assert calls is not None
    assert value_of("", "PyTorch", calls[1], "") == right
    assert value_of("", "Keras", calls[2], "") == right
    assert value_of("", "optax", f"{calls[3]}.mean()", "") == right


def test_smoothing_is_the_same_in_the_libraries_that_have_it() -> None:
    hot = np.eye(K, dtype=np.float32)[Y]
    one = six_libraries.of_torch(Z, Y, label_smoothing=0.1)
    two = six_libraries.of_keras(
        six_libraries.DENSE, hot, Z, from_logits=True, label_smoothing=0.1
    )
    labels = optax.smooth_labels(jnp.asarray(hot), 0.1)
    three = float(optax.softmax_cross_entropy(jnp.asarray(Z), labels).mean())
    assert one == pytest.approx(two, rel=1e-5) == pytest.approx(three, rel=1e-5)


def test_the_boosters_scale_of_the_positives_is_a_weight_of_rows() -> None:
    # Few values, so that weights move no candidate for a split.
    x = RNG.integers(8, size=(400, 3)).astype(float)
    t = (x[:, 0] + RNG.normal(size=400) > 5).astype(float)
    rows = 1 + 4 * t
    data, weighted = xgboost.DMatrix(x, label=t), xgboost.DMatrix(x, t, weight=rows)
    settings = {"objective": "binary:logistic", "base_score": 0.5}
    scaled = xgboost.train(settings | {"scale_pos_weight": 5}, data, 3)
    right = xgboost.train(settings, weighted, 3)
    np.testing.assert_allclose(scaled.predict(data), right.predict(data), rtol=1e-5)
    settings = {"objective": "binary", "boost_from_average": False, "verbose": -1}
    scaled = lightgbm.train(
        settings | {"scale_pos_weight": 5}, lightgbm.Dataset(x, label=t), 3
    )
    right = lightgbm.train(settings, lightgbm.Dataset(x, label=t, weight=rows), 3)
    np.testing.assert_allclose(scaled.predict(x), right.predict(x), rtol=1e-5)


def test_the_versions_named_are_those_that_ran() -> None:
    packages = {
        "PyTorch": "torch",
        "Keras": "keras",
        "optax": "optax",
        "scikit-learn": "scikit-learn",
        "xgboost-cpu": "xgboost-cpu",
        "LightGBM": "lightgbm",
    }
    named = dict(re.findall(r"([\w-]+) (\d+\.\d+\.\d+)", PAGE))
    assert set(named) == set(packages)
    for name, number in named.items():
        assert version(packages[name]).split("+")[0] == number, name


def test_xgboost_trains_a_table_of_labels_as_a_model_for_each_and_lightgbm_refuses() -> (
    None
):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(200, 3))
    table = (x[:, :2] + 0.3 * rng.normal(size=(200, 2)) > 0).astype(float)
    data = xgboost.DMatrix(x)
    settings = {"objective": "binary:logistic"}

    def forecast(labels: Any) -> Any:
        return xgboost.train(settings, xgboost.DMatrix(x, labels), 5).predict(data)

    separate = np.stack([forecast(column) for column in table.T], axis=1)
    np.testing.assert_allclose(forecast(table), separate, rtol=1e-6)
    with pytest.raises(TypeError, match="label"):
        lightgbm.train({"objective": "binary"}, lightgbm.Dataset(x, label=table), 1)


def test_the_scale_of_weights_counts_against_the_penalties_of_xgboost() -> None:
    x = np.random.default_rng(3).normal(size=(200, 3))
    labels = (x[:, 0] > 0.5).astype(int) + (x[:, 1] > 0)
    settings = {"objective": "multi:softprob", "num_class": 3}

    def apart(**more: float) -> float:
        one, ten = (
            xgboost.train(
                settings | more,
                xgboost.DMatrix(x, labels, weight=scale * (1 + labels)),
                5,
            ).predict(xgboost.DMatrix(x))
            for scale in (1, 10)
        )
        return float(np.abs(one - ten).max())

    free = {"lambda": 0, "min_child_weight": 0}
    assert apart() > 0.01
    assert apart(**free) < 1e-3


def test_a_mark_below_the_classes_is_nan_in_optax_and_an_error_in_scikit_learn() -> (
    None
):
    marked = np.where(KEEP == 1, Y, -100)
    losses = optax.softmax_cross_entropy_with_integer_labels(
        jnp.asarray(Z), jnp.asarray(marked)
    )
    assert np.isnan(float((losses * KEEP).sum()))
    with pytest.raises(ValueError, match="not belonging"):
        log_loss(ARRAYS["v"], ARRAYS["q"], sample_weight=KEEP, labels=range(4))
