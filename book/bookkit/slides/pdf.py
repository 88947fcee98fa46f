"""Print each deck of the built site as a PDF: ``python -m bookkit.slides.pdf``.

A deck that is as it was when it was printed is not printed again.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from bookkit.machine.browser import NoBrowserError, a_browser
from bookkit.reading.edition import COMPLETE, OUTPUT
from bookkit.slides.decks import FOLDER
from bookkit.take_away.packing import NOT_BUILT, SITE
from bookkit.take_away.pdf import print_once

RESULTS = OUTPUT / FOLDER
_LISTING = "made_from.json"
_SHARED = ("deck.css", "deck.js", "book.css", "katex.css")
_PICTURE = re.compile(r'<img src="([^"]+)"')


def state(deck: Path) -> str:
    """Hash a deck, its pictures and its style."""
    page = deck.read_text(encoding="utf-8")
    digest = hashlib.sha256(page.encode())
    static = deck.parent.parent / "_static"
    for path in (
        *(deck.parent / name for name in _PICTURE.findall(page)),
        *(static / name for name in _SHARED),
        *sorted((static / "fonts").glob("*.woff2")),
    ):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def print_deck(browser: Any, deck: Path, result: Path) -> None:
    """Print a deck, a slide a page."""
    partial = result.with_suffix(".partial")
    print_once(browser, f"{deck.as_uri()}?print", partial)
    partial.replace(result)


def print_decks(
    decks: list[Path],
    results: Path,
    start: Callable[[], AbstractContextManager[Any]] = a_browser,
) -> list[str]:
    """Print those that are new or have changed, and return their names."""
    results.mkdir(parents=True, exist_ok=True)
    listing = results / _LISTING
    known = json.loads(listing.read_text("utf-8")) if listing.is_file() else {}
    now = {deck.stem: state(deck) for deck in decks}
    to_print = [
        deck
        for deck in decks
        if known.get(deck.stem) != now[deck.stem]
        or not (results / f"{deck.stem}.pdf").is_file()
    ]
    if to_print:
        with start() as browser:
            for deck in to_print:
                print_deck(browser, deck, results / f"{deck.stem}.pdf")
                known[deck.stem] = now[deck.stem]
                listing.write_text(json.dumps(known, indent=1) + "\n", "utf-8")
    return [deck.stem for deck in to_print]


def main() -> int:
    """Print what has changed, and say where the decks are."""
    if not COMPLETE.is_file():
        print(NOT_BUILT, file=sys.stderr)
        return 1
    decks = sorted((SITE / FOLDER).glob("*.html"))
    started = time.monotonic()
    try:
        printed = print_decks(decks, RESULTS)
    except NoBrowserError as error:
        print(error, file=sys.stderr)
        return 1
    seconds = time.monotonic() - started
    print(f"Printed {len(printed)} of {len(decks)} decks in {seconds:.0f} s.")
    print(f"Decks: {(SITE / FOLDER).as_uri()}, as PDF: {RESULTS.as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
