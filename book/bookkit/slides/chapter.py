"""Finds in a chapter what a slide takes from it, by the name that the slide gives.

A name that fits nothing, or more than one thing, raises ``MissingError`` with a sentence.
"""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bookkit.reading.checked_numbers import without_checks
from bookkit.reading.course import objectives

_BLOCK = re.compile(
    r"""
    ^(?P<fence>`{3,}).*?^(?P=fence)[ ]*$                   # a sample of code
    |^\$\$.*?\$\$[ ]*$                                    # a displayed formula
    |(?:^[^\n]*\S[^\n]*\n?)+?(?=^\s*$|^\$\$|\Z)           # what ends at an empty line
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
_CAPTION = re.compile(r"^\*\*Figure (?P<number>[\d.]+)\.\*\*\s*")
_ALT = re.compile(r"^Figure: (.+)$", re.DOTALL)
_ITEM = re.compile(
    r"^(?:- |\d+\. )(.*?)(?=^(?:- |\d+\. )|\Z)", re.MULTILINE | re.DOTALL
)
# What has no end of a sentence inside it: formulas and code.
_WHOLE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)|\$[^$]+\$|\]\([^)]*\)", re.DOTALL)
_END = re.compile(r"(?<=[.?!])[)”*\"]*\s+(?=[A-Z0-9(“\"*$`\[_−])")
_KEPT = "\x00"


class MissingError(ValueError):
    """What a slide names is not there."""


@dataclass(frozen=True)
class Cell:
    """A cell of code, and what it put out."""

    source: str
    outputs: list[dict[str, Any]]

    @property
    def printed(self) -> str:
        """What it printed, and its value."""
        found = []
        for one in self.outputs:
            data = one.get("data", {})
            if "image/svg+xml" not in data:
                found.append("".join(one.get("text", data.get("text/plain", ""))))
            if one.get("output_type") == "error":
                found.append(f"{one['ename']}: {one['evalue']}")
        return "\n".join(text.rstrip("\n") for text in found if text)


@dataclass(frozen=True)
class Figure:
    """A figure: its picture, what it shows in words, and what its caption says."""

    number: str
    svg: str
    alt: str
    caption: str


class Chapter:
    """A chapter, and the things in it that have a name."""

    def __init__(self, path: Path) -> None:
        self.slug = path.stem
        self.objectives = objectives(path)
        notebook = json.loads(path.read_text(encoding="utf-8"))
        self._cells: list[Cell] = []
        self._blocks: list[str] = []
        self._figures: dict[str, Figure] = {}
        drawn: Cell | None = None
        for cell in notebook["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code":
                drawn = Cell(source, cell["outputs"])
                self._cells.append(drawn)
                continue
            text = without_checks(source)
            blocks = [found[0].strip() for found in _BLOCK.finditer(text)]
            self._blocks += blocks
            caption = _CAPTION.match(blocks[0]) if blocks else None
            if caption and drawn:
                number = caption["number"]
                words = blocks[0][caption.end() :]
                self._figures[number] = _figure(number, drawn, words)

    @property
    def title(self) -> str:
        """The chapter's title."""
        return self._blocks[0].removeprefix("# ").strip()

    @property
    def question(self) -> str:
        """What it opens with."""
        return self._blocks[1].partition("**Before you start:**")[0]

    def figure(self, number: str) -> Figure:
        """Return the figure of this number."""
        if number not in self._figures:
            raise MissingError(f"the chapter has no figure {number}")
        return self._figures[number]

    def equation(self, number: str) -> str:
        """Return the TeX of the equation with this tag."""
        return self.formula(rf"\tag{{{number}}}", f"no equation {number}")

    def formula(self, part: str, missing: str = "") -> str:
        """Return the TeX of the one displayed formula that holds ``part``."""
        shown = [one for one in self._blocks if one.startswith("$$")]
        found = [one for one in shown if part in one]
        missing = missing or f"no formula with {part!r}"
        return str(_one(found, missing)).strip("$ \n")

    def code(self, part: str) -> Cell:
        """Return the one cell whose source holds ``part``."""
        found = [cell for cell in self._cells if part in cell.source]
        cell: Cell = _one(found, f"no cell with {part!r}")
        return cell

    def table(self, part: str) -> str:
        """Return the one table whose header row holds ``part``."""
        tables = [one for one in self._blocks if one.startswith("|")]
        found = [one for one in tables if part in one.partition("\n")[0]]
        return str(_one(found, f"no table with {part!r} in its header"))

    def paragraph(self, words: str) -> str:
        """Return the one paragraph that begins with ``words``."""
        found = [one for one in self._prose() if one.startswith(words)]
        return str(_one(found, f"no paragraph that begins {words!r}"))

    def item(self, words: str) -> str:
        """Return the one item of a list that begins with ``words``."""
        items = [
            item.strip() for block in self._blocks for item in _ITEM.findall(block)
        ]
        found = [one for one in items if one.startswith(words)]
        return str(_one(found, f"no list item that begins {words!r}"))

    def sentence(self, words: str) -> str:
        """Return the one sentence that begins with ``words``."""
        found = [
            one
            for block in self._prose()
            for one in sentences(block)
            if one.startswith(words)
        ]
        sentence = str(_one(found, f"no sentence that begins {words!r}"))
        # Bold type that begins or ends in another sentence would show as two stars.
        cut = sentence.count("**") % 2
        return sentence.replace("**", "") if cut else sentence

    def sample(self, part: str) -> str:
        """Return the one sample of code in the prose that holds ``part``, with its fences."""
        samples = [one for one in self._blocks if one.startswith("```")]
        found = [one for one in samples if part in one]
        return str(_one(found, f"no sample of code with {part!r}"))

    def _prose(self) -> list[str]:
        return [
            one
            for one in self._blocks
            if not one.startswith(("#", "$$", "|", "```", "- "))
        ]


def _figure(number: str, cell: Cell, caption: str) -> Figure:
    for one in cell.outputs:
        data = one.get("data", {})
        words = _ALT.match(" ".join("".join(data.get("text/plain", "")).split()))
        if "image/svg+xml" in data and words:
            return Figure(number, "".join(data["image/svg+xml"]), words[1], caption)
    raise MissingError(f"the cell before the caption of figure {number} draws nothing")


def _one(found: list[Any], missing: str) -> Any:
    if not found:
        raise MissingError(f"the chapter has {missing}")
    if len(found) > 1:
        several = missing.removeprefix("no ")
        raise MissingError(
            f"the chapter has {len(found)} things that fit: {several}; name more of it"
        )
    return found[0]


def sentences(paragraph: str) -> list[str]:
    """Cut a paragraph into sentences; formulas, code and links stay whole."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"{found[0][0]}{_KEPT}{len(kept) - 1}{_KEPT}"

    plain = _WHOLE.sub(keep, paragraph)
    back = re.compile(rf".{_KEPT}(\d+){_KEPT}")
    cut, start = [], 0
    for end in _END.finditer(plain):
        cut.append(plain[start : end.end()])
        start = end.end()
    cut.append(plain[start:])
    return [back.sub(lambda found: kept[int(found[1])], one).strip() for one in cut]


def part_of(text: str, lines: str) -> str:
    """Return the lines from the one that begins so to the one that begins so (``A ... B``)."""
    first, _, last = (one.strip() for one in lines.partition(" ... "))
    rows = text.split("\n")
    start = next((n for n, row in enumerate(rows) if row.strip().startswith(first)), -1)
    if start < 0:
        raise MissingError(f"no line begins {first!r} in the cell")
    if not last:
        return rows[start].strip()
    for end in range(start, len(rows)):
        if rows[end].strip().startswith(last):
            return textwrap.dedent("\n".join(rows[start : end + 1]))
    raise MissingError(f"no line after {first!r} begins {last!r} in the cell")
