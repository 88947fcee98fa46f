"""What is asked of a chapter while nbval runs it finds each kind of fault, and names it."""

from __future__ import annotations

import copy
import os
import subprocess
import sys

import nbformat
import pytest

from bookkit.commands.refresh import normalise
from bookkit.reading.contents import ROOT
from bookkit.reading.execution import run

DRAW = """
from IPython.display import Image, display
from matplotlib import pyplot
import io
def show(height):
    figure, axes = pyplot.subplots(figsize=(3, 2))
    axes.plot([0, 1], [0, height])
    axes.set_ylim(0, 1.2)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    pyplot.close(figure)
    display(Image(buffer.getvalue()))
"""
SETTINGS = """
import pathlib, chapter_claims
here = pathlib.Path(__file__).parent
chapter_claims.chapters = lambda: [here / "90_trial.ipynb"]
chapter_claims.BARE_FACTS = here
"""


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """A chapter as it was stored: a value, a claim about it, and a figure."""
    folder = tmp_path_factory.mktemp("trial")
    cells = [
        nbformat.v4.new_markdown_cell("Found in 1948."),
        nbformat.v4.new_code_cell(DRAW + "x = 2 + 2\nx"),
        nbformat.v4.new_markdown_cell("The sum is 4.0<!-- = x -->."),
        nbformat.v4.new_code_cell("show(1.0)"),
        nbformat.v4.new_markdown_cell("And 4.5<!-- = x + 0.5 -->."),
    ]
    nbformat.write(
        normalise(nbformat.v4.new_notebook(cells=cells)), folder / "90_trial.ipynb"
    )
    (folder / "90_trial.txt").write_text("1948 | Found in 1948\n", "utf-8")
    (folder / "conftest.py").write_text(SETTINGS, "utf-8")
    return folder, run(folder / "90_trial.ipynb").notebook


def asked(trial, change):
    """Return what nbval and the plugin say of a changed chapter."""
    folder, stored = trial
    notebook = copy.deepcopy(stored)
    change(notebook.cells)
    nbformat.write(notebook, folder / "90_trial.ipynb")
    places = [str(ROOT / part) for part in ("book", "tests/notebooks")]
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "-q", "-rA"]
    command += ["--rootdir", str(folder), "-p", "no:cacheprovider"]
    command += ["-p", "chapter_claims", "--nbval", str(folder / "90_trial.ipynb")]
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(places)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_a_chapter_that_is_as_stored_passes(trial):
    said = asked(trial, lambda cells: None)
    assert "7 passed" in said, said


def break_everything(cells):
    cells[0].source = "Found in 1949."
    cells[2].source = "The sum is 5.0<!-- = x -->, as is that<!-- = nothing -->."
    cells[3].source = "show(0.5)"


@pytest.fixture(scope="module")
def broken(trial):
    return asked(trial, break_everything)


@pytest.mark.parametrize(
    "sentence",
    [
        "printed 5.0, but x gives 4",
        "nothing: NameError",
        "a tile differs by",
        "new: ['1949 | Found in 1949']",
        "3 failed, 4 passed",
    ],
)
def test_each_fault_is_found_where_it_stands(broken, sentence):
    assert sentence in broken, broken


def test_a_figure_that_is_no_longer_drawn_is_missed(trial):
    def remove(cells):
        cells[3].source = "pass"

    assert "Missing output fields" in asked(trial, remove)
