"""What holds for every test and every doctest."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

# Two test processes and their kernels share two cores: threads of their own only wait.
for _setting in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_setting, "1")

# A busy machine is slow, not wrong; and what CI draws is the same on every run.
settings.register_profile("book", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("book")


def pytest_configure(config: pytest.Config) -> None:
    """Ask what nbval leaves out of a chapter while its kernel runs."""
    if config.pluginmanager.hasplugin("nbval"):
        config.pluginmanager.import_plugin("chapter_claims")


@pytest.fixture(autouse=True)
def _no_figure_outlives_its_test() -> Iterator[None]:
    """Close what was drawn; matplotlib warns of many open figures, and warnings fail."""
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")
