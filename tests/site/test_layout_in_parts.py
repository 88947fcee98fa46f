"""A long page shows its first screen before the rest is laid out, and nothing else differs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from visits import OPEN_ALL

CHAPTER = "notebooks/03_formula.html"
PARTS = "main > section > section:not([class])"
SKIPPED = f"""
() => [...document.querySelectorAll("{PARTS}")]
  .filter((part) => getComputedStyle(part).contentVisibility !== "visible").length
"""
HEIGHT = "() => document.body.scrollHeight"
# Where the first paragraph in the window stands.
PLACE = """
() => {
  const first = [...document.querySelectorAll("main p")]
    .find((part) => part.getBoundingClientRect().top > 0);
  return [first.textContent.slice(0, 60), Math.round(first.getBoundingClientRect().top)];
}
"""
UNMARKED = """
() => [...document.querySelectorAll(".formula-scroll, .highlight pre")]
  .filter((box) => (box.tabIndex === 0)
    !== (box.checkVisibility() && box.scrollWidth > box.clientWidth + 1))
  .map((box) => box.outerHTML.slice(0, 120))
"""
HERE = """
() => document.querySelector(".page-contents [aria-current]")?.getAttribute("href")
"""
TARGET = "() => document.querySelector(':target').getBoundingClientRect().top"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


def _until(page: Page, condition: str, wanted: object) -> None:
    # Playwright's own waiting evaluates a string, which the site's policy forbids.
    for _ in range(200):
        if page.evaluate(condition) == wanted:
            return
        page.wait_for_timeout(25)
    assert page.evaluate(condition) == wanted


def _never_idle(page: Page) -> None:
    page.add_init_script("window.requestIdleCallback = () => 0")


def test_at_first_most_parts_are_left_and_soon_none_is(page: Page, server: str) -> None:
    page.add_init_script("window.requestIdleCallback = (act) => { window.idle = act; }")
    page.goto(f"{server}/{CHAPTER}")
    parts = page.locator(PARTS).count()
    assert page.evaluate(SKIPPED) == parts > 8
    estimated = page.evaluate(HEIGHT)
    moments = 0
    while left := page.evaluate(SKIPPED):
        page.evaluate("() => window.idle()")
        assert page.evaluate(SKIPPED) < left
        moments += 1
    assert moments > 1
    assert page.evaluate(HEIGHT) > 1.2 * estimated


def test_in_idle_moments_the_page_becomes_whole(page: Page, server: str) -> None:
    page.goto(f"{server}/{CHAPTER}")
    _until(page, SKIPPED, 0)


@pytest.mark.parametrize("key", ["End", "Shift"])
def test_a_reader_who_acts_first_has_the_whole_page(
    page: Page, server: str, key: str
) -> None:
    _never_idle(page)
    page.goto(f"{server}/{CHAPTER}")
    assert page.evaluate(SKIPPED) > 0
    page.keyboard.press(key)
    assert page.evaluate(SKIPPED) == 0


@pytest.mark.parametrize("anchor", ["fig-3-2", "eq-3-1", "summary"])
def test_a_link_into_the_page_arrives_and_stays(
    page: Page, server: str, anchor: str
) -> None:
    _never_idle(page)
    page.goto(f"{server}/{CHAPTER}#{anchor}")
    assert page.evaluate(SKIPPED) == 0
    top = page.evaluate(TARGET)
    assert 0 <= top < 200
    for name in ("where-to-go-next", anchor):
        page.evaluate("(name) => { location.hash = name; }", name)
    assert page.evaluate(TARGET) == pytest.approx(top, abs=1)


def test_a_reload_and_the_way_back_find_the_place_again(
    page: Page, server: str
) -> None:
    page.goto(f"{server}/{CHAPTER}")
    _until(page, SKIPPED, 0)
    page.evaluate("() => scrollTo(0, 20000)")
    place = page.evaluate(PLACE)
    _never_idle(page)
    page.reload()
    assert page.evaluate(PLACE) == place
    page.goto(f"{server}/book/notation.html")
    page.go_back()
    assert page.evaluate(PLACE) == place


def test_paper_shows_every_part(page: Page, server: str) -> None:
    _never_idle(page)
    page.goto(f"{server}/{CHAPTER}")
    assert page.evaluate(SKIPPED) > 0
    page.emulate_media(media="print")
    assert page.evaluate(SKIPPED) == 0


def test_without_scripts_every_part_is_laid_out(browser: Browser, server: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}/{CHAPTER}")
    whole = page.locator(PARTS)
    seen = whole.evaluate_all(
        "(parts) => parts.map((part) => getComputedStyle(part).contentVisibility)"
    )
    assert set(seen) == {"visible"}
    context.close()


def test_what_scrolls_sideways_is_marked_once_its_part_is_laid_out(
    page: Page, server: str
) -> None:
    page.goto(f"{server}/{CHAPTER}")
    _until(page, SKIPPED, 0)
    _until(page, UNMARKED, [])
    page.evaluate(OPEN_ALL)
    _until(page, UNMARKED, [])


def test_the_page_contents_follow_the_reader_into_subsections(
    browser: Browser, server: str
) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{server}/{CHAPTER}")
    _until(page, SKIPPED, 0)
    deepest = page.locator(".page-contents ul ul a").last
    anchor = deepest.get_attribute("href")
    assert anchor is not None
    page.evaluate(
        "(id) => document.getElementById(id).scrollIntoView()", anchor.removeprefix("#")
    )
    _until(page, HERE, anchor)
    page.close()
