"""Each place is asked for in at least eight ways, and no phrasing leads nowhere."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bookkit.search import asked

ENOUGH = 8
# Parts that every chapter has: who looks for them opens the chapter.
IN_EVERY_CHAPTER = {
    "You will be able to",
    "Predict first",
    "Common mistakes",
    "Summary",
    "Where to go next",
}
# Pages that are looked for as a whole: their parts are tasks, plans and matters of the site.
WHOLE = ("book/exercises/", "book/course/", "book/publishing", "book/changes")
QUESTIONS = Path(__file__).parent


@pytest.fixture(scope="module")
def script(site: Path) -> list[dict[str, Any]]:
    """What the search page loads: the entries, and the phrasings as they are packed."""
    lines = (site / "_static" / "search-entries.js").read_text(encoding="utf-8")
    return [
        json.loads(line.partition(" = ")[2].removesuffix(";"))
        for line in lines.splitlines()
    ]


@pytest.fixture(scope="module")
def entries(script: list[Any]) -> list[dict[str, str]]:
    return list(script[0])


@pytest.fixture(scope="module")
def phrasings(entries: list[dict[str, str]]) -> dict[str, list[str]]:
    return asked.read(entry["href"] for entry in entries)


def _worth_finding(entry: dict[str, str]) -> bool:
    page, _, anchor = entry["href"].partition("#")
    if entry["kind"] == "function" or page == "book/api.html" or not entry["text"]:
        return False
    return not anchor or not (
        entry["title"] in IN_EVERY_CHAPTER or page.startswith(WHOLE)
    )


def test_each_section_term_and_answer_is_asked_for_in_eight_ways(
    entries: list[dict[str, str]], phrasings: dict[str, list[str]]
) -> None:
    places = [entry for entry in entries if _worth_finding(entry)]
    few = {
        entry["href"]: len(phrasings.get(entry["href"], []))
        for entry in places
        if len(phrasings.get(entry["href"], [])) < ENOUGH
    }
    assert few == {}
    assert len(places) > 900
    print(f"{sum(map(len, phrasings.values()))} phrasings of {len(phrasings)} places")


def test_a_phrasing_is_not_the_title_and_says_something(
    entries: list[dict[str, str]], phrasings: dict[str, list[str]]
) -> None:
    titles = {entry["href"]: entry["title"].casefold() for entry in entries}
    for address, asked_for in phrasings.items():
        for phrasing in asked_for:
            assert phrasing.casefold() != titles[address], address
            assert set(phrasing.lower().split()) - asked.PASSED_OVER, phrasing


def test_no_phrasing_is_copied_from_a_question_that_was_kept_aside(
    phrasings: dict[str, list[str]],
) -> None:
    aside = json.loads((QUESTIONS / "search_held_out.json").read_text("utf-8"))
    written = {text.casefold() for texts in phrasings.values() for text in texts}
    assert not written & {question.casefold() for question in aside}


def test_the_script_holds_every_word_that_counts(
    script: list[Any], phrasings: dict[str, list[str]]
) -> None:
    entries, packed = script
    words, signs = packed["words"].split(" "), packed["signs"]
    read = dict(
        zip(
            map("".join, itertools.product(signs, repeat=2)),
            words,
            strict=False,
        )
    )
    assert len(packed["phrasings"]) == len(entries)
    for entry, rows in zip(entries, packed["phrasings"], strict=True):
        unpacked = [
            [read[row[at : at + 2]].casefold() for at in range(0, len(row), 2)]
            for row in rows.split()
        ]
        assert unpacked == [
            [word for word in text.casefold().split() if word not in asked.PASSED_OVER]
            for text in phrasings.get(entry["href"], [])
        ]


def test_the_fonts_need_no_sign_for_the_phrasings(script: list[Any]) -> None:
    assert all(rows.isascii() for rows in script[1]["phrasings"])


def _folder(root: Path, text: str) -> Path:
    folder = root / asked.FOLDER
    folder.mkdir(parents=True)
    (folder / "glossary.txt").write_text(text, encoding="utf-8")
    return folder


def test_a_stale_anchor_is_named(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "# gone\nwhere is it\n# nat\nunit\n")
    (folder / "left.txt").write_text("# (page)\nwhat was here\n", encoding="utf-8")
    with pytest.raises(asked.AskedError) as error:
        asked.read(["book/glossary.html", "book/glossary.html#nat"], tmp_path)
    assert str(error.value) == (
        "book/asked/glossary.txt: book/glossary.html has no section #gone\n"
        "book/asked/left.txt belongs to no page of the book"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("what is it\n", "book/asked/glossary.txt:1: a phrasing without a place"),
        ("# nat\nunit\n# nat\n", "book/asked/glossary.txt:3: # nat stands here twice"),
        ("# nat\nunit\nUnit\n", "book/asked/glossary.txt:3: 'Unit' stands here twice"),
    ],
)
def test_a_file_that_says_something_twice_or_nowhere_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    _folder(tmp_path, text)
    with pytest.raises(asked.AskedError, match=said):
        asked.read(["book/glossary.html#nat"], tmp_path)


def test_a_phrasing_for_the_page_itself_leads_to_its_top(tmp_path: Path) -> None:
    _folder(tmp_path, "# (page)\nlist of words\n\n# nat\nunit\n")
    assert asked.read(["book/glossary.html", "book/glossary.html#nat"], tmp_path) == {
        "book/glossary.html": ["list of words"],
        "book/glossary.html#nat": ["unit"],
    }


def test_words_are_packed_two_signs_each_and_those_that_only_ask_are_left_out() -> None:
    packed = asked.pack([["what is NaN", "nan loss"], [], ["Loss of nan"]])
    assert packed["words"] == "NaN loss nan"
    lengths = Counter(len(row) for rows in packed["phrasings"] for row in rows.split())
    assert packed["phrasings"][1] == "" and lengths == Counter({2: 1, 4: 2})
