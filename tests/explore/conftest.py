"""Node, a browser, the built book and a server for it."""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "xent_lib" / "explore"
SITE = ROOT / "_build" / "html"
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from node_packages import ensure_installed, node_command  # noqa: E402

NO_BROWSER = (
    "No browser for the interactive figures: there is no chromium or google-chrome here and "
    "Playwright could not download one. Install Debian's package chromium, or run "
    "`python -m playwright install chromium`, then run the tests again."
)
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


def _own_chromium(playwright: Playwright) -> str | None:
    """Playwright's browser, downloaded where there is none."""
    path = playwright.chromium.executable_path
    if not Path(path).is_file():
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        subprocess.run(command, capture_output=True, check=False, timeout=300)
    return path if Path(path).is_file() else None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium: the machine's, else Playwright's."""
    with sync_playwright() as playwright:
        names = (
            "chromium",
            "chromium-browser",
            "google-chrome",
            "google-chrome-stable",
        )
        found = next(filter(None, map(shutil.which, names)), None)
        path = found or _own_chromium(playwright)
        if path is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(NO_BROWSER)
        sandbox = [] if os.name != "posix" or os.getuid() else ["--no-sandbox"]
        try:
            started = playwright.chromium.launch(executable_path=path, args=sandbox)
        except Error as error:
            pytest.fail(f"{path} does not start: {error}")
        yield started
        started.close()


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built book."""
    if not (SITE / "book" / "index.html").is_file():
        pytest.fail("The book is not built. Run `make book`, then the tests again.")
    return SITE


class _Strict(http.server.SimpleHTTPRequestHandler):
    """Serves with a policy under which only the site's own files run."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", "script-src 'self'")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Keep the tests' output clean."""


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[str]:
    """The address of the built book on this machine."""
    handler = functools.partial(_Strict, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()
