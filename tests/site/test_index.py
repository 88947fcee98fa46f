"""The index lists the glossary's terms, their other names and the library's functions."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, expect

Pages = dict[str, BeautifulSoup]


def test_every_term_of_the_glossary_is_in_the_index(pages: Pages) -> None:
    links = {a["href"] for a in pages["genindex.html"].select(".index-entries a")}
    terms = pages["book/glossary.html"].select("section section section")
    assert len(terms) > 100
    for term in terms:
        assert f"book/glossary.html#{term['id']}" in links


def test_functions_other_names_and_sections_are_in_the_index(pages: Pages) -> None:
    text = pages["genindex.html"].select_one("main").get_text(" ", strip=True)
    for words in ("smooth_labels()", "Relative entropy", "see KL divergence"):
        assert words.casefold() in text.casefold(), words
    assert "6: The Jacobian of softmax" in text


def test_the_index_is_in_order_and_linked_from_every_page(pages: Pages) -> None:
    letters = [h.get_text() for h in pages["genindex.html"].select("main h2")]
    assert letters == sorted(set(letters))
    for name, page in pages.items():
        if page.select_one("#book-contents"):
            assert page.select_one("#book-contents a[href$='genindex.html']") or (
                name == "genindex.html"
            ), name


@pytest.mark.parametrize("width", [390, 1280])
def test_the_index_is_reached_from_every_width(
    browser: Browser, server: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(f"{server}/notebooks/03_formula.html")
    menu = page.get_by_role("button", name="Chapters")
    if width == 390:
        menu.click()
    else:
        expect(menu).not_to_be_visible()
    page.locator("#book-contents").get_by_role("link", name="Index", exact=True).click()
    expect(page.locator("h1")).to_have_text("Index")
    page.close()
