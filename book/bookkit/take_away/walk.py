"""The built site's pages in the order of the table of contents, for paper and e-readers.

What only a screen has a use for goes. Nothing opens there and nothing moves, so solutions
stand open and figures say that they are stills. Links and pictures name what the result
holds; a link to a page that it has not got becomes its words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import quote, unquote

from bs4 import BeautifulSoup, Tag

from bookkit.pages.interactive import figure_of
from bookkit.reading.contents import Page, in_parts
from bookkit.take_away.packing import SITE

_ON_SCREEN = (
    ".headerlink, .copy, button, script, form, .sd-summary-state-marker, p.take-away, "
    ".code-box-tools"
)
_IN_ADDRESSES = "%/:=&?~#+!$,;'@()*[]"
_STILL = " A still: on the book’s site this figure moves."


@dataclass(frozen=True)
class Part:
    """A page: its main part as it was found, its title, and its headings by their anchors."""

    page: Page
    main: Tag
    title: Tag
    headings: list[tuple[str, Tag]]

    @property
    def words(self) -> str:
        """The title's words, a formula once."""
        return words(self.title)


def walk(
    address: Callable[[Page, str, bool], str], picture: Callable[[Path], str]
) -> Iterator[Part]:
    """Yield every page below the landing page.

    Parameters
    ----------
    address : callable
        Where the result has a page's anchor, which may be empty, and whether the link stands
        on that page.
    picture : callable
        What the result calls a picture of the site.
    """
    known = {(SITE / f"{page.docname}.html").resolve(): page for page in in_parts()}
    for path, page in known.items():
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        main = cast(Tag, soup.find("main"))
        for tag in main.select(_ON_SCREEN):
            tag.decompose()
        for tag in main.find_all("a", href=True):
            file, _, fragment = str(tag["href"]).partition("#")
            target = known.get(
                (path.parent / unquote(file)).resolve() if file else path
            )
            if re.match(r"[a-z]+:", file):
                tag["href"] = quote(str(tag["href"]), safe=_IN_ADDRESSES)
            elif target is None:
                tag.unwrap()
            else:
                tag["href"] = address(target, figure_of(fragment), target is page)
        for tag in main.find_all("img", src=True):
            tag["src"] = picture((path.parent / unquote(str(tag["src"]))).resolve())
            del tag["loading"]
        headings = [
            (str(section["id"]), heading)
            for heading in main.find_all("h2")
            if (section := heading.find_parent("section", id=True)) is not None
        ]
        yield Part(page, main, cast(Tag, main.find("h1")), headings)


def words(heading: Tag) -> str:
    """A heading's words, with a formula's letters once and without its source."""
    return " ".join(
        "".join(
            str(text)
            for text in heading.find_all(string=True)
            if text.find_parent(["annotation"]) is None
            and text.find_parent(class_="katex-html") is None
        ).split()
    )


def hold_still(part: Part) -> None:
    """Set a page for a medium without a pointer; its chapter gets its part and number."""
    for fold in part.main.select("details"):
        # Some readers never open what opens on a click.
        summary = fold.find("summary")
        fold.name, fold.attrs = "div", {"class": "unfolded"}
        if summary is not None:
            summary.replace_with(_line("unfolded-title", summary.get_text().strip()))
    for figure in part.main.select("figure:has(.explore)"):
        caption = figure.find("figcaption")
        if caption is not None:
            (caption.select_one(".caption-text") or caption).append(_STILL)
    if part.page.number:
        part.title.insert_before(_line("part-of-book", part.page.part))
        part.title.insert(0, f"{part.page.number}\u2002")


def _line(kind: str, text: str) -> Tag:
    tag = Tag(name="p", attrs={"class": kind})
    tag.string = text
    return tag


def add_class(tag: Tag, name: str) -> None:
    """Give a tag one class more."""
    known = [str(one) for one in tag.get_attribute_list("class") if one]
    tag["class"] = " ".join([*known, name])
