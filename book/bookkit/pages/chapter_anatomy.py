"""Dresses a chapter by its headings, so that plain Markdown looks designed.

| In the chapter                                  | On the page                       |
|-------------------------------------------------|-----------------------------------|
| the first paragraph after the title             | ``chapter-question``              |
| in it, from ``**Before you start:**`` to the end | ``chapter-meta``, a line of its own |
| H2 "You will be able to"                        | section ``objectives``            |
| heading "Predict ..." or "Prediction ..."       | section ``predict``               |
| heading "Mistake ..."                           | section ``mistake``               |
| H2 "Summary"                                    | section ``summary``               |
| H2 "Where to go next"                           | section ``next-steps``            |
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
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
_BEFORE_YOU_START = "before you start"


def chapter_number(docname: str) -> str | None:
    """``notebooks/03_formula`` gives ``03``; another page gives None."""
    match = _CHAPTER.match(docname)
    return match.group(1) if match else None


class DressChapter(SphinxTransform):
    """Give a chapter's sections their classes and its title its second line."""

    default_priority = 750

    def apply(self, **kwargs: Any) -> None:
        if chapter_number(self.env.docname) is None:
            return
        for section in self.document.findall(nodes.section):
            _name_section(section)
        first = next(iter(self.document.findall(nodes.section)), None)
        if first is None:
            return
        question = next(
            (child for child in first.children if isinstance(child, nodes.paragraph)),
            None,
        )
        if question is not None:
            question["classes"].append("chapter-question")
            _split_off_second_line(question)


def _split_off_second_line(question: nodes.paragraph) -> None:
    for child in question.children:
        named = isinstance(child, nodes.strong)
        if named and child.astext().lower().startswith(_BEFORE_YOU_START):
            start = question.index(child)
            line = nodes.paragraph(
                "", "", *question.children[start:], classes=["chapter-meta"]
            )
            line.source, line.line = question.source, question.line
            del question[start:]
            question.parent.insert(question.parent.index(question) + 1, line)
            return


def _name_section(section: nodes.section) -> None:
    title = section.next_node(nodes.title)
    if title is None:
        return
    for pattern, name in _SECTIONS:
        if pattern.match(title.astext().strip()):
            section["classes"].append(name)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(DressChapter)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
