"""Which chapters and pages the book has: read from ``_toc.yml``, the only list of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"


def entries(toc: Any = None) -> Iterator[str]:
    """Every document of the table of contents, without its suffix, in reading order."""
    node = (
        yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8")) if toc is None else toc
    )
    if isinstance(node, dict):
        for key in ("root", "file"):
            if key in node:
                yield node[key]
        for key in ("parts", "chapters", "sections"):
            yield from entries(node.get(key, []))
    elif isinstance(node, list):
        for child in node:
            yield from entries(child)


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
