"""The index lists the glossary's terms, their other names and the library's functions."""

from __future__ import annotations

from bs4 import BeautifulSoup

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


def test_a_permalink_has_a_name(book_pages: Pages) -> None:
    for name, page in book_pages.items():
        for link in page.select("a.headerlink"):
            assert link.get("aria-label"), (name, link)
