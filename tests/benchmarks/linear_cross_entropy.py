"""Time and memory of the chunked linear cross entropy beside PyTorch's own.

``python tests/benchmarks/linear_cross_entropy.py`` prints one table a shape. Each line is one
way to compute the loss and the gradients of input and weight:

two-liner        ``torch.nn.functional.linear_cross_entropy``, which holds all logits
PyTorch, auto    the same with ``LinearCrossEntropyOptions()``
PyTorch, B rows  the same with ``LinearCrossEntropyOptions(batch_chunk_size=B)``
xent_lib         ``xent_lib.torch_losses.linear_cross_entropy``
xent_lib, B rows the same with ``chunk_size=B``

Time: the ways take turns, so that a neighbour's load falls on all of them; a line shows the
median of its times, and the median over the rounds of its time divided by xent_lib's in the
same round. Memory, twice: the most bytes that PyTorch's allocator held above what it held
before the step (exact, and blind to buffers inside the matrix library); and how far the step
raised the resident memory of a fresh process, which is all that the machine had to provide.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import LinearCrossEntropyOptions
from torch.nn.functional import linear_cross_entropy as torch_linear_cross_entropy
from torch.profiler import ProfilerActivity, profile

from xent_lib.torch_losses import linear_cross_entropy

SHAPES = ((2048, 512, 32000), (2048, 512, 128256), (4096, 1024, 32000))
CHUNKS = (128, 512)
OURS = "xent_lib"
MEBIBYTE = 2**20


class Shape(NamedTuple):
    """Rows, features and classes."""

    rows: int
    features: int
    classes: int


class Step:
    """Forward and backward on one batch, from gradients that are not there yet."""

    def __init__(self, shape: Shape) -> None:
        generator = torch.Generator().manual_seed(0)
        self.input = torch.randn(shape.rows, shape.features, generator=generator)
        self.weight = torch.randn(shape.classes, shape.features, generator=generator)
        self.weight /= shape.features**0.5
        self.target = torch.randint(shape.classes, (shape.rows,), generator=generator)
        self.input.requires_grad_()
        self.weight.requires_grad_()

    def reset(self) -> None:
        """Forget the gradients."""
        self.input.grad = self.weight.grad = None

    def run(self, way: str) -> None:
        """Compute the loss and its gradients."""
        loss_function(way)(self.input, self.weight, self.target).backward()


def ways(chunks: tuple[int, ...]) -> list[str]:
    """Name every line of the table."""
    named = [f"{who}, {rows} rows" for rows in chunks for who in ("PyTorch", OURS)]
    return ["two-liner", "PyTorch, auto", OURS, *named]


def loss_function(way: str) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Return the function behind a line of the table."""
    rows = int(found[1]) if (found := re.search(r"(\d+) rows", way)) else None
    if way.startswith(OURS):
        return lambda x, w, t: linear_cross_entropy(x, w, t, chunk_size=rows)
    options = None
    if way != "two-liner":
        options = LinearCrossEntropyOptions(batch_chunk_size=rows)
    return lambda x, w, t: torch_linear_cross_entropy(x, w, t, options=options)


def times(step: Step, names: list[str], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each way in each round, after one round to warm up."""
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds + 1):
        # Every other round runs backwards: no way always follows the same one.
        for name in names if turn % 2 else names[::-1]:
            step.reset()
            begin = time.perf_counter()
            step.run(name)
            if turn:
                taken[name].append(time.perf_counter() - begin)
    return taken


def allocated(step: Step, way: str) -> int:
    """Return the most bytes that the allocator held at once above where it began."""
    step.reset()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        step.run(way)
    events = [
        event
        for event in record.profiler.kineto_results.events()
        if event.name() == "[memory]"
    ]
    held = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        held += event.nbytes()
        most = max(most, held)
    return most


def resident(shape: Shape, way: str) -> int:
    """Return by how many bytes one step raises the peak memory of a fresh process."""
    command = [sys.executable, __file__, "--resident", way, "--shape", *map(str, shape)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(run.stdout)


def resident_here(shape: Shape, way: str) -> int:
    """Do what `resident` asks for, in the process that it starts.

    A step on 64 rows comes first: libraries and thread pools that any way loads are not its own.
    """
    Step(Shape(64, 64, 64)).run(way)
    step = Step(shape)
    before = peak_resident()
    step.run(way)
    return peak_resident() - before


def peak_resident() -> int:
    """Return the largest resident memory of this process so far, in bytes.

    Linux hands the ``ru_maxrss`` of a parent on to its child, but not ``VmHWM``.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1])
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measure(shape: Shape, rounds: int) -> dict[str, dict[str, float]]:
    """Return seconds, ratio to xent_lib and both peaks of every way."""
    step, names = Step(shape), ways(CHUNKS)
    taken = times(step, names, rounds)
    return {
        name: {
            "seconds": statistics.median(taken[name]),
            "ratio": statistics.median(
                t / o for t, o in zip(taken[name], taken[OURS], strict=True)
            ),
            "allocated": allocated(step, name),
            "resident": resident(shape, name),
        }
        for name in names
    }


def show(shape: Shape, lines: dict[str, dict[str, float]]) -> None:
    """Print one table."""
    gradients = 4 * shape.features * (shape.rows + shape.classes)
    print(
        f"\nN = {shape.rows}, D = {shape.features}, C = {shape.classes}, float32; "
        f"the gradients alone take {gradients / MEBIBYTE:.0f} MiB"
    )
    print(f"{'':20}{'seconds':>9}{'/ xent_lib':>12}{'allocated':>13}{'resident':>13}")
    for name, line in lines.items():
        print(
            f"{name:20}{line['seconds']:9.3f}{line['ratio']:12.2f}"
            f"{line['allocated'] / MEBIBYTE:9.0f} MiB{line['resident'] / MEBIBYTE:9.0f} MiB",
            flush=True,
        )


def main() -> None:
    """Print the tables; store them where asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--shape", type=int, nargs=3, metavar=("N", "D", "C"))
    parser.add_argument("--store", type=Path, help="a JSON file for the results")
    parser.add_argument("--resident", metavar="WAY", help=argparse.SUPPRESS)
    options = parser.parse_args()
    shapes = [Shape(*options.shape)] if options.shape else [Shape(*s) for s in SHAPES]
    if options.resident:
        print(resident_here(shapes[0], options.resident))
        return
    results = []
    for shape in shapes:
        lines = measure(shape, options.rounds)
        show(shape, lines)
        results.append({"shape": shape._asdict(), "ways": lines})
    machine = {
        "machine": platform.machine(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
    if options.store:
        options.store.write_text(json.dumps({**machine, "results": results}, indent=1))


if __name__ == "__main__":
    main()
