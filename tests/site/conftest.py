"""The built site, parsed once: what these tests look at is what a reader is served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]


def _files(entry: Any) -> Iterator[str]:
    if isinstance(entry, dict):
        for key, value in entry.items():
            if key in ("file", "root"):
                yield value
            else:
                yield from _files(value)
    elif isinstance(entry, list):
        for item in entry:
            yield from _files(item)


@pytest.fixture(scope="session")
def toc_pages() -> list[str]:
    """Every page of _toc.yml, in order."""
    return list(_files(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))))


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[str, BeautifulSoup]:
    """Every HTML page of the site by its path, parsed."""
    return {
        str(path.relative_to(site)): BeautifulSoup(
            path.read_text(encoding="utf-8"), "html.parser"
        )
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.parts and "_sources" not in path.parts
    }


@pytest.fixture(scope="session")
def book_pages(
    pages: dict[str, BeautifulSoup], toc_pages: list[str]
) -> dict[str, BeautifulSoup]:
    """The pages of the table of contents, parsed."""
    return {
        f"{name}.html": pages[f"{name}.html"]
        for name in toc_pages
        if f"{name}.html" in pages
    }
