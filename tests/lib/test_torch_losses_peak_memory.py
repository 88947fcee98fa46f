"""The command that measures a loss's memory, on real processes, against the counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from xent_lib.memory import loss_memory
from xent_lib.torch_losses import peak_memory

ROWS, FEATURES, CLASSES = 128, 16, 160_000
TABLE, LAYER = ROWS * CLASSES, FEATURES * (ROWS + CLASSES)
PATIENCE = 300
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}

linux = pytest.mark.skipif(
    not peak_memory.STATUS.exists(),
    reason="only Linux tells, in /proc, how much memory a process has held at most",
)

# Bytes for each number of the table of logits; beside it 16-bit copies of input and weight.
COUNTED = {
    ("float32", "loss only"): 8 * TABLE,
    ("float32", "torch, whole"): 12 * TABLE,
    ("float32", "torch, chunked"): 4 * peak_memory.CHUNK * CLASSES + 4 * LAYER,
    ("bfloat16", "loss only"): 4 * TABLE,
    ("autocast", "loss only"): 10 * TABLE + 2 * LAYER,
    ("autocast", "two-liner"): 14 * TABLE + 2 * LAYER,
}


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def command(**sizes: int) -> subprocess.CompletedProcess[str]:
    given = [text for name, size in sizes.items() for text in (f"--{name}", str(size))]
    return python("-m", "xent_lib.torch_losses.peak_memory", *given)


@pytest.fixture(scope="module")
def measured() -> dict[str, dict[str, int]]:
    run = command(rows=ROWS, features=FEATURES, classes=CLASSES)
    assert run.returncode == 0, run.stderr
    table: dict[str, dict[str, int]] = json.loads(run.stdout)
    return table


@linux
def test_every_width_and_way_is_measured(measured: dict[str, dict[str, int]]) -> None:
    assert {width: tuple(row) for width, row in measured.items()} == (
        peak_memory.MEASURED
    )


@linux
@pytest.mark.parametrize(("width", "way"), COUNTED)
def test_the_peak_is_within_5_per_cent_of_the_count(
    measured: dict[str, dict[str, int]], width: str, way: str
) -> None:
    assert measured[width][way] == pytest.approx(COUNTED[width, way], rel=0.05)


@linux
@pytest.mark.parametrize(
    ("width", "way"),
    [("float32", "two-liner"), ("float32", "chunked"), ("bfloat16", "two-liner")],
)
def test_the_peak_is_within_5_per_cent_of_what_loss_memory_says(
    measured: dict[str, dict[str, int]], width: str, way: str
) -> None:
    terms = loss_memory(
        ROWS,
        FEATURES,
        CLASSES,
        bytes_per_number=4 if width == "float32" else 2,
        chunk_size=peak_memory.CHUNK,
    )[way]
    counted = sum(terms.values()) - terms["input and weight"]
    assert measured[width][way] == pytest.approx(counted, rel=0.05)


@pytest.mark.parametrize("name", ["rows", "features", "classes"])
def test_a_size_below_1_is_refused(name: str) -> None:
    run = command(**{name: 0})
    assert run.returncode == 2
    assert f"--{name} must be above 0; got 0" in run.stderr


def test_where_there_is_no_proc_it_says_so(tmp_path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from xent_lib.torch_losses import peak_memory\n"
        f"peak_memory.STATUS = Path({str(tmp_path / 'status')!r})\n"
        "sys.argv = ['peak_memory']\n"
        "peak_memory.main()\n"
    )
    run = python("-c", program)
    assert run.returncode == 2
    assert "this needs Linux: there is no" in run.stderr


@linux
def test_a_process_that_fails_is_an_error_and_not_a_number() -> None:
    program = (
        "from xent_lib.torch_losses.peak_memory import in_a_fork\n"
        "print(in_a_fork(lambda: 7), flush=True)\n"
        "in_a_fork(lambda: 1 // 0)\n"
    )
    run = python("-c", program)
    assert run.stdout == "7\n"
    assert run.returncode == 1
    assert "ZeroDivisionError" in run.stderr
    assert "the forked process ended without a result" in run.stderr


@linux
def test_a_line_that_the_system_does_not_give_is_an_error() -> None:
    with pytest.raises(OSError, match="has no line VmNothing"):
        peak_memory.held("VmNothing")
