"""Offers on the first page what was made of the whole book: PDF, e-book, zip of the site.

``make pdf``, ``epub`` and ``zip`` leave it in ``_build/take``. What is there and was made from
the book as it is now is copied into the site and linked, after the section of the first page
that holds a div of the class ``take-away``; without any, nothing is said of it. A div that
also has the class ``cheat-sheet`` becomes the link to that one file.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from bookkit.pages.page import remembered
from bookkit.reading.edition import edition
from bookkit.take_away.packing import TAKE, made_from

PLACE = "take-away"
SHEET, SHEET_PAGE = "cheat-sheet", "book/cheat_sheet"
_HEADING, _ANCHOR = "Take it with you", "take-it-with-you"
# In the order in which they are offered: how the file's name ends, the link, what it is.
_FORMS = (
    (".pdf", "PDF", "The whole book on A4, solutions included."),
    (f"-{SHEET}.pdf", "Cheat sheet", "Two pages of A4, as PDF."),
    (".epub", "EPUB", "For e-readers."),
    (".zip", "ZIP", "This site, to read from a folder without a network."),
)


@dataclass(frozen=True)
class Offer:
    """One file that a reader can take."""

    name: str
    link: str
    what: str
    size: int


def offers(folder: Path) -> list[Offer]:
    """Return what lies in ``folder`` and was made from the book as it is now."""
    listed = made_from(folder)
    now = edition() if listed else ""
    return [
        Offer(path.name, link, what, path.stat().st_size)
        for suffix, link, what in _FORMS
        for path in sorted(folder.glob(f"*{suffix}"))
        if listed.get(path.name) == now and (SHEET in path.name) == (SHEET in suffix)
    ]


def in_megabytes(size: int) -> str:
    """Return a size as a reader knows it from a list of files."""
    return f"{max(size / 1e6, 0.1):.1f}\u202fMB"


def made(app: Sphinx) -> Path:
    """The folder where the commands leave what they make."""
    return Path(app.outdir).parent / TAKE.name


def _line(offer: Offer, docname: str) -> nodes.paragraph:
    up = "../" * docname.count("/")
    link = nodes.reference(
        "", offer.link, refuri=f"{up}{TAKE.name}/{offer.name}", internal=True
    )
    size = nodes.inline("", in_megabytes(offer.size), classes=["size"])
    what = nodes.inline("", offer.what, classes=["what"])
    return nodes.paragraph("", "", link, nodes.Text(" "), size, nodes.Text(" "), what)


def _section(offered: list[Offer], docname: str) -> nodes.section:
    listing = nodes.bullet_list(classes=[PLACE])
    for offer in offered:
        listing += nodes.list_item("", _line(offer, docname))
    return nodes.section(
        "", nodes.title("", _HEADING), listing, ids=[_ANCHOR], names=[_HEADING]
    )


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the links after the section of the page that keeps a place for them."""
    for place in list(doctree.findall(nodes.container)):
        if PLACE not in place["classes"]:
            continue
        section = place.parent
        within = section.index(place)
        section.remove(place)
        offered: list[Offer] = remembered(app.env).get("offers", [])
        if SHEET in place["classes"]:
            for offer in (one for one in offered if SHEET in one.name):
                line = _line(offer, docname)
                line["classes"].append(PLACE)
                section.insert(within, line)
        elif offered:
            at = section.parent.index(section)
            section.parent.insert(at + 1, _section(offered, docname))


def write(app: Sphinx, out: Path) -> None:
    """Copy what is offered into the site."""
    folder = out / TAKE.name
    shutil.rmtree(folder, ignore_errors=True)
    offered: list[Offer] = remembered(app.env)["offers"]
    for offer in offered:
        folder.mkdir(exist_ok=True)
        shutil.copy2(made(app) / offer.name, folder)
