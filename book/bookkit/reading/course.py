"""What the course material says of the chapters: objectives, and the concept inventory's key.

An objective is a list item below a chapter's "You will be able to". The course pages repeat it
word for word, so that a test finds one that has changed; the inventory's answers do so too,
which is how its report knows what each question measures.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from bookkit import ROOT

COURSE = ROOT / "book" / "course"
QUESTIONS = COURSE / "inventory.md"
ANSWERS = COURSE / "inventory_answers.md"

_OBJECTIVES = re.compile(
    r"^## You will be able to\n(?P<items>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
)
_QUESTION = re.compile(
    r"^## Question (?P<number>\d+)\n(?P<body>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
)
_CHOICE = re.compile(r"^- \((?P<letter>[a-z])\) ", re.MULTILINE)
_KEY = re.compile(
    r"^\*\*\((?P<letter>[a-z])\)\.\*\* "
    r"\[Chapter (?P<chapter>\d+)\]\([^)]*\): \*(?P<objective>.+?)\.\*$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Question:
    """A question of the concept inventory, without its words."""

    number: int
    choices: tuple[str, ...]
    answer: str
    chapter: int
    objective: str


def objectives(notebook: Path) -> list[str]:
    """What a chapter promises, without the stop or semicolon at the end of an item."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    text = "\n\n".join("".join(cell["source"]) for cell in cells)
    found = _OBJECTIVES.search(text)
    items = found["items"] if found else ""
    return [item.rstrip(";.") for item in re.findall(r"^- (.+)$", items, re.MULTILINE)]


def sections(page: str) -> dict[int, str]:
    """The text of each question's section on a page of the inventory."""
    return {int(found["number"]): found["body"] for found in _QUESTION.finditer(page)}


def inventory(questions: str, answers: str) -> list[Question]:
    """Read the questions' page and the answers' page together.

    Raises
    ------
    ValueError
        If a question has no key, or the key names a choice that it has not got.
    """
    keys = sections(answers)
    found = []
    for number, body in sections(questions).items():
        key = _KEY.search(keys.get(number, ""))
        choices = tuple(_CHOICE.findall(body))
        if key is None or key["letter"] not in choices:
            raise ValueError(
                f"question {number} has no key among its choices in {ANSWERS.name}"
            )
        found.append(
            Question(
                number,
                choices,
                key["letter"],
                int(key["chapter"]),
                key["objective"],
            )
        )
    return found


def read_inventory() -> list[Question]:
    """The concept inventory of this book."""
    return inventory(
        QUESTIONS.read_text(encoding="utf-8"), ANSWERS.read_text(encoding="utf-8")
    )
