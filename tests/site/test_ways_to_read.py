"""Without JavaScript, from a folder, by keyboard and on paper: the book is all there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from visits import LOAD_ALL, SIZES, Visit, watch

CHAPTER = "notebooks/03_formula.html"
EXERCISES = "book/exercises/03_formula.html"
PHONE, DESKTOP = SIZES["phone"], SIZES["desktop"]
UNSEEN = """
() => [...document.querySelectorAll(
    "main p, main li, main pre, main img, main h2, main .katex-html")]
  .filter((part) => !part.closest("details") && !part.checkVisibility())
  .map((part) => part.outerHTML.slice(0, 120))
"""
FOCUSED = """
() => {
  const box = document.activeElement;
  const style = getComputedStyle(box);
  const around = box.closest(".site-search");
  const outlined = [style, around && getComputedStyle(around)].some((shown) =>
    shown && shown.outlineStyle !== "none" && parseFloat(shown.outlineWidth) >= 2)
    // In a drawing the part that a finger reaches is ringed instead.
    || [...box.querySelectorAll(".xe-reach")].some((reach) =>
      parseFloat(getComputedStyle(reach).strokeWidth) >= 2);
  return { html: box.outerHTML.slice(0, 120), body: box === document.body, outlined,
    number: [...document.querySelectorAll("*")].indexOf(box) };
}
"""


class Reader:
    """Opens pages in one way, and closes them."""

    def __init__(self, browser: Browser, root: str) -> None:
        self.browser, self.root = browser, root
        self.seen = Visit()
        self._contexts = []

    def open(
        self, name: str, size: tuple[int, int] = DESKTOP, *, scripts: bool = True
    ) -> Page:
        width, height = size
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=scripts
        )
        self._contexts.append(context)
        page = context.new_page()
        watch(page, self.root, self.seen)
        page.goto(f"{self.root}/{name}", wait_until="networkidle")
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def reader(browser: Browser, server: str) -> Iterator[Reader]:
    """A reader of the served book; a fault or a foreign request fails the test."""
    reads = Reader(browser, server)
    yield reads
    reads.close()
    assert reads.seen.errors == [] and reads.seen.outside == []


@pytest.fixture
def from_folder(browser: Browser, site: Path) -> Iterator[Reader]:
    """A reader who opened the book from a folder."""
    reads = Reader(browser, site.as_uri())
    yield reads
    reads.close()
    assert reads.seen.errors == [] and reads.seen.outside == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", [CHAPTER, EXERCISES, "book/index.html"])
def test_without_javascript_all_text_and_figures_are_there(
    reader: Reader, name: str, size: str
) -> None:
    page = reader.open(name, SIZES[size], scripts=False)
    assert page.evaluate(UNSEEN) == []
    for image in page.locator("main img").all():
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("image => image.naturalWidth") > 0


def test_without_javascript_no_button_is_left_that_does_nothing(reader: Reader) -> None:
    page = reader.open(CHAPTER, scripts=False)
    left = [button for button in page.locator("button").all() if button.is_visible()]
    # A menu opens by HTML alone, and so does the search.
    idle = [b for b in left if not b.get_attribute("popovertarget")]
    assert [button.inner_text() for button in idle] == []


def test_without_javascript_a_solution_opens_and_closes(reader: Reader) -> None:
    page = reader.open(EXERCISES, scripts=False)
    solution = page.locator("main details").first
    words = solution.locator(":scope > :not(summary)").first
    expect(words).not_to_be_visible()
    solution.locator("summary").click()
    expect(words).to_be_visible()


def test_without_javascript_a_key_opens_the_code_above_its_figure(
    reader: Reader,
) -> None:
    page = reader.open(CHAPTER, scripts=False)
    cell = page.locator(".cell", has=page.locator(".folded-code")).first
    code, opener = cell.locator("pre").first, cell.locator("summary")
    expect(opener).to_have_text("The code of this figure")
    expect(cell.locator("figure img").first).to_be_visible()
    expect(code).not_to_be_visible()
    opener.press("Enter")
    expect(code).to_be_visible()
    expect(code).to_contain_text("show_figure(")
    opener.press("Enter")
    expect(code).not_to_be_visible()


def test_without_javascript_a_phone_opens_the_chapters(reader: Reader) -> None:
    page = reader.open(CHAPTER, PHONE, scripts=False)
    page.get_by_role("button", name="Chapters").click()
    chapters = page.locator("#book-contents")
    expect(chapters).to_be_visible()
    chapters.get_by_role("link").nth(1).click()
    expect(page.locator("h1")).to_be_visible()
    assert not page.url.endswith(CHAPTER)


def test_from_a_folder_styles_fonts_and_figures_load(from_folder: Reader) -> None:
    page = from_folder.open(CHAPTER)
    page.evaluate(LOAD_ALL)
    loaded = page.evaluate(
        "() => [...document.fonts].filter((font) => font.status === 'loaded')"
        ".map((font) => font.family.replaceAll('\"', ''))"
    )
    assert {"Source Serif 4", "Source Sans 3", "KaTeX_Main"} <= set(loaded)
    assert page.evaluate("() => [...document.images].every((i) => i.naturalWidth > 0)")
    expect(page.locator(".explore .xe").first).to_be_visible()


def test_from_a_folder_the_search_finds(from_folder: Reader) -> None:
    page = from_folder.open("search.html?q=entropy")
    found = page.locator("#search-results li a")
    expect(found.first).to_be_visible()
    assert found.count() > 5
    found.first.click()
    expect(page.locator("main h1")).to_be_visible()


def test_the_first_tab_reaches_the_skip_link_which_leads_to_the_text(
    reader: Reader,
) -> None:
    page = reader.open(CHAPTER)
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    expect(page.locator(".skip-link")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("() => !!document.activeElement.closest('#main')")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", [CHAPTER, EXERCISES])
def test_tab_walks_through_a_page_in_its_order_and_shows_where_it_is(
    reader: Reader, name: str, size: str
) -> None:
    page = reader.open(name, SIZES[size])
    before = -1
    for _ in range(400):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        if here["body"] or here["number"] < before:
            break
        assert here["outlined"], here["html"]
        assert here["number"] > before, here["html"]
        before = here["number"]
    else:
        pytest.fail(f"the focus never leaves the page; it is at {here['html']}")
    last = page.evaluate(
        "() => [...document.querySelectorAll('*')].indexOf("
        "document.querySelector('.prev-next a:last-of-type'))"
    )
    assert before >= last


@pytest.mark.parametrize(
    ("button", "menu"),
    [("Chapters", "#book-contents"), ("On this page", "#page-contents")],
)
def test_escape_closes_a_menu_and_gives_the_focus_back(
    reader: Reader, button: str, menu: str
) -> None:
    page = reader.open(CHAPTER, PHONE)
    opener = page.get_by_role("button", name=button)
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator(menu)).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate(f"() => !!document.activeElement.closest('{menu}')")
    page.keyboard.press("Escape")
    expect(page.locator(menu)).not_to_be_visible()
    expect(opener).to_be_focused()


def test_the_chosen_colours_are_there_before_anything_is_painted(
    reader: Reader,
) -> None:
    page = reader.open(CHAPTER)
    button = page.locator("button[data-do=mode]")
    button.click()
    button.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.route("**/book.js", lambda route: route.fulfill(body=""))
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("name", [CHAPTER, EXERCISES])
def test_paper_shows_the_text_alone_and_opens_what_is_folded(
    reader: Reader, name: str
) -> None:
    page = reader.open(name)
    page.emulate_media(media="print", color_scheme="dark")
    for chrome in (
        ".site-header",
        ".book-contents",
        ".page-contents",
        ".page-tools",
        ".prev-next",
    ):
        for part in page.locator(chrome).all():
            expect(part).not_to_be_visible()
    folded = page.locator("main details").first
    expect(folded.locator(":scope > :not(summary)").first).to_be_visible()
    colour = "() => getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(colour) == "rgb(255, 255, 255)"
