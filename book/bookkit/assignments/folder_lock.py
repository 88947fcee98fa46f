"""A folder in which one process works at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(folder: Path, taken: Exception | None = None) -> Iterator[int]:
    """Hold a folder's lock and give its descriptor; the lock ends with the process.

    Raises
    ------
    Exception
        The one given as ``taken``, if another process holds the lock. Without it, wait.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (fcntl.LOCK_NB if taken else 0))
        except BlockingIOError as error:
            raise taken or error from error
        yield descriptor
    finally:
        os.close(descriptor)
