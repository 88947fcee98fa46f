"""The built site's pages as one HTML document, in the order of the table of contents.

Links between pages become links inside the document, interactive figures their stills, and
solutions stand open: what is left reads on paper.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag

from bookkit.commands.build import OUTPUT
from bookkit.reading.contents import Page, in_parts
from bookkit.take_away.held_still import hold_still

SITE = OUTPUT / "html"
# What only a screen has a use for.
_ON_SCREEN = ".headerlink, .copy, button, script, form, .sd-summary-state-marker"
# Code of more lines may run over the foot of a page; what is shorter stays together.
_KEPT_LINES = 16
_REFERRING = ("aria-labelledby", "aria-describedby", "aria-controls", "for")


@dataclass(frozen=True)
class Section:
    """A page as a part of the document."""

    page: Page
    title: str
    headings: list[tuple[str, str]]
    body: str


def sections(start: Path) -> Iterator[Section]:
    """Yield every page's main part, its files named as seen from the folder ``start``."""
    known = {SITE / f"{page.docname}.html": page for page in in_parts()}
    for path, page in known.items():
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        main = soup.find("main")
        assert isinstance(main, Tag), path
        yield _section(page, path, main, known, start)


def _section(
    page: Page, path: Path, main: Tag, known: dict[Path, Page], start: Path
) -> Section:
    for tag in main.select(_ON_SCREEN):
        tag.decompose()
    for tag in main.select("[data-state]"):
        del tag["data-state"]
    for tag in main.find_all("pre"):
        if tag.get_text().count("\n") > _KEPT_LINES:
            tag["class"] = [*tag.get("class", []), "long"]
    for tag in main.find_all(id=True):
        tag["id"] = f"{page.slug}--{tag['id']}"
    for name in _REFERRING:
        for tag in main.find_all(attrs={name: True}):
            del tag[name]
    for tag in main.find_all("a", href=True):
        _turn_inside(tag, page, path, known)
    for tag in main.find_all("img", src=True):
        file = (path.parent / unquote(str(tag["src"]))).resolve()
        tag["src"] = os.path.relpath(file, start)
        del tag["loading"]
    title = main.find("h1")
    assert isinstance(title, Tag), path
    headings = [
        (str(heading.find_parent("section")["id"]), heading.decode_contents())
        for heading in main.find_all("h2")
        if heading.find_parent("section") is not None
    ]
    words = title.decode_contents()
    hold_still(main, page)
    return Section(page, words, headings, main.decode_contents())


def _turn_inside(tag: Tag, page: Page, path: Path, known: dict[Path, Page]) -> None:
    """Let a link lead to its target's place in the document; drop one that has none."""
    address, _, fragment = str(tag["href"]).partition("#")
    if re.match(r"[a-z]+:", address):
        return
    file = (path.parent / unquote(address)).resolve() if address else path
    target = known.get(file)
    if target is None:
        tag.unwrap()
    else:
        tag["href"] = f"#{target.slug}" + (f"--{fragment}" if fragment else "")


def plain(markup: str) -> str:
    """Return the words of a heading, for a running head."""
    text = BeautifulSoup(markup, "html.parser")
    for formula in text.select(".katex-html"):
        formula.decompose()
    for source in text.select("annotation"):
        source.decompose()
    return html.unescape(" ".join(text.get_text().split()))
