"""A page of the built site as a page of an e-book: well-formed XHTML with plain MathML.

What only a browser with scripts has a use for goes, formulas keep one of their two copies,
solutions stand open, and links and pictures name files of the e-book.
"""

from __future__ import annotations

import html
import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from bs4 import BeautifulSoup, Comment, PageElement, Tag

from bookkit.reading.contents import Page
from bookkit.take_away.held_still import hold_still
from bookkit.take_away.packing import SITE

# What a reader of an e-book cannot use, and the glossary's cards, which scripts show.
_ON_SCREEN = (
    ".headerlink, .copy, button, script, style, form, input, svg, [popover], "
    ".sd-summary-state-marker, .katex-html"
)
_ONLY_FOR_SCRIPTS = re.compile(
    r"^(data-.*|aria-.*|role|popover|loading|style|tabindex)$"
)
_IN_ADDRESSES = "%/:=&?~#+!$,;'@()*[]"
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


@dataclass
class Chapter:
    """A page of the site, named and marked up for the e-book."""

    page: Page
    title: str = ""
    headings: list[tuple[str, str]] = field(default_factory=list)
    markup: str = ""
    pictures: set[Path] = field(default_factory=set)

    @property
    def file(self) -> str:
        """The page's name in the e-book."""
        return self.page.slug + ".xhtml"

    @property
    def source(self) -> Path:
        """The page in the built site."""
        return SITE / f"{self.page.docname}.html"


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


def read(chapter: Chapter, known: dict[Path, Chapter]) -> None:
    """Fill in a page's title, headings, pictures and markup from the built site."""
    text = chapter.source.read_text(encoding="utf-8")
    main = BeautifulSoup(text, "html.parser").find("main")
    assert isinstance(main, Tag), chapter.source
    for tag in main.select(_ON_SCREEN):
        tag.decompose()
    for remark in main.find_all(string=lambda text: isinstance(text, Comment)):
        remark.extract()
    for tag in main.select("annotation"):
        tag.decompose()
    for tag in main.select("semantics"):
        tag.unwrap()
    for tag in main.find_all(True):
        if tag.name == "math" or tag.find_parent("math"):
            _plain_math(tag)
        else:
            _strip(tag)
    for formula in main.find_all("math"):
        if not formula.find_parent(class_="katex-display"):
            _let_break(formula)
    for tag in main.find_all("a", href=True):
        _turn(tag, chapter, known)
    for tag in main.find_all("img", src=True):
        file = (chapter.source.parent / unquote(str(tag["src"]))).resolve()
        chapter.pictures.add(file)
        tag["src"] = picture_name(file)
    title = main.find("h1")
    assert isinstance(title, Tag), chapter.source
    hold_still(main, chapter.page)
    for table in main.find_all("table"):
        _set_table(table)
    _say_kind(main, chapter.page)
    chapter.title = words(title)
    chapter.headings = [
        (str(section["id"]), words(heading))
        for heading in main.find_all("h2")
        if (section := heading.find_parent("section", id=True)) is not None
    ]
    chapter.markup = main.decode_contents(formatter="minimal")


def _set_table(table: Tag) -> None:
    """Let a table scroll inside itself, and no empty cell be a head."""
    row = table.find("tr")
    if isinstance(row, Tag) and len(row.find_all(["th", "td"])) > _MOST_COLUMNS:
        table["class"] = [*table.get("class", []), "close"]
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


def _strip(tag: Tag) -> None:
    for name in list(tag.attrs):
        if _ONLY_FOR_SCRIPTS.match(name):
            del tag[name]


def _turn(tag: Tag, chapter: Chapter, known: dict[Path, Chapter]) -> None:
    """Let a link lead to its target in the e-book; drop one that has none there."""
    address, _, fragment = str(tag["href"]).partition("#")
    if re.match(r"[a-z]+:", address):
        tag["href"] = quote(str(tag["href"]), safe=_IN_ADDRESSES)
        return
    file = (chapter.source.parent / unquote(address)).resolve()
    target = known.get(file) if address else chapter
    if target is None:
        tag.unwrap()
        return
    name = "" if target is chapter and fragment else target.file
    tag["href"] = posixpath.join(name) + (f"#{fragment}" if fragment else "")


def words(heading: Tag) -> str:
    """Return a heading's words, its formulas once."""
    return " ".join(heading.get_text().split())
