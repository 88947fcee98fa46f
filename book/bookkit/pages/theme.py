"""The book's own theme: what each page's template needs to know.

A theme of its own keeps a page light (one style sheet, one small script) and leaves no
button that needs a server. Templates are in templates/, style and script in book/_static/.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.environment.adapters.toctree import TocTree

from bookkit.pages.content_policy import FIRST_SCRIPT
from bookkit.pages.page import Page
from bookkit.reading.contents import chapter_number

TEMPLATES = Path(__file__).with_name("templates")
_NUMBER = re.compile(r"^\s*(?:Chapter\s+)?\d+\s*[.:]?\s+")
_DRAWN_SIZE = re.compile(r'style="width: (\d+)px; height: (\d+)px;"')
_CODE = re.compile(
    r'highlight-(?P<language>[\w-]+) notranslate"><div class="highlight"><pre>.*?</pre>',
    re.DOTALL,
)
# No rule of the style sheet is for these, and a page of functions has thousands.
_IDLE = re.compile(r'<span class="(?:pre|w)">([^<]*)</span>')
_COPIED = {"python", "bash", "shell"}
_COPY = '<button type="button" class="copy">Copy</button>'
_TOKEN = re.compile(r'<span class="(\w+)">([^<]*)</span>')
_EMPTY_HEADER = re.compile(r'<th(?: class="head[^"]*")?>(?:<p>)?\s*(?:</p>)?</th>')
_HEADER = re.compile(r"<th\b[^>]*>.*?</th>", re.DOTALL)
_MATHML = re.compile(r"<math\b([^>]*)>(.*?)(<annotation\b.*?</math>)", re.DOTALL)
_MATHML_TOKEN = re.compile(r"<m(?:i|n|o|text)\b[^>]*>([^<]*)")
_INVISIBLE = "\u2061\u2062\u2063\u2064"
_STYLE = Path(__file__).resolve().parents[2] / "_static" / "book.css"
_STYLED_TOKENS = frozenset(
    re.findall(r"\.highlight \.(\w+)", _STYLE.read_text(encoding="utf-8"))
)
# A font that comes after the first paint moves the lines that are set in it, so each is
# asked for at once where the page's text holds the mark of its use.
_FONTS = {
    "": ["source-serif-4-latin-400-normal", "source-sans-3-latin-wght-normal"],
    'class="katex': ["KaTeX_Main-Regular", "KaTeX_Math-Italic"],
    "<code": ["source-code-pro-latin-400-normal"],
    "<strong": ["source-serif-4-latin-600-normal"],
    "<em": ["source-serif-4-latin-400-italic"],
}
_MADE_PAGES = {
    "404": "The book has no page at this address.",
    "genindex": "Every term, heading and function of the book, in alphabetical order.",
    "search": "Search the chapters, exercises, glossary and questions of the book.",
}
CONTENTS_DEPTH = 2


def _title_html(app: Sphinx, docname: str) -> str:
    return _NUMBER.sub("", _rendered(app, app.env.titles[docname], "title"))


def _rendered(app: Sphinx, node: nodes.Node, part: str) -> str:
    assert isinstance(app.builder, StandaloneHTMLBuilder)
    return str(app.builder.render_partial(node)[part])


def parts_of_book(app: Sphinx) -> list[dict[str, Any]]:
    """The table of contents: parts, their pages, and the pages that belong to a page."""
    site_map = getattr(app.env, "external_site_map")  # noqa: B009 (Sphinx's types lack it)
    return [
        {"caption": tree.caption or "", "entries": _entries(app, tree, site_map)}
        for tree in site_map.root.subtrees
    ]


def _entries(app: Sphinx, tree: Any, site_map: Any) -> list[dict[str, Any]]:
    entries = []
    for item in tree.files():
        docname = re.sub(r"\.(md|ipynb)$", "", item)
        if docname not in app.env.titles:
            continue
        number = chapter_number(docname)
        below = [
            entry
            for sub in site_map[item].subtrees
            for entry in _entries(app, sub, site_map)
        ]
        entries.append(
            {
                "docname": docname,
                "title": _title_html(app, docname),
                "number": str(int(number)) if number else "",
                "below": below,
            }
        )
    return entries


def _contents(app: Sphinx, pagename: str) -> str:
    toc = TocTree(app.env).get_toc_for(pagename, app.builder)
    title = toc.next_node(nodes.list_item)
    inner = title.next_node(nodes.bullet_list) if title is not None else None
    if inner is None:
        return ""
    _prune(inner, CONTENTS_DEPTH)
    return _rendered(app, inner, "fragment")


def _prune(listing: nodes.Element, depth: int) -> None:
    for item in listing:
        for child in list(item.children):
            if isinstance(child, nodes.bullet_list):
                if depth <= 1:
                    item.remove(child)
                else:
                    _prune(child, depth - 1)


def _where(parts: list[dict[str, Any]], pagename: str) -> tuple[str, set[str]]:
    """A page's place in words; the page with the one that it belongs to."""
    for part in parts:
        for entry in part["entries"]:
            at_entry = pagename == entry["docname"]
            if at_entry or any(pagename == one["docname"] for one in entry["below"]):
                number = entry["number"]
                below = f"Chapter {number}" if number else entry["title"]
                said = [part["caption"], *([] if at_entry and not number else [below])]
                return " · ".join(said), {pagename, entry["docname"]}
    return "", {pagename}


def _tools(app: Sphinx, pagename: str, context: dict[str, Any]) -> list[dict[str, Any]]:
    if pagename not in app.env.all_docs or pagename == app.config.root_doc:
        return []
    tools: list[dict[str, Any]] = []
    if context.get("chapter_download"):
        download = {"text": "Download notebook", "download": True}
        tools.append(download | context["chapter_download"])
    tools += context.get("repository_links", [])
    tools.append({"text": "Print", "do": "print"})
    tools.append({"text": "Full screen", "do": "fullscreen"})
    return tools


def _description(doctree: nodes.document | None) -> str:
    """The first sentences of a page, for search engines and link previews."""
    if doctree is None:
        return ""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) > 40:
            return text if len(text) <= 200 else text[:197].rsplit(" ", 1)[0] + " …"
    return ""


def _styles_and_scripts(body: str) -> tuple[list[str], list[str]]:
    """Only what the page at hand uses."""
    styles, scripts = ["book.css"], []
    if 'class="katex' in body:
        styles.insert(0, "katex.css")
    # book.css dresses sphinx-design's dropdown; its grids, tabs and buttons need its own.
    if re.search(r'class="[^"]*\bsd-(?:row|tab-set|btn|badge)\b', body):
        styles.insert(0, "sphinx-design.min.css")
    if "sd-tab-set" in body:
        scripts.append("design-tabs.js")
    return styles, scripts


def _mend_code(code: re.Match[str]) -> str:
    # Names, signs and spaces have no colour of their own: a third of a chapter's
    # elements, each of which the browser would lay out.
    plain = _TOKEN.sub(
        lambda token: token[0] if token[1] in _STYLED_TOKENS else token[2], code[0]
    )
    return plain + (_COPY if code["language"] in _COPIED else "")


def _name_formula(math: re.Match[str]) -> str:
    tokens = (token.strip(_INVISIBLE + " ") for token in _MATHML_TOKEN.findall(math[2]))
    label = " ".join(filter(None, tokens)).replace('"', "&quot;")
    return f'<math aria-label="{label}"{math[1]}>{math[2]}{math[3]}'


def with_named_headers(body: str) -> str:
    """Give the header of each column a name that a screen reader can announce."""
    # A header cell without text heads nothing, and MathML alone gives no name.
    body = _EMPTY_HEADER.sub("<td></td>", body)
    return _HEADER.sub(lambda header: _MATHML.sub(_name_formula, header[0]), body)


def _mend(body: str) -> str:
    """Correct what docutils writes and a browser or a screen reader would take amiss."""
    body = _IDLE.sub(r"\1", _CODE.sub(_mend_code, body))
    # As attributes the sizes give the browser the proportions before the file is there
    # and leave the width to the style sheet.
    body = _DRAWN_SIZE.sub(r'width="\1" height="\2" loading="lazy"', body)
    body = with_named_headers(body)
    # ARIA has deprecated this role, and a list must hold list items alone.
    body = body.replace(' role="doc-biblioentry"', "")
    return body.replace(
        '<div role="list" class="citation-list">', '<div class="citation-list">'
    )


def fill(page: Page) -> None:
    """Tell a page's template everything that it asks."""
    app, pagename, context = page.app, page.name, page.context
    parts = parts_of_book(app)
    place, here = _where(parts, pagename)
    known = pagename in app.env.titles
    title = app.env.titles[pagename].astext() if known else context.get("title", "")
    book = app.config.html_title
    at_root = pagename == app.config.root_doc
    styles, scripts = _styles_and_scripts(
        context.get("body", "") + context.get("toc", "")
    )
    description = _description(page.doctree) or _MADE_PAGES.get(pagename, "")
    if "body" in context:
        context["body"] = _mend(context["body"])
    context.update(
        book_parts=parts,
        page_title=book if at_root else f"{title} · {book}",
        here=here,
        page_place=place,
        page_tools=_tools(app, pagename, context),
        page_contents=_contents(app, pagename) if known and not at_root else "",
        page_description=description,
        page_kind="landing"
        if at_root
        else "chapter"
        if chapter_number(pagename)
        else "other",
        page_fonts=[
            f"{font}.woff2"
            for mark, fonts in _FONTS.items()
            if mark in context.get("body", "")
            for font in fonts
        ],
        page_styles=styles,
        page_scripts=scripts,
        first_script=FIRST_SCRIPT,
    )


def finish(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give pictures their proportions and let a wide table scroll in itself."""
    for image in doctree.findall(nodes.image):
        size = image.get("drawn_size")
        if size:
            image["width"], image["height"] = (f"{round(value)}" for value in size)
    for table in list(doctree.findall(nodes.table)):
        scroll = nodes.container(classes=["table-scroll"])
        table.replace_self(scroll)
        scroll += table
