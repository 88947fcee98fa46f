"""Shows what changed on each page: a list by version and page, a feed, a link at the foot.

All of it comes from the entries of CHANGELOG.md that name pages (reading/changes.py), so that
a reader who returns finds in one place what is new in a chapter since a version, or is told
by a feed reader. Without an address of the site the feed's links are relative.
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from sphinx.application import Sphinx

from bookkit import ROOT
from bookkit.pages.address import address_of
from bookkit.pages.page import Page
from bookkit.reading.changes import CHANGELOG, LINK, Change, changes, in_words
from bookkit.reading.contents import chapter_number, entries

PAGE = "book/changes"
PLACE = "<!-- the changes go here -->"
FEED = "changes.xml"
_ATOM = "http://www.w3.org/2005/Atom"
_MIDNIGHT = "T00:00:00Z"


def title_of(docname: str) -> str:
    """The title of a page, with its number if it is a chapter."""
    path = ROOT / f"{docname}.md"
    if path.is_file():
        lines = path.read_text(encoding="utf-8").splitlines()
    else:
        cells = json.loads(path.with_suffix(".ipynb").read_text("utf-8"))["cells"]
        lines = "".join(cells[0]["source"]).splitlines()
    title = lines[0].removeprefix("# ")
    number = chapter_number(docname)
    return f"Chapter {int(number)}, {title}" if number else title


def anchor_of(version: str, docname: str) -> str:
    """Where the list has what a version changed on a page."""
    words = version.lower().replace(".", "-")
    return f"{words}-{docname.replace('/', '-').replace('_', '-')}"


def by_page(found: list[Change]) -> dict[str, dict[str, list[Change]]]:
    """The changes of each version, newest first, by page in reading order."""
    order = {docname: at for at, docname in enumerate(entries())}
    sorted_: dict[str, dict[str, list[Change]]] = {}
    for change in found:
        for docname in change.pages:
            # A fork may have taken a page out of the book, and keeps the list of changes.
            if docname in order:
                pages = sorted_.setdefault(change.version, {})
                pages.setdefault(docname, []).append(change)
    return {
        version: {
            docname: sorted(pages[docname], key=lambda one: one.day, reverse=True)
            for docname in sorted(pages, key=order.__getitem__)
        }
        for version, pages in sorted_.items()
    }


def _from_here(text: str) -> str:
    """An entry with its links as they are written in book/."""
    return LINK.sub(
        lambda match: (
            f"[{match['words']}]("
            + (f"../{match['page']}").replace("../book/", "")
            + f".{match['kind']}{match['anchor'] or ''})"
        ),
        text,
    )


def markdown(found: list[Change]) -> str:
    """The list as it stands on the page."""
    lines: list[str] = []
    for version, pages in by_page(found).items():
        new = version == "Unreleased"
        heading = "Since the last version" if new else f"Version {version}"
        lines += [f"## {heading}", ""]
        for docname, listed in pages.items():
            lines += [
                f"({anchor_of(version, docname)})=",
                f"### {title_of(docname)}",
                "",
            ]
            lines += [
                f"- {in_words(change.day)}, {change.kind.lower()}: {_from_here(change.text)}"
                for change in listed
            ]
            lines.append("")
    return "\n".join(lines)


def state() -> str:
    """What the list, the feed and the links at the feet are made from."""
    return repr(changes())


def fill_list(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the list where the page keeps a place for it."""
    if docname == PAGE:
        app.env.note_dependency(str(CHANGELOG))
        source[0] = source[0].replace(PLACE, markdown(changes()))


def fill(page: Page) -> None:
    """Lead from a page's foot to what changed on it, else to all changes, and to the feed."""
    context = page.context
    context.update(changes="", changes_feed="", changed_here=False)
    if PAGE not in page.app.env.all_docs:
        return
    # A page's address as seen from itself is empty, or a mark without a place.
    context["changes"] = context["pathto"](PAGE).rstrip("#")
    context["changes_feed"] = context["pathto"](FEED, 1)
    for version, pages in by_page(changes()).items():
        if page.name in pages:
            context["changes"] += f"#{anchor_of(version, page.name)}"
            context["changed_here"] = True
            return


def _plain(text: str) -> str:
    return LINK.sub(r"\g<words>", text).replace("`", "")


def _element(
    parent: ElementTree.Element, name: str, text: str = "", **attributes: str
) -> ElementTree.Element:
    made = ElementTree.SubElement(parent, name, attributes)
    made.text = text or None
    return made


def feed(found: list[Change], title: str, author: str, address: str) -> bytes:
    """The changes as an Atom feed, newest first.

    Parameters
    ----------
    found : list of Change
        What CHANGELOG.md says of pages; at least one.
    title, author : str
        The book's.
    address : str
        Where the site is published, empty where that is not known: links are relative then.
    """
    root = ElementTree.Element("feed", xmlns=_ATOM)
    _element(root, "title", f"{title}: what changed")
    _element(root, "id", uuid5(NAMESPACE_URL, title).urn)
    _element(root, "updated", f"{max(one.day for one in found)}{_MIDNIGHT}")
    _element(_element(root, "author"), "name", author)
    if address:
        _element(root, "link", rel="self", href=f"{address}{FEED}")
    _element(root, "link", rel="alternate", href=f"{address}{PAGE}.html")
    for change in sorted(found, key=lambda one: one.day, reverse=True):
        entry = _element(root, "entry")
        _element(entry, "title", "; ".join(map(title_of, change.pages)))
        # The words make it the same entry when "Unreleased" becomes a version.
        _element(entry, "id", uuid5(NAMESPACE_URL, f"{title}: {change.text}").urn)
        _element(entry, "updated", f"{change.day}{_MIDNIGHT}")
        where = anchor_of(change.version, change.pages[0])
        _element(entry, "link", rel="alternate", href=f"{address}{PAGE}.html#{where}")
        _element(entry, "category", term=change.kind)
        _element(entry, "content", _plain(change.text), type="text")
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return bytes(text) + b"\n"


def write(app: Sphinx, out: Path) -> None:
    """Lay the feed into the site."""
    found = changes()
    path = out / PurePosixPath(FEED)
    if found:
        path.write_bytes(
            feed(
                found, app.config.html_title, app.config.author, address_of(app.config)
            )
        )
    else:
        path.unlink(missing_ok=True)
