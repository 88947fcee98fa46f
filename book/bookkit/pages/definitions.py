"""Links terms to the glossary and shows their definition on hover and on focus.

A chapter names its terms in a list at its end, in portable Markdown; on the page the first
use of each in the text becomes a link as well.

The definition is the first sentence of the term's entry. It lies once in each page that
links to the term, hidden, and describes the link to a screen reader; definitions.js shows
it to the eye. Without the script the link leads to the glossary as any other does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookkit.mathematics.plain_math import plain_text
from bookkit.pages.page import Page, remembered
from bookkit.reading.contents import chapter_number

GLOSSARY = "book/glossary"
_LINK = re.compile(
    r'<a class="reference internal" href="(?:[^"#]*/)?glossary\.html#([\w-]+)"'
)
_END_OF_SENTENCE = re.compile(r"(?<=[.?])\s+(?=[A-Z])")
_TERM_DEPTH = 3


def first_sentence(text: str) -> str:
    """What stands before the first full stop that a capital letter follows."""
    return _END_OF_SENTENCE.split(" ".join(text.split()), maxsplit=1)[0]


def definitions(env: BuildEnvironment) -> dict[str, str]:
    """The first sentence about each term of the glossary, by the term's anchor."""
    if GLOSSARY not in env.found_docs:
        return {}
    found = {}
    for section in env.get_doctree(GLOSSARY).findall(nodes.section):
        paragraph = next(
            (child for child in section if isinstance(child, nodes.paragraph)), None
        )
        if _depth(section) == _TERM_DEPTH and paragraph is not None:
            found[section["ids"][0]] = first_sentence(plain_text(paragraph))
    return found


def _depth(node: nodes.Node | None) -> int:
    depth = 0
    while node is not None:
        depth += isinstance(node, nodes.section)
        node = node.parent
    return depth


def link_first_uses(doctree: nodes.document) -> None:
    """Make a link of the first use of each term that the page links to further down."""
    seen: set[str] = set()
    for link in list(doctree.findall(nodes.reference)):
        uri = link.get("refuri", "")
        if "glossary.html#" not in uri or uri in seen:
            continue
        seen.add(uri)
        name = re.escape(link.astext())
        pattern = re.compile(rf"(?<![\w-]){name}(?:s|es)?(?![\w-])", re.IGNORECASE)
        _link_first(doctree, pattern, link)


def _link_first(
    doctree: nodes.document, pattern: re.Pattern[str], link: nodes.reference
) -> None:
    for text in doctree.findall(nodes.Text):
        if text.parent is link or link in _ancestors(text):
            return
        match = pattern.search(text.astext())
        if match is None or not _is_running_text(text):
            continue
        made = nodes.reference("", match[0], refuri=link["refuri"], internal=True)
        before, after = text[: match.start()], text[match.end() :]
        parts = [nodes.Text(before), made, nodes.Text(after)]
        text.parent.replace(text, [part for part in parts if part.astext()])
        return


def _ancestors(node: nodes.Node) -> Iterable[nodes.Element]:
    while node.parent is not None:
        node = node.parent
        yield node


def _is_running_text(text: nodes.Text) -> bool:
    around = list(_ancestors(text))
    if any(
        isinstance(one, nodes.reference | nodes.literal | nodes.Titular | nodes.math)
        for one in around
    ):
        return False
    if any(
        {"objectives", "chapter-question", "chapter-meta"} & set(one.get("classes", []))
        for one in around
    ):
        return False
    return any(isinstance(one, nodes.paragraph) for one in around)


def link(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Link the terms of a chapter where they are first used."""
    if chapter_number(docname):
        link_first_uses(doctree)


def describe(body: str, known: dict[str, str]) -> str:
    """The page with its links to terms described; unchanged where it has none."""
    used: dict[str, None] = {}

    def add(match: re.Match[str]) -> str:
        if match[1] not in known:
            return match[0]
        used[match[1]] = None
        return f'{match[0]} aria-describedby="definition-{match[1]}"'

    described = _LINK.sub(add, body)
    if not used:
        return body
    spans = "".join(
        f'<span class="definition" id="definition-{term}" role="tooltip" '
        f'popover="manual">{escape(known[term], quote=False)}</span>\n'
        for term in used
    )
    return f"{described}<div>{spans}</div>\n"


def fill(page: Page) -> None:
    """Describe a page's links to terms."""
    if page.doctree is None or page.name == GLOSSARY:
        return
    known = remembered(page.app.env)["definitions"]
    body = describe(page.context["body"], known)
    if body != page.context["body"]:
        page.context["body"] = body
        page.also("page_scripts", "definitions.js")
