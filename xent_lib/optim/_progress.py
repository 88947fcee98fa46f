"""A progress bar for runs that take longer than a moment, where somebody watches them."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterable
from typing import TypeVar

Item = TypeVar("Item")

_SECONDS_WITHOUT_A_BAR = 2.0
# Set where outputs are stored, and where pytest compares them with the stored ones.
_OUTPUTS_ARE_KEPT = ("XENT_STORED_OUTPUTS", "PYTEST_VERSION")


def with_bar(batches: Iterable[Item], steps: int) -> Iterable[Item]:
    """Pass on at most ``steps`` batches, with a progress bar where somebody watches and waits."""
    taken = itertools.islice(batches, steps)
    watched = sys.stderr.isatty() or "ipykernel" in sys.modules
    if not watched or any(name in os.environ for name in _OUTPUTS_ARE_KEPT):
        return taken
    try:
        from tqdm import tqdm
    except ImportError:
        return taken
    bar: Iterable[Item] = tqdm(
        taken, total=steps, unit="step", delay=_SECONDS_WITHOUT_A_BAR, leave=False
    )
    return bar
