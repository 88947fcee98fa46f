"""What makes the book of its chapters and pages; CONTRIBUTING.md draws the rooms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]


def setup(app: Sphinx) -> dict[str, Any]:
    """Let Sphinx use the package as its extension."""
    from bookkit.extension import setup

    return setup(app)
