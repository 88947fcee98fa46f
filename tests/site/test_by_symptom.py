"""The page by symptom: its checks say yes where its causes hold and no where all is sound.

Each cause has a broken case below, by its symptom and its check. Each message is
produced by the installed library from the lines above it; its check is true there, and its
fix runs.
"""

from __future__ import annotations

import contextlib
import copy
import io
import math
import re
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import pytest
import test_six_libraries as six_libraries  # imports the other libraries, or skips without them
import torch
from torch.nn import functional

from bookkit.reading.contents import ROOT

PAGE = (ROOT / "book" / "by_symptom.md").read_text("utf-8")
LOSSES = "What the loss shows"

Names = dict[str, Any]

_TOPIC = re.compile(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_ENTRY = re.compile(r"^### ([^\n]+)\n(.*?)(?=^#{2,3} |\Z)", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")

TOPICS = dict(_TOPIC.findall(PAGE))
TOP = _FENCE.search(PAGE)


def sound() -> Names:
    """A batch, a model and a training in which nothing is wrong."""
    rng = torch.Generator().manual_seed(0)
    logits = torch.randn(64, 5, generator=rng)
    target = torch.randint(5, (64,), generator=rng)
    x = torch.randn(64, 8, generator=rng)
    model = torch.nn.Linear(8, 5)
    before = [p.clone() for p in model.parameters()]
    with torch.no_grad():
        for p in model.parameters():
            p += 0.01
    return {
        "math": math,
        "np": np,
        "torch": torch,
        "F": functional,
        "T": torch.tensor,
        "logits": logits,
        "target": target,
        "x": x,
        "x_new": torch.randn(16, 8, generator=rng),
        "q": logits.softmax(dim=1),
        "w": torch.ones(5),
        "model": model,
        "before": before,
        "criterion": torch.nn.CrossEntropyLoss(),
        "optimiser": torch.optim.SGD(model.parameters(), lr=0.1),
        "loss": functional.cross_entropy(logits, target),
        "losses": [1.6, 1.5, 1.3, 1.2, 1.0],
        "K": 5,
    }


S = sound()
IGNORED = torch.full((64,), -100)
SOFT = torch.tensor([0.0, 0.25, 0.25, 0.25, 0.25]).expand(64, 5)


def masked(row: int, column: int) -> torch.Tensor:
    """The scores with one of them masked by minus infinity."""
    logits: torch.Tensor = S["logits"].clone()
    logits[row, column] = -torch.inf
    return logits


def zeroed(row: int, column: int) -> torch.Tensor:
    """The probabilities with one of them rounded to 0."""
    q: torch.Tensor = S["q"].clone()
    q[row, column] = 0
    return q


def spoilt(value: float) -> torch.nn.Module:
    """The model with one weight of a value."""
    model: torch.nn.Module = copy.deepcopy(S["model"])
    with torch.no_grad():
        next(model.parameters())[0, 0] = value
    return model


def stepped(zeroed: bool = False) -> torch.nn.Module:
    """The model after a backward pass whose gradients were kept, or set to 0."""
    model: torch.nn.Module = copy.deepcopy(S["model"])
    model(S["x"]).sum().backward()
    if zeroed:
        model.zero_grad(set_to_none=False)
    return model


def averaged() -> torch.nn.Module:
    """A model whose running means are NaN and whose weights are not."""
    model = torch.nn.BatchNorm1d(8)
    model(torch.full((4, 8), torch.nan))
    return model


def partly_ignored() -> Names:
    target = S["target"].clone()
    target[0] = -100
    logits = S["logits"].clone()
    logits[0] = torch.inf
    return {"logits": logits, "target": target}


# What differs from the sound case, by the symptom and its causes in order.
BROKEN: dict[str, list[Names]] = {
    "NaN in one batch, a number in the next": [
        {"target": IGNORED},
        {"target": SOFT, "logits": masked(0, 0)},
        {"w": torch.zeros(5)},
    ],
    "NaN that stays": [
        {"x": torch.full((64, 8), torch.nan)},
        {"model": spoilt(torch.nan)},
        {"logits": S["logits"] * 1e5},
        {"q": zeroed(0, 0)},
        partly_ignored(),
    ],
    "inf": [
        {"logits": masked(0, int(S["target"][0]))},
        {
            "logits": torch.zeros(20_500, 50).half(),
            "target": torch.zeros(20_500).long(),
        },
        {"q": zeroed(0, int(S["target"][0]))},
    ],
    "Exactly 0": [
        {"logits": S["logits"][:, :1], "target": torch.zeros(64)},
        {"target": IGNORED},
        {"logits": 30 * functional.one_hot(S["target"], 5).float()},
    ],
    "0.693, 1.099, 2.303, 6.908: it stays at log K": [
        {"logits": torch.zeros(64, 5)},
        {"before": [p.clone() for p in S["model"].parameters()]},
        {"logits": S["q"]},
    ],
    "A constant that is not log K": [
        {"loss": torch.special.entr(S["target"].bincount() / 64).sum()},
        {"loss": torch.tensor(100.0)},
    ],
    "It does not get below a number above 0": [
        {"logits": S["q"]},
        {"criterion": torch.nn.CrossEntropyLoss(label_smoothing=0.1)},
        {"target": SOFT},
        {"logits": S["logits"].tanh()},
    ],
    "Negative": [
        {"logits": S["q"]},
        {"target": S["target"].float()},
        {"q": 2 * S["q"]},
    ],
    "Rising from the first steps": [
        {"optimiser": torch.optim.SGD(S["model"].parameters(), lr=1, maximize=True)},
        {"model": stepped()},
    ],
    "Spiking": [
        {"losses": [1.6, 1.5, 40.0, 1.4, 1.3]},
        {"x": torch.zeros(67, 8)},
        {"target": torch.where(torch.arange(64) < 2, S["target"], -100)},
    ],
    "A staircase": [{"logits": S["logits"].bfloat16()}],
    "Below the floor": [{"loss": S["loss"] * 0.5}, {"x_new": S["x"][:3]}],
    "Above log K": [
        {"logits": 20 * S["logits"]},
        {"criterion": torch.nn.CrossEntropyLoss(reduction="sum")},
        {"logits": functional.one_hot((S["target"] + 1) % 5, 5).float()},
    ],
    "Validation below training": [
        {"model": torch.nn.Sequential(S["model"], torch.nn.Dropout(0.5))},
        {"criterion": torch.nn.CrossEntropyLoss(weight=torch.ones(5))},
        {"x_new": S["x"][:3]},
    ],
}
# Cases that a check is not about, by its symptom and its place there: it says no.
UNLIKE: dict[tuple[str, int], list[Names]] = {
    ("NaN in one batch, a number in the next", 2): [
        {"target": IGNORED, "w": torch.zeros(5)},
        {"target": torch.tensor([1, -100]), "w": torch.tensor([0.0, 1, 1, 1, 1])},
    ],
    ("NaN that stays", 2): [{"logits": masked(0, 0)}, {"logits": S["logits"] - 1e9}],
    ("NaN that stays", 4): [
        {"logits": masked(0, 0), "target": torch.cat([IGNORED[:1], S["target"][1:]])}
    ],
    ("inf", 0): [{"logits": masked(0, 0), "target": IGNORED}],
    ("inf", 1): [{"logits": S["logits"].half()}],
    ("It does not get below a number above 0", 3): [{"logits": S["q"]}],
    ("Negative", 0): [{"logits": torch.full((64, 4), math.log(0.25))}],
    ("Rising from the first steps", 1): [{"model": stepped(zeroed=True)}],
    ("Spiking", 0): [{"losses": [2.3, 1.0, 0.4, 0.2, 0.1, 0.08, 0.07, 0.06, 0.05]}],
    ("Spiking", 2): [{"target": torch.where(torch.arange(64_000) % 50 == 0, 0, -100)}],
    ("Below the floor", 1): [
        {"x": torch.arange(96.0).reshape(4, 1, 4, 6), "x_new": -torch.ones(3, 1, 4, 6)},
        {
            "x": torch.cat([torch.zeros(4, 1, 8), torch.ones(4, 1, 8)], dim=1),
            "x_new": torch.cat([torch.zeros(3, 1, 8), -torch.ones(3, 1, 8)], dim=1),
        },
    ],
    ("Above log K", 2): [
        {"target": torch.where(torch.arange(64) < 3, S["logits"].argmax(dim=1), -100)}
    ],
}
# The same cause in another form: the check says yes.
ALIKE: dict[tuple[str, int], list[Names]] = {
    ("NaN in one batch, a number in the next", 2): [
        {"target": torch.tensor([1, -100]), "w": torch.tensor([1.0, 0, 1, 1, 1])}
    ],
    ("NaN that stays", 1): [{"model": averaged()}],
    ("NaN that stays", 4): [
        {
            "logits": torch.full((2, 5), -torch.inf),
            "target": torch.tensor([-100, -100]),
        }
    ],
    ("inf", 0): [
        {
            "logits": masked(0, int(S["target"][0])),
            "target": torch.cat([S["target"][:-1], IGNORED[:1]]),
        }
    ],
    ("Negative", 0): [{"logits": torch.full((64, 5), -0.1)}],
    ("Above log K", 0): [{"logits": 3 * S["logits"]}],
    ("Validation below training", 0): [
        {"model": torch.nn.Sequential(S["model"], torch.nn.Dropout2d(0.5))}
    ],
}
# Binary labels are 0 and 1 where all is sound, and what nll_loss is given are logarithms.
SOUND_THERE: dict[str, Names] = {
    "Negative": {
        "logits": S["logits"].log_softmax(dim=1),
        "target": (S["target"] == 0).float(),
    }
}


_CAUSE = re.compile(
    r"^- \*\*Cause\.\*\* .+? \*\*Check\.\*\* (.+?) \*\*Fix\.\*\* .+$", re.M
)
SYMPTOMS = {
    title: _CAUSE.findall(text) for title, text in _ENTRY.findall(TOPICS[LOSSES])
}
# A check that is no expression is one that a reader makes by eye.
ROWS = [
    (title, _CODE.findall(check)[0])
    for title, checks in SYMPTOMS.items()
    for check in checks
    if check.startswith("`")
]


def test_every_cause_with_a_check_has_a_broken_case() -> None:
    assert {title for title, _ in ROWS} == set(BROKEN) == set(SYMPTOMS)
    for title, cases in BROKEN.items():
        assert len(cases) == sum(row[0] == title for row in ROWS), title


@pytest.mark.parametrize(("title", "check"), ROWS)
def test_a_check_is_true_where_its_cause_holds_and_false_where_all_is_sound(
    title: str, check: str
) -> None:
    at = [row for row in ROWS if row[0] == title].index((title, check))
    assert bool(eval(check, S | BROKEN[title][at]))
    assert not bool(eval(check, S | SOUND_THERE.get(title, {})))


@pytest.mark.parametrize(("title", "at"), sorted(UNLIKE))
def test_a_check_is_false_where_another_cause_holds(title: str, at: int) -> None:
    check = [row[1] for row in ROWS if row[0] == title][at]
    for case in UNLIKE[title, at]:
        assert not bool(eval(check, S | case)), case


@pytest.mark.parametrize(("title", "at"), sorted(ALIKE))
def test_a_check_finds_its_cause_in_another_form(title: str, at: int) -> None:
    check = [row[1] for row in ROWS if row[0] == title][at]
    for case in ALIKE[title, at]:
        assert bool(eval(check, S | case)), case


def value(case: Names, call: Callable[..., torch.Tensor]) -> float:
    names = S | case
    return call(names["logits"], names["target"]).item()


def test_the_causes_show_the_symptom() -> None:
    ce = functional.cross_entropy
    once = "NaN in one batch, a number in the next"
    assert math.isnan(value(BROKEN[once][0], ce))
    assert math.isnan(value(BROKEN[once][1], ce))
    assert math.isnan(ce(S["logits"], S["target"], weight=torch.zeros(5)).item())
    bad = partly_ignored()
    logits = bad["logits"].clone().requires_grad_()
    ce(logits, bad["target"]).backward()
    assert logits.grad is not None and logits.grad.isnan().any()
    assert value(BROKEN["inf"][0], ce) == math.inf
    many = torch.zeros(20, 50, 1025).half(), torch.zeros(20, 1025).long()
    assert ce(*many).isinf()
    assert ce(many[0].float(), many[1]).isfinite()
    zero = BROKEN["Exactly 0"]
    assert ce(zero[0]["logits"], torch.zeros(64).long()) == 0
    assert ce(S["logits"], IGNORED, reduction="sum") == 0
    assert value(zero[2], ce) < 1e-11
    stays = BROKEN["0.693, 1.099, 2.303, 6.908: it stays at log K"]
    assert value(stays[0], ce) == pytest.approx(math.log(5), rel=1e-6)
    assert value({"target": SOFT, "logits": torch.zeros(64, 5)}, ce) > 1
    assert functional.nll_loss(S["q"], S["target"]) < 0
    two = torch.full((64,), 2.0)
    binary = functional.binary_cross_entropy_with_logits
    assert binary(torch.full((64,), 3.0), two) < 0
    skipped = S["logits"].clone().requires_grad_()
    ce(skipped, S["target"], weight=torch.zeros(5)).backward()
    assert skipped.grad is not None and skipped.grad.isnan().any()
    for case in (0, 2):
        assert value(BROKEN["Above log K"][case], ce) > math.log(5)
    assert ce(S["logits"], S["target"], reduction="sum") > math.log(5)
    coarse = ce(S["logits"].bfloat16() * 9, S["target"]).item() * 32
    assert coarse == round(coarse)


def test_the_repairs_of_binary_labels_end_at_0_and_1() -> None:
    start = "`target - 1` for 1 and 2"
    (line,) = [line for line in PAGE.splitlines() if start in line]
    repairs = _CODE.findall(line[line.index(start) :])
    for repair, ends in zip(repairs, [[1, 2], [-1, 1], [0, 255]], strict=True):
        assert eval(repair, {"target": torch.tensor(ends)}).tolist() == [0, 1]


def test_the_logarithm_of_probabilities_is_the_right_loss() -> None:
    right = functional.cross_entropy(S["logits"], S["target"])
    q, scores = S["q"], S["logits"]
    assert functional.nll_loss(q.log(), S["target"]) == pytest.approx(right, rel=1e-6)
    assert functional.nll_loss(scores.log_softmax(dim=1), S["target"]) == right
    twice = functional.nll_loss(q.log_softmax(dim=1), S["target"])
    assert twice != pytest.approx(right, rel=0.1)


def test_the_limits_of_clipping_are_the_libraries() -> None:
    limits = [16.118, 15.942, 100.0, 36.04, 15.94]
    assert "16.118 or 15.942 in Keras" in PAGE and "36.04 or 15.94" in PAGE
    sure = np.array([[1.0, 0.0]])
    found = [
        six_libraries.of_keras(six_libraries.SPARSE, np.array([1]), sure),
        float(six_libraries.keras.losses.BinaryCrossentropy()([0.0], [1.0])),
        functional.binary_cross_entropy(torch.zeros(1), torch.ones(1)).item(),
        six_libraries.log_loss([1], sure, labels=[0, 1]),
        six_libraries.log_loss([1], sure.astype(np.float32), labels=[0, 1]),
    ]
    np.testing.assert_allclose(found, limits, atol=0.01)


# ------------------------------------------------------------ the messages

MESSAGES = {
    (topic, title): text
    for topic, body in TOPICS.items()
    if topic != LOSSES
    for title, text in _ENTRY.findall(body)
}


def names_of(topic: str) -> Names:
    """What the lines at the top of the page and of the part define."""
    assert TOP is not None
    names: Names = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries' own imports
        exec(TOP[2], names)
        first = TOPICS[topic].partition("\n### ")[0]
        for _, code in _FENCE.findall(first):
            exec(code, names)
    return names


def said(code: str, names: Names) -> str:
    """What the lines print, with the error that ends them; else the first warning."""
    buffer = io.StringIO()
    with (
        contextlib.redirect_stdout(buffer),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always")
        try:
            exec(code, names)
        except Exception as error:  # each message is one of these, of any kind
            print(f"{type(error).__name__}: {error}", file=buffer)
    first = [f"{one.category.__name__}: {one.message}" for one in warned[:1]]
    return buffer.getvalue().removesuffix("\n") or "".join(first)


def is_shown(shown: str, whole: str) -> bool:
    """Whether the page shows this message; an ellipsis stands for a part left out."""
    pattern = ".*".join(re.escape(part) for part in shown.split("…"))
    return re.fullmatch(pattern, whole, re.DOTALL) is not None


@pytest.mark.parametrize(("topic", "title"), MESSAGES)
def test_a_message_is_what_the_installed_library_says(topic: str, title: str) -> None:
    text = MESSAGES[topic, title]
    (kind, code), (kind_of_answer, shown) = _FENCE.findall(text)
    assert (kind, kind_of_answer) == ("python", "text")
    names = names_of(topic)
    whole = said(code, names)
    assert is_shown(shown.removesuffix("\n"), whole), whole[:400]
    marks = re.findall(r"\*\*(\w+)\.\*\*", text)
    assert marks in (["Cause", "Check", "Fix"], ["Cause", "Fix"])
    fix = re.search(r"^- \*\*Fix\.\*\* `(.+)`$", text, re.MULTILINE)
    assert fix is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if "Check" in marks:
            check = re.search(r"^- \*\*Check\.\*\* `(.+)`$", text, re.MULTILINE)
            assert check is not None and bool(eval(check[1], names)), title
    fixed = said(f"fixed = {fix[1]}", names)
    assert "Error: " not in fixed and fixed != whole, fixed


# Lines with the same message for which the fix is another, by topic and title.
OTHER_CAUSES = {
    ("Messages of PyTorch", "multi-target not supported"): "y = T([[0, 1], [1, 2]])",
    (
        "Messages of PyTorch",
        "Expected floating point type for target with class probabilities",
    ): "y = T([[1, 1, 0], [0, 0, 1]])",
    (
        "Messages of PyTorch",
        "expected target dtype to be Long or Byte",
    ): "y = T([0.3, 0.7])",
    ("Messages of PyTorch", "Target is out of bounds"): "y = T([0, 255])",
    (
        "Messages of PyTorch",
        "weight tensor should be defined either for all classes or no classes",
    ): "z, y = torch.zeros(4, 3), T([0, 1, 2, 0])",
    (
        "Messages of PyTorch",
        "all elements of input should be between 0 and 1",
    ): "z = T([math.nan, 0.5])",
    (
        "Messages of PyTorch",
        "Target size must be the same as input size",
    ): "z = torch.zeros(4, 3)",
    ("Messages of Keras", "Target is out of bounds, in Keras"): "y = np.array([0, -1])",
    (
        "Messages of scikit-learn",
        "y_prob contains values greater than 1",
    ): "z = np.array([[70.0, 30.0], [20.0, 80.0]])",
    (
        "Messages of JAX and optax",
        "indices and arr must have the same number of dimensions",
    ): "y = jnp.array([[0], [1]])",
    (
        "Messages of XGBoost and LightGBM",
        "label must be discrete values in the range of [0, num_class)",
    ): "y = np.array([0, 0.5, 1, 2, 0, 1, 2, 0])",
    (
        "Messages of XGBoost and LightGBM",
        "base_score must be in (0,1) for the logistic loss",
    ): "y = np.array([0, 255] * 4)",
    (
        "Messages of XGBoost and LightGBM",
        "label must be in (0, 1) for logistic regression",
    ): "y = np.array([-1, 1] * 4)",
}


@pytest.mark.parametrize(("topic", "title"), OTHER_CAUSES)
def test_the_same_message_of_another_cause_is_told_apart(
    topic: str, title: str
) -> None:
    text, names = MESSAGES[topic, title], names_of(topic)
    code = _FENCE.findall(text)[0][1]
    usual = said(code, names)
    *given, call = code.rstrip("\n").split("\n")
    other = "\n".join([*given, OTHER_CAUSES[topic, title], call])
    kinds = [message.partition(":")[0] for message in (usual, said(other, names))]
    assert kinds[0].endswith("Error") and kinds[0] == kinds[1]
    check = re.search(r"^- \*\*Check\.\*\* `(.+)`$", text, re.MULTILINE)
    assert check is not None and not bool(eval(check[1], names))


def repaired(topic: str, title: str) -> tuple[Any, Names]:
    """What the fix of a message gives, with the names of its lines."""
    text, names = MESSAGES[topic, title], names_of(topic)
    said(_FENCE.findall(text)[0][1], names)
    fix = re.search(r"^- \*\*Fix\.\*\* `(.+)`$", text, re.MULTILINE)
    assert fix is not None
    return eval(fix[1], names), names


def test_a_fix_gives_the_right_number() -> None:
    title = "output with shape doesn't match the broadcast shape"
    loss, names = repaired("Messages of PyTorch", title)
    of_ones = functional.binary_cross_entropy_with_logits(names["z"], names["y"])
    assert loss == pytest.approx(of_ones * 0.4 / 0.6)
    title = "Labels passed were … ordered lexicographically"
    loss, names = repaired("Messages of scikit-learn", title)
    assert loss == pytest.approx(-math.log(0.9))
    title = "element 0 of tensors does not require grad"
    _, names = repaired("Messages of PyTorch", title)
    assert names["model"].weight.grad.any()
    title = "invalid value (nan) encountered"
    loss, names = repaired("Messages of JAX and optax", title)
    assert loss.tolist() == [0]
    text = MESSAGES["Messages of JAX and optax", title]
    fix = text.rpartition("**Fix.** `")[2].rpartition("`")[0]
    with names["jax"].debug_nans(True):
        assert eval(fix, names).tolist() == [0]


@pytest.mark.parametrize(
    ("shown", "whole", "right"),
    [
        ("A: b", "A: b", True),
        ("A: b", "A: b c", False),
        ("A: …b…", "A: [1] b\nc", True),
        ("A: …b…", "A: [1] c", False),
    ],
)
def test_another_message_is_found(shown: str, whole: str, right: bool) -> None:
    assert is_shown(shown, whole) == right


def test_the_versions_named_are_those_that_ran() -> None:
    packages = {
        "PyTorch": "torch",
        "Keras": "keras",
        "scikit-learn": "scikit-learn",
        "JAX": "jax",
        "optax": "optax",
        "xgboost-cpu": "xgboost-cpu",
        "LightGBM": "lightgbm",
    }
    named = dict(re.findall(r"([\w-]+) (\d+\.\d+\.\d+)", PAGE.partition("\n## ")[0]))
    assert set(named) == set(packages)
    for name, number in named.items():
        assert version(packages[name]).split("+")[0] == number, name
    assert six_libraries.keras.backend.backend() == "torch"
