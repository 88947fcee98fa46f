"""The minutes that a chapter names come from one rule, and the first page states the rule."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bookkit.commands import reading_time
from bookkit.commands.reading_time import ROUNDED_TO, TIME, Reading, of_chapter, reading
from bookkit.reading.contents import FOLDED, ROOT, chapters

CHAPTERS = chapters()
# A chapter may be edited by a paragraph or two before its minutes have to follow.
TOLERANCE_MINUTES = ROUNDED_TO


def _printed(path: Path) -> int:
    found = TIME.findall(path.read_text(encoding="utf-8"))
    assert len(found) == 1, path.stem
    return int(found[0][1])


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_takes_as_long_as_it_says(path: Path) -> None:
    printed = _printed(path)
    assert printed % ROUNDED_TO == 0
    assert abs(printed - of_chapter(path).minutes) <= TOLERANCE_MINUTES


def test_the_first_page_states_the_rule() -> None:
    text = (ROOT / "book" / "index.md").read_text(encoding="utf-8")
    assert (
        f"{reading_time.WORDS_PER_MINUTE} words a minute, a formula within a sentence as "
        f"{reading_time.WORDS_PER_INLINE_FORMULA} words, "
        f"{reading_time.SECONDS_PER_LINE_OF_CODE} seconds for a line of code that is not folded, "
        f"{reading_time.SECONDS_PER_FORMULA} seconds for a formula on a line of its own, "
        f"{reading_time.SECONDS_PER_FIGURE} seconds for each figure and each prediction"
    ) in text
    assert reading_time.SECONDS_PER_FIGURE == reading_time.SECONDS_PER_PREDICTION


@pytest.mark.parametrize("name", ["README.md", "book/index.md"])
def test_the_shortest_and_the_longest_chapter_are_named(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = re.search(r"A chapter takes (\d+) to (\d+) minutes", text)
    assert named is not None
    minutes = [_printed(path) for path in CHAPTERS]
    assert [int(part) for part in named.groups()] == [min(minutes), max(minutes)]


def test_what_is_read_is_counted_once() -> None:
    text = (
        "## Predict first\n\nTwo words, and $x = 1$<!-- = 1 --> [a link](far/away.md).\n\n"
        "$$\ny = 2\n$$\n\n```python\nnot = prose\n```"
    )
    picture = {
        "output_type": "display_data",
        "data": {"image/png": "", "text/html": ""},
    }
    notebook = {
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": [text]},
            {
                "cell_type": "code",
                "metadata": {},
                "source": ["a = 1\n", "\n", "b"],
                "outputs": [],
            },
            {
                "cell_type": "code",
                "metadata": {"tags": [FOLDED]},
                "source": ["draw(a)"],
                "outputs": [picture],
            },
        ]
    }
    assert reading(notebook) == Reading(
        words=7,
        inline_formulas=1,
        formulas=1,
        lines_of_code=2,
        figures=1,
        predictions=1,
    )


def test_the_minutes_are_the_sum_of_the_parts_to_five_minutes() -> None:
    read = Reading(
        words=1700,
        inline_formulas=100,
        formulas=2,
        lines_of_code=40,
        figures=3,
        predictions=4,
    )
    assert read.minutes == pytest.approx(10 + 1 + 2 + 3 + 4)
    assert read.rounded == 20
