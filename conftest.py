"""What holds for every test and every doctest."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Two test processes and their kernels share two cores: threads of their own only wait.
for _setting in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_setting, "1")

# The chapters' kernels get this too: a stored output holds no progress bar.
os.environ["TQDM_DISABLE"] = "1"

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


# With TORCH=none the environment was made without torch, on purpose.
_WITHOUT_TORCH = os.environ.get("TORCH") == "none"
_IMPORT = r'^[\s">]*(?:import|from)\s+'
_NEEDS_TORCH = re.compile(
    _IMPORT + r"(?:torch|xent_lib\.torch_losses|mistakes|two_liner)\b"
    r"|```python[^`]*import torch\b",
    re.MULTILINE,
)


@functools.cache
def _needs_torch(path: Path) -> bool:
    if path.is_dir():
        return path.name == "torch_losses"
    return (
        path.suffix in {".py", ".ipynb", ".md"}
        and _NEEDS_TORCH.search(path.read_text(encoding="utf-8")) is not None
    )


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out the files that import torch where there is none to import."""
    return True if _WITHOUT_TORCH and _needs_torch(collection_path) else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Spread the tests over the processes, and leave out those that lack torch."""
    _keep_together(items)
    if _WITHOUT_TORCH:
        _leave_out_what_needs_torch(config, items)


def _keep_together(items: list[pytest.Item]) -> None:
    """Give a file to one process: its tests share a kernel, a build or a page.

    A module whose tests share what one of their parameters names says so, ``SHARED_BY``.
    """
    for item in items:
        group = item.path.relative_to(item.config.rootpath).as_posix()
        shared_by = getattr(getattr(item, "module", None), "SHARED_BY", None)
        values = getattr(item, "callspec", None)
        if shared_by and values and shared_by in values.params:
            group = f"{group} {values.params[shared_by]}"
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Stop where pytest-xdist would spread a file over the processes without a word."""
    if getattr(session.config.option, "loadgroup", False) and not all(
        "@" in item.nodeid for item in session.items
    ):
        raise pytest.UsageError(
            "These releases of pytest and pytest-xdist do not keep a file's tests together: "
            "install those of constraints.txt."
        )


def _leave_out_what_needs_torch(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    kept: dict[bool, list[pytest.Item]] = {True: [], False: []}
    for item in items:
        values = getattr(item, "callspec", None)
        about = values.params.values() if values else ()
        runs = "test_execution" in item.nodeid or "test_exercises" in item.nodeid
        lacks = any(
            isinstance(v, Path) and v.is_file() and _needs_torch(v) for v in about
        )
        kept[not (runs and lacks)].append(item)
    config.hook.pytest_deselected(items=kept[False])
    items[:] = kept[True]


def pytest_report_header() -> str:
    """Say what is left out."""
    return "TORCH=none: what needs torch is left out" if _WITHOUT_TORCH else ""
