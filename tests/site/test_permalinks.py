"""Headings, equations, figures and functions have permalinks that say where they lead."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Browser, expect

from bookkit.pages.permalinks import name_permalinks

Pages = dict[str, BeautifulSoup]
CHAPTER = "notebooks/03_formula.html"


def _link(part: Tag, anchor: str) -> Tag:
    found = [
        link for link in part.select("a.headerlink") if link["href"] == f"#{anchor}"
    ]
    assert len(found) == 1, (anchor, part.name)
    return found[0]


def test_no_permalink_has_a_name_that_fits_all(book_pages: Pages) -> None:
    seen = 0
    for name, page in book_pages.items():
        for link in page.select("a.headerlink"):
            assert re.match(r"Link to \S", link["aria-label"]), (name, link)
            assert not link["aria-label"].startswith("Link to this"), (name, link)
            seen += 1
    assert seen > 500


def test_a_heading_has_a_permalink_with_its_words(book_pages: Pages) -> None:
    for name, page in book_pages.items():
        for heading in page.select("main section > :is(h1, h2, h3, h4)"):
            link = _link(heading, heading.parent["id"])
            if heading.select_one(".katex") is None:
                words = heading.get_text().removesuffix(link.get_text())
                said = " ".join(words.split())
                assert link["aria-label"] == f"Link to “{said}”", name


def test_a_heading_with_a_formula_is_named_without_its_source(
    book_pages: Pages,
) -> None:
    for name, page in book_pages.items():
        for link in page.select("a.headerlink"):
            assert not re.search(r"[\\{}$]", link["aria-label"]), (name, link)


def test_equations_and_figures_have_permalinks_with_their_numbers(
    book_pages: Pages,
) -> None:
    seen = {"eq": 0, "fig": 0}
    for name, page in book_pages.items():
        for part in page.select(".formula[id^=eq-], figure.numbered"):
            kind, _, number = part["id"].partition("-")
            link = _link(part, part["id"])
            if name.startswith("notebooks/"):
                word = {"eq": "equation", "fig": "figure"}[kind]
                said = number.replace("-", ".")
                assert link["aria-label"] == f"Link to {word} {said}", name
            seen[kind] += 1
    assert seen["eq"] > 30 and seen["fig"] > 40


def test_a_permalink_to_the_unknown_keeps_its_name() -> None:
    link = '<a class="headerlink" href="#a" title="Link to this term">#</a>'
    named = name_permalinks(link, {})
    assert named.count("Link to this term") == 2
    assert 'aria-label="Link to “p &lt; q”"' in name_permalinks(link, {"a": "“p < q”"})


@pytest.mark.parametrize(
    "anchor", ["gibbs-inequality-no-forecast-beats-the-truth", "eq-3-1", "fig-3-1"]
)
def test_a_permalink_takes_the_keyboard_and_is_seen_then(
    browser: Browser, server: str, anchor: str
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{server}/{CHAPTER}")
    link = page.locator(f"a.headerlink[href='#{anchor}']")
    expect(link).to_have_css("opacity", "0")
    page.keyboard.press("Tab")
    link.focus()
    expect(link).to_be_focused()
    expect(link).to_have_css("opacity", "1")
    expect(link).to_have_css("outline-style", "solid")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"#{anchor}$"))
    page.close()
