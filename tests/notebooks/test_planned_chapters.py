"""No reader is sent to a chapter that is not there, and none that is there is called planned."""

import re

import pytest

from bookkit.reading.contents import ROOT, chapters

_MENTION = re.compile(
    r"(?P<planned>\bplanned\s+)?\b[Cc]hapters?\s+(?P<numbers>\d+(?:(?:,|\s+and|\s+to)\s+\d+)*)"
    r"(?P<said>\s+are\s+planned)?"
)
WRITTEN = {int(path.stem[:2]) for path in chapters()}
FILES = [
    ROOT / "README.md",
    *chapters(),
    *sorted((ROOT / "book").rglob("*.md")),
    *sorted((ROOT / "xent_lib").rglob("*.py")),
]


def wrong_mentions(text, written):
    return [
        match[0]
        for match in _MENTION.finditer(text)
        for number in map(int, re.findall(r"\d+", match["numbers"]))
        if (number in written) == bool(match["planned"] or match["said"])
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_mentioned_chapter_is_there_or_called_planned(path):
    assert wrong_mentions(path.read_text("utf-8"), WRITTEN) == []


@pytest.mark.parametrize(
    "text",
    [
        "chapter 9 shows it",
        "Chapters 2 and 9",
        "the planned chapter 1",
        "Chapters 1 to 3 are planned",
    ],
)
def test_a_wrong_mention_is_found(text):
    assert wrong_mentions(text, {1, 2, 3})


@pytest.mark.parametrize(
    "text",
    ["chapter 3", "the planned chapter 10", "Chapters 9 to 14 are planned", "page 9"],
)
def test_a_right_mention_passes(text):
    assert wrong_mentions(text, {1, 2, 3}) == []
