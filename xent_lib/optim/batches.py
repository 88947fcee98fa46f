"""A few examples at a time, in random order: what stochastic descent learns from; chapter 7."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xent_lib._validation import (
    as_array,
    check_not_empty,
    check_positive_integer,
    check_same_length,
)

Batch = tuple[Any, ...]


def minibatches(
    features: ArrayLike, labels: ArrayLike, batch_size: int, rng: np.random.Generator
) -> Iterator[Batch]:
    """Deal the examples out in random order, a few at a time, and shuffle again, without end.

    Parameters
    ----------
    features : array_like, shape (N, ...)
        One example a row.
    labels : array_like, shape (N, ...)
        One label a row.
    batch_size : int
        How many examples a batch holds; the last of each pass holds what is left.
    rng : numpy.random.Generator
        Where the shuffles come from.

    Returns
    -------
    iterator of (ndarray, ndarray)
        Features and labels of one batch after the other. One pass over all examples, an
        epoch, is ``ceil(N / batch_size)`` batches.

    Raises
    ------
    TypeError
        If ``batch_size`` is no integer, or an array has a mask.
    ValueError
        If there is no example, the lengths differ, or ``batch_size`` is below 1.

    Notes
    -----
    Chapter 7 uses it. Each batch takes time and memory of its own size; the first of each pass
    also those of a random order of all N rows, which are kept for the pass.

    Examples
    --------
    >>> batches = minibatches(np.arange(5), np.arange(5), 2, np.random.default_rng(0))
    >>> [len(next(batches)[1]) for _ in range(4)]
    [2, 2, 1, 2]
    """
    x, y = as_array("features", features), as_array("labels", labels)
    check_same_length("features", x, "labels", y)
    check_not_empty("features", x)
    batch_size = check_positive_integer("batch_size", batch_size)
    return _deal(x, y, batch_size, rng)


def _deal(
    x: NDArray[Any], y: NDArray[Any], batch_size: int, rng: np.random.Generator
) -> Iterator[Batch]:
    while True:
        order = rng.permutation(len(x))
        for begin in range(0, len(x), batch_size):
            rows = order[begin : begin + batch_size]
            yield x[rows], y[rows]
