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


def stepped() -> torch.nn.Module:
    """The model after a backward pass whose gradients were kept."""
    model: torch.nn.Module = copy.deepcopy(S["model"])
    model(S["x"]).sum().backward()
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
        {"logits": S["logits"].half()},
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
        {"losses": [1.6, 2.9, 7.0, 30.0]},
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
    for case in (0, 2):
        assert value(BROKEN["Above log K"][case], ce) > math.log(5)
    assert ce(S["logits"], S["target"], reduction="sum") > math.log(5)
    coarse = ce(S["logits"].bfloat16() * 9, S["target"]).item() * 32
    assert coarse == round(coarse)


def test_the_limits_of_clipping_are_the_libraries() -> None:
    limits = [16.118, 100.0, 36.04, 15.94]
    assert str(limits[0]) in PAGE and "36.04 or 15.94" in PAGE
    sure = np.array([[1.0, 0.0]])
    found = [
        six_libraries.of_keras(six_libraries.SPARSE, np.array([1]), sure),
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
