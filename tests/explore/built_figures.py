"""Where the figures stand in the built book, and how a hand moves one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

SIZES = {"phone": (360, 780), "desktop": (1280, 900)}
SCHEMES = ("light", "dark")
Open = Callable[..., Page]
OpenFigure = Callable[..., tuple[Page, Locator]]


def interactive_pages(site: Path) -> dict[str, list[str]]:
    """Every page with interactive figures, and the figures' anchors."""
    found = {}
    for path in [*sorted(site.glob("notebooks/*.html")), *site.glob("book/*.html")]:
        text = path.read_text(encoding="utf-8")
        anchors = re.findall(
            r'<figure[^>]*id="(fig-[\w-]+)"[^>]*>\s*<div class="explore"', text
        )
        if anchors:
            found[str(path.relative_to(site))] = anchors
    return found


def page_of(site: Path, module: str) -> tuple[str, str]:
    """The first page that shows a module, and the figure's anchor."""
    for name, anchors in interactive_pages(site).items():
        text = (site / name).read_text(encoding="utf-8")
        for anchor in anchors:
            if re.search(
                rf'id="{anchor}"[^>]*>\s*<div class="explore" data-module="{module}"',
                text,
            ):
                return name, anchor
    raise AssertionError(f"no page shows {module}")


def opener(open_page: Open, name: str, anchor: str) -> OpenFigure:
    """Open a page, at a hash and with a context's options, and find the figure, drawn, on it."""

    def open_(hash_: str = "", **options: Any) -> tuple[Page, Locator]:
        page = open_page(name + hash_, **options)
        figure = page.locator(f"#{anchor} .xe")
        figure.wait_for()
        drawn(page)
        return page, figure

    return open_


def drawn(page: Page) -> None:
    """Wait until the frame is drawn that a touch has asked for."""
    page.evaluate(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def drag(page: Page, handle: Locator, dx: float, dy: float) -> None:
    """Take a handle by its middle and let it go elsewhere, in five moves."""
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for part in range(1, 6):
        page.mouse.move(x + dx * part / 5, y + dy * part / 5)
    page.mouse.up()
    drawn(page)
