"""How long a chapter takes, by one rule: ``python -m bookkit.commands.reading_time`` writes it.

A reader of a page like these reads its words, goes along each line of code that stands open,
follows each formula that stands alone, looks at each figure and writes down each prediction.
What that takes is assumed below, once; a chapter's "Time" is the sum, to five minutes.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bookkit.reading.contents import FOLDED, chapters

WORDS_PER_MINUTE = 200
# A formula within a sentence is read as this many words.
WORDS_PER_INLINE_FORMULA = 3
SECONDS_PER_LINE_OF_CODE = 3
SECONDS_PER_FORMULA = 30
SECONDS_PER_FIGURE = 60
SECONDS_PER_PREDICTION = 60
ROUNDED_TO = 5

TIME = re.compile(r"(\*\*Time:\*\* about )(\d+)( minutes)")
_NOT_READ = re.compile(
    r"<!--.*?-->|^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)|(?<=\])\([^)]*\)",
    re.DOTALL | re.MULTILINE,
)
_DISPLAYED = re.compile(r"\$\$.*?\$\$", re.DOTALL)
_INLINE = re.compile(r"\$[^$]+\$")
_WORD = re.compile(r"[^\W_][\w'’.-]*")
_PREDICTION = re.compile(r"^#+ Predict", re.MULTILINE)


@dataclass(frozen=True)
class Reading:
    """What there is to read in a chapter."""

    words: int
    inline_formulas: int
    formulas: int
    lines_of_code: int
    figures: int
    predictions: int

    @property
    def minutes(self) -> float:
        """What reading it takes, by the rule."""
        words = self.words + self.inline_formulas * WORDS_PER_INLINE_FORMULA
        seconds = (
            self.lines_of_code * SECONDS_PER_LINE_OF_CODE
            + self.formulas * SECONDS_PER_FORMULA
            + self.figures * SECONDS_PER_FIGURE
            + self.predictions * SECONDS_PER_PREDICTION
        )
        return words / WORDS_PER_MINUTE + seconds / 60

    @property
    def rounded(self) -> int:
        """The minutes as a chapter prints them."""
        return round(self.minutes / ROUNDED_TO) * ROUNDED_TO


def reading(notebook: dict[str, Any]) -> Reading:
    """Count what there is to read in a notebook."""
    sources = {"code": [""], "markdown": [""]}
    for cell in notebook["cells"]:
        if FOLDED in cell["metadata"].get("tags", []):
            continue
        sources.setdefault(cell["cell_type"], []).append("".join(cell["source"]))
    text = _NOT_READ.sub("", "\n\n".join(sources["markdown"]))
    prose = _DISPLAYED.sub(" ", text)
    lines = "\n".join(sources["code"]).splitlines()
    return Reading(
        words=len(_WORD.findall(_INLINE.sub(" ", prose))),
        inline_formulas=len(_INLINE.findall(prose)),
        formulas=len(_DISPLAYED.findall(text)),
        lines_of_code=sum(bool(line.strip()) for line in lines),
        figures=sum(
            any(kind.startswith("image/") for kind in output.get("data", {}))
            for cell in notebook["cells"]
            for output in cell.get("outputs", [])
        ),
        predictions=len(_PREDICTION.findall(text)),
    )


def of_chapter(path: Path) -> Reading:
    """Count what there is to read in the chapter's file."""
    return reading(json.loads(path.read_text(encoding="utf-8")))


def main() -> int:
    """Write each chapter's minutes into its opening, and list what they were made of."""
    for path in chapters():
        text = path.read_text(encoding="utf-8")
        found = of_chapter(path)
        path.write_text(TIME.sub(rf"\g<1>{found.rounded}\g<3>", text), encoding="utf-8")
        print(f"{path.stem}: {found.rounded} minutes ({found.minutes:.1f}), {found}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
