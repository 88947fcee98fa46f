"""Quizzes that answer, in Chromium: from a folder, and from a server under the policy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from docutils import nodes
from playwright.sync_api import Browser, Locator, Page, expect

from bookkit.commands import quizzes as stored_quizzes
from bookkit.machine.node_packages import ensure_installed
from bookkit.pages import quizzes
from bookkit.reading.contents import chapters
from visits import AXE, WATCH, Visit, watch

FEWEST_QUESTIONS = 7
FEWEST_NUMERIC = 2
MOST_OF_A_LETTER = 0.4  # of all keys
FEWEST_WORDS = 5  # of a sentence that names a misconception
EXERCISES = "book/exercises/{}.html"
SLUGS = [path.stem for path in chapters()]
PAGE = EXERCISES.format("05_logits_softmax")
SHIFT, LOSS = (
    0,
    5,
)  # places of a question with choices and of one that asks for a number
SEVERAL = EXERCISES.format("01_distributions"), 3
NO_STORAGE = """
Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("denied", "SecurityError"); },
});
"""


def _asked(question: Tag) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(str(question["data-quiz"]))
    return found


# --- what stands in the pages -----------------------------------------------------------


@pytest.mark.parametrize("slug", SLUGS)
def test_each_question_has_a_reason_and_feedback_for_each_wrong_answer(
    slug: str, pages: dict[str, BeautifulSoup]
) -> None:
    questions = pages[EXERCISES.format(slug)].select("#quiz > .quiz-question")
    assert len(questions) >= FEWEST_QUESTIONS
    numeric = 0
    for place, question in enumerate(questions, 1):
        asked = _asked(question)
        assert asked["name"] == f"{slug[:2]}-{place}"
        title = question.select_one(".question")
        assert title is not None and title.get_text().startswith(f"{place}. ")
        reasons = question.select("details .quiz-reasons > li")
        assert len(reasons) == len(asked["wrong"]) >= 2
        for reason in reasons:
            assert len(reason.get_text(" ").split()) >= FEWEST_WORDS, reason
        first = question.select_one("details .sd-summary-content > p")
        assert first is not None and first.find("strong") is not None
        if "tolerance" in asked:
            numeric += 1
            continue
        letters = [
            letter.get_text() for letter in question.select(".choices > li .letter")
        ]
        assert len(letters) >= 3
        assert letters == [f"({chr(ord('a') + one)})" for one in range(len(letters))]
        assert len(letters) == len(asked["right"]) + len(asked["wrong"])
    assert numeric >= FEWEST_NUMERIC


def test_no_letter_is_right_much_more_often_than_another(
    pages: dict[str, BeautifulSoup],
) -> None:
    keys = []
    for slug in SLUGS:
        asked = map(_asked, pages[EXERCISES.format(slug)].select(".quiz-question"))
        own = [one["right"][0] for one in asked if "tolerance" not in one]
        assert len(set(own)) >= 3, slug
        keys += own
    most = max(keys.count(letter) for letter in "abcd")
    assert most <= len(keys) * MOST_OF_A_LETTER


def test_notebooks_have_the_questions_of_the_pages(site: Path) -> None:
    stored = json.loads(stored_quizzes.STORED.read_text(encoding="utf-8"))
    assert stored == stored_quizzes.read(site), (
        "run .venv/bin/python -m bookkit.commands.quizzes"
    )


def test_a_page_without_a_quiz_loads_nothing_of_it(
    book_pages: dict[str, BeautifulSoup],
) -> None:
    for page in book_pages.values():
        loaded = [str(tag["src"]) for tag in page.select("script[src]")]
        has = page.select_one(".quiz-question") is not None
        assert any(name.endswith("/quiz.js") for name in loaded) == has


# --- what the build says of a question that is not whole ---------------------------------


def fold(key: str, *reasons: str, component: str = "dropdown") -> nodes.container:
    def bold(text: str) -> nodes.paragraph:
        strong, _, rest = text.partition("|")
        return nodes.paragraph("", "", nodes.strong("", strong), nodes.Text(rest))

    items = [nodes.list_item("", bold(one)) for one in reasons]
    made = nodes.container("", bold(key), nodes.bullet_list("", *items))
    made["design_component"] = component
    return made


def choice(*letters: str) -> dict[str, Any]:
    return {"right": [], "wrong": list(letters)}


@pytest.mark.parametrize(
    ("asks", "answer", "said"),
    [
        (choice("a", "b"), fold("(a).|", "|(b) why"), ""),
        (choice("a", "b"), fold("(a).|", "|(b) why", component="card"), "no answer"),
        (choice("a", "b"), fold("(a).|", "|(a) why"), "its answer speaks of ['a']"),
        (choice("a", "b", "c"), fold("(a).|", "|(b) why"), "its answer speaks of"),
        (choice("a", "b"), fold("(z).|", "|(a) x", "|(b) x"), "its key is none"),
        (choice("a", "c"), fold("(a).|", "|(c) why"), "its choices are not (a), (b)"),
        ({"tolerance": 0.01, "unit": "nats"}, fold("1.5 nats.|", "2| why"), ""),
        ({"tolerance": 0.01}, fold("1.5 nats.|", "2| why"), "it is asked in None and"),
        ({"tolerance": 0.01}, fold("1.5.|", "1.51| why"), "are too near"),
        ({"tolerance": 0.01}, fold("1.5.|", "|why"), "not each of"),
    ],
)
def test_a_question_that_is_not_whole_is_told_so(
    asks: dict[str, Any], answer: nodes.container, said: str
) -> None:
    found = quizzes.complete(asks, answer)
    assert bool(found) == bool(said)
    assert all(said in one for one in found[:1])


# --- in a browser ------------------------------------------------------------------------


class Reader:
    """Somebody with a browser, which keeps what it has stored."""

    def __init__(self, browser: Browser, base: str, **settings: Any) -> None:
        self.context = browser.new_context(
            viewport={"width": 1000, "height": 900}, **settings
        )
        self.base, self.seen = base, Visit()
        self.context.add_init_script(WATCH)

    def go(self, name: str = PAGE) -> Page:
        """A page in a new tab."""
        page = self.context.new_page()
        watch(page, self.base, self.seen)
        page.goto(f"{self.base}/{name}#quiz")
        return page


@pytest.fixture(params=["folder", "server"])
def reader(
    request: pytest.FixtureRequest, browser: Browser, site: Path, server: str
) -> Iterator[Reader]:
    made = Reader(browser, site.as_uri() if request.param == "folder" else server)
    yield made
    assert made.seen.errors == [] and made.seen.outside == []
    for page in made.context.pages:
        assert page.evaluate("() => window.policyViolations") == []
    made.context.close()


def question(page: Page, place: int) -> Locator:
    return page.locator(".quiz-question").nth(place)


def choose(asked: Locator, letter: str) -> Locator:
    asked.locator(f"input[value={letter}]").check()
    asked.get_by_role("button", name="Check").click()
    return asked.locator(".quiz-said")


def write(asked: Locator, text: str) -> Locator:
    asked.get_by_role("textbox").fill(text)
    asked.get_by_role("button", name="Check").click()
    return asked.locator(".quiz-said")


def test_a_choice_is_met_by_its_reason_and_the_answer_is_announced(
    reader: Reader,
) -> None:
    page = reader.go()
    asked = question(page, SHIFT)
    expect(asked.locator("details")).not_to_have_attribute("open", "")
    said = asked.locator(".quiz-said")
    expect(said).to_have_attribute("aria-live", "polite")
    expect(said).to_be_empty()
    asked.get_by_role("button", name="Check").click()
    expect(said).to_have_text("Choose an answer first.")
    choose(asked, "d")
    expect(said).to_contain_text("Not (d).")
    expect(said).to_contain_text("softmax is invariant to a shift")
    expect(said).not_to_contain_text("It rises by 5")
    choose(asked, "c")
    expect(said).to_contain_text("Right.")
    expect(said).to_contain_text("It rises by 5")
    expect(said).not_to_contain_text("softmax is invariant")
    expect(page.locator(".quiz-sum")).to_contain_text("1 of 7 answered, 1 right.")


def test_a_number_is_met_by_its_misconception(reader: Reader) -> None:
    page = reader.go()
    asked = question(page, LOSS)
    for text, *heard in (
        ("1,4076 nats", "Right.", "less the true logit"),
        ("2.0307", "Not 2.0307.", "the loss in bits"),
        ("-1", "Not -1.", "minus the true logit"),
        ("-1.4076", "The size is right, and the sign is the other one."),
        ("1.41", "That is close.", "to within 0.001"),
        ("77", "none of the mistakes that the book knows here", "in nats"),
        ("abc", "“abc” is no number."),
        ("inf", "The answer is a finite number."),
        ("", "There is no answer yet."),
    ):
        said = write(asked, text)
        for words in heard:
            expect(said).to_contain_text(words)
    # What is no answer takes the place of none.
    expect(page.locator(".quiz-sum")).to_contain_text("1 of 7 answered, 0 right.")


def test_of_several_right_choices_each_is_needed(reader: Reader) -> None:
    name, place = SEVERAL
    asked = question(reader.go(name), place)
    said = choose(asked, "c")
    expect(said).to_have_text(
        "Right so far, but not all: 1 more belongs to the answer."
    )
    choose(asked, "b")
    expect(said).to_contain_text("Not (b).")
    expect(said).to_contain_text("a third class leaves room")
    asked.locator("input[value=b]").uncheck()
    choose(asked, "d")
    expect(said).to_contain_text("Right.")


def test_answers_are_found_again_and_can_be_cleared(reader: Reader) -> None:
    page = reader.go()
    choose(question(page, SHIFT), "c")
    write(question(page, LOSS), "2.0307")
    page.close()
    page = reader.go()
    asked = question(page, LOSS)
    expect(question(page, SHIFT).locator("input[value=c]")).to_be_checked()
    expect(asked.get_by_role("textbox")).to_have_value("2.0307")
    expect(asked.locator(".quiz-said")).to_contain_text("the loss in bits")
    total = page.locator(".quiz-sum")
    expect(total).to_contain_text("2 of 7 answered, 1 right.")
    page.get_by_role("button", name="Clear my answers").click()
    expect(total).to_contain_text("0 of 7 answered, 0 right.")
    expect(page.locator(".quiz-end [aria-live]")).to_have_text("Cleared.")
    expect(asked.get_by_role("textbox")).to_have_value("")
    expect(asked.locator(".quiz-said")).to_be_empty()
    assert page.evaluate("() => Object.keys(localStorage)") == []
    page.close()
    expect(reader.go().locator(".quiz-sum")).to_contain_text("0 of 7 answered")


def test_an_answer_to_a_question_that_has_changed_is_not_shown(
    browser: Browser, server: str
) -> None:
    reader = Reader(browser, server)
    page = reader.go()
    choose(question(page, SHIFT), "c")
    page.evaluate(
        """() => {
          const [key] = Object.keys(localStorage);
          localStorage.setItem(key, localStorage.getItem(key).replace(/:\\w+"/, ':older"'));
        }"""
    )
    expect(reader.go().locator(".quiz-sum")).to_contain_text("0 of 7 answered")
    assert reader.seen.errors == []
    reader.context.close()


@pytest.mark.parametrize(
    "stored", ["null", "[]", "7", "{", '{"05-1:x": 3}', '"text"'], ids=str
)
def test_what_else_stands_in_the_storage_does_no_harm(
    browser: Browser, server: str, stored: str
) -> None:
    reader = Reader(browser, server)
    reader.context.add_init_script(
        f"localStorage.setItem('xent-quiz:05', {json.dumps(stored)})"
    )
    page = reader.go()
    expect(page.locator(".quiz-sum")).to_contain_text("0 of 7 answered")
    expect(choose(question(page, SHIFT), "c")).to_contain_text("Right.")
    assert reader.seen.errors == []
    reader.context.close()


def test_without_storage_a_quiz_answers_and_says_that_nothing_is_kept(
    browser: Browser, server: str
) -> None:
    reader = Reader(browser, server)
    reader.context.add_init_script(NO_STORAGE)
    page = reader.go()
    expect(choose(question(page, SHIFT), "c")).to_contain_text("Right.")
    expect(page.locator(".quiz-sum")).to_contain_text("keeps nothing for this page")
    reader.context.close()


def test_everything_is_done_by_keyboard(browser: Browser, server: str) -> None:
    reader = Reader(browser, server)
    page = reader.go()
    asked, press = question(page, SHIFT), page.keyboard.press
    asked.get_by_role("radio").first.focus()
    press("Space")
    press("ArrowDown")
    press("ArrowDown")
    expect(asked.get_by_role("radio", name="(c) logsumexp")).to_be_focused()
    # Moving through the choices says nothing yet.
    expect(asked.locator(".quiz-said")).to_be_empty()
    press("Enter")
    expect(asked.locator(".quiz-said")).to_contain_text("Right.")
    press("Tab")
    expect(asked.get_by_role("button", name="Check")).to_be_focused()
    press("Tab")
    expect(asked.locator("summary")).to_be_focused()
    press("Tab")
    expect(question(page, SHIFT + 1).get_by_role("radio").first).to_be_focused()
    field = question(page, LOSS).get_by_role("textbox")
    field.focus()
    page.keyboard.type("1.4076")
    press("Enter")
    expect(question(page, LOSS).locator(".quiz-said")).to_contain_text("Right.")
    expect(field).to_be_focused()
    clear = page.get_by_role("button", name="Clear my answers")
    clear.focus()
    press("Enter")
    expect(field).to_have_value("")
    expect(clear).to_be_focused()
    reader.context.close()


def test_a_screen_reader_hears_question_choices_and_what_is_asked_for(
    browser: Browser, server: str
) -> None:
    reader = Reader(browser, server)
    page = reader.go()
    group = question(page, SHIFT).get_by_role("radiogroup")
    expect(group).to_have_accessible_name(
        "1. You add 5 to every logit of an example. Which of these changes?"
    )
    field = question(page, LOSS).get_by_role("textbox")
    expect(field).to_have_accessible_description("A number of nats, to within 0.001.")
    reader.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_axe_finds_nothing_in_a_quiz_with_answers(
    browser: Browser, server: str, scheme: Any, width: int
) -> None:
    packages = ensure_installed(Path(__file__).parent)
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    page = context.new_page()
    page.goto(f"{server}/{PAGE}#quiz")
    choose(question(page, SHIFT), "d")
    choose(question(page, SHIFT + 1), "c")
    write(question(page, LOSS), "2.0307")
    page.evaluate((packages / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    assert page.evaluate(AXE, ["#quiz", None, [".katex-html"]]) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    context.close()


def test_without_scripts_a_quiz_is_its_questions_with_the_answers_folded(
    browser: Browser, server: str
) -> None:
    reader = Reader(browser, server, java_script_enabled=False)
    page = reader.go()
    asked = question(page, SHIFT)
    expect(asked.locator(".choices > li")).to_have_count(4)
    expect(page.locator("#quiz input, #quiz button")).to_have_count(0)
    asked.locator("summary").click()
    expect(asked.locator("details")).to_contain_text("It rises by 5")
    expect(asked.locator(".quiz-reasons > li")).to_have_count(3)
    expect(question(page, LOSS)).to_contain_text("A number of nats, to within 0.001.")
    reader.context.close()
