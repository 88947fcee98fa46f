"""What readers ask for in words of their own: phrasings that no page shows.

``book/asked`` holds a text file for each page. A line ``# anchor`` names one of its sections,
``# (page)`` the page itself, and each line below is one way to ask for it, as people type it.
The search weighs such a phrasing like a title.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

from bookkit import ROOT

FOLDER = "book/asked"
# A line for the page itself; any other heading is an anchor.
WHOLE_PAGE = "(page)"
_HOW_IT_IS_ASKED = (
    "a about am an and are as at be been before between but by can could define defined "
    "definition difference do does did explain explained explanation for from get goes going "
    "has have how i if in into is it its me meaning my of on or our please respect should so "
    "that the there they this to understand us use using was we were what when which who will "
    "with would vs versus you your"
)
# Words that say how something is asked and not what for; the search passes them over.
PASSED_OVER = frozenset(_HOW_IT_IS_ASKED.split())
# Signs that stand in a script's string as they are. Two of them name a word, so that many
# thousand words need no more than two bytes each.
_SIGNS = "".join(chr(code) for code in range(33, 127) if chr(code) not in '"\\')
_INNER_CAPITAL = re.compile(r".[A-Z]")


class AskedError(Exception):
    """A file of phrasings that does not fit its page."""


class Packed(TypedDict):
    """Phrasings as the search page unpacks them."""

    passedOver: str
    signs: str
    words: str
    phrasings: list[str]


def path_of(docname: str) -> str:
    """Where the phrasings of a page are kept, from the book's own folder."""
    return f"{FOLDER}/{docname.removeprefix('book/')}.txt"


def parse(text: str, name: str) -> dict[str, list[str]]:
    """The phrasings of one file, by anchor; the empty anchor is the page itself."""
    found: dict[str, list[str]] = {}
    place = None
    for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
        if line.startswith("# "):
            place = "" if line[2:] == WHOLE_PAGE else line[2:]
            if place in found:
                raise AskedError(f"{name}:{number}: {line} stands here twice")
            found[place] = []
        elif line and place is None:
            raise AskedError(f"{name}:{number}: a phrasing without a place above it")
        elif line and place is not None:
            if line.lower() in map(str.lower, found[place]):
                raise AskedError(f"{name}:{number}: {line!r} stands here twice")
            found[place].append(line)
    return found


def read(addresses: Iterable[str], root: Path = ROOT) -> dict[str, list[str]]:
    """All phrasings, by the address that they lead to, which has to be one of those given."""
    pages: dict[str, set[str]] = {}
    for address in addresses:
        page, _, anchor = address.partition("#")
        pages.setdefault(page, set()).add(anchor)
    files = {path_of(page.removesuffix(".html")): page for page in pages}
    found = {}
    stale = []
    for path in sorted((root / FOLDER).rglob("*.txt")):
        name = path.relative_to(root).as_posix()
        if name not in files:
            stale.append(f"{name} belongs to no page of the book")
            continue
        page = files[name]
        for anchor, phrasings in parse(path.read_text(encoding="utf-8"), name).items():
            if anchor not in pages[page]:
                stale.append(f"{name}: {page} has no section #{anchor}")
            found[f"{page}#{anchor}".removesuffix("#")] = phrasings
    if stale:
        raise AskedError("\n".join(stale))
    return found


def pack(phrasings: list[list[str]]) -> Packed:
    """Write each word once, and phrasings as rows of two signs for each word."""
    rows = [[_words(phrasing) for phrasing in place] for place in phrasings]
    words = sorted({word for place in rows for row in place for word in row})
    pairs = ("".join(pair) for pair in itertools.product(_SIGNS, repeat=2))
    code = dict(zip(words, pairs, strict=False))
    return {
        "passedOver": " ".join(sorted(PASSED_OVER)),
        "signs": _SIGNS,
        "words": " ".join(words),
        "phrasings": [
            " ".join("".join(code[word] for word in row) for row in place)
            for place in rows
        ],
    }


def _words(phrasing: str) -> list[str]:
    """The words that count; a capital inside one parts the name of a function."""
    return [
        word if _INNER_CAPITAL.search(word) else word.lower()
        for word in phrasing.split()
        if word.lower() not in PASSED_OVER
    ]
