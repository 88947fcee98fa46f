"""A browser, the built book and a server for it, for every folder that looks at pages."""

from __future__ import annotations

import contextlib
import functools
import http
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bookkit.machine.browser import NAMES, sandbox

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"

# Milliseconds that a page has to show what a test expects; a busy machine is slow, not wrong.
PATIENCE = 60_000
NO_BROWSER = (
    "No browser for the pages: there is no chromium or google-chrome here and "
    "Playwright could not download one. Install Debian's package chromium, or run "
    "`python -m playwright install chromium`, then run the tests again."
)


def _own_chromium(playwright: Playwright) -> str | None:
    """Playwright's browser, downloaded where there is none."""
    path = playwright.chromium.executable_path
    if not Path(path).is_file():
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        # Where the download stands still there is no browser, and that is all.
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(command, capture_output=True, check=False, timeout=300)
    return path if Path(path).is_file() else None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium: the machine's, else Playwright's."""
    from playwright.sync_api import Error, expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, NAMES)), None)
        path = found or _own_chromium(playwright)
        if path is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(NO_BROWSER)
        try:
            started = playwright.chromium.launch(executable_path=path, args=sandbox())
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


# Many hosts publish a book in a folder of theirs; a link from the root would miss it.
SUBFOLDER = "/books/entropy"


class _Strict(http.server.SimpleHTTPRequestHandler):
    """Serves as a static host would that reads the site's own ``_headers`` and 404.html."""

    def __init__(self, *args: Any, headers: list[tuple[str, str]], **more: Any) -> None:
        self.site_headers = headers
        super().__init__(*args, **more)

    def translate_path(self, path: str) -> str:
        # What is asked for outside the book's own folder is not there.
        return super().translate_path(
            path.removeprefix(SUBFOLDER) if path.startswith(SUBFOLDER) else "/nowhere"
        )

    def end_headers(self) -> None:
        for name, value in self.site_headers:
            self.send_header(name, value)
        super().end_headers()

    def send_error(self, code: int, *more: Any) -> None:
        page = Path(self.directory) / "404.html"
        if code != http.HTTPStatus.NOT_FOUND or not page.is_file():
            super().send_error(code, *more)
            return
        self.send_response(code)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page.read_bytes())

    def log_message(self, *_: Any) -> None:
        """Keep the tests' output clean."""


@contextlib.contextmanager
def _served(site: Path) -> Iterator[str]:
    """Serve a built book in a subfolder, and give its address on this machine."""
    lines = (site / "_headers").read_text(encoding="utf-8").splitlines()[1:]
    headers = [tuple(line.strip().split(": ", 1)) for line in lines]
    handler = functools.partial(_Strict, directory=str(site), headers=headers)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}{SUBFOLDER}"
        running.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def serve() -> Callable[[Path], contextlib.AbstractContextManager[str]]:
    """Serve another built book."""
    return _served


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[str]:
    """The address of the built book on this machine."""
    with _served(site) as address:
        yield address
