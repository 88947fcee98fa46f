"""What changed: the list, the feed and the links at the feet say what CHANGELOG.md says."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from urllib.parse import urldefrag, urljoin
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

from bookkit.pages.changes import FEED, anchor_of, by_page, feed, markdown, title_of
from bookkit.reading.changes import (
    Change,
    UndatedChangeError,
    changes,
    in_words,
    read_changes,
)
from bookkit.reading.contents import entries

Pages = dict[str, BeautifulSoup]
ATOM = {"a": "http://www.w3.org/2005/Atom"}
LOG = """# Changelog

## [Unreleased]

### Added

- 2026-03-04: [Chapter 3](notebooks/03_formula.ipynb#why-a-logarithm), [glossary](book/glossary.md).
- A tool that no page shows.

### Changed

- 2026-03-05: [Chapter 3](notebooks/03_formula.ipynb) is shorter; see [elsewhere](https://example.org/book/x.md).

## [0.1.0] - 2026-01-02

### Added

- The [glossary](book/glossary.md).
"""


def test_entries_that_name_pages_are_read_with_version_kind_and_day() -> None:
    found = list(read_changes(LOG))
    assert [(one.version, one.kind, one.day) for one in found] == [
        ("Unreleased", "Added", date(2026, 3, 4)),
        ("Unreleased", "Changed", date(2026, 3, 5)),
        ("0.1.0", "Added", date(2026, 1, 2)),
    ]
    assert found[0].pages == ["notebooks/03_formula", "book/glossary"]
    assert found[1].pages == ["notebooks/03_formula"]


def test_an_entry_that_says_not_when_is_refused() -> None:
    with pytest.raises(UndatedChangeError, match="Unreleased: begin with its day: The"):
        list(read_changes("## [Unreleased]\n\n- The [glossary](book/glossary.md).\n"))


def test_the_list_is_by_version_and_page_newest_first() -> None:
    pages = by_page(list(read_changes(LOG)))
    assert list(pages) == ["Unreleased", "0.1.0"]
    assert list(pages["Unreleased"]) == ["notebooks/03_formula", "book/glossary"]
    days = [one.day.day for one in pages["Unreleased"]["notebooks/03_formula"]]
    assert days == [5, 4]
    text = markdown(list(read_changes(LOG)))
    assert "## Since the last version" in text and "## Version 0.1.0" in text
    assert (
        "- 4 March 2026, added: [Chapter 3](../notebooks/03_formula.ipynb#why-a-log"
        in text
    )
    assert "[glossary](glossary.md)." in text
    assert "### Chapter 3, The formula" in text


def test_a_page_that_a_fork_took_out_of_the_book_is_left_out_of_the_list() -> None:
    gone = LOG.replace("book/glossary.md", "book/taken_out.md")
    found = by_page(list(read_changes(gone)))
    assert {version: list(pages) for version, pages in found.items()} == {
        "Unreleased": ["notebooks/03_formula"]
    }
    assert "taken_out.md)" in markdown(list(read_changes(gone)))
    assert "### taken_out" not in markdown(list(read_changes(gone)))


def test_the_page_has_every_entry_under_each_page_that_it_names(pages: Pages) -> None:
    listed = pages["book/changes.html"]
    found = changes()
    assert found
    for change in found:
        for docname in change.pages:
            assert docname in entries(), docname
            place = listed.find(id=anchor_of(change.version, docname))
            assert place is not None, docname
            section = place if place.name == "section" else place.find_parent("section")
            # The page sets a typewriter's apostrophe as a printed one.
            title = title_of(docname).replace("'", "’")
            assert section is not None and title in section.get_text()
            assert in_words(change.day) in section.get_text()


def test_each_page_leads_to_what_changed_on_it(pages: Pages) -> None:
    changed = {f"{page}.html" for one in changes() for page in one.pages}
    assert changed
    for name, page in pages.items():
        foot = page.select_one("footer")
        # A deck of slides leads to its chapter, whose foot says so.
        if foot is None or name.startswith("slides/"):
            continue
        words = "What changed on this page" if name in changed else "What changed"
        (link,) = (a for a in foot.select("a") if a.get_text() == words)
        target, anchor = urldefrag(urljoin(f"/{name}", str(link["href"])))
        assert target in ("/book/changes.html", f"/{name}"), name
        assert bool(anchor) == (name in changed), name
        if anchor:
            assert pages["book/changes.html"].find(id=anchor) is not None, name


def test_the_feed_is_atom_and_leads_to_the_list(site: Path, pages: Pages) -> None:
    root = ElementTree.parse(site / FEED).getroot()
    for name in ("title", "id", "updated", "author/a:name"):
        assert root.findtext(f"a:{name}", namespaces=ATOM), name
    told = root.findall("a:entry", ATOM)
    assert len(told) == len(changes())
    identifiers = [one.findtext("a:id", namespaces=ATOM) for one in told]
    assert len(set(identifiers)) == len(identifiers)
    days = [one.findtext("a:updated", namespaces=ATOM) or "" for one in told]
    assert days == sorted(days, reverse=True)
    assert days[0] == root.findtext("a:updated", namespaces=ATOM)
    for one in told:
        link = one.find("a:link", ATOM)
        assert link is not None
        page, anchor = urldefrag(link.attrib["href"])
        name = page[page.index("book/") :]
        assert pages[name].find(id=anchor) is not None
        assert one.findtext("a:title", namespaces=ATOM)
        assert "](" not in (one.findtext("a:content", namespaces=ATOM) or "](")


def test_every_page_names_the_feed_to_a_feed_reader(site: Path, pages: Pages) -> None:
    for name, page in pages.items():
        if page.select_one("footer") is None or name.startswith("slides/"):
            continue
        (link,) = page.select('link[rel="alternate"][type="application/atom+xml"]')
        assert ((site / name).parent / str(link["href"])).resolve() == site / FEED, name


def test_an_entry_keeps_its_identity_when_its_version_comes_out() -> None:
    before, after = (
        feed([Change(version, "Added", date(2026, 3, 4), text)], "T", "A", address)
        for version, address, text in (
            ("Unreleased", "", "The [glossary](book/glossary.md)."),
            ("0.2.0", "https://example.org/", "The [glossary](book/glossary.md)."),
        )
    )
    ids = [
        ElementTree.fromstring(text).findtext("a:entry/a:id", namespaces=ATOM)
        for text in (before, after)
    ]
    assert ids[0] == ids[1]
    assert b'href="https://example.org/changes.xml"' in after
    assert b'rel="self"' not in before
