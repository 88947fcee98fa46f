"""What holds for every test and every doctest."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _no_figure_outlives_its_test() -> Iterator[None]:
    """Close what was drawn; matplotlib warns of many open figures, and warnings fail."""
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")
