"""Time and memory of the losses beside PyTorch, JAX, SciPy and scikit-learn.

``make bench`` runs this file. Every way to compute the mean loss of class indices takes its
turn in one process, round after round, so that a neighbour's load falls on all of them; a
figure is the median of the ratios taken round by round. One thread means that the process is
held to one core before any library is loaded.

Memory is the most bytes held above what was held before: of NumPy's arrays by tracemalloc, of
PyTorch's by its profiler. JAX reports neither.
"""

from __future__ import annotations

import argparse
import functools
import gc
import hashlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

SHAPES = (
    (64, 10),
    (1024, 10),
    (65536, 10),
    (65536, 100),
    (4096, 1000),
    (1024, 32000),
    (256, 128256),
)
OURS = "xent_lib"
ROUND = 0.02  # seconds that a turn lasts at least, so that small shapes repeat
SEED = 0
RESULTS = Path(__file__).with_name("value_and_grad.json")
PARTS = Path(__file__).resolve().parents[2] / "_build" / "bench"
PEERS = ("numpy", "torch", "jax", "optax", "scipy", "scikit-learn")

Way = Callable[[], Any]


class Batch(NamedTuple):
    """Logits in float32 and class indices."""

    logits: Any
    labels: Any


def make_batch(shape: tuple[int, int]) -> Batch:
    """Draw a batch: normal scores with a standard deviation of 3, uniform labels."""
    import numpy as np

    rng = np.random.default_rng(SEED)
    logits = rng.standard_normal(shape, dtype=np.float32)
    logits *= 3
    return Batch(logits, rng.integers(0, shape[1], shape[0]))


def numpy_ways(batch: Batch) -> dict[str, dict[str, Way]]:
    """Return xent_lib, the plain version, SciPy, scikit-learn and the two floors."""
    import numpy as np
    from scipy.special import log_softmax
    from sklearn.metrics import log_loss

    from xent_lib import (
        one_hot,
        softmax,
        softmax_cross_entropy_with_integer_labels,
        softmax_cross_entropy_with_integer_labels_value_and_grad,
    )

    z, y = batch
    classes = range(z.shape[1])

    def plain() -> Any:
        targets = one_hot(y, z.shape[1], dtype=z.dtype) / np.float32(len(y))
        weights = targets.sum(axis=1, keepdims=True)
        logs = log_softmax(z.astype(np.float64), axis=1)
        return -(targets * logs).sum(), weights * softmax(z) - targets

    forward = {
        OURS: lambda: softmax_cross_entropy_with_integer_labels(z, y).mean(),
        "SciPy": lambda: -log_softmax(z, axis=1)[np.arange(len(y)), y].mean(),
    }
    if z.shape[1] <= 1000:
        forward["scikit-learn"] = lambda: log_loss(y, softmax(z), labels=classes)
    both = {
        OURS: lambda: softmax_cross_entropy_with_integer_labels_value_and_grad(z, y),
        "plain": plain,
    }
    floors = {"copy": lambda: z.copy(), "exp": lambda: np.exp(z)}
    return {"forward": forward | floors, "gradient": both | floors}


def torch_ways(batch: Batch, *, compiled: bool) -> dict[str, dict[str, Way]]:
    """Return PyTorch as written, and compiled where there is a compiler."""
    import torch

    z, y = torch.from_numpy(batch.logits), torch.from_numpy(batch.labels)
    leaf = z.clone().requires_grad_()
    loss = torch.nn.functional.cross_entropy

    def step(function: Callable[..., Any]) -> Any:
        leaf.grad = None
        function(leaf, y).backward()
        return leaf.grad

    forward = {"PyTorch": lambda: loss(z, y)}
    both = {"PyTorch": lambda: step(loss)}
    if compiled:
        # Without this the compiler gives up after eight shapes and runs the eager code.
        torch.compiler.reset()
        faster, with_slopes = (torch.compile(loss, dynamic=False) for _ in range(2))
        forward["torch.compile"] = lambda: faster(z, y)
        both["torch.compile"] = lambda: step(with_slopes)
    return {"forward": forward, "gradient": both}


def jax_ways(batch: Batch) -> dict[str, dict[str, Way]]:
    """Return optax's loss under ``jit``."""
    import jax
    import optax

    z, y = jax.numpy.asarray(batch.logits), jax.numpy.asarray(batch.labels)
    loss = optax.softmax_cross_entropy_with_integer_labels
    value = jax.jit(lambda z, y: loss(z, y).mean())
    both = jax.jit(jax.value_and_grad(lambda z, y: loss(z, y).mean()))
    return {
        "forward": {"JAX": lambda: value(z, y).block_until_ready()},
        "gradient": {"JAX": lambda: jax.block_until_ready(both(z, y))},
    }


def seconds(way: Way, calls: int) -> float:
    """Return the time of one call, from a turn of several."""
    begin = time.perf_counter()
    for _ in range(calls):
        way()
    return (time.perf_counter() - begin) / calls


def interleaved(ways: dict[str, Way], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each way in each round, after two calls to warm up."""
    calls = {}
    for name, way in ways.items():
        way()
        calls[name] = max(1, min(1000, int(ROUND / seconds(way, 1))))
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds):
        # Every other round runs backwards: no way always follows the same one.
        for name in list(ways)[:: 1 if turn % 2 else -1]:
            taken[name].append(seconds(ways[name], calls[name]))
    return taken


def traced_peak(way: Way) -> int:
    """Return the most bytes of NumPy's arrays that ``way`` holds at once."""
    way()
    gc.collect()
    tracemalloc.start()
    try:
        result = way()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        del result


def allocated_peak(way: Way) -> int:
    """Return the most bytes that PyTorch's allocator holds at once above where it began."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        way()
    events = [
        e for e in record.profiler.kineto_results.events() if e.name() == "[memory]"
    ]
    held = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        held += event.nbytes()
        most = max(most, held)
    return most


def measure(shape: tuple[int, int], rounds: int, *, compiled: bool) -> dict[str, Any]:
    """Return times, ratios to xent_lib and peaks of every way at one shape."""
    batch = make_batch(shape)
    sources = (numpy_ways(batch), torch_ways(batch, compiled=compiled), jax_ways(batch))
    found: dict[str, Any] = {"shape": list(shape)}
    for work in ("forward", "gradient"):
        ways = functools.reduce(lambda a, b: a | b, [s[work] for s in sources])
        taken = interleaved(ways, rounds)
        found[work] = {
            name: {
                "seconds": statistics.median(taken[name]),
                "xent_lib_over_it": statistics.median(
                    ours / its
                    for ours, its in zip(taken[OURS], taken[name], strict=True)
                ),
            }
            for name in ways
        }
    for name in (OURS, "plain"):
        found["gradient"][name]["peak"] = traced_peak(sources[0]["gradient"][name])
    found["gradient"]["PyTorch"]["peak"] = allocated_peak(
        sources[1]["gradient"]["PyTorch"]
    )
    return found


def hold_to(threads: int) -> None:
    """Hold the process to so many cores, and the libraries to so many threads."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(threads)
    import torch

    torch.set_num_threads(threads)


def machine() -> dict[str, Any]:
    """Describe the machine and the releases, without names that belong to its owner."""
    from importlib.metadata import version

    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.system(),
        "python": platform.python_version(),
        "releases": {name: version(name) for name in PEERS},
    }


def show(threads: int, found: dict[str, Any]) -> None:
    """Print the table of one shape."""
    rows, classes = found["shape"]
    print(f"\nN = {rows}, K = {classes}, float32, {threads} thread(s)")
    print(f"{'':16}{'forward':>12}{'ours / it':>11}{'+ gradient':>13}{'ours / it':>11}")
    for name in {**found["gradient"], **found["forward"]}:
        line = f"{name:16}"
        for work, width in (("forward", 12), ("gradient", 13)):
            entry = found[work].get(name)
            if entry is None:
                line += " " * (width + 11)
            else:
                line += f"{entry['seconds'] * 1e3:{width - 3}.3f} ms"
                line += f"{entry['xent_lib_over_it']:11.2f}"
        print(line, flush=True)


def fingerprint() -> str:
    """Return what a stored part depends on: the library, this file and the machine."""
    found = hashlib.sha256(json.dumps(machine(), sort_keys=True).encode())
    library = Path(__file__).resolve().parents[2] / "xent_lib"
    for file in (Path(__file__), *sorted(library.glob("*.py"))):
        found.update(file.read_bytes())
    return found.hexdigest()[:12]


def run_in_processes(options: argparse.Namespace) -> None:
    """Measure each number of threads in a process of its own, and store what they found.

    Every shape is kept as soon as it is measured, so that a run that was stopped goes on
    where it ended; a change of the library begins anew.
    """
    stored: dict[str, Any] = {"machine": machine(), "seed": SEED, "threads": {}}
    parts = PARTS / f"{fingerprint()}-{options.rounds}-{options.no_compile}"
    parts.mkdir(parents=True, exist_ok=True)
    for threads in (1, 2):
        if threads > stored["machine"]["cores"]:
            continue
        command = [sys.executable, __file__, "--threads", str(threads)]
        command += ["--rounds", str(options.rounds), "--parts", str(parts)]
        command += ["--no-compile"] * options.no_compile
        subprocess.run(command, check=True)
        stored["threads"][str(threads)] = [
            json.loads(part_of(parts, threads, shape).read_text()) for shape in SHAPES
        ]
    if options.store:
        options.store.write_text(json.dumps(stored, indent=1) + "\n")
        shutil.rmtree(PARTS)


def part_of(parts: Path, threads: int, shape: tuple[int, int]) -> Path:
    """Return where the results of one shape are kept until all are there."""
    return parts / f"{threads}-{shape[0]}x{shape[1]}.json"


def run_here(options: argparse.Namespace) -> None:
    """Measure the shapes that are not kept yet, on so many threads."""
    hold_to(options.threads)
    warnings.simplefilter("ignore")
    for shape in SHAPES:
        part = part_of(options.parts, options.threads, shape) if options.parts else None
        if part and part.exists():
            show(options.threads, json.loads(part.read_text()))
            continue
        found = measure(shape, options.rounds, compiled=not options.no_compile)
        show(options.threads, found)
        if part:
            part.with_suffix(".new").write_text(json.dumps(found))
            part.with_suffix(".new").replace(part)


def main() -> None:
    """Print the tables; store them where asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, choices=(1, 2))
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--parts", type=Path, help="a folder for finished shapes")
    parser.add_argument("--store", type=Path, help="a JSON file for the results")
    options = parser.parse_args()
    if options.threads is None:
        run_in_processes(options)
    else:
        run_here(options)


if __name__ == "__main__":
    main()
