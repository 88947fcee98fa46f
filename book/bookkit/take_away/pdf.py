"""Set the whole book as a PDF, and its cheat sheet: ``python -m bookkit.take_away.pdf``.

The browser sets it, since the pages are made for one: the same type, figures and formulas as
on the site. It prints more than once: the contents name pages that only a print knows.
"""

from __future__ import annotations

import datetime
import html
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag

from bookkit.machine.browser import NoBrowserError, a_browser
from bookkit.reading.contents import EVERYWHERE, Page
from bookkit.reading.edition import OUTPUT
from bookkit.take_away.packing import SITE, TAKE, citation, make
from bookkit.take_away.walk import add_class, hold_still, walk

FOLDER = OUTPUT / "pdf"
RESULT = TAKE / "cross-entropy.pdf"
STYLE = Path(__file__).with_name("pdf.css")
SHEET = "book/cheat_sheet"
OVERLEAF = "names-across-libraries"  # the section with which the second page begins
SHEET_RESULT = TAKE / "cross-entropy-cheat-sheet.pdf"
SHEET_STYLE = Path(__file__).with_name("cheat_sheet.css")
SHEETS = ("sphinx-design.min.css", "katex.css", "book.css", "explore.css")
MOST_PRINTS = 4
# Code of more lines may run over the foot of a page; what is shorter stays together.
KEPT_LINES = 16
_REFERRING = (
    "aria-labelledby",
    "aria-describedby",
    "aria-controls",
    "for",
    "data-state",
)


@dataclass(frozen=True)
class Section:
    """A page as a part of the one document that is printed."""

    page: Page
    title: str
    name: str
    headings: list[tuple[str, str]]
    body: str


def sections(folder: Path) -> Iterator[Section]:
    """Yield every page, its files named as seen from the folder where the document lies."""

    def address(page: Page, fragment: str, here: bool) -> str:
        return f"#{page.slug}" + (f"--{fragment}" if fragment else "")

    for part in walk(address, lambda path: os.path.relpath(path, folder)):
        slug, main = part.page.slug, part.main
        for name in _REFERRING:
            for tag in main.select(f"[{name}]"):
                del tag[name]
        for tag in main.select("pre"):
            if tag.get_text().count("\n") > KEPT_LINES:
                add_class(tag, "long")
        for tag in main.select("[id]"):
            tag["id"] = f"{slug}--{tag['id']}"
        headings = [
            (f"{slug}--{anchor}", heading.decode_contents())
            for anchor, heading in part.headings
        ]
        title, name = part.title.decode_contents(), part.words
        hold_still(part)
        yield Section(part.page, title, name, headings, main.decode_contents())


def title_page(today: datetime.date) -> str:
    """Return the first page: what this is, who wrote it, which version, which licence."""
    about = citation()
    authors = ", ".join(author["name"] for author in about["authors"])
    return f"""<section class="title-page">
<h1>{html.escape(about["title"])}</h1>
<p class="authors">{html.escape(authors)}</p>
<p>{html.escape(" ".join(about["abstract"].split()))}</p>
<p class="edition">Version {about["version"]}, set on {today.day} {today:%B %Y}. Prose CC BY
4.0, code MIT.</p>
</section>"""


def contents(parts: list[Section], numbers: dict[str, int]) -> str:
    """Return the table of contents; a page number is blank until the first print gave it."""
    lines = ['<section class="contents" id="contents"><h1>Contents</h1>']
    caption = ""
    for part in parts:
        if part.page.part != caption:
            caption = part.page.part
            lines.append(f'<p class="part">{html.escape(caption)}</p>')
        level = "below" if part.page.below else "page"
        number = f"{part.page.number}&ensp;" if part.page.number else ""
        lines.append(_line(level, part.page.slug, number + part.title, numbers))
        if part.page.number:
            lines += [
                _line("heading", anchor, text, numbers)
                for anchor, text in part.headings
                if text not in EVERYWHERE
            ]
    return "\n".join([*lines, "</section>"])


def _line(level: str, anchor: str, text: str, numbers: dict[str, int]) -> str:
    return (
        f'<p class="{level}"><a href="#{anchor}"><span>{text}</span>'
        f'<span class="number">{numbers.get(anchor, "")}</span></a></p>'
    )


def running_heads(parts: list[Section]) -> str:
    """Return one named page a section, with its title at the top."""
    return "\n".join(
        f"@page {part.page.slug} {{ @top-left {{ content: {_css_string(_name(part))}; }} }}\n"
        f"#{part.page.slug} {{ page: {part.page.slug}; }}"
        for part in parts
    )


def _name(part: Section) -> str:
    return f"{part.page.number}   {part.name}".strip()


def _css_string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def document(
    parts: list[Section], numbers: dict[str, int], folder: Path, today: datetime.date
) -> str:
    """Return the whole book as one HTML document that will lie in ``folder``."""
    bodies = "\n".join(
        f'<section class="page-of-book" id="{part.page.slug}">{part.body}</section>'
        for part in parts
    )
    return _html(
        citation()["title"],
        f"{STYLE.read_text(encoding='utf-8')}\n{running_heads(parts)}",
        f"{title_page(today)}\n{contents(parts, numbers)}\n"
        f'<main class="prose">{bodies}</main>',
        folder,
    )


def sheet(part: Section, folder: Path) -> str:
    """Return the cheat sheet as an HTML document of its own; its links need the book."""
    body = BeautifulSoup(part.body, "html.parser")
    for link in body.find_all("a"):
        link.unwrap()
    second = body.find(id=f"{part.page.slug}--{OVERLEAF}")
    assert isinstance(second, Tag)
    back = [one.extract() for one in [second, *second.find_next_siblings("section")]]
    about = citation()
    title = f"{part.name}: {about['title']}"
    source = html.escape(f"{about['title']}, version {about['version']}, CC BY 4.0")
    return _html(
        title,
        SHEET_STYLE.read_text(encoding="utf-8"),
        f'<main class="prose"><div class="sheet">{body}</div><div class="sheet">'
        f'{"".join(map(str, back))}<p class="source">{source}</p></div></main>',
        folder,
    )


def _html(title: str, style: str, body: str, folder: Path) -> str:
    static = os.path.relpath(SITE / "_static", folder)
    sheets = "\n".join(
        f'<link rel="stylesheet" href="{static}/{sheet}">'
        for sheet in SHEETS
        if (SITE / "_static" / sheet).is_file()
    )
    return f"""<!doctype html>
<html lang="en-GB" data-theme="light">
<head><meta charset="utf-8"><title>{html.escape(title)}</title>
{sheets}
<style>{style}</style></head>
<body>
{body}
</body></html>"""


def page_numbers(path: Path) -> dict[str, int]:
    """Return the page on which each target of a link stands, counted from 1."""
    from pypdf import PdfReader

    reader = PdfReader(path)
    numbers = {}
    for name, place in reader.named_destinations.items():
        page = reader.get_destination_page_number(place)
        if page is not None:
            numbers[name.lstrip("/")] = page + 1
    return numbers


def print_once(browser: Any, address: str, result: Path) -> None:
    """Print one HTML document as it says that paper should look."""
    page = browser.new_page(color_scheme="light")
    page.goto(address, timeout=0)
    page.evaluate("document.fonts.ready")
    page.pdf(
        path=result,
        prefer_css_page_size=True,
        print_background=True,
        tagged=True,
        outline=True,
    )
    page.close()


def describe(printed: Path) -> None:
    """Say in the file what the book is; a reader that opens it shows the headings beside it."""
    from pypdf import PdfWriter

    about = citation()
    book = PdfWriter(clone_from=printed)
    book.add_metadata(
        {
            "/Author": ", ".join(author["name"] for author in about["authors"]),
            "/Subject": " ".join(about["abstract"].split()),
            "/Keywords": ", ".join(about["keywords"]),
            "/Creator": f"{about['title']} {about['version']}",
        }
    )
    book.page_mode = "/UseOutlines"
    book.write(printed)


def set_pages(
    browser: Any, parts: list[Section], folder: Path, today: datetime.date
) -> Path:
    """Print until the contents name the pages that they stand before; say each print."""
    source, printed = folder / "book.html", folder / "book.pdf"
    numbers: dict[str, int] = {}
    for count in range(1, MOST_PRINTS + 1):
        print(f"Print {count}, of {len(parts)} sections.", flush=True)
        source.write_text(document(parts, numbers, folder, today), encoding="utf-8")
        print_once(browser, source.as_uri(), printed)
        found = page_numbers(printed)
        if found == numbers:
            describe(printed)
            return printed
        numbers = found
    raise SystemExit(f"The page numbers still move after {MOST_PRINTS} prints.")


def set_book(result: Path) -> None:
    """Set the whole book."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with a_browser() as browser:
        parts = list(sections(FOLDER))
        set_pages(browser, parts, FOLDER, datetime.date.today()).replace(result)


def set_sheet(browser: Any, part: Section, folder: Path) -> Path:
    """Print the cheat sheet."""
    source, printed = folder / "sheet.html", folder / "sheet.pdf"
    source.write_text(sheet(part, folder), encoding="utf-8")
    print_once(browser, source.as_uri(), printed)
    describe(printed)
    return printed


def set_cheat_sheet(result: Path) -> None:
    """Set the page of the cheat sheet alone."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    part = next(part for part in sections(FOLDER) if part.page.docname == SHEET)
    with a_browser() as browser:
        set_sheet(browser, part, FOLDER).replace(result)


def main() -> int:
    """Set both, where there is a browser to do so."""
    try:
        return make(SHEET_RESULT, set_cheat_sheet) or make(RESULT, set_book)
    except NoBrowserError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
