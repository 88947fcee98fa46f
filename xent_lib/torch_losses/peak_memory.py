"""Measure what a loss takes at its peak, by what the operating system had to provide.

``python -m xent_lib.torch_losses.peak_memory --rows 128 --features 16 --classes 256000`` prints,
as JSON, the bytes by way and width. Each step runs in a process of its own, forked from one
that has PyTorch loaded and has computed nothing yet. It needs Linux, where ``/proc`` tells how
much memory a process holds (``VmRSS``) and has held at most (``VmHWM``).
Chapter 13 uses it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from torch.nn import LinearCrossEntropyOptions

from xent_lib.torch_losses.chunked import linear_cross_entropy

STATUS = Path("/proc/self/status")
WIDTHS = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "autocast": torch.float32,  # the dtype of the arguments; products are in bfloat16
}
CHUNK = 64
Problem = tuple[Tensor, Tensor, Tensor]


def loss_only(x: Tensor, w: Tensor, y: Tensor) -> None:
    """Compute the loss from all logits, without a gradient."""
    with torch.no_grad():
        logits = F.linear(x, w)
        F.cross_entropy(logits, y)


def two_liner(x: Tensor, w: Tensor, y: Tensor) -> None:
    """Compute the loss from all logits, which have a name, and the gradients."""
    logits = F.linear(x, w)
    F.cross_entropy(logits, y).backward()  # type: ignore[no-untyped-call]


def chunked(x: Tensor, w: Tensor, y: Tensor) -> None:
    """Let the library compute the loss and the gradients a few rows at a time."""
    linear_cross_entropy(x, w, y, chunk_size=CHUNK).backward()  # type: ignore[no-untyped-call]


def torch_whole(x: Tensor, w: Tensor, y: Tensor) -> None:
    """Let PyTorch compute both, as it does by default."""
    F.linear_cross_entropy(x, w, y).backward()  # type: ignore[no-untyped-call]


def torch_chunked(x: Tensor, w: Tensor, y: Tensor) -> None:
    """Let PyTorch compute both a few rows at a time."""
    options = LinearCrossEntropyOptions(batch_chunk_size=CHUNK)
    F.linear_cross_entropy(x, w, y, options=options).backward()  # type: ignore[no-untyped-call]


WAYS: dict[str, Callable[[Tensor, Tensor, Tensor], None]] = {
    "loss only": loss_only,
    "two-liner": two_liner,
    "chunked": chunked,
    "torch, whole": torch_whole,
    "torch, chunked": torch_chunked,
}


# What is measured: PyTorch's products in bfloat16 need memory inside that no formula here
# counts and that differs between processors, so the ways in chunks are measured in float32.
MEASURED = {
    "float32": tuple(WAYS),
    "bfloat16": ("loss only", "two-liner"),
    "autocast": ("loss only", "two-liner"),
}


def held(what: str) -> int:
    """Return the bytes of this process: ``VmRSS`` now, ``VmHWM`` at most so far."""
    found = re.search(rf"{what}:\s+(\d+) kB", STATUS.read_text())
    if found is None:
        raise OSError(f"{STATUS} has no line {what}")
    return 1024 * int(found[1])


def problem(rows: int, features: int, classes: int, dtype: torch.dtype) -> Problem:
    """Return an input, a weight and a target, drawn in their own width."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(rows, features, generator=generator, dtype=dtype)
    w = torch.randn(classes, features, generator=generator, dtype=dtype)
    y = torch.randint(classes, (rows,), generator=generator)
    return x.requires_grad_(), w.mul_(features**-0.5).requires_grad_(), y


def peak(way: str, width: str, rows: int, features: int, classes: int) -> int:
    """Return by how many bytes a step raises the memory of this process at its peak.

    A small step comes first: libraries and threads that any step loads are not its own.
    """
    dtype, step = WIDTHS[width], WAYS[way]
    with torch.autocast("cpu", torch.bfloat16, enabled=width == "autocast"):
        step(*problem(CHUNK, features, CHUNK, dtype))
        given = problem(rows, features, classes, dtype)
        before = held("VmRSS")
        step(*given)
        return held("VmHWM") - before


def in_a_fork(task: Callable[[], int]) -> int:
    """Return what a task computes in a process that is forked for it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, str(task()).encode())
        except BaseException:
            traceback.print_exc()
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    if not said:
        raise RuntimeError("the forked process ended without a result")
    return int(said)


def main() -> int:
    """Print the table as JSON; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for name, default in (("rows", 128), ("features", 16), ("classes", 256_000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    sizes = vars(parser.parse_args())
    for name, size in sizes.items():
        if size < 1:
            parser.error(f"--{name} must be above 0; got {size}")
    if not STATUS.exists():
        parser.error(f"this needs Linux: there is no {STATUS}")
    table = {
        width: {
            way: in_a_fork(lambda way=way, width=width: peak(way, width, **sizes))  # type: ignore[misc]
            for way in ways
        }
        for width, ways in MEASURED.items()
    }
    print(json.dumps(table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
