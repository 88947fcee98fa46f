"""A plugin: what nbval leaves out, asked in the kernel in which nbval runs a chapter.

nbval runs every cell and compares its text. Between its cells stand items of this module: the
numbers in the prose are evaluated where they are claimed, and the figures are compared with
the stored ones. So a chapter runs once, and everything is asked of that run.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from queue import Empty
from typing import Any

import numpy as np
import pytest
from matplotlib import image
from nbval.plugin import IPyNbCell, IPyNbFile
from scipy import ndimage

from bookkit.commands.refresh import BARE_FACTS, VARIES
from bookkit.reading.contents import chapters
from bookkit.reading.execution import evaluator
from bookkit.reading.prose import Audit, audit, checks

TILE = 24  # pixels; a word is about two tiles long
LARGEST_TILE_DIFFERENCE = 6.0  # root mean square over a tile, of 255 grey levels
LARGEST_MOVE = 16  # pixels, a ninth of an inch
PATIENCE = 120  # seconds without a word from a kernel before it counts as stuck


def pictures(outputs: list[Any]) -> list[Any]:
    """Return the grey levels of each figure among a cell's outputs."""
    found = (output.get("data", {}).get("image/png") for output in outputs)
    return [levels(base64.b64decode(png)) for png in found if png]


def levels(png: bytes) -> Any:
    """Return a picture's grey levels, from 0 to 255."""
    return image.imread(io.BytesIO(png), format="png")[..., :3] * 255


def tile_difference(one: Any, other: Any) -> float:
    """Return the root mean square difference of the two in the tile where it is largest."""
    square = ((one - other) ** 2).mean(axis=-1)
    rows, columns = (-(-size // TILE) * TILE for size in square.shape)
    padded = np.zeros((rows, columns))
    padded[: square.shape[0], : square.shape[1]] = square
    tiles = padded.reshape(rows // TILE, TILE, columns // TILE, TILE)
    return float(np.sqrt(tiles.mean(axis=(1, 3)).max()))


def move(one: Any, other: Any) -> float:
    """Return how far the ink of either lies from the nearest ink of the other, at most."""
    inks = [picture.min(axis=-1) < 160 for picture in (one, other)]
    away = [ndimage.distance_transform_edt(~ink) for ink in inks]
    return float(max(away[1][inks[0]].max(), away[0][inks[1]].max()))


class _Asked(pytest.Item):
    """An item that has a sentence for its failure."""

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Show what was found, without the lines of this plugin."""
        if excinfo.errisinstance(AssertionError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> Any:
        """Name the chapter and the place in it."""
        return self.path, 0, f"{self.path.name}: {self.name}"


class Prose(_Asked):
    """The text between two code cells, held to the values it claims."""

    def __init__(
        self, *, texts: list[str], told: dict[str, Audit], **more: Any
    ) -> None:
        super().__init__(**more)
        self._texts = texts
        self._told = told

    def runtest(self) -> None:
        """Evaluate the checks in the chapter's own namespace, as it is at this place."""
        found = [audit(text, self._values(text)) for text in self._texts]
        whole = Audit(
            [f for a in found for f in a.failures], [n for a in found for n in a.bare]
        )
        self._told[self.name] = whole
        assert not whole.failures, "\n".join(whole.failures)

    def _values(self, text: str) -> list[Any]:
        expressions = [check.expression for check in checks(text)]
        if not expressions:
            return []
        kernel = self.parent.kernel
        asked = kernel.execute_cell_input(evaluator(expressions), allow_stdin=False)
        printed = ""
        try:
            kernel.await_reply(asked, timeout=PATIENCE)
            while True:
                message = kernel.get_message("iopub", timeout=PATIENCE)
                if message["parent_header"].get("msg_id") != asked:
                    continue
                content = message["content"]
                printed += (
                    content.get("text", "") if message["msg_type"] == "stream" else ""
                )
                if content.get("execution_state") == "idle":
                    break
        except Empty:
            pytest.fail(
                f"The kernel said nothing for {PATIENCE} seconds: {expressions}"
            )
        values: list[Any] = json.loads(printed)
        return values


class BareNumbers(_Asked):
    """The numbers of a chapter that no expression gives, beside the reviewed list."""

    def __init__(self, *, told: dict[str, Audit], parts: int, **more: Any) -> None:
        super().__init__(**more)
        self._told = told
        self._parts = parts

    def runtest(self) -> None:
        """Compare with the list that `make refresh` wrote."""
        if len(self._told) < self._parts:
            pytest.skip("only a part of the chapter was run")
        bare = [number for told in self._told.values() for number in told.bare]
        listed = (BARE_FACTS / f"{self.path.stem}.txt").read_text("utf-8").splitlines()
        assert bare == listed, (
            f"new: {sorted(set(bare) - set(listed))}\ngone: {sorted(set(listed) - set(bare))}"
        )


class Figure(_Asked):
    """The figures of one cell, beside the stored ones."""

    def __init__(self, *, drawn_by: IPyNbCell, **more: Any) -> None:
        super().__init__(**more)
        self._cell = drawn_by

    def runtest(self) -> None:
        """Compare tile by tile; a figure of rounding errors may tremble and not leave."""
        if self._cell.test_outputs is None:
            pytest.skip("its cell was not run")
        before = pictures(self._cell.cell.outputs)
        after = pictures(self._cell.test_outputs)
        assert [one.shape for one in before] == [one.shape for one in after]
        varies = VARIES in self._cell.cell.metadata.get("tags", [])
        for one, other in zip(before, after, strict=True):
            if varies:
                assert (far := move(one, other)) <= LARGEST_MOVE, (
                    f"moved by {far} pixels"
                )
            else:
                off = tile_difference(one, other)
                assert off <= LARGEST_TILE_DIFFERENCE, f"a tile differs by {off} levels"


def _asked_of(file: IPyNbFile, cells: list[IPyNbCell]) -> Iterator[pytest.Item]:
    told: dict[str, Audit] = {}
    parts: list[list[str]] = [[]]
    for cell in file.nb.cells:
        if cell.cell_type == "code":
            parts.append([])
        elif cell.cell_type == "markdown":
            parts[-1].append(cell.source)
    for number, texts in enumerate(parts):
        if number:
            cell = cells[number - 1]
            yield cell
            if pictures(cell.cell.outputs):
                name = f"Figure of cell {cell.cell_num}"
                yield Figure.from_parent(file, name=name, drawn_by=cell)
        name = f"Prose before cell {number}"
        yield Prose.from_parent(file, name=name, texts=texts, told=told)
    yield BareNumbers.from_parent(
        file, name="Bare numbers", told=told, parts=len(parts)
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the questions of each whole chapter between the cells that nbval collected."""
    known = set(chapters())
    by_file: dict[IPyNbFile, list[IPyNbCell]] = {}
    for item in items:
        if isinstance(item, IPyNbCell):
            item.output_timeout = PATIENCE
            by_file.setdefault(item.parent, []).append(item)
    for file, cells in by_file.items():
        whole = [cell for cell in file.nb.cells if cell.cell_type == "code"]
        if file.path in known and len(cells) == len(whole):
            place = items.index(cells[0])
            items[place : place + len(cells)] = _asked_of(file, cells)
