"""What makes the book of its chapters and pages; CONTRIBUTING.md draws the rooms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]

_EXTENSIONS = (
    "mathematics.katex",
    "reading.checked_numbers",
    "mathematics.typography",
    "pages.figures",
    "pages.interactive",
    "pages.chapter_anatomy",
    "pages.quiz_choices",
    "pages.link_targets",
    "pages.permalinks",
    "pages.library",
    "pages.repository",
    "take_away.chapter_downloads",
    "pages.chapter_map",
    "pages.definitions",
    "search.search_index",
    "search.book_index",
    "pages.site_address",
    "pages.not_found",
    "take_away.offers",
    "pages.page_foot",
    "pages.local_assets",
    "pages.site_theme",
    "pages.content_policy",
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Let every part of the site act at its Sphinx event."""
    for name in _EXTENSIONS:
        app.setup_extension(f"bookkit.{name}")
    return {"parallel_read_safe": True, "parallel_write_safe": False}
