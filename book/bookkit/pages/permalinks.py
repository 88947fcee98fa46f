"""Names each permalink by what it leads to, for a list of links and for a screen reader.

Sphinx calls all of them "Link to this heading". Here they are "Link to “Cross entropy”",
"Link to figure 3.2", "Link to softmax"; mathematics/katex.py names those of equations.
"""

from __future__ import annotations

import re
from html import escape

from docutils import nodes
from sphinx import addnodes

from bookkit.mathematics.plain_math import plain_text
from bookkit.pages.page import Page

_PERMALINK = re.compile(r'(<a class="headerlink" href="#([^"]*)") title="([^"]*)"')
_NUMBERED = re.compile(r"fig-(\d+)-(\d+)")


def names(doctree: nodes.document) -> dict[str, str]:
    """What the page's headings, figures and functions are called, by their anchors."""
    found = {}
    for node in doctree.findall(nodes.Element):
        name = _name(node)
        found.update(dict.fromkeys(node["ids"] if name else [], name))
    return found


def _name(node: nodes.Element) -> str:
    if isinstance(node, nodes.section):
        return f"“{_title(node)}”"
    if isinstance(node, addnodes.desc_signature):
        return str(node["ids"][0]).rsplit(".", 1)[-1] if node["ids"] else ""
    if isinstance(node, nodes.figure):
        number = _NUMBERED.match((node["ids"] or [""])[0])
        return "figure {}.{}".format(*number.groups()) if number else _place(node)
    return ""


def _title(section: nodes.Element) -> str:
    title = section.next_node(nodes.title)
    return " ".join(plain_text(title).split()) if title is not None else ""


def _place(figure: nodes.Element) -> str:
    section = figure.parent
    while section is not None and not isinstance(section, nodes.section):
        section = section.parent
    return "the figure" + (f" of “{_title(section)}”" if section is not None else "")


def name_permalinks(body: str, known: dict[str, str]) -> str:
    """The page with the permalinks to what is known named; the others keep Sphinx's name."""

    def name(match: re.Match[str]) -> str:
        called = known.get(match[2])
        text = f"Link to {escape(called)}" if called else match[3]
        return f'{match[1]} title="{text}" aria-label="{text}"'

    return _PERMALINK.sub(name, body)


def fill(page: Page) -> None:
    """Name the permalinks of a page."""
    if page.doctree is not None:
        found = names(page.doctree)
        page.context["body"] = name_permalinks(page.context["body"], found)
