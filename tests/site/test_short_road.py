"""The short road and the cheat sheet: every line of code on them runs and prints what they show.

The pages' numbers in sentences and tables are held by their own checks, as on every page;
here are the samples, the calls in the libraries' own words, and what the tables say of them.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import test_six_libraries as six_libraries  # imports the other libraries, or skips without them
import torch
from playwright.sync_api import Browser
from pypdf import PdfReader
from sklearn.dummy import DummyClassifier
from sklearn.metrics import get_scorer, log_loss
from torch.nn import functional

import xent_lib
from bookkit.commands.reading_time import Reading, reading
from bookkit.reading.prose import audit, checks
from bookkit.take_away import pdf
from bookkit.take_away.pdf import sections
from xent_lib import (
    cross_entropy,
    kl_divergence,
    sigmoid,
    sigmoid_binary_cross_entropy,
    smooth_labels,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_with_integer_labels,
)

ROOT = Path(__file__).resolve().parents[2]
ROAD = (ROOT / "book" / "short_road.md").read_text("utf-8")
SHEET = (ROOT / "book" / "cheat_sheet.md").read_text("utf-8")
MOST_MINUTES = 10
MOST_SHEETS = 2
LOSS = -math.log(0.7)

_FENCE = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<shown>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
WITHOUT_DRAWING = re.compile(r"<svg.*</svg>", re.DOTALL)
SAMPLES = [(match["code"], match["shown"]) for match in _FENCE.finditer(ROAD)]

keras, optax, jnp = six_libraries.keras, six_libraries.optax, six_libraries.jnp


def section(page: str, title: str) -> str:
    """The text of a page from a heading up to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(title)}\n", page, re.MULTILINE)
    assert found is not None, title
    rest = page[found.end() :]
    following = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: following.start()] if following else rest


def rows(page: str, first_cell: str) -> list[list[str]]:
    """The rows of the table whose heading begins with this cell."""
    found = re.search(
        rf"^\| {re.escape(first_cell)} \|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)",
        page,
        re.MULTILINE,
    )
    assert found is not None, first_cell
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in re.sub(r"<!--.*?-->", "", found[1]).splitlines()
    ]


def printed(code: str, names: dict[str, Any]) -> str:
    """What the code prints, with the last line of the error that ends it."""
    buffer = io.StringIO()
    with contextlib.redirect_stdout(buffer):
        try:
            exec(code, names)
        except RuntimeError as error:
            print(f"{type(error).__name__}: {error}", file=buffer)
    return buffer.getvalue()


# ------------------------------------------------------------ the short road


def test_the_samples_of_the_short_road_print_what_it_shows() -> None:
    names: dict[str, Any] = {}
    assert len(SAMPLES) == 13
    for code, shown in SAMPLES:
        assert printed(code, names) == (shown or ""), code


def library_sample(library: str) -> str:
    """The only sample of a library's section."""
    (found,) = _FENCE.finditer(section(ROAD, library))
    return found["code"]


@pytest.mark.parametrize(
    ("library", "backend"),
    [
        ("PyTorch", "torch"),
        ("Keras 3", "torch"),
        ("Keras 3", "jax"),
        ("JAX with optax", "jax"),
        ("scikit-learn", "torch"),
    ],
)
def test_each_library_gives_the_loss_from_its_own_lines_alone(
    library: str, backend: str, tmp_path: Path
) -> None:
    settings = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "KERAS_HOME": str(tmp_path),
        "JAX_PLATFORMS": "cpu",
    }
    result = subprocess.run(
        [sys.executable, "-c", library_sample(library)],
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    (number,) = re.findall(r"\d+\.\d+", result.stdout)
    assert number == f"{LOSS:.4f}"


def of_the_road() -> Reading:
    """What there is to read up to the questions at the end, by the rule of the chapters."""
    text = ROAD.partition("\n## Try it\n")[0]
    code = [match["code"] for match in _FENCE.finditer(text)]
    words = WITHOUT_DRAWING.sub("", _FENCE.sub("", text))
    return reading(
        {
            "cells": [
                {"cell_type": "markdown", "metadata": {}, "source": words},
                *(
                    {"cell_type": "code", "metadata": {}, "source": lines}
                    for lines in code
                ),
                {
                    "cell_type": "code",
                    "metadata": {},
                    "source": "",
                    "outputs": [{"data": {"image/svg+xml": ""}}]
                    * ROAD.count("<figure"),
                },
            ]
        }
    )


def test_the_short_road_takes_ten_minutes_by_the_rule_of_the_chapters() -> None:
    found = of_the_road()
    assert found.figures == 1 and found.formulas == 3 and found.lines_of_code > 30
    assert "This page takes ten minutes" in ROAD
    assert MOST_MINUTES - 1 < found.minutes <= MOST_MINUTES


# Numbers that a reader is given to start from; every other one has its expression.
GIVEN = {
    "road": "0.3 0.6 0.8 1000 2.9 41",
    "sheet": "0.8 0.7^2 20 100 1,000 50,257 0.99 0.95 0.9 0.5 0.01 0.001",
}


@pytest.mark.parametrize("name", GIVEN)
def test_each_number_of_the_two_pages_is_given_or_computed(name: str) -> None:
    page = WITHOUT_DRAWING.sub("", {"road": ROAD, "sheet": SHEET}[name])
    names = {name: getattr(xent_lib, name) for name in xent_lib.__all__}
    names |= {"np": np, "math": math}
    values = [
        np.ravel(np.asarray(eval(check.expression, names), float)).tolist()
        for check in checks(page)
    ]
    result = audit(page, values)
    assert result.failures == []
    bare = {line.partition(" | ")[0] for line in result.bare}
    assert bare == set(GIVEN[name].split())
    assert len(values) > 20


def test_the_figure_and_the_last_line_say_what_is_so() -> None:
    pushes = re.findall(r'class="push"[^>]*>([^<]+)<', ROAD)
    values = [float(push.replace("−", "-")) for push in pushes]
    np.testing.assert_allclose(values, np.array([0.7, 0.2, 0.1]) - [1, 0, 0])
    gallery = (ROOT / "book" / "pytorch_mistakes.md").read_text("utf-8")
    assert (
        f"[{len(re.findall('^### ', gallery, re.M))} mistakes](pytorch_mistakes" in ROAD
    )


def test_the_stable_line_is_right_where_softmax_and_logarithm_are_not() -> None:
    (line,) = re.findall(r"^loss = (z\.max.*)$", ROAD, re.MULTILINE)
    z, y = np.array([1000.0, 0.0, 0.0]), 1
    assert eval(line, {"np": np, "z": z, "y": y}) == 1000
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        assert -np.log(softmax(z)[y]) == np.inf
    rng = np.random.default_rng(0)
    for z in rng.normal(scale=30, size=(100, 5)):
        value = eval(line, {"np": np, "z": z, "y": 2})
        right = softmax_cross_entropy_with_integer_labels(z, 2)
        assert value == pytest.approx(right, rel=1e-12)
        assert eval(line, {"np": np, "z": z + 64, "y": 2}) == pytest.approx(value)


def test_the_gradient_is_the_slope() -> None:
    z, h = np.log([7.0, 2.0, 1.0]), 1e-6
    slopes = [
        softmax_cross_entropy_with_integer_labels(z + h * e, 0)
        - softmax_cross_entropy_with_integer_labels(z - h * e, 0)
        for e in np.eye(3)
    ]
    np.testing.assert_allclose(np.array(slopes) / (2 * h), [-0.3, 0.2, 0.1], rtol=1e-8)


def test_the_labels_and_errors_that_the_libraries_sections_name() -> None:
    z, y = torch.log(torch.tensor([[7.0, 2.0, 1.0]])), torch.tensor([0])
    assert torch.nn.CrossEntropyLoss()(z, y) == functional.cross_entropy(z, y)
    with pytest.raises(RuntimeError, match="multi-target not supported"):
        functional.cross_entropy(z, y[:, None])
    assert functional.cross_entropy(
        z, y[:, None].squeeze(1)
    ) == functional.cross_entropy(z, y)
    right = pytest.approx(LOSS, rel=1e-6)
    q, label = np.array([[0.7, 0.2, 0.1]]), np.array([[1.0, 0.0, 0.0]])
    dense, sparse = six_libraries.DENSE, six_libraries.SPARSE
    assert six_libraries.of_keras(dense, label, np.log(q), from_logits=True) == right
    assert six_libraries.of_keras(dense, label, q) == right
    assert six_libraries.of_keras(sparse, np.array([0]), q) == right
    shared = six_libraries.of_keras(dense, np.array([[0.8, 0.2, 0.0]]), q)
    assert shared == pytest.approx(cross_entropy([0.8, 0.2, 0], [0.7, 0.2, 0.1]))
    columns = [[0.7, 0.2, 0.1]]
    assert log_loss(["a"], columns, labels=["a", "b", "c"]) == right
    with pytest.warns(UserWarning, match="ordered lexicographically"):
        assert log_loss(["a"], columns, labels=["c", "b", "a"]) == right


def test_the_symptoms_of_the_six_mistakes_are_as_told() -> None:
    sure = torch.eye(3) * 50
    target = torch.arange(3)
    twice = functional.cross_entropy(sure.softmax(dim=1), target).item()
    assert twice == pytest.approx(math.log(1 + 2 / math.e))
    rng = torch.Generator().manual_seed(0)
    z = 9 * torch.randn(500, 3, generator=rng)
    y = torch.randint(3, (500,), generator=rng)
    each = functional.cross_entropy(z.softmax(dim=1), y, reduction="none")
    assert each.min() > math.log(1 + 2 / math.e) - 1e-6
    clipped = keras.losses.SparseCategoricalCrossentropy(reduction=None)
    losses = np.asarray(clipped(y.numpy(), z.numpy()))
    assert np.isclose(losses, -math.log(1e-7), rtol=1e-5).any()
    negative = functional.nll_loss(z.softmax(dim=1), y, reduction="none")
    assert negative.min() >= -1 and negative.max() <= 0
    far = torch.tensor([[200.0, 0.0, 0.0]], requires_grad=True)
    (-torch.log(far.softmax(dim=1))[0, 1]).backward()
    assert far.grad is not None and far.grad.isnan().any()
    far.grad = None
    hidden = -torch.log(far.softmax(dim=1) + 1e-9)[0, 1]
    hidden.backward()
    assert hidden.item() == pytest.approx(-math.log(1e-9), rel=1e-6)
    assert far.grad.abs().max() == 0
    # As many words as classes, each of them right and sure: nothing is said, and it is wrong.
    words = torch.zeros(1, 3, 3)
    words[:, :, 0] = 50
    tags = torch.zeros(1, 3, dtype=torch.int64)
    assert (
        functional.cross_entropy(words, tags)
        > 1
        > functional.cross_entropy(words.mT, tags)
    )
    words, tags = torch.randn(2, 4, 3), torch.zeros(2, 4, dtype=torch.int64)
    flat = functional.cross_entropy(words.reshape(8, 3), tags.reshape(8))
    torch.testing.assert_close(
        functional.cross_entropy(words.transpose(1, 2), tags), flat
    )
    last = optax.softmax_cross_entropy_with_integer_labels(words.numpy(), tags.numpy())
    assert float(last.mean()) == pytest.approx(flat.item(), rel=1e-5)
    of_keras = six_libraries.of_keras(
        six_libraries.SPARSE, tags.numpy(), words.numpy(), from_logits=True
    )
    assert of_keras == pytest.approx(flat.item(), rel=1e-5)


def test_the_three_broken_lines_show_what_the_answer_says() -> None:
    code = next(code for code, _ in SAMPLES if "three = " in code)
    for seed in range(20):
        torch.manual_seed(seed)
        names: dict[str, Any] = {"torch": torch, "F": functional}
        exec(code, names)
        assert names["one"] == 0
        assert names["two"] < 0
        assert names["three"] >= math.log(1 + 4 / math.e)


def test_the_floor_of_wrong_answers_is_reached_and_not_passed() -> None:
    # One in ten answers is the other one: the mean loss of every forecast of a yes.
    q = np.linspace(0.01, 0.99, 99)
    truth = np.broadcast_to([0.9, 0.1], (99, 2))
    mean = cross_entropy(truth, np.stack([q, 1 - q], axis=-1))
    assert q[np.argmin(mean)] == pytest.approx(0.9)


# ------------------------------------------------------------ the cheat sheet

RNG = np.random.default_rng(1)
Z = RNG.normal(size=(6, 4)).astype(np.float32)
Q = softmax(Z).astype(np.float32)
P = softmax(RNG.normal(size=(6, 4))).astype(np.float32)
Y = np.array([0, 3, 1, 2, 2, 0])
H = np.eye(4, dtype=np.float32)[Y]
S = RNG.normal(size=6).astype(np.float32)
R = sigmoid(S).astype(np.float32)
T = np.array([1, 0, 0, 1, 1, 0], np.float32)
ARRAYS = {"z": Z, "q": Q, "p": P, "y": Y, "h": H, "s": S, "r": R, "t": T}

MEANS: dict[str, float] = {
    "Logits and class indices": softmax_cross_entropy_with_integer_labels(Z, Y).mean(),
    "Logits and distributions": softmax_cross_entropy(Z, P).mean(),
    "Probabilities and class indices": -np.log(Q[np.arange(6), Y]).mean(),
    "Yes or no, from a score": sigmoid_binary_cross_entropy(S, T).mean(),
    "Yes or no, from a probability": -np.log(np.where(T == 1, R, 1 - R)).mean(),
    "Labels smoothed by 0.1": softmax_cross_entropy(Z, smooth_labels(H, 0.1)).mean(),
    "Divergence of two distributions": kl_divergence(P, Q).mean(),
}
CALLS = [
    (title, library, call)
    for title in MEANS
    for library, call in re.findall(
        r"^- ([\w-]+): `(.+)`$", section(SHEET, title), re.MULTILINE
    )
]


def value_of(library: str, call: str) -> Any:
    """What a call of the sheet gives, for arrays of the library's own kind."""
    match library:
        case "PyTorch":
            tensors = {name: torch.tensor(array) for name, array in ARRAYS.items()}
            return eval(call, vars(functional) | tensors)
        case "Keras":
            return eval(call, vars(keras.losses) | ARRAYS)
        case "optax":
            arrays = {name: jnp.asarray(array) for name, array in ARRAYS.items()}
            return eval(call, vars(optax) | {"jnp": jnp} | arrays)
        case _:
            return eval(call, {"log_loss": log_loss, "K": Q.shape[1]} | ARRAYS)


@pytest.mark.filterwarnings("ignore:The y_prob values do not sum to one")
@pytest.mark.parametrize(("title", "library", "call"), CALLS)
def test_each_call_of_the_sheet_gives_the_loss(
    title: str, library: str, call: str
) -> None:
    value = np.asarray(value_of(library, call))
    assert value.shape == ((6,) if library == "optax" else ())
    assert value.mean() == pytest.approx(MEANS[title], rel=2e-5)


def test_every_way_has_its_calls() -> None:
    listed = re.findall(r"^### (.+)$", section(SHEET, "Names across libraries"), re.M)
    assert listed == [*MEANS, "The same loss elsewhere", "Where the libraries differ"]
    assert len(CALLS) == 3 * len(MEANS)


def test_the_boosters_name_the_loss_as_the_sheet_does() -> None:
    text = section(SHEET, "The same loss elsewhere")
    names = dict(re.findall(r"^- (\w+): (`.*)$", text, re.MULTILINE))
    multi = pytest.approx(MEANS["Logits and class indices"], rel=1e-5)
    binary = pytest.approx(MEANS["Yes or no, from a score"], rel=1e-5)
    xgboost = re.findall(r"`([\w:]+)`", names["XGBoost"])
    lightgbm = re.findall(r"`([\w:]+)`", names["LightGBM"])
    assert six_libraries.xgboost_loss(Z, Y, xgboost[0]) == multi
    assert six_libraries.xgboost_loss(S, T, xgboost[2]) == binary
    assert six_libraries.lightgbm_loss(Z, Y, lightgbm[0]) == multi
    assert six_libraries.lightgbm_loss(S, T, lightgbm[2]) == binary
    assert xgboost[1::2] == ["mlogloss", "logloss"]
    assert lightgbm[1::2] == ["multi_logloss", "binary_logloss"]
    (scoring,) = re.findall(r'`scoring="(\w+)"`', text)
    model = DummyClassifier(strategy="prior").fit(Z, Y)
    right = -log_loss(Y, model.predict_proba(Z))
    assert get_scorer(scoring)(model, Z, Y) == pytest.approx(right)


def test_the_boosters_report_under_the_names_on_the_sheet() -> None:
    xgboost, lightgbm = six_libraries.xgboost, six_libraries.lightgbm
    for objective, label, margin, name in [
        ("multi:softprob", Y, Z, "mlogloss"),
        ("binary:logistic", T, S, "logloss"),
    ]:
        data = xgboost.DMatrix(np.zeros((6, 1)), label=label, base_margin=margin)
        settings: dict[str, Any] = {"objective": objective}
        if objective.startswith("multi"):
            settings["num_class"] = 4
        line = xgboost.train(settings, data, num_boost_round=0).eval(data)
        assert f"-{name}:" in line
    for objective, label, name in [
        ("multiclass", Y, "multi_logloss"),
        ("binary", T, "binary_logloss"),
    ]:
        data = lightgbm.Dataset(np.arange(6.0)[:, None], label=label)
        settings = {"objective": objective, "verbose": -1}
        if objective == "multiclass":
            settings["num_class"] = 4
        record: dict[str, Any] = {}
        lightgbm.train(
            settings,
            data,
            num_boost_round=1,
            valid_sets=[data],
            callbacks=[lightgbm.record_evaluation(record)],
        )
        assert list(*record.values()) == [name]


W = np.array([1, 2, 4, 8], np.float32)
LOSSES = softmax_cross_entropy_with_integer_labels(Z, Y)
KEPT = np.array([1, 0, 1, 1, 0, 1], np.float32)
BY_SUM = float((W[Y] * LOSSES).sum() / W[Y].sum())
BY_COUNT = float((W[Y] * LOSSES).sum() / 6)


def differing(case: str) -> dict[str, str]:
    """One row of the table of differences, by library."""
    table = rows(SHEET, "case")
    (cells,) = [row[1:] for row in table if row[0] == case]
    return dict(zip(("PyTorch", "Keras", "optax", "scikit-learn"), cells, strict=True))


@pytest.mark.filterwarnings("ignore:The y_prob values do not sum to one")
def test_the_libraries_differ_where_the_sheet_says() -> None:
    assert [row[0] for row in rows(SHEET, "case")] == [
        "class weights divide by",
        "leaving out",
        "truth with probability 0",
        "label $K$",
    ]
    sparse = six_libraries.SPARSE
    weighted = {
        "PyTorch": six_libraries.of_torch(Z, Y, weight=torch.tensor(W)),
        "Keras": six_libraries.of_keras(sparse, Y, Z, W[Y], from_logits=True),
        "scikit-learn": log_loss(Y, Q, sample_weight=W[Y]),
    }
    said = differing("class weights divide by")
    for library, value in weighted.items():
        right = {"their sum": BY_SUM, "$N$": BY_COUNT}[said[library]]
        assert value == pytest.approx(right, rel=1e-5), library
    marked = np.where(KEPT == 1, Y, -1)
    kept = pytest.approx((KEPT * LOSSES).sum() / KEPT.sum(), rel=1e-5)
    torch_name, keras_name = (
        differing("leaving out")[library].strip("`") for library in ("PyTorch", "Keras")
    )
    assert six_libraries.of_torch(Z, marked, **{torch_name: -1}) == kept
    masked: dict[str, Any] = {"from_logits": True, keras_name: -1}
    assert six_libraries.of_keras(sparse, marked, Z, **masked) == kept
    assert log_loss(Y, Q, sample_weight=KEPT) == kept
    for library, cell in differing("truth with probability 0").items():
        value = six_libraries.lost_truth(library)
        assert (
            value == np.inf if cell == "infinite" else six_libraries.shown(value, cell)
        )
    for library, cell in differing("label $K$").items():
        if cell == "NaN":
            assert np.isnan(six_libraries.label_three(library))
        else:
            with pytest.raises(six_libraries.ERRORS[library]):
                six_libraries.label_three(library)


def test_the_shapes_of_the_sheet_are_taken() -> None:
    sizes = {"N": 2, "K": 5, "L": 3, "H": 4, "W": 6}
    taken = 0
    for task, prediction, labels in rows(SHEET, "task"):
        pairs = re.findall(r"`(\(.+?\))`( floats)?", labels)
        shape = eval(prediction.strip("`"), sizes)
        z = RNG.normal(size=shape).astype(np.float32)
        for text, floats in pairs:
            of_labels = eval(text, sizes)
            y = np.zeros(of_labels, np.float32 if floats else np.int64)
            if "yes or no" in task:
                value = functional.binary_cross_entropy_with_logits(
                    torch.tensor(z), torch.tensor(y)
                )
                assert value.item() == pytest.approx(
                    np.log1p(np.exp(z)).mean(), rel=1e-5
                )
            elif "Keras" in task:
                value = six_libraries.of_keras(
                    six_libraries.SPARSE, y, z, from_logits=True
                )
                one = optax.softmax_cross_entropy_with_integer_labels(z, y)
                assert one.shape == of_labels
                assert value == pytest.approx(float(one.mean()), rel=1e-5)
            else:
                if floats:
                    y[:, 0] = 1
                value = six_libraries.of_torch(z, y)
                right = -np.take(
                    np.asarray(torch.tensor(z).log_softmax(dim=1)), 0, axis=1
                )
                assert value == pytest.approx(right.mean(), rel=1e-5)
            taken += 1
    assert taken == 7


def test_the_limits_of_floating_point_numbers_are_where_the_sheet_says() -> None:
    table = rows(SHEET, "$e^z$ in")
    assert [row[0] for row in table] == ["float16", "float32", "float64"]
    for name, above, below in table:
        kind = getattr(torch, name)
        high, low = float(above), float(below.strip("$"))
        unit = 0.02  # two of the last printed place
        assert torch.tensor(high - unit, dtype=kind).exp().isfinite()
        assert torch.tensor(high + unit, dtype=kind).exp().isinf()
        assert np.exp(np.dtype(name).type(low + 2 * unit)) > 0
        assert np.exp(np.dtype(name).type(low - 2 * unit)) == 0


LEAD = "`cross_entropy` in PyTorch, two classes, float32: 0 from this lead on"


def test_the_other_limits_are_reached() -> None:
    limits = {row[0]: row[1] for row in rows(SHEET, "another limit")}
    assert len(limits) == 6
    yes, no = functional.binary_cross_entropy_with_logits(
        torch.tensor([1.0, 0.0]), torch.tensor([1.0, 0.0]), reduction="none"
    )
    assert limits["floor, two sigmoids: of a yes; of a no"] == f"{yes:.4f}; {no:.4f}"
    highest = functional.binary_cross_entropy(torch.tensor([0.0]), torch.tensor([1.0]))
    name = "highest loss of `binary_cross_entropy` in PyTorch"
    assert float(limits[name]) == highest
    lead = float(limits[LEAD])
    for difference, zero in ((lead - 0.01, False), (lead + 0.01, True)):
        loss = functional.cross_entropy(
            torch.tensor([[difference, 0.0]]), torch.tensor([0])
        )
        assert (loss == 0) == zero


def test_a_wrong_answer_costs_at_least_the_logarithm_of_two() -> None:
    for classes in (2, 3, 10):
        q = RNG.dirichlet(np.full(classes, 0.3), size=20_000)
        y = RNG.integers(classes, size=len(q))
        losses = -np.log(np.maximum(q[np.arange(len(q)), y], 1e-300))
        wrong = q.argmax(axis=1) != y
        assert losses[wrong].min() >= math.log(2)
        assert wrong.mean() <= losses.mean() / math.log(2)


def test_the_gradients_of_the_sheet_are_the_slopes() -> None:
    z = torch.tensor(Z, dtype=torch.float64, requires_grad=True)
    y, p = torch.tensor(Y), torch.tensor(P, dtype=torch.float64)
    q = z.detach().softmax(dim=1)
    h = torch.tensor(H, dtype=torch.float64)
    (of_mean,) = torch.autograd.grad(functional.cross_entropy(z, y), z)
    torch.testing.assert_close(of_mean, (q - h) / len(y))
    (of_soft,) = torch.autograd.grad(functional.cross_entropy(z, p, reduction="sum"), z)
    torch.testing.assert_close(of_soft, q - p)
    x = torch.arange(1.0, 4.0, dtype=torch.float64)[None, :]
    weights, b = torch.zeros(3, 4).double(), torch.zeros(4).double()
    weights.requires_grad_(), b.requires_grad_()
    loss = functional.cross_entropy(x @ weights + b, y[:1])
    of_w, of_b = torch.autograd.grad(loss, (weights, b))
    error = torch.full((1, 4), 0.25).double() - h[:1]
    torch.testing.assert_close(of_w, x.T @ error)
    torch.testing.assert_close(of_b, error[0])
    s = torch.tensor(S, requires_grad=True)
    binary = functional.binary_cross_entropy_with_logits(
        s, torch.tensor(T), reduction="sum"
    )
    (of_s,) = torch.autograd.grad(binary, s)
    torch.testing.assert_close(of_s, torch.tensor(R - T))
    row, one = z.detach()[0], q[0]
    jacobian = torch.autograd.functional.jacobian(lambda v: v.softmax(dim=0), row)
    right = torch.diag(one) - torch.outer(one, one)
    torch.testing.assert_close(jacobian, right)
    hessian = torch.autograd.functional.hessian(
        lambda v: functional.cross_entropy(v[None], y[:1]), row
    )
    torch.testing.assert_close(hessian, right)


def _error(call: Callable[[], Any]) -> str:
    with pytest.raises(RuntimeError) as caught:
        call()
    return str(caught.value)


def symptoms() -> dict[str, bool]:
    """Each row of the table of symptoms, and whether its cause shows what it says."""
    z, y = torch.tensor(Z), torch.tensor(Y)
    q = z.softmax(dim=1)
    far = torch.tensor([[200.0, 0.0]])
    gone, label = torch.tensor([[1.0, -math.inf]]), torch.tensor([[1.0, 0.0]])
    large = torch.tensor([[1.0, -1e4]])
    words, tags = torch.zeros(2, 5, 4), torch.zeros(2, 5, dtype=torch.int64)
    single = six_libraries.of_keras(six_libraries.SPARSE, Y, np.abs(Z) + 1)
    return {
        "a loss below 0": bool(
            functional.nll_loss(q, y) < 0 < functional.cross_entropy(z, y)
        ),
        "exactly 0 from the start": bool(
            functional.cross_entropy(z[:, :1], torch.zeros_like(y)) == 0
        ),
        "never below $\\log(1 + (K - 1)/e)$": bool(
            functional.cross_entropy(
                (99 * torch.eye(4)).softmax(dim=1), torch.arange(4)
            )
            >= math.log(1 + 3 / math.e) - 1e-6
        ),
        "a wrong value in Keras, no error": abs(
            single
            - six_libraries.of_keras(
                six_libraries.SPARSE, Y, np.abs(Z) + 1, from_logits=True
            )
        )
        > 0.01,
        "`inf`, then NaN": bool(-torch.log(far.softmax(dim=1))[0, 1] == math.inf),
        "NaN with soft labels": bool(
            functional.cross_entropy(gone, label).isnan()
            and functional.cross_entropy(large, label).isfinite()
        ),
        "NaN for one batch": bool(
            functional.cross_entropy(z, torch.full_like(y, -100)).isnan()
        ),
        "above $\\log K$": bool(
            functional.cross_entropy(9 * functional.one_hot((y + 1) % 4, 4).float(), y)
            > math.log(4)
        ),
        "grows with the batch": bool(
            torch.isclose(
                functional.cross_entropy(z.repeat(3, 1), y.repeat(3), reduction="sum"),
                3 * functional.cross_entropy(z, y, reduction="sum"),
            )
            and torch.isclose(
                functional.cross_entropy(z.repeat(3, 1), y.repeat(3)),
                functional.cross_entropy(z, y),
            )
        ),
        '"multi-target not supported"': "multi-target not supported"
        in _error(lambda: functional.cross_entropy(z, y[:, None])),
        '"expected target dtype to be Long"': "expected target dtype to be Long"
        in _error(lambda: functional.cross_entropy(z, y.float())),
        '"Expected target size"': "Expected target size"
        in _error(lambda: functional.cross_entropy(words, tags))
        and bool(functional.cross_entropy(words.transpose(1, 2), tags).isfinite()),
    }


def test_each_symptom_of_the_sheet_comes_from_the_cause_beside_it() -> None:
    found = symptoms()
    assert [row[0] for row in rows(SHEET, "what you see")] == list(found)
    assert [name for name, holds in found.items() if not holds] == []


@pytest.mark.parametrize("page", [ROAD, SHEET], ids=["road", "sheet"])
def test_the_versions_named_are_those_that_ran(page: str) -> None:
    packages = {
        "PyTorch": "torch",
        "Keras": "keras",
        "optax": "optax",
        "scikit-learn": "scikit-learn",
        "xgboost-cpu": "xgboost-cpu",
        "LightGBM": "lightgbm",
    }
    named = re.findall(r"([\w-]+) (\d+\.\d+\.\d+)", page)
    assert {"PyTorch", "Keras", "optax", "scikit-learn"} <= {name for name, _ in named}
    for name, number in named:
        assert version(packages[name]).split("+")[0] == number, name


def test_the_cheat_sheet_is_set_on_two_pages_of_a4(
    site: Path, browser: Browser, tmp_path: Path
) -> None:
    part = next(one for one in sections(tmp_path) if one.page.docname == pdf.SHEET)
    reader = PdfReader(pdf.set_sheet(browser, part, tmp_path))
    assert len(reader.pages) == MOST_SHEETS
    for page in reader.pages:
        sides = [
            float(side) / 72 * 25.4
            for side in (page.mediabox.width, page.mediabox.height)
        ]
        assert [round(side) for side in sides] == [210, 297]
        assert len(page.extract_text()) > 1000
    text = " ".join(page.extract_text() for page in reader.pages)
    for heading in re.findall(r"^#{1,3} (.+)$", SHEET, re.MULTILINE):
        assert "".join(heading.split()) in "".join(text.split()), heading
    assert reader.metadata is not None
    assert "Cheat sheet" in (reader.metadata.title or "")


def test_the_first_page_offers_the_short_road_before_anything_else() -> None:
    text = (ROOT / "book" / "index.md").read_text("utf-8")
    (line,) = [line for line in text.splitlines() if "short_road.md" in line]
    assert line.startswith("In a hurry? [The short road]") and "cheat_sheet.md" in line
    assert text.index(line) < text.index("## ")
    assert "](" not in text[: text.index(line)]
