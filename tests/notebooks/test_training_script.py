"""The script to take home: the chapter's cells are the file, and the file runs on its own."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bookkit.reading.contents import ROOT

SCRIPT = ROOT / "book" / "scripts" / "train_classifier.py"
CELLS = json.loads((ROOT / "notebooks" / "09_pytorch.ipynb").read_text("utf-8"))[
    "cells"
]
LONGEST = 80
NEEDED = ("torch", "sklearn")


def cells_of_the_script() -> list[dict[str, object]]:
    section = "## A script to take home"
    (start,) = [
        place
        for place, cell in enumerate(CELLS)
        if "".join(cell["source"]).startswith(section)
    ]
    (end,) = [
        place
        for place, cell in enumerate(CELLS)
        if "".join(cell["source"]).startswith("## Summary")
    ]
    return [cell for cell in CELLS[start:end] if cell["cell_type"] == "code"]


def test_the_cells_one_below_the_other_are_the_file() -> None:
    sources = ["".join(cell["source"]) for cell in cells_of_the_script()]
    assert "\n\n\n".join(sources) + "\n" == SCRIPT.read_text("utf-8")


def test_the_script_is_short_and_the_chapter_says_how_long() -> None:
    lines = len(SCRIPT.read_text("utf-8").splitlines())
    assert lines <= LONGEST
    text = "\n".join("".join(cell["source"]) for cell in CELLS)
    assert f"train_classifier.py), {lines} lines," in text


def test_the_script_needs_torch_and_scikit_learn_and_nothing_of_this_book() -> None:
    tree = ast.parse(SCRIPT.read_text("utf-8"))
    modules = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }
    assert modules - set(sys.stdlib_module_names) == set(NEEDED)


def taken_home(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    copied = folder / SCRIPT.name
    copied.write_text(source, "utf-8")
    # Isolated (-I): neither this repository nor its library can be imported by its place.
    return subprocess.run(
        [sys.executable, "-I", copied.name],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("taken home")
    run = taken_home(folder, SCRIPT.read_text("utf-8"))
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return run.stdout


def test_the_script_prints_what_the_chapter_shows(output: str) -> None:
    (stored,) = cells_of_the_script()[-1]["outputs"]
    assert output == "".join(stored["text"])


def test_looking_more_often_changes_no_number(output: str, tmp_path: Path) -> None:
    seldom, often = "if epoch % 5 == 0 or epoch == EPOCHS:", "if True:"
    source = SCRIPT.read_text("utf-8")
    assert source.count(seldom) == 1
    lines = taken_home(tmp_path, source.replace(seldom, often)).stdout.splitlines()
    assert len(lines) == 21
    assert set(output.splitlines()) <= set(lines)


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        ("pixels / 16", "pixels * 16", "look at scaling"),
        ("pixels / 16", "pixels / 0", "x.isfinite()"),
        ("torch.tensor(digits,", "torch.tensor(digits + 1,", "y.max() < CLASSES"),
        (
            "BATCH_SIZE, LEARNING_RATE, SEED = 20, 64",
            "BATCH_SIZE, LEARNING_RATE, SEED = 20, 1400",
            "too few rows",
        ),
    ],
)
def test_the_script_stops_before_training_on_wrong_data(
    tmp_path: Path, written: str, instead: str, told: str
) -> None:
    pytest.importorskip("torch")
    source = SCRIPT.read_text("utf-8")
    assert source.count(written) == 1
    run = taken_home(tmp_path, source.replace(written, instead))
    assert run.returncode == 1
    assert told in run.stderr
    assert "epoch" not in run.stdout


def test_the_script_trains_a_classifier(output: str) -> None:
    first, *epochs = output.splitlines()
    start, uniform = map(float, re.findall(r"\d\.\d\d", first))
    losses, accuracies = zip(
        *(map(float, re.findall(r"\d\.\d\d", line)) for line in epochs), strict=True
    )
    assert start == pytest.approx(uniform, abs=0.1) == pytest.approx(2.3, abs=0.01)
    assert losses[-1] < 0.2 < losses[0] < start
    assert accuracies[-1] > 0.94
