"""Chapter 15's round of boosting: XGBoost itself says what the chapter's table says of it."""

from __future__ import annotations

import importlib
import json
import os
import re
from typing import Any

import numpy as np
import pytest

from bookkit.reading.contents import ROOT

if "CI" in os.environ:
    xgboost: Any = importlib.import_module("xgboost")
else:
    xgboost = pytest.importorskip("xgboost")

X = np.arange(1.0, 9.0)[:, None]
Y = np.array([0, 0, 0, 1, 0, 0, 1, 1])
CHAPTER = "\n".join(
    "".join(cell["source"])
    for cell in json.loads((ROOT / "notebooks/15_elsewhere.ipynb").read_text("utf-8"))[
        "cells"
    ]
)
EXERCISES = (ROOT / "book/exercises/15_elsewhere.md").read_text("utf-8")


def trained(rounds: int = 1, **changed: Any) -> Any:
    """A model as the chapter says: the defaults, depth 1, learning rate 1, and the changes."""
    settings = {"objective": "binary:logistic", "max_depth": 1, "learning_rate": 1.0}
    return xgboost.train(settings | changed, xgboost.DMatrix(X, Y), rounds)


def tree(model: Any) -> dict[str, Any]:
    (dumped,) = model.get_dump(dump_format="json", with_stats=True)
    parsed: dict[str, Any] = json.loads(dumped)
    return parsed


def test_xgboost_gives_the_numbers_of_its_column() -> None:
    text = re.sub(r"<!--.*?-->", "", CHAPTER)
    rows = dict(
        re.findall(r"^\| ([^|]+?) \|[^|]*\| (-?[\d.]+) \|$", text, re.MULTILINE)
    )
    heading = re.search(r"^\| +\| by hand \| XGBoost ([\d.]+) \|$", text, re.MULTILINE)
    assert heading is not None
    assert xgboost.__version__ == heading[1] or "CI" not in os.environ

    model = trained(min_child_weight=0)
    settings = json.loads(model.save_config())["learner"]["learner_model_param"]
    base = float(settings["base_score"].strip("[]"))
    root = tree(model)
    left, right = root["children"]
    found = {
        "base score, as log odds": np.log(base / (1 - base)),
        "rows in the left leaf": (root["split_condition"] > X).sum(),
        "gain": root["gain"],
        "left leaf": left["leaf"],
        "right leaf": right["leaf"],
        '$H$ of the left leaf, "cover"': left["cover"],
        '$H$ of the right leaf, "cover"': right["cover"],
        "leaves with the defaults": len(tree(trained()).get("children", [None])),
    }
    assert set(rows) == set(found)
    for name, printed in rows.items():
        decimals = len(printed.partition(".")[2])
        assert round(float(found[name]), decimals) == float(printed), name


def test_a_leaf_of_the_smallest_weight_is_allowed_and_of_less_is_not() -> None:
    for smallest, rows in ((0.46, 6), (0.47, 3)):
        cut = tree(trained(min_child_weight=smallest))["split_condition"]
        assert (cut > X).sum() == rows


def test_twenty_rounds_lose_what_the_exercise_prints() -> None:
    printed = re.findall(
        r"^smallest H ([\d.]+): loss ([\d.]+)", EXERCISES, re.MULTILINE
    )
    assert len(printed) == 3
    for smallest, loss in printed:
        model = trained(20, min_child_weight=float(smallest))
        q = model.predict(xgboost.DMatrix(X))
        mean = -np.log(np.where(Y == 1, q, 1 - q)).mean()
        assert round(float(mean), 4) == float(loss)


def test_with_two_rows_a_leaf_the_fourth_patient_rises_above_one_half_late() -> None:
    late, early = (
        trained(rounds, min_child_weight=0.4).predict(xgboost.DMatrix(X))[3]
        for rounds in (50, 20)
    )
    assert early < 0.5 < late


def test_thirty_rows_with_two_positives_are_not_split() -> None:
    rows, labels = np.arange(30.0)[:, None], (np.arange(30) >= 28).astype(int)
    model = xgboost.train(
        {"objective": "binary:logistic"}, xgboost.DMatrix(rows, labels), 10
    )
    assert len(set(model.predict(xgboost.DMatrix(rows)).tolist())) == 1


def test_twenty_rows_of_a_hundredth_weigh_a_little_less_than_the_product() -> None:
    labels = (np.arange(1000) < 10).astype(int)

    def leaves(rows: int, smallest: float) -> int:
        first = (np.arange(1000) < rows).astype(float)[:, None]
        model = xgboost.train(
            {"objective": "binary:logistic", "min_child_weight": smallest},
            xgboost.DMatrix(first, labels),
            1,
        )
        return len(tree(model).get("children", [None]))

    assert [leaves(20, 0.198), leaves(20, 0.19), leaves(19, 0.19)] == [1, 2, 1]
