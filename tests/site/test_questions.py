"""Questions that people ask have a place in the book that answers them, and it is there.

``questions/NN_slug.json`` lists them for a chapter: an identifier, the question, and the page
and section that answer it, which may lie in another chapter or on another page.
``questions/faq.json`` has all of them, each with its place in the questions and answers.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from bs4 import BeautifulSoup, Tag

from bookkit.reading.contents import chapters

FOLDER = Path(__file__).with_name("questions")
TABLES = sorted(FOLDER.glob("*.json"))
ALL = FOLDER / "faq.json"
OF_CHAPTERS = [path for path in TABLES if path != ALL]
HOW_MANY = 186
FEWEST_WORDS = 25  # of a section that could answer anything

Pages = dict[str, BeautifulSoup]

each_table = pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
each_chapters_table = pytest.mark.parametrize(
    "path", OF_CHAPTERS, ids=lambda path: path.stem
)


def questions(path: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def with_the_answer(question: Tag) -> Tag:
    """The section that answers a question: titles with one answer stand above it."""
    section = question
    while section.find(["p", "pre", "table"]) is None:
        following = section.find_next_sibling("section")
        if not isinstance(following, Tag):
            return section
        section = following
    return section


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
    if name.startswith("book/faq/"):
        section = with_the_answer(section)
    if len(section.get_text(" ").split()) < FEWEST_WORDS:
        return f"{place}: too little text to answer anything"
    return ""


def test_there_is_a_table_for_chapters_of_the_book() -> None:
    assert OF_CHAPTERS
    assert {path.stem for path in OF_CHAPTERS} <= {path.stem for path in chapters()}


def test_every_question_of_the_list_has_its_place_in_the_questions_and_answers() -> (
    None
):
    rows = questions(ALL)
    assert [row["id"] for row in rows] == [f"q{n:03d}" for n in range(1, HOW_MANY + 1)]
    places = [row["place"] for row in rows]
    assert len(set(places)) == len(places)
    assert [place for place in places if not place.startswith("book/faq/")] == []


def test_a_question_without_text_of_its_own_is_answered_below_it(pages: Pages) -> None:
    page, anchor = urldefrag(questions(ALL)[5]["place"])  # its answer has two titles
    section = pages[page].find(id=anchor)
    assert isinstance(section, Tag)
    assert len(section.get_text(" ").split()) < FEWEST_WORDS
    assert len(with_the_answer(section).get_text(" ").split()) > FEWEST_WORDS


def test_a_question_is_found_at_its_old_address_too(pages: Pages) -> None:
    listed = pages["book/faq.html"]
    for row in questions(ALL):
        page, anchor = urldefrag(row["place"])
        item = listed.find(id=anchor)
        assert isinstance(item, Tag), row["id"]
        link = item.find("a")
        assert isinstance(link, Tag)
        assert link["href"] == f"{page.removeprefix('book/')}#{anchor}", row["id"]


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


@each_chapters_table
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
