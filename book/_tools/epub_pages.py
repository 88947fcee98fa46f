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

from bs4 import BeautifulSoup, Comment, Tag

from _tools.packing import SITE

# What a reader of an e-book cannot use, and the glossary's cards, which scripts show.
_ON_SCREEN = (
    ".headerlink, .copy, button, script, style, form, input, svg, [popover], "
    ".sd-summary-state-marker, .katex-html"
)
_ONLY_FOR_SCRIPTS = re.compile(
    r"^(data-.*|aria-.*|role|popover|loading|style|tabindex)$"
)
_IN_ADDRESSES = "%/:=&?~#+!$,;'@()*[]"
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

    docname: str
    part: str
    below: bool
    title: str = ""
    headings: list[tuple[str, str]] = field(default_factory=list)
    markup: str = ""
    pictures: set[Path] = field(default_factory=set)

    @property
    def file(self) -> str:
        """The page's name in the e-book."""
        return self.docname.replace("/", "-") + ".xhtml"

    @property
    def source(self) -> Path:
        """The page in the built site."""
        return SITE / f"{self.docname}.html"


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
    for tag in main.select("details"):
        tag["open"] = "open"
    for tag in main.find_all(True):
        if tag.name == "math" or tag.find_parent("math"):
            _plain_math(tag)
        else:
            _strip(tag)
    for tag in main.find_all("a", href=True):
        _turn(tag, chapter, known)
    for tag in main.find_all("img", src=True):
        file = (chapter.source.parent / unquote(str(tag["src"]))).resolve()
        chapter.pictures.add(file)
        tag["src"] = picture_name(file)
    title = main.find("h1")
    assert isinstance(title, Tag), chapter.source
    chapter.title = words(title)
    chapter.headings = [
        (str(section["id"]), words(heading))
        for heading in main.find_all("h2")
        if (section := heading.find_parent("section", id=True)) is not None
    ]
    chapter.markup = main.decode_contents(formatter="minimal")


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
    parts = [
        str(text)
        for text in heading.find_all(string=True)
        if text.find_parent("annotation") is None
    ]
    return " ".join("".join(parts).split())
