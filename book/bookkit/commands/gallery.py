"""Make the figures of book/interactive.md from the code that stands on it.

``python -m bookkit.commands.gallery`` runs the body of each ``{interactive}`` block and
stores the still picture, its alternative text and the state in book/figures, from which the
book is built.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from typing import Any

from bookkit import ROOT

PAGE = ROOT / "book" / "interactive.md"
STORED = ROOT / "book" / "figures"
_BLOCK = re.compile(
    r"^```\{interactive\} (?P<name>[\w-]+)\n(?P<options>(?::[^\n]*\n)*)(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A figure of the page: its name there, and the Python that makes it."""

    name: str
    code: str

    def make(self) -> Any:
        """Run the code and return what its last line gives, as a notebook would."""
        tree = ast.parse(self.code)
        last = tree.body.pop()
        assert isinstance(last, ast.Expr), f"{self.name} must end in the figure"
        names: dict[str, Any] = {}
        exec(compile(tree, self.name, "exec"), names)
        return eval(compile(ast.Expression(last.value), self.name, "eval"), names)


def blocks(text: str) -> list[Block]:
    """The figures of a page, in order."""
    return [Block(match["name"], match["code"]) for match in _BLOCK.finditer(text)]


def files(figure: Any) -> dict[str, str]:
    """What is stored of a figure, by the file's suffix."""
    still = figure.still()
    stored = {"module": figure.module, "alt": still.alt, "state": figure.state}
    text = json.dumps(stored, ensure_ascii=False, separators=(",", ":"))
    return {".json": f"{text}\n", ".svg": still._repr_svg_()}


def main() -> None:
    """Store every figure anew, and nothing else."""
    STORED.mkdir(exist_ok=True)
    wanted = set()
    for block in blocks(PAGE.read_text("utf-8")):
        for suffix, text in files(block.make()).items():
            path = STORED / f"{block.name}{suffix}"
            path.write_text(text, "utf-8")
            wanted.add(path)
    for path in set(STORED.iterdir()) - wanted:
        path.unlink()
    print(f"{len(wanted) // 2} figures of book/interactive.md stored in book/figures.")


if __name__ == "__main__":
    main()
