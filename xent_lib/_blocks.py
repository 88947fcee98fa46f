"""Rows of logits cut into blocks that stay in a core's cache, and shared among the cores.

What a block needs beside its result lies in a room: arrays that are lent for a call and kept
for the next, because fresh memory costs more time than what is computed in it.
"""

from __future__ import annotations

import contextlib
import functools
import math
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent_lib._validation import FloatArray

BLOCK_BYTES = 2**20  # of logits; a megabyte fits most second-level caches
WIDE_ENTRIES = 2**16  # that are worked on in float64 at once, for the same reason
MOST_ROWS = (
    2**13
)  # of a block, whose numbers for each row would else outweigh short rows
MOST_KEPT = 2**18  # entries of an array that is kept for the next call
ENTRIES_A_THREAD = 2**17  # below this, waking a thread costs more than it saves
LONG_ROW = 2**8  # entries from which NumPy multiplies rows faster without its buffer
BUFFER, SMALL_BUFFER = (
    2**10,
    2**8,
)  # entries; NumPy's own 8192 outweigh a small gradient


class Room:
    """Arrays for the numbers of one block at a time."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], NDArray[Any]] = {}

    def array(
        self, name: str, shape: tuple[int, ...], dtype: str = "d"
    ) -> NDArray[Any]:
        """Return an array of ``shape``; asking for its name again gives the same memory."""
        size = math.prod(shape)
        kept = self._kept.get((name, dtype))
        if kept is None or kept.size < size:
            kept = np.empty(size, dtype)
            if size <= MOST_KEPT:
                self._kept[name, dtype] = kept
        return kept[:size].reshape(shape)


Block = Callable[[slice, Room], float]
_rooms: list[Room] = []


def available_cores() -> int:
    """Cores that this process may use; ``OMP_NUM_THREADS`` lowers them, as elsewhere."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return min(cores, int(asked)) if asked.isdigit() and int(asked) else cores


def rows_of_a_block(count: int, row_bytes: int) -> int:
    """Return how many of ``count`` rows are worked on at once."""
    most = max(1, min(MOST_ROWS, BLOCK_BYTES // row_bytes))
    if count <= most:
        return count
    blocks = -(-count // most)
    return -(-count // (blocks + blocks % 2))  # two cores share them fairly


def wide_parts(count: int, classes: int) -> Iterator[slice]:
    """Cut the rows of a block once more, for work in ``float64``."""
    step = max(1, WIDE_ENTRIES // classes)
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))


def sum_over_blocks(block: Block, count: int, like: FloatArray) -> float:
    """Call ``block`` on slices of ``count`` rows as wide as ``like``'s; return the sum of values.

    The slices are the same however many threads take part, and so is the sum.
    """
    classes = like.shape[1]
    rows = rows_of_a_block(count, classes * like.itemsize)
    if count == 0:
        return 0.0
    if rows == count:
        with _room_for(count, classes) as room:
            return block(slice(None), room)
    starts = deque(range(0, count, rows))
    values = dict.fromkeys(starts, 0.0)
    worth = min(len(starts), count * classes // ENTRIES_A_THREAD)
    cores = available_cores() if worth > 1 else 1
    threads = min(cores, worth)

    def work() -> None:
        with _room_for(count, classes) as room:
            for start in _taken_from(starts):
                values[start] = block(slice(start, start + rows), room)

    helpers = []
    if threads > 1:
        pool = _helpers(os.getpid(), cores - 1)
        helpers = [pool.submit(work) for _ in range(threads - 1)]
    try:
        work()
    finally:
        starts.clear()
        for helper in helpers:
            if not helper.cancel():
                helper.result()
    return sum(values.values())


@functools.lru_cache(maxsize=1)
def _helpers(process: int, count: int) -> ThreadPoolExecutor:
    """Return the threads that work beside the caller's; a forked process starts its own."""
    return ThreadPoolExecutor(count, thread_name_prefix="xent_lib")


def _taken_from(starts: deque[int]) -> Iterator[int]:
    """Take what no other thread has taken."""
    while True:
        try:
            yield starts.popleft()
        except IndexError:
            return


@contextlib.contextmanager
def _room_for(count: int, classes: int) -> Iterator[Room]:
    """Lend a room; let infinities pass; set the buffer in which NumPy repeats a row's number."""
    try:
        room = _rooms.pop()
    except IndexError:
        room = Room()
    small = classes >= LONG_ROW or count * classes < BUFFER * 64
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        before = np.setbufsize(SMALL_BUFFER if small else BUFFER)
        try:
            yield room
        finally:
            np.setbufsize(before)
            _rooms.append(room)
