"""A page of the built site as a page of an e-book: well-formed XHTML with plain MathML.

What only a browser with scripts has a use for goes, formulas keep one of their two copies,
solutions stand open, and links and pictures name files of the e-book.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

from bs4 import Comment, Tag
from bs4.element import PageElement

from bookkit.reading.contents import Page
from bookkit.take_away.walk import Part, add_class, hold_still, walk, words

# What a reader of an e-book cannot use besides, and the glossary's cards, which scripts show.
_LEFT_OUT = "style, input, svg, [popover], .katex-html, annotation"
_ONLY_FOR_SCRIPTS = re.compile(
    r"^(data-.*|aria-.*|role|popover|loading|style|tabindex)$"
)
# Readers that know no variables drop what names one: the colour before it stays.
_COLOUR = re.compile(rb"([a-z-]+): (var\(--[a-z]+, (#[0-9a-f]{3,6})\))")
# Tables of more columns are set closer.
_MOST_COLUMNS = 5
# A formula of more signs may end a line before one of these; half as many may be more than
# a line holds in large type.
_MOST_SIGNS, _BREAKS = 24, {"=", "+", "≤", "≥", "<", ">", "≈"}
# What each kind of page is, for readers that find their way by it.
_KINDS = {
    "notebooks/": ("chapter", "doc-chapter"),
    "book/glossary": ("glossary", "doc-glossary"),
    "book/references": ("bibliography", "doc-bibliography"),
    "book/errata": ("errata", "doc-errata"),
}
_PATH_OF_A_SPACE = re.compile(rb'<path id="([^"]*)"(?: transform="[^"]*")?/>')
_TEMPLATE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" \
lang="en-GB" xml:lang="en-GB">
<head><title>{title}</title><link rel="stylesheet" type="text/css" href="epub.css"/></head>
<body{kind}>{body}</body>
</html>
"""


@dataclass(frozen=True)
class Chapter:
    """A page of the site, named and marked up for the e-book."""

    page: Page
    title: str
    headings: list[tuple[str, str]]
    markup: str

    @property
    def file(self) -> str:
        """The page's name in the e-book."""
        return file_of(self.page)


def file_of(page: Page) -> str:
    """Return what a page is called in the e-book."""
    return page.slug + ".xhtml"


def xhtml(title: str, body: str, kind: str = "") -> str:
    """Return a page of the e-book; ``kind`` is what goes into the body's tag."""
    return _TEMPLATE.format(title=html.escape(title), body=body, kind=kind)


def picture_name(path: Path) -> str:
    """Return what a picture of the site is called in the e-book."""
    return f"images/{path.name}"


def picture(path: Path) -> bytes:
    """Return a picture's bytes; the glyph of a space gets the outline that SVG 1.1 asks for."""
    content = path.read_bytes()
    if path.suffix != ".svg":
        return content
    content = _COLOUR.sub(rb"\1: \3; \1: \2", content)
    return _PATH_OF_A_SPACE.sub(rb'<path id="\1" d="M0 0"/>', content)


def read() -> tuple[list[Chapter], list[Path]]:
    """Return the book's pages, marked up from the built site, and the pictures in them."""
    pictures: set[Path] = set()

    def picture(path: Path) -> str:
        pictures.add(path)
        return picture_name(path)

    return [_read(part) for part in walk(_address, picture)], sorted(pictures)


def _address(page: Page, fragment: str, here: bool) -> str:
    file = "" if here and fragment else file_of(page)
    return file + (f"#{fragment}" if fragment else "")


def _read(part: Part) -> Chapter:
    main = part.main
    for tag in main.select(_LEFT_OUT):
        tag.decompose()
    for remark in main.find_all(string=lambda text: isinstance(text, Comment)):
        remark.extract()
    for tag in main.select("semantics"):
        tag.unwrap()
    for tag in main.find_all(True):
        if tag.name == "math" or tag.find_parent("math"):
            _plain_math(tag)
        else:
            for name in [name for name in tag.attrs if _ONLY_FOR_SCRIPTS.match(name)]:
                del tag[name]
    for formula in main.find_all("math"):
        if not formula.find_parent(class_="katex-display"):
            _let_break(formula)
    hold_still(part)
    for table in main.find_all("table"):
        _set_table(table)
    _say_kind(main, part.page)
    headings = [(anchor, words(heading)) for anchor, heading in part.headings]
    markup = main.decode_contents(formatter="minimal")
    return Chapter(part.page, part.words, headings, markup)


def _set_table(table: Tag) -> None:
    """Let a table scroll inside itself, and no empty cell be a head."""
    row = table.find("tr")
    if isinstance(row, Tag) and len(row.find_all(["th", "td"])) > _MOST_COLUMNS:
        add_class(table, "close")
    for cell in table.find_all("th"):
        if not cell.get_text(strip=True):
            cell.name = "td"
    table.wrap(Tag(name="div", attrs={"class": "wide"}))


def _say_kind(main: Tag, page: Page) -> None:
    """Name what the page is, in the e-book's words and in those of assistive technology."""
    section = main.find("section")
    for start, (kind, role) in _KINDS.items():
        if page.docname.startswith(start) and isinstance(section, Tag):
            section["epub:type"], section["role"] = kind, role


def _let_break(formula: Tag) -> None:
    """Cut a long formula of the running text where a line may end: MathML has no breaks."""
    length = len(formula.get_text())
    if length <= _MOST_SIGNS // 2:
        return
    row = formula.find("mrow", recursive=False)
    pieces: list[list[PageElement]] = [[]]
    for part in list(row.children if isinstance(row, Tag) else formula.children):
        breaks = isinstance(part, Tag) and part.get_text() in _BREAKS
        if pieces[-1] and length > _MOST_SIGNS and breaks:
            pieces.append([])
        pieces[-1].append(part.extract())
    for place, content in enumerate(pieces):
        piece = Tag(name="math", attrs={"xmlns": formula["xmlns"]})
        piece.extend(content)
        formula.insert_before(*[" "] * (place > 0), piece)
        if len(piece.get_text()) > _MOST_SIGNS // 2:
            piece.wrap(Tag(name="span", attrs={"class": "one-piece"}))
    formula.decompose()


def _plain_math(tag: Tag) -> None:
    """Keep to the attributes of MathML 3, which is what EPUB 3 allows."""
    tag.attrs.pop("style", None)
    if "aria-label" in tag.attrs:
        tag["alttext"] = tag.attrs.pop("aria-label")
    # KaTeX puts the invisible sign of an applied function inside its exponent.
    if tag.name in ("msub", "msup"):
        for extra in tag.find_all(True, recursive=False)[2:]:
            extra.extract()
    if tag.name == "mtd":
        tag.attrs.pop("width", None)
