"""How an error names the entry or the slice of an array that is wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def first(mask: NDArray[np.bool_] | np.bool_) -> tuple[int, ...]:
    """Index of the first True in ``mask``."""
    return tuple(int(i) for i in np.argwhere(mask)[0])


def at(name: str, index: tuple[int, ...]) -> str:
    """Spell an element the way Python would: ``p[2, 0]``, or ``p`` for a scalar."""
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def slice_at(name: str, index: tuple[int, ...], axis: int) -> str:
    """Spell a slice along ``axis``: ``p[2, :]``, or ``p`` where there is one slice only."""
    where = index[:axis] + (":",) + index[axis:]
    return f"{name}[{', '.join(map(str, where))}]" if index else name
