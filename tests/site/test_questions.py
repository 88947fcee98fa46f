"""Questions that people ask have a place in the book that answers them, and it is there.

``questions/NN_slug.json`` lists them for a chapter: an identifier, the question, and the page
and section that answer it, which may lie in another chapter or on another page.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from bs4 import BeautifulSoup

from bookkit.reading.contents import chapters

FOLDER = Path(__file__).with_name("questions")
TABLES = sorted(FOLDER.glob("*.json"))
FEWEST_WORDS = 25  # of a section that could answer anything

Pages = dict[str, BeautifulSoup]

each_table = pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)


def questions(path: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def missing(place: str, pages: Pages) -> str:
    """What is wrong with a place; empty if it is a section of the site with text."""
    name, anchor = urldefrag(place)
    if name not in pages:
        return f"{place}: no page"
    section = pages[name].find(id=unquote(anchor)) if anchor else None
    if section is None:
        return f"{place}: no such section"
    if section.name != "section":
        section = section.find_parent("section") or section
    if len(section.get_text(" ").split()) < FEWEST_WORDS:
        return f"{place}: too little text to answer anything"
    return ""


def test_there_is_a_table_for_chapters_of_the_book() -> None:
    assert TABLES
    assert {path.stem for path in TABLES} <= {path.stem for path in chapters()}


@each_table
def test_a_question_stands_once_in_its_table_with_all_its_parts(path: Path) -> None:
    rows = questions(path)
    assert rows
    for row in rows:
        assert set(row) == {"id", "question", "place"}
        assert re.fullmatch(r"q\d{3}", row["id"])
        assert row["question"].endswith("?")
    identifiers = [row["id"] for row in rows]
    assert identifiers == sorted(set(identifiers))


@each_table
def test_every_question_has_a_place_that_is_there(path: Path, pages: Pages) -> None:
    found = [missing(row["place"], pages) for row in questions(path)]
    assert [sentence for sentence in found if sentence] == []


@each_table
def test_a_chapters_table_leads_into_the_chapter(path: Path) -> None:
    pages_named = {urldefrag(row["place"])[0] for row in questions(path)}
    assert f"notebooks/{path.stem}.html" in pages_named


def test_the_same_question_has_the_same_words_in_every_table() -> None:
    words: dict[str, set[str]] = {}
    for path in TABLES:
        for row in questions(path):
            words.setdefault(row["id"], set()).add(row["question"])
    assert [name for name, found in words.items() if len(found) > 1] == []


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("page.html#there", ""),
        ("page.html#heading", ""),
        ("other.html#there", "other.html#there: no page"),
        ("page.html#gone", "page.html#gone: no such section"),
        ("page.html", "page.html: no such section"),
        ("page.html#empty", "page.html#empty: too little text to answer anything"),
    ],
)
def test_a_place_that_is_missing_is_found(place: str, reason: str) -> None:
    text = "word " * FEWEST_WORDS
    page = BeautifulSoup(
        f'<section id="there"><h2 id="heading">A</h2><p>{text}</p></section>'
        '<section id="empty"><h2>B</h2></section>',
        "html.parser",
    )
    assert missing(place, {"page.html": page}) == reason
