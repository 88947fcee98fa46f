"""A link to a glossary term shows the term's definition on hover and on focus."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Locator, Page, expect

from bookkit.pages.definitions import describe, first_sentence
from visits import LOAD_ALL, SETTLED, SETTLED_AT, WATCH

CHAPTER = "notebooks/03_formula.html"
LINKS = "main a[href*='glossary.html#']"


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(WATCH)
    opened = context.new_page()
    opened.goto(f"{server}/{CHAPTER}", wait_until="networkidle")
    yield opened
    assert opened.evaluate("() => window.policyViolations") == []
    context.close()


def _tip(page: Page, link: Locator) -> Locator:
    return page.locator(f"#{link.get_attribute('aria-describedby')}")


def _bring(page: Page, link: Locator) -> None:
    """Scroll to a link; what comes into view is laid out in the next frames and may move it."""
    link.evaluate("link => link.scrollIntoView({ block: 'center' })")
    page.evaluate(SETTLED)


def _rest_on(page: Page, link: Locator) -> None:
    """Move the pointer onto a link as a hand does: after it, where the page moves it away."""
    _bring(page, link)
    while True:
        link.hover()
        page.evaluate(SETTLED)
        if link.evaluate("link => link.matches(':hover')"):
            return


def test_every_link_from_a_chapter_to_a_term_is_described(
    book_pages: dict[str, BeautifulSoup],
) -> None:
    seen = 0
    for name, page in book_pages.items():
        if name == "book/glossary.html":
            continue
        for link in page.select(LINKS):
            text = page.find(id=link["aria-describedby"])
            assert text is not None and text["role"] == "tooltip", (name, link)
            assert len(text.get_text().split()) >= 3, (name, text)
            assert "\\" not in text.get_text(), (name, text)
            seen += 1
    assert seen > 50


def test_the_first_use_of_a_term_in_a_chapter_is_a_link(
    book_pages: dict[str, BeautifulSoup],
) -> None:
    for name, page in book_pages.items():
        if not name.startswith("notebooks/"):
            continue
        early = [
            link
            for link in page.select(LINKS)
            if not link.find_parent("section", class_="next-steps")
        ]
        assert len(early) >= 3, name
        assert len({link["href"] for link in early}) == len(early), name
        assert all("definition-" in link["aria-describedby"] for link in early)
        assert not page.select("section.objectives li a, h1 a[aria-describedby]"), name


def test_a_definition_is_the_first_sentence_of_the_entry(
    book_pages: dict[str, BeautifulSoup],
) -> None:
    shown = book_pages[CHAPTER].select_one(".definition")
    term = shown["id"].removeprefix("definition-")
    entry = book_pages["book/glossary.html"].find(id=term).find("p").get_text()
    assert entry.startswith(shown.get_text()[:20])


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("A cost. It is paid.", "A cost."),
        ("About 0.7 nats, e.g. here. Then", "About 0.7 nats, e.g. here."),
        ("No stop", "No stop"),
    ],
)
def test_a_sentence_ends_before_a_capital_letter(text: str, first: str) -> None:
    assert first_sentence(text) == first


def test_a_page_without_terms_is_left_as_it_is() -> None:
    body = '<p><a class="reference internal" href="faq.html#a">A</a></p>'
    assert describe(body, {"a": "A thing."}) == body


def test_a_link_to_a_term_without_a_definition_is_left_as_it_is() -> None:
    known, unknown = (
        f'<a class="reference internal" href="../book/glossary.html#{term}">A</a>'
        for term in ("a", "b")
    )
    assert describe(unknown, {"a": "A thing."}) == unknown
    described = describe(known + unknown, {"a": "A thing."})
    assert described.count("aria-describedby") == 1 and unknown in described


def test_a_definition_with_signs_stays_text() -> None:
    body = '<a class="reference internal" href="../book/glossary.html#a">A</a>'
    assert "p &lt; q" in describe(body, {"a": "Where p < q."})


def test_hover_shows_the_definition_and_leaving_hides_it(page: Page) -> None:
    link = page.locator(LINKS).first
    tip = _tip(page, link)
    expect(tip).not_to_be_visible()
    _rest_on(page, link)
    expect(tip).to_be_visible()
    tip.hover()
    page.wait_for_timeout(400)
    expect(tip).to_be_visible()
    page.locator("h1").hover()
    expect(tip).not_to_be_visible()


def test_focus_shows_it_and_escape_closes_it(page: Page) -> None:
    link = page.locator(LINKS).first
    page.keyboard.press("Tab")
    link.focus()
    tip = _tip(page, link)
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).not_to_be_visible()
    expect(link).to_be_focused()


def test_nothing_moves_when_a_definition_opens(page: Page) -> None:
    page.evaluate(LOAD_ALL)
    link = page.locator(LINKS).first
    _bring(page, link)
    height = "() => [document.body.scrollHeight, scrollY]"
    before = page.evaluate(height)
    link.hover()
    expect(_tip(page, link)).to_be_visible()
    assert page.evaluate(height) == before


@pytest.mark.parametrize("width", [320, 1280])
def test_a_definition_stays_inside_the_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.evaluate(SETTLED_AT, width)
    page.evaluate(LOAD_ALL)
    for link in page.locator(LINKS).all():
        _rest_on(page, link)
        tip = _tip(page, link)
        expect(tip).to_be_visible()
        box = tip.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert box["y"] >= 0 and box["y"] + box["height"] <= 844


def test_a_finger_follows_the_link(browser: Browser, server: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True
    )
    page = context.new_page()
    page.goto(f"{server}/{CHAPTER}", wait_until="networkidle")
    page.locator(LINKS).first.tap()
    page.wait_for_url("**/book/glossary.html#*")
    context.close()
