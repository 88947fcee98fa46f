"""The foot of a page: its citation, the versions behind its outputs, the way to the errata."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pybtex.database
import pytest
import yaml
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect

from bookkit.pages.foot import citation, reproduced

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = "notebooks/03_formula.html"
CFF = {
    "title": "A Book",
    "version": "1.2.0",
    "date-released": "2026-03-04",
    "authors": [{"given-names": "Ada", "family-names": "Byron"}, {"name": "A & B"}],
}
Pages = dict[str, BeautifulSoup]


def test_a_page_is_cited_as_a_part_of_the_book() -> None:
    entry = citation(CFF, "100 % sure", "notebooks/03_sure", "")
    assert entry["plain"] == (
        "Ada Byron, A & B. “100 % sure”. In A Book, version 1.2.0, 2026."
    )
    assert entry["bibtex"] == (
        "@incollection{xent2026:03_sure,\n"
        "  author = {Ada Byron and {A \\& B}},\n"
        "  title = {{100 \\% sure}},\n"
        "  booktitle = {A Book},\n"
        "  year = {2026},\n"
        "  note = {Version 1.2.0}\n}"
    )


def test_the_first_page_is_cited_as_the_book() -> None:
    entry = citation(CFF, "", "book/index", "")
    assert entry["plain"] == "Ada Byron, A & B. A Book, version 1.2.0, 2026."
    assert entry["bibtex"].startswith("@book{xent2026,\n")
    assert "booktitle" not in entry["bibtex"]


def test_an_address_is_cited_where_one_is_known() -> None:
    entry = citation(CFF, "On", "notebooks/03_on", "https://book.example/on.html")
    assert entry["plain"].endswith("2026. https://book.example/on.html")
    assert "  url = {https://book.example/on.html}\n" in entry["bibtex"]
    assert "url" not in citation(CFF, "On", "notebooks/03_on", "")["bibtex"]


def test_every_page_says_how_to_cite_it_from_the_citation_file(
    book_pages: Pages,
) -> None:
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    for name, page in book_pages.items():
        plain, bibtex = (pre.get_text() for pre in page.select("footer .cite pre"))
        title = page.select_one("main h1")
        for text in (plain, bibtex):
            assert cff["authors"][0]["name"] in text, name
            assert str(cff["version"]) in text and cff["title"] in text, name
        if name != "book/index.html":
            words = " ".join(title.get_text().removesuffix("#").split())
            assert words in " ".join(plain.split()), name


def test_every_entry_is_read_by_a_bibtex_parser_and_has_a_key_of_its_own(
    book_pages: Pages,
) -> None:
    entries = {}
    for name, page in book_pages.items():
        bibtex = page.select("footer .cite pre")[1].get_text()
        [(key, entry)] = pybtex.database.parse_string(bibtex, "bibtex").entries.items()
        assert key not in entries, (name, entries[key])
        entries[key] = name
        [author] = entry.persons["author"]
        assert author.last_names == [f"{{{' '.join(author.last_names)[1:-1]}}}"], name
        assert entry.fields["year"].isdigit() and "title" in entry.fields, name


def test_a_chapter_names_its_own_day_and_versions_and_no_other_page_does(
    book_pages: Pages,
) -> None:
    record = json.loads((ROOT / "book" / "reproduced.json").read_text("utf-8"))
    assert record["03_formula"]["versions"].keys() == {
        "Python",
        "NumPy",
        "Matplotlib",
        "PyTorch",
        "scikit-learn",
    }
    for name, page in book_pages.items():
        foot = page.select_one("footer").get_text(" ", strip=True)
        said = reproduced(record, name.removesuffix(".html"))
        assert bool(said) == name.startswith("notebooks/"), name
        assert said in foot and ("reproduced" in foot) == bool(said), name


def test_every_page_leads_to_the_licences_and_names_the_version(
    site: Path, pages: Pages
) -> None:
    version = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))["version"]
    feet = {name: page.select_one("footer") for name, page in pages.items()}
    # The root only leads on to the first page.
    assert [name for name, foot in feet.items() if foot is None] == ["index.html"]
    for name, foot in feet.items():
        if foot is None:
            continue
        said = " ".join(foot.select("p")[-1].get_text().split())
        assert f"Version {version}. Prose CC BY 4.0, code MIT." in said, name
        links = {link.get_text(): link["href"] for link in foot.select("p a")}
        for words, file in (("CC BY 4.0", "LICENSE-prose"), ("MIT", "LICENSE")):
            text = (site / name).parent / links[words]
            assert text.read_text("utf-8") == (ROOT / file).read_text("utf-8"), name


def test_what_was_reproduced_is_read_aloud_with_its_day() -> None:
    record = {"03_on": {"date": "2026-03-04", "versions": {"A": "1", "B": "2"}}}
    said = "Outputs last reproduced on 4 March 2026 with A 1 and B 2."
    assert reproduced(record, "notebooks/03_on") == said
    assert reproduced(record, "book/exercises/03_on") == ""
    assert reproduced(record, "notebooks/04_other") == ""


@pytest.mark.usefixtures("without_address")
def test_every_page_leads_to_the_errata(site: Path, book_pages: Pages) -> None:
    for name, page in book_pages.items():
        (link,) = (a for a in page.select("footer a") if a.get_text() == "Errata")
        target = urljoin(f"/{name}", link["href"]).removeprefix("/")
        assert name == "book/errata.html" or target == "book/errata.html", name


@pytest.fixture
def chapter(browser: Browser, server: str) -> Iterator[Page]:
    """A chapter in a browser that may write to the clipboard."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{server}/{CHAPTER}")
    yield page
    context.close()


def test_the_citation_is_copied_whole(chapter: Page) -> None:
    chapter.get_by_text("Cite this page").click()
    chapter.get_by_role("button", name="Copy the BibTeX entry").click()
    expect(chapter.locator(".cite .copy").nth(1)).to_have_text("Copied")
    copied = chapter.evaluate("() => navigator.clipboard.readText()")
    assert copied == chapter.locator(".cite pre").nth(1).inner_text().strip()
    assert copied.startswith("@incollection{") and copied.endswith("}")


def test_without_javascript_the_citation_opens(browser: Browser, server: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}/{CHAPTER}")
    expect(page.locator(".cite pre").first).not_to_be_visible()
    page.get_by_text("Cite this page").click()
    expect(page.locator(".cite pre").first).to_be_visible()
    expect(page.locator(".cite .copy").first).not_to_be_visible()
    context.close()
