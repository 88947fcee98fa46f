"""Rows of logits cut into blocks that stay in a core's cache, and shared among the cores.

NumPy lets go of Python's lock while it computes, so threads run side by side.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable

import numpy as np

BLOCK_ENTRIES = 2**16  # half a megabyte in float64, which fits most second-level caches
ENTRIES_PER_THREAD = 2**17  # below this, starting a thread costs more than it saves

Block = Callable[[slice], float]


def available_cores() -> int:
    """Cores that this process may use; ``OMP_NUM_THREADS`` lowers them, as elsewhere."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return min(cores, int(asked)) if asked.isdecimal() and int(asked) else cores


def sum_over_blocks(block: Block, num_rows: int, num_classes: int) -> float:
    """Call ``block`` on slices that cover all rows; return the sum of what it returns.

    The slices are the same however many threads take part, and so is the sum.
    """
    step = max(1, BLOCK_ENTRIES // num_classes)
    starts = deque(range(0, num_rows, step))
    values = dict.fromkeys(starts, 0.0)
    errors: list[BaseException] = []

    def work() -> None:
        with np.errstate(all="ignore"):  # infinities are dealt with by the blocks
            while starts:
                try:
                    start = starts.popleft()
                except IndexError:  # another thread has taken the last one
                    return
                values[start] = block(slice(start, min(start + step, num_rows)))

    def help_out() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
            starts.clear()

    helpers = _start(help_out, len(starts), num_rows * num_classes)
    try:
        work()
    finally:
        starts.clear()
        for helper in helpers:
            helper.join()
    if errors:
        raise errors[0]
    return sum(values.values())


def _start(
    target: Callable[[], None], num_blocks: int, num_entries: int
) -> list[threading.Thread]:
    """Start the threads that are worth it beside the caller's, as far as Python allows."""
    worth = min(num_blocks, num_entries // ENTRIES_PER_THREAD)
    helpers: list[threading.Thread] = []
    if worth > 1:
        for _ in range(min(worth, available_cores()) - 1):
            helper = threading.Thread(target=target, name="xent_lib")
            try:
                helper.start()
            except RuntimeError:  # at the end of a program no thread can be started
                break
            helpers.append(helper)
    return helpers
