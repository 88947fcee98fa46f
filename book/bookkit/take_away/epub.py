"""Make the book for e-readers, an EPUB 3: ``python -m bookkit.take_away.epub``.

The built pages are the source, so an e-reader shows the same formulas, figures and numbers.
The same pages and the same commit give the same bytes.
"""

from __future__ import annotations

import html
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

from bookkit.reading.contents import EVERYWHERE
from bookkit.take_away.epub_pages import Chapter, picture, picture_name, read, xhtml
from bookkit.take_away.packing import TAKE, citation, make, modified, pack

RESULT = TAKE / "cross-entropy.epub"
STYLE = Path(__file__).with_name("epub.css")
COVER = Path(__file__).with_name("epub_cover.png")
MIMETYPE = "mimetype"
CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="EPUB/package.opf" \
media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""
MEDIA = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}
ACCESSIBILITY = {
    "accessMode": ("textual", "visual"),
    "accessModeSufficient": ("textual", "textual,visual"),
    "accessibilityFeature": (
        "alternativeText",
        "displayTransformability",
        "MathML",
        "readingOrder",
        "structuralNavigation",
        "tableOfContents",
    ),
    "accessibilityHazard": ("none",),
    "accessibilitySummary": (
        "Every figure has an alternative text and every formula is MathML. Headings are "
        "in order and every page is in the contents. Type and colours are the reader's "
        "own, and figures have a dark form. Nothing flashes, moves or sounds.",
    ),
}


def navigation(book: list[Chapter]) -> str:
    """Return the contents: parts, chapters, their sections and exercises."""
    parts: dict[str, list[Chapter]] = {}
    for chapter in book:
        parts.setdefault(chapter.page.part, []).append(chapter)
    lines = ['<nav epub:type="toc" role="doc-toc" id="toc"><h1>Contents</h1><ol>']
    for caption, members in parts.items():
        lines.append(f"<li><span>{html.escape(caption)}</span><ol>")
        lines += [_entry(chapter) for chapter in members]
        lines.append("</ol></li>")
    landmarks = [
        ("cover", "cover.xhtml", "Cover"),
        ("toc", "nav.xhtml#toc", "Contents"),
        ("bodymatter", book[0].file, "Beginning"),
        ("glossary", "book-glossary.xhtml", "Glossary"),
        ("bibliography", "book-references.xhtml", "References"),
    ]
    lines.append(
        '</ol></nav><nav epub:type="landmarks" hidden="hidden"><h2>Landmarks</h2><ol>'
    )
    lines += [
        f'<li><a epub:type="{kind}" href="{file}">{name}</a></li>'
        for kind, file, name in landmarks
    ]
    lines.append("</ol></nav>")
    return xhtml("Contents", "\n".join(lines))


def _entry(chapter: Chapter) -> str:
    link = f'<a href="{chapter.file}">{html.escape(chapter.title)}</a>'
    inside = ""
    if chapter.page.number:
        inside = "".join(
            f'<li><a href="{chapter.file}#{anchor}">{html.escape(words)}</a></li>'
            for anchor, words in chapter.headings
            if words not in EVERYWHERE
        )
        inside = f"<ol>{inside}</ol>"
    return f"<li>{link}{inside}</li>"


def package(book: list[Chapter], pictures: list[Path]) -> str:
    """Return the list of all files, their order, and what the book is."""
    about = citation()
    identifier = uuid.uuid5(uuid.NAMESPACE_URL, f"{about['title']} {about['version']}")
    facts = [
        f'<dc:identifier id="book">urn:uuid:{identifier}</dc:identifier>',
        f"<dc:title>{html.escape(about['title'])}</dc:title>",
        "<dc:language>en-GB</dc:language>",
        f"<dc:description>{html.escape(about['abstract'])}</dc:description>",
        "<dc:rights>Prose and figures CC BY 4.0, code MIT</dc:rights>",
        f'<meta property="dcterms:modified">{modified()}</meta>',
    ]
    for word in about["keywords"]:
        facts.append(f"<dc:subject>{html.escape(word)}</dc:subject>")
    for author in about["authors"]:
        facts.append(f"<dc:creator>{html.escape(author['name'])}</dc:creator>")
    facts += [
        f'<meta property="schema:{name}">{value}</meta>'
        for name, values in ACCESSIBILITY.items()
        for value in values
    ]
    items = [
        _item("nav", "nav.xhtml", "application/xhtml+xml", "nav"),
        _item("cover", "cover.xhtml", "application/xhtml+xml"),
        _item("style", "epub.css", "text/css"),
        _item("cover-image", "images/cover.png", "image/png", "cover-image"),
    ]
    order = ['<itemref idref="cover"/>', '<itemref idref="nav"/>']
    for number, chapter in enumerate(book):
        math = "mathml" if "<math" in chapter.markup else ""
        items.append(
            _item(f"page-{number}", chapter.file, "application/xhtml+xml", math)
        )
        order.append(f'<itemref idref="page-{number}"/>')
    for number, path in enumerate(pictures):
        kind = MEDIA[path.suffix]
        items.append(_item(f"picture-{number}", picture_name(path), kind))
    return f"""<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="book" \
prefix="schema: http://schema.org/" xml:lang="en-GB">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
{chr(10).join(facts)}
</metadata>
<manifest>
{chr(10).join(items)}
</manifest>
<spine>{"".join(order)}</spine>
</package>
"""


def _item(name: str, file: str, kind: str, properties: str = "") -> str:
    more = f' properties="{properties}"' if properties else ""
    return f'<item id="{name}" href="{file}" media-type="{kind}"{more}/>'


def files() -> Iterator[tuple[str, bytes]]:
    """Yield the e-book's files, the one that says what it is first."""
    book, pictures = read()
    title = citation()["title"]
    cover = (
        f'<p class="cover"><img src="images/cover.png" alt="{html.escape(title)}"/></p>'
    )
    texts = {
        MIMETYPE: "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "EPUB/package.opf": package(book, pictures),
        "EPUB/nav.xhtml": navigation(book),
        "EPUB/cover.xhtml": xhtml(title, cover, ' epub:type="cover"'),
        "EPUB/epub.css": STYLE.read_text(encoding="utf-8"),
    }
    for chapter in book:
        texts[f"EPUB/{chapter.file}"] = xhtml(chapter.title, chapter.markup)
    for name, text in texts.items():
        yield name, text.encode()
    yield "EPUB/images/cover.png", COVER.read_bytes()
    for path in pictures:
        yield f"EPUB/{picture_name(path)}", picture(path)


def main() -> int:
    """Turn the pages into those of an e-book."""
    return make(RESULT, lambda path: pack(path, files(), stored=MIMETYPE))


if __name__ == "__main__":
    sys.exit(main())
