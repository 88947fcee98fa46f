"""Node, the tools that check scripts, and the pages of the built book in a browser."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from bookkit.machine.node_packages import ensure_installed, node_command
from built_figures import SIZES, Open

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "xent_lib" / "explore"

_WORDS = {"Infinity": float("inf"), "-Infinity": float("-inf"), "NaN": float("nan")}


def _with_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_words(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_with_words(part) for part in value]
    if isinstance(value, float) and json.dumps(value) in _WORDS:
        return json.dumps(value)
    return value


def _without_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_words(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_words(part) for part in value]
    return _WORDS.get(value, value) if isinstance(value, str) else value


@pytest.fixture(scope="session")
def javascript() -> Callable[[str, list[list[Any]]], list[Any]]:
    """Call functions of a module in Node: ``javascript("arithmetic", [["sum", [1, 2]]])``."""

    def run(module: str, calls: list[list[Any]]) -> list[Any]:
        asked = {"module": str(MODULES / f"{module}.mjs"), "calls": _with_words(calls)}
        runner = str(Path(__file__).with_name("run_module.mjs"))
        answer = subprocess.run(
            [*node_command(), runner],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert answer.returncode == 0, answer.stderr
        results: list[Any] = _without_words(json.loads(answer.stdout, parse_int=float))
        return results

    return run


@pytest.fixture(scope="session")
def node_tools() -> Path:
    """The folder with eslint and TypeScript, installed from this folder's lock file."""
    return ensure_installed(Path(__file__).parent)


@pytest.fixture
def open_page(browser: Browser, site: Path) -> Iterator[Open]:
    """Open a page of the book from its folder, or elsewhere; errors fail the test."""
    contexts, errors = [], []

    def open_(name: str, *, root: str = "", **options: Any) -> Page:
        width, height = options.pop("size", SIZES["desktop"])
        context = browser.new_context(
            viewport={"width": width, "height": height}, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{root or site.as_uri()}/{name}")
        # The first key has the whole page laid out; nothing moves under the pointer then.
        page.keyboard.press("Shift")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []
