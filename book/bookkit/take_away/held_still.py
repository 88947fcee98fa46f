"""What paper and e-readers have in common: nothing opens there, and nothing moves."""

from __future__ import annotations

from bs4 import BeautifulSoup, Tag

from bookkit.reading.contents import Page

_STILL = " A still: on the book’s site this figure moves."


def hold_still(main: Tag, page: Page) -> None:
    """Set a page for a medium without a pointer; its chapter gets its part and number."""
    for fold in main.select("details"):
        _unfold(fold)
    for figure in main.select("figure:has(.explore)"):
        caption = figure.find("figcaption")
        if isinstance(caption, Tag):
            words = caption.select_one(".caption-text") or caption
            words.append(_STILL)
    title = main.find("h1")
    if page.number and isinstance(title, Tag):
        title.insert_before(_tag("p", "part-of-book", page.part))
        title.insert(0, f"{page.number}\u2002")


def _unfold(fold: Tag) -> None:
    """Turn what opens on a click into a headed box: some readers never open it."""
    summary = fold.find("summary")
    fold.name, fold.attrs = "div", {"class": ["unfolded"]}
    if isinstance(summary, Tag):
        summary.replace_with(_tag("p", "unfolded-title", summary.get_text().strip()))


def _tag(name: str, kind: str, text: str) -> Tag:
    tag = BeautifulSoup("", "html.parser").new_tag(name, attrs={"class": kind})
    tag.string = text
    return tag
