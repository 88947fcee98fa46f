"""What is asked of a running chapter can be answered with no; refreshing keeps what it finds."""

import io
import json

import nbformat
import numpy as np
import pytest
from matplotlib import pyplot
from nbclient.exceptions import CellExecutionError

from bookkit.commands.refresh import refresh
from chapter_claims import (
    LARGEST_MOVE,
    LARGEST_TILE_DIFFERENCE,
    levels,
    move,
    tile_difference,
)


def drawn(height, label=0.5):
    figure, axes = pyplot.subplots(figsize=(6.0, 3.4))
    axes.plot([0, 1], [0, height], linewidth=2)
    axes.text(0.1, label, "name")
    axes.set_ylim(0, 1.2)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=144)
    pyplot.close(figure)
    return levels(buffer.getvalue())


def test_a_curve_or_a_name_moved_by_a_little_is_a_difference():
    assert tile_difference(drawn(1.0), drawn(1.0)) == 0
    assert tile_difference(drawn(1.0), drawn(1.01)) > LARGEST_TILE_DIFFERENCE
    assert tile_difference(drawn(1.0), drawn(1.0, label=0.51)) > LARGEST_TILE_DIFFERENCE


def test_where_the_last_bits_vary_a_curve_may_tremble_and_not_leave():
    assert 0 < move(drawn(1.0), drawn(1.02)) <= LARGEST_MOVE
    assert move(drawn(1.0), drawn(0.8)) > LARGEST_MOVE
    assert move(drawn(1.0), drawn(1.0, label=0.6)) > LARGEST_MOVE


def test_refreshing_reports_a_false_claim_and_keeps_the_output(tmp_path, monkeypatch):
    monkeypatch.setattr("bookkit.commands.refresh.BARE_FACTS", tmp_path / "bare")
    monkeypatch.setattr(
        "bookkit.commands.refresh.REPRODUCED", tmp_path / "reproduced.json"
    )
    path = tmp_path / "90_trial.ipynb"
    cells = [
        nbformat.v4.new_code_cell("x = 2 + 2\nx"),
        nbformat.v4.new_markdown_cell("The sum is 5<!-- = x -->, found in 1948."),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    (failure,) = refresh(path)
    assert "printed 5" in failure
    stored = nbformat.read(path, as_version=4)
    assert [cell.cell_type for cell in stored.cells] == ["code", "markdown"]
    assert stored.cells[0].outputs[0].data["text/plain"] == "4"
    assert stored.cells[0].execution_count == 1
    assert (tmp_path / "bare" / "90_trial.txt").read_text() == (
        "1948 | The sum is 5, found in 1948\n"
    )
    (recorded,) = json.loads((tmp_path / "reproduced.json").read_text()).items()
    assert recorded[0] == "90_trial"
    assert recorded[1]["versions"]["NumPy"] == np.__version__


def test_a_chapter_that_stops_half_way_leaves_the_record_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "bookkit.commands.refresh.REPRODUCED", tmp_path / "reproduced.json"
    )
    path = tmp_path / "91_trial.ipynb"
    cells = [nbformat.v4.new_code_cell("1 / 0")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    with pytest.raises(CellExecutionError):
        refresh(path)
    assert not (tmp_path / "reproduced.json").exists()
