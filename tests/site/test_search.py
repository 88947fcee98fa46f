"""The search answers real questions with the right section, served and from a folder.

``search_answers.json`` holds what readers type and the sections of which one has to come
first. Most are questions from forums and issue trackers, in the words of those who asked; the
ranking was made with them in view. ``search_held_out.json`` holds questions that were written,
with their answers, before the phrasings of ``book/asked`` and the ranking that reads them. No
phrasing repeats one of them, but the failures of some were known when the ranking changed.
``search_untouched.json`` holds 79 more, written by somebody who saw neither; the phrasings and
the ranking were finished before they were asked, and nothing was tuned on them since.
``search_in_three.json`` holds questions from all parts of the book, each with every section
that answers it: for most of them one has to be among the first three. Phrasings and ranking
were tuned on them, so their rates say what is kept and not what a new question finds.
``questions`` holds the questions that the answers were built on, each with its place.
Run with ``-s``, the tests print the rates of every set.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect

from visits import WATCH, Visit, watch

ANSWERS: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("search_answers.json").read_text(encoding="utf-8")
)
HELD_OUT: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("search_held_out.json").read_text(encoding="utf-8")
)
UNTOUCHED: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("search_untouched.json").read_text(encoding="utf-8")
)
IN_THREE: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("search_in_three.json").read_text(encoding="utf-8")
)
QUESTIONS: dict[str, str] = {
    asked["question"]: asked["place"]
    for asked in json.loads(
        Path(__file__).with_name("questions").joinpath("faq.json").read_text("utf-8")
    )
}
# How many found their answer first, and among the first three, when the phrasings came; what
# is written since may push one or two of them down. Before, 27 and 34 did.
HELD_OUT_FIRST, HELD_OUT_IN_THREE = 34, 38
# The same, when they were asked for the first time.
UNTOUCHED_FIRST, UNTOUCHED_IN_THREE = 65, 74
LOST_SINCE = 2
# Of the questions that have to be answered among the first three, this share is.
ALMOST_ALL = 0.97
# Of the questions that the answers were built on, these shares find one.
QUESTIONS_FIRST, QUESTIONS_IN_THREE = 0.9, 0.95
THREE = """
(questions) => questions.map((words) => bookSearch.find(words).slice(0, 3).map((hit) => hit.href))
"""
FIRST = "(questions) => questions.map((words) => bookSearch.find(words)[0]?.href)"
WAYS = ["served", "from a folder"]


@pytest.fixture(scope="module", params=WAYS)
def search(
    request: pytest.FixtureRequest, browser: Browser, site: Path, server: str
) -> Iterator[Page]:
    """The search page, empty, loaded once for each way to read the book."""
    root = server if request.param == "served" else site.as_uri()
    page = browser.new_page()
    seen = Visit()
    page.add_init_script(WATCH)
    watch(page, root, seen)
    page.goto(f"{root}/search.html")
    yield page
    assert page.evaluate("() => window.policyViolations") == []
    page.close()
    assert seen.errors == [] and seen.outside == []


def _ask(page: Page, words: str) -> None:
    page.get_by_label("Words or a question").fill(words)
    expect(page.get_by_role("status")).to_contain_text(words)


def _rates(search: Page, questions: dict[str, list[str]], name: str) -> tuple[int, int]:
    """How many find a right place first, and how many among the first three."""
    search.evaluate("() => bookSearch.prepare()")
    found = search.evaluate(THREE, list(questions))
    answered = list(zip(questions.values(), found, strict=True))
    first = sum(bool(places) and places[0] in right for right, places in answered)
    in_three = sum(bool(set(places) & set(right)) for right, places in answered)
    count = len(questions)
    print(
        f"{name}: {count} questions, a right place first {first} ({first / count:.1%}), "
        f"among the first three {in_three} ({in_three / count:.1%})"
    )
    return first, in_three


def test_each_question_finds_its_answer_first(search: Page) -> None:
    _rates(search, ANSWERS, "search_answers.json")
    found = search.evaluate(FIRST, list(ANSWERS))
    wrong = {
        words: first
        for (words, right), first in zip(ANSWERS.items(), found, strict=True)
        if first not in right
    }
    assert wrong == {}


def test_questions_that_no_phrasing_repeats_are_answered_as_often_as_ever(
    search: Page,
) -> None:
    assert not ANSWERS.keys() & HELD_OUT.keys()
    first, in_three = _rates(search, HELD_OUT, "search_held_out.json")
    assert first >= HELD_OUT_FIRST - LOST_SINCE
    assert in_three >= HELD_OUT_IN_THREE - LOST_SINCE


def test_almost_each_question_finds_an_answer_among_the_first_three(
    search: Page,
) -> None:
    others = ANSWERS.keys() | HELD_OUT.keys() | UNTOUCHED.keys()
    assert not IN_THREE.keys() & others
    _, in_three = _rates(search, IN_THREE, "search_in_three.json")
    assert in_three >= ALMOST_ALL * len(IN_THREE)


def test_questions_first_asked_of_a_finished_search_are_answered_as_often_as_ever(
    search: Page,
) -> None:
    assert not UNTOUCHED.keys() & (ANSWERS.keys() | HELD_OUT.keys())
    first, in_three = _rates(search, UNTOUCHED, "search_untouched.json")
    assert first >= UNTOUCHED_FIRST - LOST_SINCE
    assert in_three >= UNTOUCHED_IN_THREE - LOST_SINCE


@pytest.fixture(scope="module")
def entries(site: Path) -> list[dict[str, str]]:
    """All that can be found."""
    text = (site / "_static" / "search-entries.js").read_text(encoding="utf-8")
    first = text.splitlines()[0].partition(" = ")[2]
    return list(json.loads(first.removesuffix(";")))


def test_the_questions_that_the_answers_were_built_on_find_them(
    search: Page, entries: list[dict[str, str]]
) -> None:
    # Some titles share the answer below the last of them.
    answers: dict[str, list[str]] = {}
    for entry in entries:
        if entry["kind"] == "question":
            answers.setdefault(entry["text"], []).append(entry["href"])
    shared = {title: group for group in answers.values() for title in group}
    questions = {
        question: shared.get(place, [place]) for question, place in QUESTIONS.items()
    }
    first, in_three = _rates(search, questions, "questions/faq.json")
    assert first >= QUESTIONS_FIRST * len(questions)
    assert in_three >= QUESTIONS_IN_THREE * len(questions)


def test_the_name_of_a_term_leads_to_its_definition_and_to_what_teaches_it(
    search: Page, entries: list[dict[str, str]]
) -> None:
    search.evaluate("() => bookSearch.prepare()")
    terms = [entry for entry in entries if entry["kind"] == "term"]
    found = search.evaluate(THREE, [term["title"] for term in terms])
    place = {entry["href"]: entry["place"] for entry in entries}
    for term, (first, second, *_) in zip(terms, found, strict=True):
        assert first == term["href"]
        taught = re.search(r"Taught in ([^.]*)", term["text"])
        if taught:
            chapters = re.findall(r"\d+", taught[1])
            chapter = re.match(r"Chapter (\d+),", place[second])
            assert chapter and chapter[1] in chapters, term["title"]


@pytest.mark.parametrize(
    ("typed", "page"),
    [
        ("F.cross_entropy", "notebooks/09_pytorch.html"),
        ("crossentropyloss", "book/faq/"),
        ("-log p", "book/glossary.html"),
        ("p_i - y_i", "book/faq/gradients.html"),
        ("ignore_index=-100", "book/faq/language_models.html"),
        ("log(0)", "notebooks/05_logits_softmax.html"),
        ("65504", "book/"),
        ("what does entropy mean in machine learning", "book/glossary.html#entropy"),
    ],
)
def test_signs_and_names_of_code_are_found_as_people_type_them(
    search: Page, typed: str, page: str
) -> None:
    search.evaluate("() => bookSearch.prepare()")
    ((first, *_),) = search.evaluate(THREE, [typed])
    assert first.startswith(page)


@pytest.mark.parametrize("name", ["smooth_labels", "log_softmax"])
def test_a_function_typed_by_its_name_comes_before_what_explains_it(
    search: Page, name: str
) -> None:
    search.evaluate("() => bookSearch.prepare()")
    ((first, *_),) = search.evaluate(THREE, [name])
    assert first.startswith("book/api.html#") and first.endswith(f".{name}")


def test_each_answer_exists(pages: dict[str, BeautifulSoup]) -> None:
    for words, right in [
        *ANSWERS.items(),
        *HELD_OUT.items(),
        *IN_THREE.items(),
        *UNTOUCHED.items(),
    ]:
        for answer in right:
            page, anchor = urldefrag(answer)
            assert page in pages, (words, answer)
            assert not anchor or pages[page].find(id=unquote(anchor)), (words, answer)


def test_every_result_leads_to_a_section_that_exists(
    entries: list[dict[str, str]], pages: dict[str, BeautifulSoup]
) -> None:
    ids = {name: {tag["id"] for tag in page(id=True)} for name, page in pages.items()}
    for entry in entries:
        page, anchor = urldefrag(entry["href"])
        assert not anchor or unquote(anchor) in ids[page], entry["href"]
        assert entry["title"], entry
        if entry["kind"] in ("term", "chapter"):
            assert "\\" not in entry["text"], entry
        if entry["kind"] == "question":  # some share the text below another title
            assert entry["text"], entry
    assert len(entries) > 500
    kinds = {entry["kind"] for entry in entries}
    assert kinds == {"chapter", "page", "section", "term", "question", "function"}


def test_every_page_is_in_the_index(
    entries: list[dict[str, str]], toc_pages: list[str]
) -> None:
    found = {entry["href"].partition(".html")[0] for entry in entries}
    assert set(toc_pages) <= found


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("perplexty", "Perplexity"),
        ("entrop", "Entropy"),
        ("cross entopy", "Cross"),
        ("backpropogation", "Backpropagation"),
        ("imbalanced classes", "Class imbalance"),
    ],
)
def test_half_a_word_and_a_typing_error_are_forgiven(
    search: Page, typed: str, title: str
) -> None:
    _ask(search, typed)
    expect(search.locator("#search-results a").first).to_contain_text(title)


@pytest.mark.parametrize(
    ("american", "british"),
    [
        ("optimization", "optimisation"),
        ("regularized", "regularised"),
        ("labeled", "labelled"),
        ("sized", "sized"),
    ],
)
def test_both_spellings_find_the_same(
    search: Page, american: str, british: str
) -> None:
    search.evaluate("() => bookSearch.prepare()")
    one, other = search.evaluate(THREE, [american, british])
    assert one == other and one


@pytest.mark.parametrize("sign", ["∇", "H(p, q)", "η"])
def test_a_sign_is_looked_up_in_the_notation(search: Page, sign: str) -> None:
    search.evaluate("() => bookSearch.prepare()")
    ((first, *_),) = search.evaluate(THREE, [sign])
    assert first.startswith("book/notation.html#")


def test_a_title_is_found_by_its_words_written_as_one(search: Page) -> None:
    search.evaluate("() => bookSearch.prepare()")
    apart, joined = search.evaluate(
        THREE, ["binary cross entropy", "binary crossentropy"]
    )
    assert apart[0] == joined[0]


def test_a_result_shows_where_the_words_stand(search: Page) -> None:
    _ask(search, "perplexity")
    results = search.locator("#search-results li")
    expect(results.first.locator(".result-place")).to_contain_text("Glossary")
    expect(results.first.locator(".context")).to_contain_text("number")
    marks = results.locator(".context mark").all_inner_texts()
    assert marks and all("perplexit" in mark.lower() for mark in marks)


def test_what_is_not_in_the_book_is_said_to_be_absent(search: Page) -> None:
    _ask(search, "xylophone")
    expect(search.get_by_role("status")).to_contain_text("Nothing in the book")
    expect(search.locator("#search-results li")).to_have_count(0)


def test_arrow_keys_walk_from_the_field_through_the_results(search: Page) -> None:
    _ask(search, "softmax")
    field = search.get_by_label("Words or a question")
    results = search.locator("#search-results a")
    field.focus()
    search.keyboard.press("ArrowDown")
    expect(results.nth(0)).to_be_focused()
    search.keyboard.press("ArrowDown")
    expect(results.nth(1)).to_be_focused()
    search.keyboard.press("ArrowUp")
    search.keyboard.press("ArrowUp")
    expect(field).to_be_focused()


def test_the_field_in_the_header_leads_to_results(
    browser: Browser, server: str
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{server}/book/notation.html")
    field = page.get_by_label("Search the book")
    field.fill("label smoothing")
    field.press("Enter")
    first = page.locator("#search-results a").first
    expect(first).to_have_text("Label smoothing")
    first.click()
    expect(page).to_have_url(re.compile(r"book/glossary\.html#label-smoothing$"))
    page.close()


def test_the_index_is_not_loaded_before_anything_is_asked(
    browser: Browser, server: str
) -> None:
    page = browser.new_page()
    asked = watch(page, server, Visit())
    page.goto(f"{server}/search.html", wait_until="networkidle")
    assert not any("search-e" in url for url in asked)
    page.get_by_label("Words or a question").focus()
    page.wait_for_load_state("networkidle")
    assert any("search-entries.js" in url for url in asked)
    page.close()


def test_without_javascript_the_search_page_leads_to_the_index(
    pages: dict[str, BeautifulSoup],
) -> None:
    sentence = pages["search.html"].find("noscript")
    assert sentence.find("a")["href"] == "genindex.html"
