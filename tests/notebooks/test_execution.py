"""Chapters as programs: run in reverse order, elsewhere, they reproduce what is stored.

nbval compares the text of every output; here are the claims in the prose, the figures and the
reviewed lists of bare numbers.
"""

import base64
import io
import json

import nbformat
import numpy as np
import pytest
from matplotlib import pyplot
from nbclient.exceptions import CellExecutionError
from scipy import ndimage

from _tools.chapters import chapters
from _tools.execution import run
from _tools.refresh import BARE_FACTS, VARIES, refresh

TILE = 24  # pixels; a word is about two tiles long
LARGEST_TILE_DIFFERENCE = 6.0  # root mean square over a tile, of 255 grey levels
LARGEST_MOVE = 16  # pixels, a ninth of an inch


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
    """Yield each figure's grey levels, and whether its last bits are the processor's own."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                png = io.BytesIO(base64.b64decode(output.data["image/png"]))
                yield (
                    pyplot.imread(png, format="png")[..., :3] * 255,
                    VARIES in cell.metadata.get("tags", []),
                )


def tile_difference(one, other):
    """Return the root mean square difference of the two in the tile where it is largest."""
    square = ((one - other) ** 2).mean(axis=-1)
    rows, columns = (-(-size // TILE) * TILE for size in square.shape)
    padded = np.zeros((rows, columns))
    padded[: square.shape[0], : square.shape[1]] = square
    tiles = padded.reshape(rows // TILE, TILE, columns // TILE, TILE)
    return float(np.sqrt(tiles.mean(axis=(1, 3)).max()))


def move(one, other):
    """Return how far the ink of either lies from the nearest ink of the other, at most."""
    inks = [picture.min(axis=-1) < 160 for picture in (one, other)]
    away = [ndimage.distance_transform_edt(~ink) for ink in inks]
    return float(max(away[1][inks[0]].max(), away[0][inks[1]].max()))


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
    for (one, varies), (other, _) in zip(before, after, strict=True):
        assert one.shape == other.shape
        if varies:
            assert move(one, other) <= LARGEST_MOVE
        else:
            assert tile_difference(one, other) <= LARGEST_TILE_DIFFERENCE


def drawn(height, label=0.5):
    figure, axes = pyplot.subplots(figsize=(6.0, 3.4))
    axes.plot([0, 1], [0, height], linewidth=2)
    axes.text(0.1, label, "name")
    axes.set_ylim(0, 1.2)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=144)
    pyplot.close(figure)
    return pyplot.imread(io.BytesIO(buffer.getvalue()), format="png")[..., :3] * 255


def test_a_curve_or_a_name_moved_by_a_little_is_a_difference():
    assert tile_difference(drawn(1.0), drawn(1.0)) == 0
    assert tile_difference(drawn(1.0), drawn(1.01)) > LARGEST_TILE_DIFFERENCE
    assert tile_difference(drawn(1.0), drawn(1.0, label=0.51)) > LARGEST_TILE_DIFFERENCE


def test_where_the_last_bits_vary_a_curve_may_tremble_and_not_leave():
    assert 0 < move(drawn(1.0), drawn(1.02)) <= LARGEST_MOVE
    assert move(drawn(1.0), drawn(0.8)) > LARGEST_MOVE
    assert move(drawn(1.0), drawn(1.0, label=0.6)) > LARGEST_MOVE


def test_refreshing_reports_a_false_claim_and_keeps_the_output(tmp_path, monkeypatch):
    monkeypatch.setattr("_tools.refresh.BARE_FACTS", tmp_path / "bare")
    monkeypatch.setattr("_tools.refresh.REPRODUCED", tmp_path / "reproduced.json")
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
    monkeypatch.setattr("_tools.refresh.REPRODUCED", tmp_path / "reproduced.json")
    path = tmp_path / "91_trial.ipynb"
    cells = [nbformat.v4.new_code_cell("1 / 0")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    with pytest.raises(CellExecutionError):
        refresh(path)
    assert not (tmp_path / "reproduced.json").exists()
