"""The times that chapter 13 stores bear out what it says of them.

Nothing is timed here: what is read is the stored run, so that no test needs a calm machine.
"""

from __future__ import annotations

import re

import nbformat
import pytest

from bookkit.reading.contents import NOTEBOOKS

CELLS = nbformat.read(NOTEBOOKS / "13_scale.ipynb", as_version=4).cells
MILLISECONDS = re.compile(r"\d ms\b")
PROSE = "\n".join(cell.source for cell in CELLS if cell.cell_type == "markdown")


def stored(first: str) -> dict[str, float]:
    """Milliseconds by name, from the output that begins with a word."""
    (shown,) = [
        output.text
        for cell in CELLS
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.get("text", "").startswith(first) and MILLISECONDS.search(output.text)
    ]
    rows = [re.fullmatch(r"(.+?):?\s+([\d.]+) ms", row) for row in shown.splitlines()]
    return {" ".join(row[1].split()): float(row[2]) for row in rows if row}


def test_chunks_of_64_take_no_longer_than_the_two_lines_and_chunks_of_4_longer() -> (
    None
):
    assert (
        "chunks of 64 took no longer than the two lines, and chunks of 4 took longer "
        "than either"
    ) in PROSE
    times = stored("two-liner")
    large = [times["library"], times["torch, chunked"]]
    small = [times["library, 4"], times["torch, 4"]]
    assert max(large) <= times["two-liner"] < min(small)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.id)
def test_a_cell_that_prints_milliseconds_is_not_compared(
    cell: nbformat.NotebookNode,
) -> None:
    printed = [output.get("text", "") for output in cell.get("outputs", [])]
    if any(MILLISECONDS.search(text) for text in printed):
        assert "nbval-ignore-output" in cell.metadata.tags


def test_a_row_at_a_time_takes_what_the_chapter_says() -> None:
    assert (
        "one row at a time took more than twice as long as all rows at once, and half of "
        "that time or more is what it takes to copy as many numbers"
    ) in PROSE
    assert "with 200 classes there are as many, and they took less than a fifth" in (
        PROSE
    )
    times = stored("chunks of 64:")
    single = times["chunks of 1"]
    assert single > 2 * times["chunks of 64"]
    assert times["copying 64 times 4 K D numbers"] >= single / 2
    assert times["chunks of 1, 200 classes"] < single / 5
