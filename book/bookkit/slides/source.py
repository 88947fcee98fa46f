"""Reads a deck's source, and the lesson that it is for.

A deck has a part for each item of the board plan in book/course/lessons.md, in its order; a
part's heading is how the item begins. A slide says how many minutes of the item it takes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bookkit.reading.checked_numbers import without_checks
from bookkit.reading.course import COURSE
from bookkit.slides.chapter import MissingError

SOURCES = COURSE / "slides"
LESSONS = COURSE / "lessons.md"
_LESSON = r"^## Chapter {}: [^\n]+\n(?P<body>.*?)(?=^## |\Z)"
_ITEM = re.compile(r"^- \*\*(?P<minutes>\d+)\*\* (?P<text>.+)$", re.MULTILINE)
_ROW = re.compile(r"^\| (?P<one>.+?) \| (?P<other>.+?) \|$", re.MULTILINE)
_HEAD = re.compile(r"^(?:## (?P<part>.+)|### (?P<minutes>\d+) \| (?P<title>.+))$", re.M)
_TAKE = re.compile(r"^@(?P<kind>[a-z]+)(?: (?P<what>.+))?$")
_LINK = re.compile(r"\]\(\.\./(?P<up>\.\./)?(?P<file>[^)#]*?)(?:\.md|\.ipynb)(?=[)#])")
_MARKUP = re.compile(r"[*_]")


@dataclass(frozen=True)
class Lesson:
    """What the lesson plan says of a chapter."""

    items: list[tuple[int, str]]
    exercises: dict[str, str]
    asked: dict[str, str]
    demonstration: str
    to_set: str

    def question(self, belief: str) -> tuple[str, str]:
        """Return the belief that begins so, and the question that uncovers it."""
        for whole, question in self.asked.items():
            if whole.startswith(belief):
                return whole, question
        raise MissingError(f"the lesson plan names no belief that begins {belief!r}")


@dataclass(frozen=True)
class Take:
    """What a slide takes from the chapter or the lesson; of the kind ``words``, its own."""

    kind: str
    what: str


@dataclass(frozen=True)
class Slide:
    """A slide as its source has it; two columns where it has two lists of takes."""

    part: str
    minutes: int
    title: str
    columns: list[list[Take]]
    covers: list[str]
    notes: str


def lesson(number: int, page: str) -> Lesson:
    """Read the section of a chapter."""
    found = re.search(_LESSON.format(number), page, re.MULTILINE | re.DOTALL)
    if found is None:
        raise MissingError(f"the lesson plans have no section for chapter {number}")
    body = _LINK.sub(_site_link, without_checks(found["body"]))
    head, _, rest = body.partition("**On the board,**")
    board, _, rest = rest.partition("| what they bring |")
    table, _, rest = rest.partition("**Demonstration.**")
    shown, _, to_set = rest.partition("**What to set.**")
    return Lesson(
        [(int(one["minutes"]), one["text"]) for one in _ITEM.finditer(board)],
        {one["one"]: one["other"] for one in _ROW.finditer(head)},
        {one["one"]: one["other"] for one in _ROW.finditer(table)},
        shown.strip(),
        to_set.strip(),
    )


def _site_link(link: re.Match[str]) -> str:
    """Turn a link of the lesson plans into one from a deck to the site's page."""
    folder = "" if link["up"] else "book/"
    return f"](../{folder}{link['file']}.html"


def slides(text: str) -> list[Slide]:
    """Read a deck's source."""
    found, part = [], ""
    heads = list(_HEAD.finditer(text))
    for head, after in zip(heads, [*heads[1:], None], strict=True):
        if head["part"]:
            part = head["part"].strip()
            continue
        body = text[head.end() : after.start() if after else len(text)]
        shown, _, notes = body.partition("\nNotes:\n")
        takes = [_takes(column) for column in re.split(r"^---$", shown, flags=re.M)]
        covers = [
            one.what for column in takes for one in column if one.kind == "covers"
        ]
        columns = [[one for one in column if one.kind != "covers"] for column in takes]
        title, minutes = head["title"].strip(), int(head["minutes"])
        found.append(Slide(part, minutes, title, columns, covers, notes.strip()))
    return found


def _takes(text: str) -> list[Take]:
    takes: list[Take] = []
    words: list[str] = []
    for line in [*text.splitlines(), "@end"]:
        match = _TAKE.match(line)
        if match is None:
            words.append(line)
            continue
        if own := "\n".join(words).strip():
            takes.append(Take("words", own))
        words = []
        if match["kind"] != "end":
            takes.append(Take(match["kind"], (match["what"] or "").strip()))
    return takes


def own_words(text: str) -> str:
    """Return what a deck says itself: its source without what it takes and its minutes."""
    plain = re.sub(r"^@.*$", "", text, flags=re.MULTILINE)
    return re.sub(r"^### \d+ \| ", "### ", plain, flags=re.MULTILINE)


def sources() -> dict[str, Path]:
    """Every deck's source by the name of its chapter."""
    return {path.stem: path for path in sorted(SOURCES.glob("*.md"))}


def disagreements(found: list[Slide], plan: Lesson) -> list[str]:
    """Say where a deck departs from the lesson plan in its parts and their minutes."""
    parts = list(dict.fromkeys(one.part for one in found))
    said = []
    for place, (minutes, text) in enumerate(plan.items):
        part = parts[place] if place < len(parts) else ""
        if not part or not _MARKUP.sub("", text).startswith(part):
            said.append(
                f"part {place + 1} of the lesson begins {text[:40]!r}, not {part!r}"
            )
            continue
        taken = sum(one.minutes for one in found if one.part == part)
        if taken != minutes:
            said.append(
                f"the part {part!r} takes {taken} minutes, in the lesson {minutes}"
            )
    said += [f"the lesson has no part {part!r}" for part in parts[len(plan.items) :]]
    return said
