"""A progress bar for runs that take longer than a moment, where somebody watches them.

The bar is tqdm's, so ``TQDM_DISABLE=1`` in the environment hides it. The book's tools set that
where outputs are stored or compared.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable
from typing import TypeVar

Item = TypeVar("Item")

_SECONDS_WITHOUT_A_BAR = 2.0


def with_bar(batches: Iterable[Item], steps: int) -> Iterable[Item]:
    """Pass on at most ``steps`` batches, with a progress bar where somebody watches and waits."""
    taken = itertools.islice(batches, steps)
    if not (sys.stderr.isatty() or "ipykernel" in sys.modules):
        return taken
    try:
        from tqdm import tqdm
    except ImportError:
        return taken
    bar: Iterable[Item] = tqdm(
        taken, total=steps, unit="step", delay=_SECONDS_WITHOUT_A_BAR, leave=False
    )
    return bar
