"""Which chapters and pages the book has: read from ``_toc.yml``, the only list of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bookkit import ROOT

NOTEBOOKS = ROOT / "notebooks"
# Headings that every chapter has, so a table of contents says nothing by them.
EVERYWHERE = {"You will be able to", "Predict first", "Where to go next"}
# The tag of a cell that only draws: its code is folded on the page.
FOLDED = "hide-input"
_CHAPTER = re.compile(r"^notebooks/(\d\d)_")


def chapter_number(docname: str) -> str | None:
    """``notebooks/03_formula`` gives ``03``; another page gives None."""
    match = _CHAPTER.match(docname)
    return match[1] if match else None


@dataclass(frozen=True)
class Page:
    """One page of the table of contents, the landing page apart."""

    docname: str
    part: str
    below: bool

    @property
    def slug(self) -> str:
        """Its name where all pages lie in one place."""
        return self.docname.replace("/", "-")

    @property
    def number(self) -> str:
        """The chapter's number; empty for any other page."""
        found = chapter_number(self.docname)
        return str(int(found)) if found else ""


def _toc() -> Any:
    return yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))


def in_parts() -> Iterator[Page]:
    """Yield every page below the landing page with its part, in reading order."""
    for part in _toc()["parts"]:
        for chapter in part["chapters"]:
            yield Page(chapter["file"], part["caption"], below=False)
            for section in chapter.get("sections", []):
                yield Page(section["file"], part["caption"], below=True)


def entries() -> list[str]:
    """Every document of the table of contents, without its suffix, in reading order."""
    return [_toc()["root"], *(page.docname for page in in_parts())]


def chapters() -> list[Path]:
    """The notebooks of the table of contents, in reading order."""
    return [
        ROOT / f"{entry}.ipynb" for entry in entries() if entry.startswith("notebooks/")
    ]


def pages() -> list[Path]:
    """The Markdown pages of the table of contents, in reading order."""
    return [
        ROOT / f"{entry}.md"
        for entry in entries()
        if not entry.startswith("notebooks/")
    ]
