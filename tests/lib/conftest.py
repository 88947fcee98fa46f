"""What every test of the library leaves behind: no figure that is still open."""

import sys

import pytest


@pytest.fixture(autouse=True)
def close_figures():
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")
