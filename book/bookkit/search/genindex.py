"""Fills the index: the library's names from Sphinx, and the book's terms from the glossary.

Under a term stand the chapters' sections that carry it in their heading; its other names
(also_called.toml) have lines of their own that lead to it.
"""

from __future__ import annotations

import re
from itertools import groupby

from docutils import nodes
from sphinx.application import Sphinx

from bookkit.pages.page import Page
from bookkit.reading.contents import chapter_number
from bookkit.search.index import GLOSSARY, other_names

Links = list[tuple[str, str]]
Entry = tuple[str, tuple[Links, list[tuple[str, Links]], None]]


def _headings(app: Sphinx) -> list[tuple[str, str]]:
    """Every heading of a chapter below its title, with the place it leads to."""
    found = []
    for docname in sorted(app.env.found_docs):
        number = chapter_number(docname)
        for section in app.env.get_doctree(docname).findall(nodes.section):
            if number and isinstance(section.parent, nodes.section):
                title = section[0].astext()
                address = f"{app.builder.get_target_uri(docname)}#{section['ids'][0]}"
                found.append((f"{int(number)}: {title}", address))
    return found


def _terms(app: Sphinx) -> list[Entry]:
    if GLOSSARY not in app.env.found_docs:
        return []
    headings, names, entries = _headings(app), other_names(), []
    page = app.builder.get_target_uri(GLOSSARY)
    for section in app.env.get_doctree(GLOSSARY).findall(nodes.section):
        if not any(isinstance(child, nodes.paragraph) for child in section):
            continue
        if section.parent is None or not isinstance(section.parent, nodes.section):
            continue
        term, anchor = section[0].astext(), section["ids"][0]
        links = [("main", f"{page}#{anchor}")]
        whole = re.compile(rf"(?<!\w){re.escape(term)}s?(?!\w)", re.IGNORECASE)
        places = [(name, [("", to)]) for name, to in headings if whole.search(name)]
        entries.append((term, (links, places, None)))
        entries += [
            (other, ([], [(f"see {term}", links)], None))
            for other in names.get(anchor, [])
        ]
    return entries


def fill(page: Page) -> None:
    """Put the terms among the names that Sphinx lists."""
    if page.name != "genindex":
        return
    listed = page.context["genindexentries"]
    entries = [entry for _, group in listed for entry in group]
    entries = sorted(
        [*entries, *_terms(page.app)], key=lambda entry: entry[0].casefold()
    )
    page.context["genindexentries"] = [
        (letter, list(group))
        for letter, group in groupby(entries, key=lambda entry: entry[0][0].upper())
    ]
