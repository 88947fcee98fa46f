"""The measured table that chapter 13 stores is what a new measurement gives, within 5 %."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import nbformat
import pytest

from bookkit.reading.contents import NOTEBOOKS
from xent_lib.torch_losses import peak_memory

MEBIBYTE = 2**20
NOT_LINUX = "only Linux tells, in /proc, how much memory a process has held at most"
SIZES = {"rows": 128, "features": 16, "classes": 256_000}
CELLS = nbformat.read(NOTEBOOKS / "13_scale.ipynb", as_version=4).cells


def stored() -> dict[tuple[str, str], int]:
    """The table as the chapter shows it, in MiB."""
    (shown,) = [
        output.text
        for cell in CELLS
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.get("text", "").startswith("peak in MiB")
    ]
    head, *rows = shown.splitlines()
    widths = head.removeprefix("peak in MiB").split()
    found = {}
    for row in rows:
        way, numbers = re.fullmatch(r"([^\d]+?)((?:\s+\d+)+)\s*", row).groups()
        for width, number in zip(widths, numbers.split(), strict=False):
            found[width, way] = int(number)
    return found


@pytest.mark.skipif(not peak_memory.STATUS.exists(), reason=NOT_LINUX)
def test_the_stored_table_is_within_5_per_cent_of_a_new_measurement() -> None:
    source = "\n".join(cell.source for cell in CELLS)
    assert "rows, features, classes = 128, 16, 256_000" in source
    arguments = [text for name, n in SIZES.items() for text in (f"--{name}", str(n))]
    run = subprocess.run(
        [sys.executable, "-m", "xent_lib.torch_losses.peak_memory", *arguments],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        timeout=300,
        check=True,
    )
    measured = {
        (width, way): size / MEBIBYTE
        for width, row in json.loads(run.stdout).items()
        for way, size in row.items()
    }
    table = stored()
    assert set(table) == set(measured)
    for place, shown in table.items():
        assert shown == pytest.approx(measured[place], rel=0.05), place


BUILT = """
import torch
import xent_lib.torch_losses.peak_memory as measure

torch.set_num_threads(1)
{function}

def built(x, w, y):
    with torch.no_grad():
        chunked_loss(x, w, y, measure.CHUNK)

measure.WAYS["built"] = built
print(measure.peak("built", "float32", {rows}, {features}, {classes}))
"""


@pytest.mark.skipif(not peak_memory.STATUS.exists(), reason=NOT_LINUX)
def test_the_loss_built_in_the_chapter_holds_three_chunks_and_the_gradients() -> None:
    assert "Our `chunked_loss` holds three chunks at its peak" in "\n".join(
        cell.source for cell in CELLS
    )
    (cell,) = [
        cell.source for cell in CELLS if cell.source.startswith("def chunked_loss")
    ]
    function = cell.partition("\n\n\nq =")[0]
    run = subprocess.run(
        [sys.executable, "-c", BUILT.format(function=function, **SIZES)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        timeout=300,
        check=True,
    )
    rows, features, classes = SIZES.values()
    chunks = 3 * 4 * peak_memory.CHUNK * classes
    gradients = 4 * features * (rows + classes)
    assert int(run.stdout) == pytest.approx(chunks + gradients, rel=0.05)
