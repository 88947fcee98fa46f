"""Grade one submission in a process group of its own, within limits.

The process is ``sandbox.py``. This side gives it the cells and the tests, watches the clock,
the memory of all its processes and how much it writes, and ends them all at a limit. What the
submission was known to have earned by then counts.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bookkit.assignments import sandbox

_LOOK_EVERY = 0.2
# The clock of a submission runs from its first cell on; this is how long Python and otter may
# take to get there on a machine that is busy with other things.
_LONGEST_START = 600
_AT_ONCE = 1 << 16
_MOST_PROCESSES = 64
_GIB = 2**30


@dataclass(frozen=True)
class Limits:
    """What one submission may take."""

    seconds: float = 60  # from its first cell on
    memory: float = 4  # GiB, of all its processes together
    output: float = 1  # MB


@dataclass
class Outcome:
    """What came of one submission."""

    status: str = "graded"
    note: str = ""
    points: dict[str, float] = field(default_factory=dict)
    of: dict[str, float] = field(default_factory=dict)
    failed: dict[str, list[str]] = field(default_factory=dict)
    still_open: list[str] = field(default_factory=list)
    ended: bool = False


class StoppedError(Exception):
    """The grader was told to stop; the submission has no outcome."""


def possible(tests: Mapping[str, str]) -> dict[str, float]:
    """The points of each question."""
    from otter.test_files import ExceptionTestFile

    return {
        question: float(ExceptionTestFile.from_string(source).possible)
        for question, source in tests.items()
    }


def fingerprint(tests: Mapping[str, str], limits: Limits) -> str:
    """What a row was graded with: a row of other tests or limits is graded again."""
    text = json.dumps([dict(tests), limits.seconds, limits.memory, limits.output])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _surroundings(work: str) -> dict[str, str]:
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {
        **dict.fromkeys(threads, "1"),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        **dict.fromkeys(("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR"), work),
    }


def _to_hide(work: str, folders: list[Path]) -> list[str]:
    """The grader's folders that can be covered without covering what a run needs."""
    needed = [work, sys.prefix, sys.base_prefix, sandbox.__file__]
    kept = [Path(one).resolve() for one in needed]
    return [
        str(folder)
        for folder in {one.resolve() for one in folders}
        if folder.is_dir() and not any(one.is_relative_to(folder) for one in kept)
    ]


@contextlib.contextmanager
def _started(
    request: dict[str, Any], hidden: list[Path]
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start the sandbox; on the way out nothing of it is left."""
    with tempfile.TemporaryDirectory(
        prefix="grade-", ignore_cleanup_errors=True
    ) as work:
        reading, writing = os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-I", sandbox.__file__, str(writing)],
            cwd=work,
            env=_surroundings(work),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[writing],
            start_new_session=True,
        )
        os.close(writing)
        try:
            whole = {**request, "work": work, "hidden": _to_hide(work, hidden)}
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
                pipe.write(json.dumps(whole).encode("ascii"))
            yield process, reading
        finally:
            _end(process)
            os.close(reading)
            assert process.stdout is not None
            process.stdout.close()


def _family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    try:
        first = psutil.Process(process.pid)
        return [first, *first.children(recursive=True)]
    except psutil.Error:
        return []


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the process group, and every descendant that has left it."""
    family = _family(process)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for one in family:
        with contextlib.suppress(psutil.Error):
            one.kill()
    process.wait()


def _resident(family: list[psutil.Process]) -> int:
    total = 0
    for one in family:
        with contextlib.suppress(psutil.Error):
            total += one.memory_info().rss
    return total


class _Watch:
    """Reads what one run reports, and says when a limit is reached."""

    def __init__(self, limits: Limits, word: str) -> None:
        self.outcome = Outcome()
        self.cell = 0
        self.since: float | None = None
        self.raised: list[tuple[int, str]] = []
        self._limits = limits
        self._word = word
        self._written = 0
        self._rest = b""

    def wrote(self, amount: int) -> None:
        self._written += amount

    def reported(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _AT_ONCE:
            self._written += len(self._rest)
            self._rest = b""
        for line in lines:
            try:
                what = json.loads(line)
            except ValueError:
                what = None
            if isinstance(what, dict) and what.get("word") == self._word:
                self._note(what)
            else:
                self._written += len(line)

    def _note(self, what: dict[str, Any]) -> None:
        outcome = self.outcome
        if "question" in what:
            question = what["question"]
            outcome.points[question] = what["points"]
            outcome.of[question] = what["of"]
            outcome.failed[question] = what["failed"]
        elif "raised" in what:
            self.raised.append((what["cell"], what["raised"]))
        elif "cell" in what:
            self.cell = what["cell"]
            self.since = self.since or time.monotonic()
        elif "still_open" in what:
            outcome.still_open = what["still_open"]
        elif "end" in what:
            outcome.ended = True

    def too_much(self, family: list[psutil.Process]) -> bool:
        """Whether a limit is reached; then the outcome says which."""
        limits, outcome = self._limits, self.outcome
        if self._written > limits.output * 1e6:
            outcome.status = "output"
            outcome.note = f"Stopped after it had written {limits.output:g} MB"
        elif self.since and time.monotonic() - self.since > limits.seconds:
            outcome.status = "time"
            outcome.note = f"Stopped after {limits.seconds:g} s"
        elif _resident(family) > limits.memory * _GIB:
            outcome.status = "memory"
            outcome.note = f"Stopped at {limits.memory:g} GiB of memory"
        elif len(family) > _MOST_PROCESSES:
            outcome.status = "processes"
            outcome.note = f"Stopped at {len(family)} processes"
        else:
            return False
        outcome.note += self._where()
        return True

    def _where(self) -> str:
        place = f"in code cell {self.cell}" if self.cell else "in the tests"
        return f", {place}; what it had earned before counts."

    def conclude(self, code: int) -> Outcome:
        """What came of a run that ended by itself."""
        outcome = self.outcome
        if not outcome.ended:
            outcome.status = "died"
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            outcome.note = f"Its interpreter ended by itself ({how})" + self._where()
        elif self.raised:
            cell, error = self.raised[0]
            short = any(error.startswith("MemoryError") for _, error in self.raised)
            outcome.status = "memory" if short else "raised"
            outcome.note = f"Code cell {cell} raised {error}"
            if len(self.raised) > 1:
                outcome.note += f"; {len(self.raised)} cells raised an error"
            outcome.note += ". The cells after it ran."
        return outcome


def grade(
    cells: list[str],
    tests: Mapping[str, str],
    limits: Limits,
    hidden: list[Path],
    stop: threading.Event,
) -> Outcome:
    """Run the cells of a submission, test its questions, and say what came of it.

    Raises
    ------
    StoppedError
        If ``stop`` was set before it was done.
    """
    word = secrets.token_hex(16)
    watch = _Watch(limits, word)
    request = {
        "word": word,
        "cells": cells,
        "tests": dict(tests),
        "seconds": limits.seconds,
        "memory": int(limits.memory * _GIB),
    }
    latest = time.monotonic() + _LONGEST_START
    with (
        _started(request, hidden) as (process, reading),
        selectors.DefaultSelector() as ready,
    ):
        assert process.stdout is not None
        ready.register(process.stdout.fileno(), selectors.EVENT_READ, watch.wrote)
        ready.register(reading, selectors.EVENT_READ, watch.reported)
        looked = 0.0
        while not watch.outcome.ended:
            if stop.is_set():
                raise StoppedError
            if watch.since is None and time.monotonic() > latest:
                raise TimeoutError(f"it did not start within {_LONGEST_START} s")
            for key, _ in ready.select(_LOOK_EVERY):
                data = os.read(key.fd, _AT_ONCE)
                if not data:
                    ready.unregister(key.fd)
                elif key.data == watch.wrote:
                    watch.wrote(len(data))
                else:
                    watch.reported(data)
            if not ready.get_map():
                break
            if time.monotonic() - looked > _LOOK_EVERY:
                looked = time.monotonic()
                if watch.too_much(_family(process)):
                    return watch.outcome
            elif watch.too_much([]):
                return watch.outcome
        if not watch.outcome.ended:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1)
        return watch.conclude(process.returncode or 0)
