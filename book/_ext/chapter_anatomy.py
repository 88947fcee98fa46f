"""Dresses a chapter by its headings, so that plain Markdown looks designed.

| In the chapter                                  | On the page                       |
|-------------------------------------------------|-----------------------------------|
| the first paragraph after the title             | ``chapter-question``              |
| H2 "You will be able to"                        | section ``objectives``            |
| heading "Predict ..." or "Prediction ..."       | section ``predict``               |
| heading "Mistake ..."                           | section ``mistake``               |
| H2 "Summary"                                    | section ``summary``               |
| H2 "Where to go next"                           | section ``next-steps``            |

Under the question stands a line with the reading time and the chapters it builds on.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

_SECTIONS = [
    (re.compile(r"^you will be able to\b", re.IGNORECASE), "objectives"),
    (re.compile(r"^predict(ion)?\b", re.IGNORECASE), "predict"),
    (re.compile(r"^mistake\b", re.IGNORECASE), "mistake"),
    (re.compile(r"^summary$", re.IGNORECASE), "summary"),
    (re.compile(r"^where to go next$", re.IGNORECASE), "next-steps"),
]
_CHAPTER = re.compile(r"^notebooks/(\d\d)_")
WORDS_A_MINUTE = 180
SECONDS_A_CODE_CELL = 40
SECONDS_A_FORMULA = 15
SECONDS_A_FIGURE = 40


def chapter_number(docname: str) -> str | None:
    """``notebooks/03_formula`` gives ``03``; another page gives None."""
    match = _CHAPTER.match(docname)
    return match.group(1) if match else None


def reading_minutes(document: nodes.Node) -> int:
    """Minutes to read a chapter, to the nearest five: its words, code, formulas, figures."""
    words = sum(
        len(paragraph.astext().split()) for paragraph in document.findall(nodes.paragraph)
    )
    seconds = (
        60 * words / WORDS_A_MINUTE
        + SECONDS_A_CODE_CELL * _count(document, _is_code_cell)
        + SECONDS_A_FORMULA * _count(document, nodes.math_block)
        + SECONDS_A_FIGURE * _count(document, nodes.figure)
    )
    return max(5, 5 * round(seconds / 300))


class DressChapter(SphinxTransform):
    """Give a chapter's sections their classes and its title its second line."""

    default_priority = 750  # after the figures are there to be counted

    def apply(self, **kwargs: Any) -> None:
        number = chapter_number(self.env.docname)
        if number is None:
            return
        for section in self.document.findall(nodes.section):
            _name_section(section)
        first = next(iter(self.document.findall(nodes.section)), None)
        if first is None:
            return
        question = next(
            (child for child in first.children if isinstance(child, nodes.paragraph)), None
        )
        if question is None:
            return
        question["classes"].append("chapter-question")
        position = first.index(question) + 1
        first.insert(position, self._second_line(number))

    def _second_line(self, number: str) -> nodes.paragraph:
        line = nodes.paragraph("", "", classes=["chapter-meta"])
        line += nodes.inline("", f"About {reading_minutes(self.document)} minutes")
        line += nodes.Text(" · ")
        needed = self.config.chapter_prerequisites.get(number, [])
        if not needed:
            line += nodes.inline("", "No earlier chapter needed")
            return line
        stands_on = nodes.inline("", "Builds on chapter" + ("s " if len(needed) > 1 else " "))
        for index, other in enumerate(needed):
            if index:
                stands_on += nodes.Text(" and " if index == len(needed) - 1 else ", ")
            stands_on += self._link_to(other)
        line += stands_on
        return line

    def _link_to(self, number: str) -> nodes.Node:
        docname = next(
            (name for name in self.env.found_docs if chapter_number(name) == number), None
        )
        text = str(int(number))
        if docname is None:
            return nodes.Text(text)
        return addnodes.pending_xref(
            "",
            nodes.inline("", text),
            refdomain="std",
            reftype="doc",
            reftarget=f"/{docname}",
            refexplicit=True,
            refdoc=self.env.docname,
            refwarn=True,
        )


def _name_section(section: nodes.section) -> None:
    title = section.next_node(nodes.title)
    if title is None:
        return
    for pattern, name in _SECTIONS:
        if pattern.match(title.astext().strip()):
            section["classes"].append(name)


def _is_code_cell(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def _count(document: nodes.Node, condition: Any) -> int:
    return sum(1 for _ in document.findall(condition))


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("chapter_prerequisites", {}, "env", types=(dict,))
    app.add_transform(DressChapter)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
