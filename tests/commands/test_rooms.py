"""The rooms of the site's package are those that CONTRIBUTING.md draws, in that order."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "book" / "bookkit"
DRAWN = re.findall(
    r"^\| `(\w+)` \| .+ \|$",
    (ROOT / "CONTRIBUTING.md")
    .read_text("utf-8")
    .partition("## What makes the site")[2]
    .partition("## ")[0],
    re.MULTILINE,
)


def _uses(path: Path) -> set[str]:
    """The rooms that a module imports from."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        parts = [name.split(".") for name in names if name.startswith("bookkit.")]
        found |= {room for _, room, *_ in parts if (PACKAGE / room).is_dir()}
    return found


def test_every_room_is_drawn() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/*.py")}
    assert set(DRAWN) == rooms and len(DRAWN) == len(rooms)


def test_a_room_uses_only_rooms_above_it() -> None:
    used = 0
    for place, room in enumerate(DRAWN):
        for path in (PACKAGE / room).rglob("*.py"):
            uses = _uses(path)
            assert uses <= set(DRAWN[: place + 1]), (path.name, uses)
            used += len(uses)
    assert used > 30


def test_nothing_of_the_package_is_found_by_changing_pythons_path() -> None:
    for path in PACKAGE.rglob("*.py"):
        assert "sys.path" not in path.read_text("utf-8"), path
