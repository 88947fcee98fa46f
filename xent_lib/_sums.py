"""Sums of rows that BLAS adds, exact enough whatever the length of a row."""

from __future__ import annotations

import functools

import numpy as np

from xent_lib._blocks import Room
from xent_lib._validation import FloatArray

RUN = 2**8  # entries that are added in the format of the logits


def row_sums(terms: FloatArray, out: FloatArray, room: Room) -> None:
    """Add runs of a row by BLAS, and what they come to in float64."""
    rows, classes = terms.shape
    run = _run(classes)
    if run == 0:
        np.add.reduce(terms, axis=1, out=out)
    elif run < classes:
        parts = terms.reshape(-1, run).dot(ones(run, terms.dtype.char))
        np.add.reduce(parts.reshape(rows, -1), axis=1, dtype=np.float64, out=out)
    else:
        rounded = room.array("rounded", (rows,), terms.dtype.char)
        np.copyto(out, terms.dot(ones(run, terms.dtype.char), out=rounded))


@functools.cache
def _run(classes: int) -> int:
    """Return the longest run that rows divide into; 0 where all are too short to pay."""
    longest = max(run for run in range(1, RUN + 1) if classes % run == 0)
    return longest if longest == classes or longest >= RUN // 16 else 0


@functools.cache
def ones(count: int, dtype: str) -> FloatArray:
    return np.ones(count, dtype)
