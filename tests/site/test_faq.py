"""The questions pages: every question is there once, every sample prints what it shows.

Questions with one answer stand together above it: a heading without text of its own shares
the text below the next heading. ``qNNN`` is a question of the list that the book was built
on, ``pNN`` one that practitioners ask besides.
"""

from __future__ import annotations

import doctest
import re
from importlib.metadata import version

import pytest
import test_six_libraries as six_libraries  # imports the other libraries, or skips without them

from bookkit.reading.contents import ROOT

INDEX = ROOT / "book" / "faq.md"
PAGES = sorted((ROOT / "book" / "faq").glob("*.md"))
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in PAGES}
LISTED = 186
OF_PRACTITIONERS = 3

_HEADING = re.compile(r"^(?P<level>#{2,3}) (?P<title>.+)$", re.MULTILINE)
_IDENTIFIER = re.compile(r"<!-- ([qp]\d{2,3}) -->")
_SAMPLE = re.compile(r"^```pycon\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_ERROR = re.compile(r"^(?=\w+Error: )", re.MULTILINE)
_LINK_INTO_THE_BOOK = re.compile(r"\]\((?!https?:)[^)]*\.(?:ipynb|md)")
_THREADS = re.compile(r"^(?:Asked|Discussed|Measured) in: (?P<links>.+)$", re.MULTILINE)
_ADDRESS = re.compile(r"\]\((https?://[^)]+)\)")

# Where a question, a bug or a result was first written down; a copy of it elsewhere is none.
ORIGINALS = re.compile(
    r"https://(?:"
    r"(?:[a-z]+\.)?stackexchange\.com/q(?:uestions)?/\d+"
    r"|stackoverflow\.com/q(?:uestions)?/\d+"
    r"|discuss\.pytorch\.org/t/[\w-]+/\d+"
    r"|github\.com/[\w.-]+/[\w.-]+/(?:issues|pull)/\d+"
    r"|arxiv\.org/abs/\d{4}\.\d{5}"
    r"|openreview\.net/forum\?id=\w+"
    r"|jmp\.com/support/help/"
    r")"
)


def entries(text: str) -> dict[str, str]:
    """Each question's heading, and the text under it up to the next heading."""
    headings = list(_HEADING.finditer(text))
    ends = [match.start() for match in headings[1:]] + [len(text)]
    return {
        match["title"]: text[match.end() : end]
        for match, end in zip(headings, ends, strict=True)
        if match["level"] == "###"
    }


ENTRIES = {
    (page, title): body
    for page, text in TEXTS.items()
    for title, body in entries(text).items()
}


def answers() -> dict[tuple[str, str], str]:
    """Each question's answer, its own or the one that it shares with the next questions."""
    found: dict[tuple[str, str], str] = {}
    answer = ""
    for title, body in reversed(ENTRIES.items()):
        if _IDENTIFIER.sub("", body).strip():
            answer = body
        found[title] = answer
    return found


def test_every_question_is_answered_once() -> None:
    identifiers = [
        name for text in TEXTS.values() for name in _IDENTIFIER.findall(text)
    ]
    listed = [f"q{number:03d}" for number in range(1, LISTED + 1)]
    others = [f"p{number:02d}" for number in range(1, OF_PRACTITIONERS + 1)]
    assert sorted(identifiers) == others + listed


def test_each_question_has_a_heading_of_its_own() -> None:
    titles = [title for _, title in ENTRIES]
    assert len(set(titles)) == len(titles) == LISTED + OF_PRACTITIONERS
    assert [
        title for title, body in ENTRIES.items() if len(_IDENTIFIER.findall(body)) != 1
    ] == []


def test_each_answer_leads_into_the_book() -> None:
    assert [
        title
        for title, body in answers().items()
        if not _LINK_INTO_THE_BOOK.search(body)
    ] == []


def test_each_topic_ends_in_an_answer() -> None:
    # A question without text shares the next answer, which has to be one of its topic.
    for text in TEXTS.values():
        for topic in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
            last = topic.rsplit("\n### ", 1)[1]
            assert _IDENTIFIER.sub("", last.partition("\n")[2]).strip(), topic[:40]


def test_the_first_page_lists_every_topic_once_under_its_name() -> None:
    text = INDEX.read_text(encoding="utf-8")
    blocks = re.findall(
        r"^## (.+)\n\n```\{questions\} faq/(\w+)\.md#([\w-]+)\n```$", text, re.MULTILINE
    )
    assert len(blocks) == len(re.findall("^## ", text, re.MULTILINE))
    topics = [
        (match["title"], page)
        for page, words in TEXTS.items()
        for match in _HEADING.finditer(words)
        if match["level"] == "##"
    ]
    assert sorted((title, page) for title, page, _ in blocks) == sorted(topics)


def test_a_link_to_where_it_was_asked_leads_to_an_original() -> None:
    seen = 0
    for title, body in ENTRIES.items():
        for line in _THREADS.finditer(body):
            for address in _ADDRESS.findall(line["links"]):
                assert ORIGINALS.match(address), (title, address)
                seen += 1
    assert seen > 100


@pytest.mark.parametrize(
    "address",
    [
        "https://newbedev.com/relationship-between-loss-and-accuracy",
        "https://kiwix.example/content/math.stackexchange.com_en_all/questions/4504481",
        "https://stackoverflow.com.example.org/questions/1",
    ],
)
def test_a_copy_is_no_original(address: str) -> None:
    assert not ORIGINALS.match(address)


def failures(page: str, title: str, text: str) -> tuple[int, list[str]]:
    """How many lines an answer's samples have, and what they print otherwise than shown.

    A reader comes to one answer and types the lines at the top of the page, then these.
    """
    top = _SAMPLE.search(TEXTS[page].partition("\n## ")[0])
    assert top is not None
    samples = "".join(match["code"] + "\n" for match in _SAMPLE.finditer(text))
    # The page shows an error's last line; doctest knows it by the line before.
    samples = _ERROR.sub("Traceback (most recent call last):\n", samples)
    session = doctest.DocTestParser().get_doctest(
        top["code"] + samples, {}, title, f"book/faq/{page}.md", 0
    )
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    report: list[str] = []
    runner.run(session, out=report.append)
    return runner.summarize(verbose=False).attempted, report


@pytest.mark.parametrize("page", TEXTS)
def test_the_samples_of_each_answer_print_what_the_page_shows(page: str) -> None:
    report: list[str] = []
    lines = 0
    for (where, title), body in ENTRIES.items():
        if where == page and _SAMPLE.search(body):
            attempted, failed = failures(page, title, body)
            lines += attempted
            report += failed
    assert report == []
    assert lines > 30


@pytest.mark.parametrize(
    "sample",
    [">>> print(T([1.0]) + 1)\ntensor([3.])", ">>> T([1.0])[5]\nIndexError: no"],
)
def test_a_wrong_sample_is_found(sample: str) -> None:
    page = next(iter(TEXTS))
    assert failures(page, "made up", f"```pycon\n{sample}\n```\n")[1]


def test_the_versions_named_are_those_that_run() -> None:
    text = INDEX.read_text(encoding="utf-8")
    packages = {
        "PyTorch": "torch",
        "scikit-learn": "scikit-learn",
        "Keras": "keras",
        "xgboost-cpu": "xgboost-cpu",
        "LightGBM": "lightgbm",
    }
    for name, package in packages.items():
        named = re.search(rf"\b{name} (\d+\.\d+\.\d+)", text)
        assert named is not None and named[1] == version(package).split("+")[0], name
    assert six_libraries.keras.backend.backend() == "torch"
