"""Chapters as programs: run in reverse order, elsewhere, they reproduce what is stored.

nbval compares the text of every output; here are the claims in the prose, the figures and the
reviewed lists of bare numbers.
"""

import base64
import io

import nbformat
import numpy as np
import pytest
from matplotlib import pyplot

from _tools.chapters import chapters
from _tools.execution import run
from _tools.refresh import BARE_FACTS, refresh

LARGEST_FIGURE_DIFFERENCE = 2.0  # root mean square, of 255 grey levels


@pytest.fixture(scope="module", params=reversed(chapters()), ids=lambda path: path.stem)
def chapter(request, tmp_path_factory):
    """A chapter as stored, and as it comes out of a fresh kernel in an empty folder."""
    stored = nbformat.read(request.param, as_version=4)
    return (
        request.param.stem,
        stored,
        run(request.param, tmp_path_factory.mktemp("elsewhere")),
    )


def pictures(notebook):
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                png = base64.b64decode(output.data["image/png"])
                yield pyplot.imread(io.BytesIO(png), format="png")[..., :3] * 255


def difference(one, other):
    return float(np.sqrt(np.mean((one - other) ** 2)))


def test_every_claim_in_the_prose_holds(chapter):
    _, _, executed = chapter
    assert executed.failures == []


def test_the_reviewed_list_of_bare_numbers_is_up_to_date(chapter):
    slug, _, executed = chapter
    assert (BARE_FACTS / f"{slug}.txt").read_text("utf-8").splitlines() == executed.bare


def test_figures_look_as_stored(chapter):
    _, stored, executed = chapter
    before, after = list(pictures(stored)), list(pictures(executed.notebook))
    assert len(before) == len(after)
    for one, other in zip(before, after, strict=True):
        assert one.shape == other.shape
        assert difference(one, other) <= LARGEST_FIGURE_DIFFERENCE


def test_a_moved_curve_is_a_difference():
    def drawn(height):
        figure, axes = pyplot.subplots(figsize=(6.0, 3.4))
        axes.plot([0, 1], [0, height], linewidth=2)
        axes.set_ylim(0, 1.2)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=144)
        pyplot.close(figure)
        return pyplot.imread(io.BytesIO(buffer.getvalue()), format="png")[..., :3] * 255

    assert difference(drawn(1.0), drawn(1.0)) == 0
    assert difference(drawn(1.0), drawn(1.02)) > LARGEST_FIGURE_DIFFERENCE


def test_refreshing_reports_a_false_claim_and_keeps_the_output(tmp_path, monkeypatch):
    monkeypatch.setattr("_tools.refresh.BARE_FACTS", tmp_path / "bare")
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
