"""The questions page: every question is there once, every code sample prints what it shows.

Questions with one answer stand together above it: a heading without text of its own shares
the text below the next heading.
"""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "book" / "faq.md"
NUMBER_OF_QUESTIONS = 124

_HEADING = re.compile(r"^(?P<level>#{2,3}) (?P<title>.+)$", re.MULTILINE)
_IDENTIFIER = re.compile(r"<!-- (q\d{3}) -->")
_SAMPLE = re.compile(r"^```pycon\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_ERROR = re.compile(r"^(?=\w+Error: )", re.MULTILINE)
_LINK_INTO_THE_BOOK = re.compile(r"\]\((?!https?:)[^)]*\.(?:ipynb|md)")


@pytest.fixture(scope="module")
def text() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def entries(text: str) -> dict[str, str]:
    """Each question's heading, and the text under it up to the next heading."""
    headings = list(_HEADING.finditer(text))
    ends = [match.start() for match in headings[1:]] + [len(text)]
    return {
        match["title"]: text[match.end() : end]
        for match, end in zip(headings, ends, strict=True)
        if match["level"] == "###"
    }


@pytest.fixture(scope="module")
def answers(text: str, entries: dict[str, str]) -> dict[str, str]:
    """Each question's answer, its own or the one that it shares with the next questions."""
    found: dict[str, str] = {}
    answer = ""
    for title, body in reversed(entries.items()):
        if _IDENTIFIER.sub("", body).strip():
            answer = body
        found[title] = answer
    return found


def test_the_page_answers_every_question_once(text: str) -> None:
    identifiers = _IDENTIFIER.findall(text)
    assert len(identifiers) == NUMBER_OF_QUESTIONS
    assert len(set(identifiers)) == NUMBER_OF_QUESTIONS


def test_each_question_has_a_heading_of_its_own(entries: dict[str, str]) -> None:
    assert len(entries) == NUMBER_OF_QUESTIONS
    wrong = [
        title for title, body in entries.items() if len(_IDENTIFIER.findall(body)) != 1
    ]
    assert wrong == []


def test_each_answer_leads_into_the_book(answers: dict[str, str]) -> None:
    assert [
        title for title, body in answers.items() if not _LINK_INTO_THE_BOOK.search(body)
    ] == []


def test_each_topic_ends_in_an_answer(text: str) -> None:
    # A question without text shares the next answer, which has to be one of its topic.
    for topic in re.split(r"^## ", text, flags=re.MULTILINE)[2:]:
        last = topic.rsplit("\n### ", 1)[1]
        assert _IDENTIFIER.sub("", last.partition("\n")[2]).strip(), topic[:40]


def test_the_list_at_the_top_names_every_topic_in_order(text: str) -> None:
    topics = [m["title"] for m in _HEADING.finditer(text) if m["level"] == "##"]
    listed = re.findall(r"^\d+\. \[(.+?)\]\(#.+\)$", text, re.MULTILINE)
    assert topics == ["Topics", *listed]


def test_the_samples_of_each_answer_print_what_the_page_shows(
    text: str, entries: dict[str, str]
) -> None:
    # A reader comes to one answer and types the lines at the top of the page, then these.
    top = _SAMPLE.search(text.partition("\n## ")[0])
    assert top is not None
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    report: list[str] = []
    for title, body in entries.items():
        samples = "".join(match["code"] + "\n" for match in _SAMPLE.finditer(body))
        # The page shows an error's last line; doctest knows it by the line before.
        samples = _ERROR.sub("Traceback (most recent call last):\n", samples)
        session = doctest.DocTestParser().get_doctest(
            top["code"] + samples, {}, title, str(PAGE), 0
        )
        runner.run(session, out=report.append)
    assert runner.summarize(verbose=False).attempted > 5 * NUMBER_OF_QUESTIONS
    assert report == []
