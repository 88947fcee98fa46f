"""Read a notebook that somebody hands in: whether it is one, and of which assignment.

It uses the standard library alone, so that the hub's service can take it along.
"""

from __future__ import annotations

import json
from typing import Any

BIGGEST = 20 * 2**20


class UnfitError(ValueError):
    """A sentence that says why a submission cannot be run."""


def parsed(data: bytes) -> dict[str, Any]:
    """Return the notebook that a file holds, or say why it holds none."""
    if not data.strip():
        raise UnfitError("The file is empty.")
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UnfitError("The file is not a notebook: it is not JSON.") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise UnfitError(
            "The file is JSON and not a notebook of format 4: it has no list of cells."
        )
    for number, cell in enumerate(notebook["cells"], start=1):
        if not isinstance(cell, dict) or not isinstance(cell.get("cell_type"), str):
            raise UnfitError(f"The file is not a notebook: its cell {number} is none.")
        source = cell.get("source", "")
        lines = source if isinstance(source, list) else [source]
        if not all(isinstance(line, str) for line in lines):
            raise UnfitError(f"The file is not a notebook: cell {number} has no text.")
    return notebook


def code_cells(notebook: dict[str, Any]) -> list[str]:
    """The text of each code cell, without those that otter is told to leave out."""
    found = []
    for cell in notebook["cells"]:
        about = cell.get("metadata")
        about = about if isinstance(about, dict) else {}
        otter = about.get("otter")
        ignored = "otter_ignore" in (about.get("tags") or []) or (
            isinstance(otter, dict) and otter.get("ignore")
        )
        if cell["cell_type"] == "code" and not ignored:
            found.append("".join(cell.get("source", "")))
    return found


def assignment_of(notebook: dict[str, Any]) -> str | None:
    """The assignment that a notebook says it is, as otter wrote it down."""
    about = notebook.get("metadata")
    otter = about.get("otter") if isinstance(about, dict) else None
    name = otter.get("assignment_name") if isinstance(otter, dict) else None
    return name if isinstance(name, str) else None
