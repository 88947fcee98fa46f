"""Chapter 9's tables of one loss in six libraries: each row is run on the same four forecasts."""

from __future__ import annotations

import importlib
import json
import os
import re
import tempfile
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss
from torch.nn import functional

from bookkit.reading.contents import ROOT

# Read when Keras is imported; it writes its settings into its home folder.
os.environ["KERAS_BACKEND"] = "torch"
os.environ["KERAS_HOME"] = tempfile.mkdtemp(prefix="keras")
os.environ.setdefault("JAX_PLATFORMS", "cpu")


def peer(name: str) -> Any:
    """Import one of the libraries; where they are not installed, CI fails and others skip."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of their own imports
        if "CI" in os.environ:
            return importlib.import_module(name)
        return pytest.importorskip(name)


keras = peer("keras")
optax = peer("optax")
jnp = peer("jax.numpy")
xgboost = peer("xgboost")
lightgbm = peer("lightgbm")

CHAPTER = "\n".join(
    "".join(cell["source"])
    for cell in json.loads((ROOT / "notebooks/09_pytorch.ipynb").read_text("utf-8"))[
        "cells"
    ]
)
Q = np.array([[0.7, 0.2, 0.1], [0.3, 0.1, 0.6], [0.25, 0.5, 0.25], [0.6, 0.3, 0.1]])
# Any number may be added to a row of scores.
Z = (np.log(Q) + [[1.0], [0.0], [-2.0], [0.5]]).astype(np.float32)
Y = np.array([0, 2, 1, 2])
ONE_HOT = np.eye(3, dtype=np.float32)[Y]
CLASS_WEIGHTS = np.array([1.0, 2.0, 4.0], np.float32)
W = CLASS_WEIGHTS[Y]
LOSSES = -np.log(Q[np.arange(4), Y])
KEPT = np.array([True, False, True, True])
LOST = np.float32([[1.0, 0.0]]), np.array([1])  # the truth has probability 0


def table(column: str) -> dict[str, list[str]]:
    """The rows of the chapter's table that has this column, by their first two cells."""
    found = re.search(
        rf"^\| library \|(?:[^\n]*\|)? {re.escape(column)} [^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)",
        CHAPTER + "\n",
        re.MULTILINE,
    )
    assert found is not None
    rows = [line.strip("|").split("|") for line in found[1].splitlines()]
    return {
        f"{row[0].strip()}: {row[1].strip()}": [cell.strip() for cell in row[2:]]
        for row in rows
    }


def shown(value: float, text: str) -> bool:
    """Whether a number that the text begins with is the value, as far as it is printed."""
    number = re.match(r"-?\d+\.\d+", text)
    assert number is not None, text
    digits = len(number[0].partition(".")[2])
    return abs(float(number[0]) - value) <= 0.500001 * 10**-digits


def xgboost_loss(
    z: Any, y: Any, objective: str = "multi:softprob", **more: Any
) -> float:
    data = xgboost.DMatrix(np.zeros((len(y), 1)), label=y, base_margin=z, **more)
    settings: dict[str, Any] = {"objective": objective}
    if objective.startswith("multi"):
        settings["num_class"] = np.shape(z)[1]
    booster = xgboost.train(settings, data, num_boost_round=0)
    return float(booster.eval(data).rpartition(":")[2])


def lightgbm_loss(
    z: Any, y: Any, objective: str = "multiclass", weight: Any = None
) -> float:
    data = lightgbm.Dataset(
        np.arange(len(y), dtype=float)[:, None],
        label=np.asarray(y, float),
        init_score=np.asarray(z, float),
        weight=weight,
        free_raw_data=False,
    )
    settings: dict[str, Any] = {
        "objective": objective,
        "boost_from_average": False,
        "learning_rate": 1e-12,  # a tree has to be added, and adds nothing
        "min_data_in_leaf": 1,
        "verbose": -1,
    }
    if objective == "multiclass":
        settings["num_class"] = np.shape(z)[1]
    record: dict[str, Any] = {}
    lightgbm.train(
        settings,
        data,
        num_boost_round=1,
        valid_sets=[data],
        valid_names=["same"],
        callbacks=[lightgbm.record_evaluation(record)],
    )
    (values,) = record["same"].values()
    return float(values[0])


def of_torch(z: Any, y: Any, **more: Any) -> float:
    return float(functional.cross_entropy(torch.tensor(z), torch.tensor(y), **more))


def of_keras(name: str, y: Any, z: Any, weight: Any = None, **settings: Any) -> float:
    loss = getattr(keras.losses, name)(**settings)
    return float(loss(y, z, sample_weight=weight))


def of_optax(z: Any, y: Any) -> Any:
    loss = optax.softmax_cross_entropy_with_integer_labels
    return np.asarray(loss(jnp.asarray(z), jnp.asarray(y)))


SPARSE, DENSE = "SparseCategoricalCrossentropy", "CategoricalCrossentropy"


# ------------------------------------------------------------ what goes in

GOES_IN: dict[str, Callable[[], list[float]]] = {
    "PyTorch: `F.cross_entropy(logits, target)`": lambda: [
        of_torch(Z, Y),
        of_torch(Z, ONE_HOT),
    ],
    f"Keras: `{SPARSE}(from_logits=True)(y, z)`": lambda: [
        of_keras(SPARSE, Y, Z, from_logits=True),
        of_keras(SPARSE, Y[:, None], Z, from_logits=True),
    ],
    f"Keras: `{DENSE}()(y, q)`": lambda: [
        of_keras(DENSE, ONE_HOT, Q),
        of_keras(DENSE, ONE_HOT, 3 * Q),
    ],
    "optax: `softmax_cross_entropy_with_integer_labels(z, y)`": lambda: [
        float(of_optax(Z, Y).mean())
    ],
    "optax: `softmax_cross_entropy(z, y)`": lambda: [
        float(optax.softmax_cross_entropy(jnp.asarray(Z), jnp.asarray(ONE_HOT)).mean())
    ],
    "scikit-learn: `log_loss(y, q)`": lambda: [
        log_loss(Y, Q),
        log_loss(np.array(["a", "b", "c"])[Y], Q),
        log_loss(np.array(["z", "y", "x"])[Y], Q[:, ::-1]),
    ],
    'XGBoost: `objective="multi:softprob"`, `mlogloss`': lambda: [xgboost_loss(Z, Y)],
    'LightGBM: `objective="multiclass"`, `multi_logloss`': lambda: [
        lightgbm_loss(Z, Y)
    ],
}


@pytest.mark.parametrize("row", table("prediction"))
def test_each_call_gives_the_same_mean(row: str) -> None:
    for value in GOES_IN[row]():
        assert value == pytest.approx(LOSSES.mean(), rel=1e-6)
    assert shown(LOSSES.mean(), re.search(r"all six give (\S+)<", CHAPTER)[1])  # type: ignore[index]


# ------------------------------------------------------------ what comes out

COMES_OUT: dict[str, tuple[Callable[[], float], Callable[[], float]]] = {
    # the loss with the weights; with all weights doubled
    "PyTorch, indices: mean; `reduction=`": (
        lambda: of_torch(Z, Y, weight=torch.tensor(CLASS_WEIGHTS)),
        lambda: of_torch(Z, Y, weight=torch.tensor(2 * CLASS_WEIGHTS)),
    ),
    "PyTorch, probabilities: mean; `reduction=`": (
        lambda: of_torch(Z, ONE_HOT, weight=torch.tensor(CLASS_WEIGHTS)),
        lambda: of_torch(Z, ONE_HOT, weight=torch.tensor(2 * CLASS_WEIGHTS)),
    ),
    "Keras: mean; `reduction=`": (
        lambda: of_keras(SPARSE, Y, Z, W, from_logits=True),
        lambda: of_keras(SPARSE, Y, Z, 2 * W, from_logits=True),
    ),
    'Keras, `"mean_with_sample_weight"`: mean': (
        lambda: of_keras(
            SPARSE, Y, Z, W, from_logits=True, reduction="mean_with_sample_weight"
        ),
        lambda: of_keras(
            SPARSE, Y, Z, 2 * W, from_logits=True, reduction="mean_with_sample_weight"
        ),
    ),
    "scikit-learn: mean; sum with `normalize=False`": (
        lambda: log_loss(Y, Q, sample_weight=W),
        lambda: log_loss(Y, Q, sample_weight=2 * W),
    ),
    "XGBoost: mean": (
        lambda: xgboost_loss(Z, Y, weight=W),
        lambda: xgboost_loss(Z, Y, weight=2 * W),
    ),
    "LightGBM: mean": (
        lambda: lightgbm_loss(Z, Y, weight=W),
        lambda: lightgbm_loss(Z, Y, weight=2 * W),
    ),
}


@pytest.mark.parametrize("row", table("weights"))
def test_each_mean_divides_by_what_the_table_says(row: str) -> None:
    _, text = table("weights")[row]
    if row == "optax: one loss for each example":
        np.testing.assert_allclose(of_optax(Z, Y), LOSSES, rtol=1e-6)
        return
    once, doubled = (value() for value in COMES_OUT[row])
    assert shown(once, text)
    by_sum = text.endswith("divided by their sum")
    assert by_sum or text.endswith("divided by 4")
    right = (W * LOSSES).sum() / (W.sum() if by_sum else 4)
    assert once == pytest.approx(right, rel=1e-5)
    assert doubled == pytest.approx(right * (1 if by_sum else 2), rel=1e-5)


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_the_other_reductions_are_what_the_table_calls_them() -> None:
    total = pytest.approx(LOSSES.sum(), rel=1e-6)
    assert of_torch(Z, Y, reduction="sum") == total
    assert of_keras(SPARSE, Y, Z, from_logits=True, reduction="sum") == total
    assert log_loss(Y, Q, normalize=False) == total
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Identity()])
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = model.fit(Z, Y, class_weight={0: 1.0, 1: 2.0, 2: 4.0}, verbose=0)
    assert history.history["loss"][0] == pytest.approx((W * LOSSES).mean(), rel=1e-5)


# ------------------------------------------------------------ extras and edges


def smoothing(library: str) -> float:
    match library:
        case "PyTorch":
            return of_torch(Z, Y, label_smoothing=0.1)
        case "Keras":
            return of_keras(DENSE, ONE_HOT, Z, from_logits=True, label_smoothing=0.1)
        case _:
            labels = optax.smooth_labels(jnp.asarray(ONE_HOT), 0.1)
            losses = optax.softmax_cross_entropy(jnp.asarray(Z), labels)
            return float(losses.mean())


def leaving_out(library: str) -> list[float]:
    marked = np.where(KEPT, Y, -1)
    match library:
        case "PyTorch":
            return [of_torch(Z, marked, ignore_index=-1)]
        case "Keras":
            return [
                of_keras(SPARSE, marked, Z, from_logits=True, ignore_class=-1),
                of_keras(SPARSE, Y, Z, KEPT.astype("float32"), from_logits=True),
            ]
        case "optax":
            return [float((of_optax(Z, Y) * KEPT).sum() / KEPT.sum())]
        case "scikit-learn":
            return [log_loss(Y, Q, sample_weight=KEPT.astype(float))]
        case "XGBoost":
            return [xgboost_loss(Z, Y, weight=KEPT.astype(float))]
        case _:
            return [lightgbm_loss(Z, Y, weight=KEPT.astype(float))]


def lost_truth(library: str) -> float:
    q, y = LOST
    far = np.float32([[0.0, -1e4]])
    match library:
        case "PyTorch":
            return of_torch(np.float32([[0, -np.inf]]), y)
        case "Keras":
            return of_keras(SPARSE, y, q)
        case "optax":
            return float(of_optax(np.float32([[0, -np.inf]]), y)[0])
        case "scikit-learn":
            return log_loss(y, q.astype(float), labels=[0, 1])
        case "XGBoost":
            return xgboost_loss(far, y)
        case _:
            return lightgbm_loss(np.repeat(far, 2, 0), [1, 1])


def label_three(library: str) -> Any:
    wrong = np.array([0, 3, 1, 2])
    match library:
        case "PyTorch":
            return of_torch(Z, wrong)
        case "Keras":
            return of_keras(SPARSE, wrong, Z, from_logits=True)
        case "optax":
            return of_optax(Z, wrong)[1]
        case "scikit-learn":
            return log_loss(wrong, Q, labels=[0, 1, 2])
        case "XGBoost":
            data = xgboost.DMatrix(np.zeros((4, 1)), label=wrong, base_margin=Z)
            settings = {"objective": "multi:softprob", "num_class": 3}
            return xgboost.train(settings, data, num_boost_round=1)
        case _:
            return lightgbm_loss(Z, wrong)


ERRORS = {
    "PyTorch": IndexError,
    "Keras": IndexError,
    "scikit-learn": ValueError,
    "XGBoost": xgboost.core.XGBoostError,
    "LightGBM": lightgbm.basic.LightGBMError,
}
CLIPS_AT = {
    "Keras": 1e-7,
    "scikit-learn": float(np.finfo(float).eps),
    "XGBoost": 1e-16,
    "LightGBM": 1e-15,
}
EDGES = {
    row.partition(": ")[0]: [row.partition(": ")[2], *cells]
    for row, cells in table("smoothing by 0.1").items()
}


@pytest.mark.filterwarnings("ignore:The y_prob values do not sum to one")
@pytest.mark.parametrize("library", EDGES)
def test_smoothing_masks_clipping_and_wrong_labels_are_as_the_table_says(
    library: str,
) -> None:
    smooth, masked, lost, three = EDGES[library]
    if smooth != "no":
        assert shown(smoothing(library), smooth.rpartition(": ")[2])
    for value, text in zip(leaving_out(library), masked.split("; "), strict=True):
        assert shown(value, text.rpartition(": ")[2])
    value = lost_truth(library)
    if lost == "inf":
        assert value == np.inf
    else:
        assert shown(value, lost)
        assert value == pytest.approx(-np.log(CLIPS_AT[library]), rel=1e-6)
        assert float(lost.rpartition("from ")[2]) == pytest.approx(
            CLIPS_AT[library], rel=0.02
        )
    if three == "NaN":
        assert np.isnan(label_three(library))
    else:
        assert three.startswith("error")
        with pytest.raises(ERRORS[library]):
            label_three(library)


def test_the_tables_have_a_row_for_each_library() -> None:
    rows = [row.partition(":")[0].partition(",")[0] for row in table("weights")]
    assert set(rows) == set(EDGES) and len(EDGES) == 6


# ------------------------------------------------------------ the sentences below them


def test_the_chapter_names_the_versions_that_are_pinned() -> None:
    packages = {
        "PyTorch": "torch",
        "Keras": "keras",
        "JAX": "jax",
        "optax": "optax",
        "scikit-learn": "scikit-learn",
        "xgboost-cpu": "xgboost-cpu",
        "LightGBM": "lightgbm",
    }
    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if "==" in line and ";" not in line
    )
    for name, package in packages.items():
        named = re.search(rf"\b{name} (\d+\.\d+\.\d+)", CHAPTER)
        assert named is not None and named[1] == pins[package], name
        assert version(package).split("+")[0] == pins[package], name


def test_the_binary_losses_are_one_number() -> None:
    z, y = np.float32([2.0, -1.0, 0.5]), np.float32([1, 0, 1])
    right = float(
        functional.binary_cross_entropy_with_logits(torch.tensor(z), torch.tensor(y))
    )
    others = [
        of_keras("BinaryCrossentropy", y, z, from_logits=True),
        float(
            optax.sigmoid_binary_cross_entropy(jnp.asarray(z), jnp.asarray(y)).mean()
        ),
        xgboost_loss(z, y, "binary:logistic"),
        lightgbm_loss(z, y, "binary"),
    ]
    assert others == pytest.approx([right] * 4, rel=1e-6)


def test_who_clips_and_who_does_not() -> None:
    zero, one = torch.tensor([0.0]), torch.tensor([1.0])
    assert functional.binary_cross_entropy(zero, one) == 100
    hopeless = np.float32([[0, -np.inf]]), np.array([1])
    assert of_keras(SPARSE, hopeless[1], hopeless[0], from_logits=True) == np.inf
    single = log_loss([1], np.float32([[1, 0]]), labels=[0, 1])
    assert single == pytest.approx(-np.log(np.finfo(np.float32).eps), rel=1e-6)


def test_keras_writes_one_loss_in_two_ways() -> None:
    sparse = of_keras(SPARSE, Y, Z, from_logits=True)
    assert of_keras(DENSE, ONE_HOT, Z, from_logits=True) == pytest.approx(sparse)


def test_keras_on_torch_says_nothing_to_a_softmax_taken_for_logits() -> None:
    softmax = keras.Sequential([keras.layers.Input((3,)), keras.layers.Softmax()])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        twice = of_keras(SPARSE, Y, softmax(Z), from_logits=True)
        # The other way round: scores taken for probabilities.
        scores = of_keras(SPARSE, Y, Z)
    assert twice == pytest.approx(of_torch(Q.astype(np.float32), Y), rel=1e-6)
    assert abs(scores - LOSSES.mean()) > 0.1


def test_keras_on_tensorflow_goes_back_to_the_logits_and_warns() -> None:
    # Its source, which comes with every backend; TensorFlow itself is not installed.
    source = Path(keras.__file__).parent / "src" / "backend" / "tensorflow" / "nn.py"
    text = source.read_text("utf-8")
    (body,) = re.findall(r"^def _get_logits\(.*?(?=^def |\Z)", text, re.M | re.S)
    assert "warnings.warn" in body and "output_ = output.op.inputs[0]" in body
    assert text.count("= _get_logits(") == 3


def test_keras_averages_binary_losses_and_counts_each_output() -> None:
    y, z = np.float32([[1, 0, 1]]), np.float32([[2, -1, 0.5]])
    total = functional.binary_cross_entropy_with_logits(
        torch.tensor(z), torch.tensor(y), reduction="sum"
    )
    mean = of_keras("BinaryCrossentropy", y, z, from_logits=True)
    assert 3 * mean == pytest.approx(float(total), rel=1e-6)
    says_no = keras.Sequential([keras.layers.Input((10,)), keras.layers.Identity()])
    metrics = ["accuracy", "binary_accuracy"]
    says_no.compile(loss="binary_crossentropy", metrics=metrics)
    labels = np.eye(10, dtype=np.float32)
    result = says_no.evaluate(0 * labels, labels, verbose=0, return_dict=True)
    assert float(result["accuracy"]) == pytest.approx(0.1)
    assert float(result["binary_accuracy"]) == pytest.approx(0.9)


def test_optax_takes_minus_one_for_the_last_class_and_masks_in_two_ways() -> None:
    losses = of_optax(Z, np.array([0, 2, 1, -1]))
    assert losses[3] == of_optax(Z, Y)[3]
    without_third = optax.softmax_cross_entropy(
        jnp.asarray(Z),
        jnp.asarray(np.eye(3, dtype=np.float32)[[0, 1, 1, 0]]),
        where=jnp.asarray([[True, True, False]] * 4),
    )
    two = of_optax(Z[:, :2], np.array([0, 1, 1, 0]))
    np.testing.assert_allclose(np.asarray(without_third), two, rtol=1e-6)
    masked = optax.softmax_cross_entropy_with_integer_labels(
        jnp.asarray(Z), jnp.asarray(Y), where=jnp.asarray(KEPT)
    )
    np.testing.assert_allclose(np.asarray(masked), LOSSES * KEPT, rtol=1e-6)


def test_scikit_learn_sorts_the_labels_whatever_their_order() -> None:
    with pytest.warns(UserWarning, match="order"):
        value = log_loss(["dog"], [[0.9, 0.1]], labels=["dog", "cat"])
    assert value == pytest.approx(-np.log(0.1))


def test_scikit_learn_takes_the_third_label_for_the_third_column() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        taken = log_loss([0, 3, 1, 0], Q)
    assert taken == log_loss([0, 2, 1, 0], Q)
    with pytest.raises(ValueError, match="not belonging"):
        log_loss([0, 3, 1, 0], Q, labels=[0, 1, 2])


def test_a_custom_objective_gets_scores_and_returns_the_gradient_in_them() -> None:
    seen: list[Any] = []

    def objective(z: Any, data: Any) -> tuple[Any, Any]:
        seen.append(np.array(z))
        q = 1 / (1 + np.exp(-z))
        return q - data.get_label(), q * (1 - q)

    start, y = np.float32([0.5, -1.0, 2.0, 0.0]), np.float32([1, 0, 1, 0])
    features = np.arange(4.0)[:, None]
    predictions = []
    for settings, custom in (({}, objective), ({"objective": "binary:logistic"}, None)):
        data = xgboost.DMatrix(features, label=y, base_margin=start)
        booster = xgboost.train(settings, data, num_boost_round=3, obj=custom)
        predictions.append(booster.predict(data, output_margin=True))
    np.testing.assert_allclose(seen[0], start)
    np.testing.assert_allclose(predictions[0], predictions[1], rtol=1e-5)


def test_a_custom_objective_starts_from_another_score() -> None:
    def objective(z: Any, data: Any) -> tuple[Any, Any]:
        q = 1 / (1 + np.exp(-z))
        return q - data.get_label(), q * (1 - q)

    data = xgboost.DMatrix(np.zeros((8, 1)), label=[0] * 6 + [1] * 2)
    scores = [
        xgboost.train(settings, data, num_boost_round=1, obj=custom).predict(
            data, output_margin=True
        )[0]
        for settings, custom in (
            ({}, objective),
            ({"objective": "binary:logistic"}, None),
        )
    ]
    assert scores[1] == pytest.approx(np.log(2 / 6), rel=1e-5)
    assert abs(scores[0] - scores[1]) > 0.5


def test_lightgbm_cuts_labels_down_and_has_an_objective_for_shares() -> None:
    assert lightgbm_loss(Z, [0, 0.5, 1, 2]) == lightgbm_loss(Z, [0, 0, 1, 2])
    scores = np.array([2.0, 2.0, -1.0, 1.0])
    yes = lightgbm_loss(scores, [1, 1, 0, 0], "binary")
    assert lightgbm_loss(scores, [0.5, 0.01, 0, 0], "binary") == yes
    z, share = np.array([0.0, 1.0]), np.array([0.3, 0.9])
    right = functional.binary_cross_entropy_with_logits(
        torch.tensor(z), torch.tensor(share)
    )
    assert lightgbm_loss(z, share, "cross_entropy") == pytest.approx(
        float(right), rel=1e-6
    )
