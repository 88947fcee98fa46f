"""Freezes the book's prose as a corpus: ``python -m bookkit.commands.corpus FILE`` writes it anew.

The copy in xent_lib/data was made once and does not follow the book: whoever replaces it
changes every number that was computed from it. What is kept is what reads as sentences. Left
out, in this order: comments, checked numbers among them; fenced code; displayed formulas;
tables, images, directives and their options; and every sentence that holds code or a formula
of more than plain letters, digits and signs, or that only points elsewhere ("See also",
"Asked in"). Links keep their text, emphasis its words, and a list item is a paragraph. A
section with no more than a few words of prose is left out with its heading.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from bookkit import ROOT
from bookkit.reading.contents import entries

_LEFT_OUT = {"book/index", "book/api", "book/references"}
_FEWEST_CHARACTERS = 80  # of prose in a section
_DROPPED_BLOCKS = re.compile(
    r"""
    <!--.*?-->                                  # comments, checked numbers among them
    |^[ ]*(?P<fence>`{3,}|~{3,}).*?^[ ]*(?P=fence)[ ]*$   # code
    |\$\$.*?\$\$                                # displayed formulas
    |^[ ]*\|[^\n]*$                             # tables
    |^[ ]*:{3,}[^\n]*$                          # directives, whose contents stay
    |^[ ]*:[\w-]+:[^\n]*$                       # their options
    |^\(?[\w-]+\)?=[ ]*$                        # link targets
    |</?\w[^>]*>                                # HTML
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
_ROLE = re.compile(r"\{\w[\w:-]*\}`(?:([^`<]*?)\s*<[^>`]*>|([^`]*))`")
_LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\]]*\])*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"(\*{1,3}|(?<!\w)_)(?=\S)(.+?)(?<=\S)\1")
_CODE = re.compile(r"(?P<ticks>`+)(?P<code>.+?)(?P=ticks)", re.DOTALL)
_FORMULA = re.compile(r"\$(?P<formula>[^$]+)\$")
_PLAIN_FORMULA = re.compile(r"[\w\s.,()=+\-/<>'%]+")
_PLAIN_CODE = re.compile(r"\w[\w.]*")
_SENTENCE_END = re.compile(r"(?<=[.?!:])[\"')]*\s+(?=[\"'(]?[A-Z0-9])")
_DROPPED = "\0"
_POINTERS = ("Asked in", "Discussed in", "Seen in", "Taught in", "See also")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+\.)\s+")


def main() -> int:
    """Write the corpus to the file that is named, and say how large it is."""
    if len(sys.argv) != 2:
        print(
            "Name the file to write: python -m bookkit.commands.corpus FILE",
            file=sys.stderr,
        )
        return 2
    sections = [
        section
        for entry in entries()
        if entry not in _LEFT_OUT
        for section in sections_of(source_of(entry))
    ]
    text = "\n".join(f"# {title}\n\n{prose}\n" for title, prose in sections)
    Path(sys.argv[1]).write_text(text, encoding="utf-8")
    print(f"{len(sections)} sections, {len(text)} characters")
    return 0


def source_of(entry: str) -> str:
    """The Markdown of a page, or of a chapter's cells."""
    page = ROOT / f"{entry}.md"
    if page.is_file():
        return page.read_text(encoding="utf-8")
    notebook = json.loads((ROOT / f"{entry}.ipynb").read_text(encoding="utf-8"))
    cells = (cell for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    return "\n\n".join("".join(cell["source"]) for cell in cells)


def sections_of(markdown: str) -> Iterator[tuple[str, str]]:
    """The sections of a page that hold prose: heading and paragraphs, as plain text."""
    text = _DROPPED_BLOCKS.sub("", markdown)
    for part in re.split(r"^#+[ ]", text, flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        title = " ".join(_sentences(heading))
        prose = "\n\n".join(_paragraphs(body))
        if title and len(prose) >= _FEWEST_CHARACTERS:
            yield title, prose


def _paragraphs(body: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*+]|\d+\.)\s)", body):
        kept = " ".join(_sentences(_ITEM.sub("", block)))
        if len(kept.split()) > 1:
            yield kept


def _sentences(block: str) -> Iterator[str]:
    """The sentences of a paragraph that hold neither code nor a formula with commands."""
    text = _ROLE.sub(lambda found: found[1] or found[2], block)
    text = _LINK.sub(r"\1", text)
    text = _FORMULA.sub(_plain_or_dropped("formula", _PLAIN_FORMULA), text)
    text = _CODE.sub(_plain_or_dropped("code", _PLAIN_CODE), text)
    while _EMPHASIS.search(text):
        text = _EMPHASIS.sub(r"\2", text)
    for sentence in _SENTENCE_END.split(" ".join(text.split())):
        if not re.search(r"[\0\\`]", sentence) and not sentence.startswith(_POINTERS):
            yield sentence


def _plain_or_dropped(
    group: str, plain: re.Pattern[str]
) -> Callable[[re.Match[str]], str]:
    def replace(found: re.Match[str]) -> str:
        return found[group] if plain.fullmatch(found[group]) else _DROPPED

    return replace


if __name__ == "__main__":
    sys.exit(main())
