"""How long a deck takes aloud, by one rule: ``python -m bookkit.commands.speaking_time``.

A speaker reads out what stands on a slide and says what its notes say, writes a formula line
by line, lets the class look at a figure, and waits while the class does what it is asked to.
What that takes is assumed below, once. The command lists each slide of the built decks with
the minutes that it states and those that the rule gives.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from bookkit.reading.edition import OUTPUT
from bookkit.slides.chapter import sentences

WORDS_PER_MINUTE = 130
# A formula within a sentence is said as this many words.
WORDS_PER_INLINE_FORMULA = 3
SECONDS_PER_SLIDE = 10
SECONDS_PER_LINE_OF_FORMULA = 60
SECONDS_PER_FIGURE = 60
SECONDS_PER_LINE_OF_CODE = 5
# A question on the slide, or a sentence of the notes that has the class do something.
SECONDS_PER_TASK = 60
SECONDS_PER_PREDICTION = 60
SECONDS_PER_DEMONSTRATION = 60
SECONDS_PER_EXERCISE = 120
# A slide may be off by a fifth, or by a minute where a fifth is less.
TOLERANCE = 0.2
TOLERANCE_MINUTES = 1

DECKS = OUTPUT / "html" / "slides"
_WORD = re.compile(r"[^\W_][\w'’.,-]*")
_TASK = re.compile(
    r"\?|\b(?:ask|hands|let|everybody|somebody|write|vote|the class|on paper|on the board"
    r"|draw|collect|cover|compare|count|by hand)\b",
    re.IGNORECASE,
)
# Minutes that a note gives the class are taken at its word.
_COUNT = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_GIVEN = re.compile(rf"\b({'|'.join(_COUNT)}) minutes?\b", re.IGNORECASE)
_EXERCISE = re.compile(r"\bexercise \d+", re.IGNORECASE)
_NOT_SAID = "figure, pre, .formula, .closing, .minutes, .objective, .belief"
_TO_SET = "To set: "


@dataclass(frozen=True)
class Spoken:
    """What there is to say and to do on a slide, and the minutes that it states."""

    title: str
    stated: int
    words: int
    formula_lines: int
    figures: int
    lines_of_code: int
    tasks: int
    predictions: int
    demonstrations: int
    exercises: int
    given: int

    @property
    def minutes(self) -> float:
        """What the slide takes, by the rule."""
        seconds = (
            SECONDS_PER_SLIDE
            + self.formula_lines * SECONDS_PER_LINE_OF_FORMULA
            + self.figures * SECONDS_PER_FIGURE
            + self.lines_of_code * SECONDS_PER_LINE_OF_CODE
            + self.tasks * SECONDS_PER_TASK
            + self.predictions * SECONDS_PER_PREDICTION
            + self.demonstrations * SECONDS_PER_DEMONSTRATION
            + self.exercises * SECONDS_PER_EXERCISE
            + self.given * 60
        )
        return self.words / WORDS_PER_MINUTE + seconds / 60

    @property
    def is_off(self) -> bool:
        """Whether the minutes that it states are not those of the rule."""
        room = max(TOLERANCE_MINUTES, TOLERANCE * self.minutes)
        return abs(self.stated - self.minutes) > room


def spoken(page: str) -> list[Spoken]:
    """Read the slides of a deck as it stands in the site."""
    listed = BeautifulSoup(page, "html.parser").select(".slides > section")
    return [_slide(place, one) for place, one in enumerate(listed)]


def _slide(place: int, slide: Tag) -> Spoken:
    title = slide.select("h1, h2")[0].get_text()
    part = slide.select(".notes .minutes")[0].get_text().partition(", ")[2]
    before = place > 0 and part.startswith("Predict first")
    # To open with the chapter's question and to close with what to set is no exercise.
    closes = bool(slide.select(".closing"))
    formulas = slide.select(".body .formula")
    code = "\n".join(block.get_text() for block in slide.select(".body pre"))
    on_slide = " ".join(_said(one) for one in slide.select(".body"))
    shows = bool(slide.select(".body .demo"))
    paragraphs = [
        text
        for notes in slide.select(".notes")
        for paragraph in _without(notes).select("p, li")
        if not (text := _flat(paragraph)).startswith(_TO_SET)
    ]
    # A deck's own notes on a demonstration ask what its text asks; that counts once.
    in_notes = [sentence for text in paragraphs[shows:] for sentence in sentences(text)]
    given = [sentence for sentence in in_notes if _GIVEN.search(sentence)]
    tasks = [one for one in in_notes if _TASK.search(one) and one not in given]
    said = [on_slide, *(one for one in in_notes if one not in [*tasks, *given])]
    named = {one.lower() for one in _EXERCISE.findall(" ".join(in_notes))}
    return Spoken(
        title=title,
        stated=int(str(slide["data-minutes"])),
        words=sum(len(_WORD.findall(text)) for text in said),
        formula_lines=sum(max(1, len(one.select(".step"))) for one in formulas),
        figures=len(slide.select(".body figure")),
        lines_of_code=sum(bool(line.strip()) for line in code.splitlines()),
        tasks=len(tasks) + len(slide.select(".body blockquote")),
        predictions=int(before or title.startswith("Predict")),
        demonstrations=int(shows),
        exercises=0 if closes else len(named),
        given=sum(
            _COUNT[number.lower()] for one in given for number in _GIVEN.findall(one)
        ),
    )


def _without(part: Tag) -> Tag:
    """A copy of a part without what is not read out as words."""
    left = copy(part)
    for one in left.select(_NOT_SAID):
        one.decompose()
    for formula in left.select(".katex"):
        formula.replace_with(" word" * WORDS_PER_INLINE_FORMULA + " ")
    return left


def _flat(part: Tag) -> str:
    return " ".join(part.get_text().split())


def _said(part: Tag) -> str:
    return _without(part).get_text(" ")


def of_decks(folder: Path = DECKS) -> Iterator[tuple[str, list[Spoken]]]:
    """Each built deck by the name of its chapter."""
    for path in sorted(folder.glob("*.html")):
        yield path.stem, spoken(path.read_text(encoding="utf-8"))


def main() -> int:
    """List what each slide states and takes, with a sign at those that are off."""
    found = dict(of_decks())
    if not found:
        print("There are no decks. Run `make book` first.", file=sys.stderr)
        return 1
    for slug, deck in found.items():
        total, stated = (
            sum(one.minutes for one in deck),
            sum(one.stated for one in deck),
        )
        print(f"{slug}: {total:.1f} minutes by the rule, {stated} stated")
        for one in deck:
            sign = "!" if one.is_off else " "
            print(f"  {one.stated:2} {one.minutes:5.1f} {sign} {one.title}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
