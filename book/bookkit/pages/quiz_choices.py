"""Sets the choices of a quiz question below each other, so that an eye can compare them.

In Markdown a question is a bold paragraph, and its choices are one paragraph after it:
``(a) wrong, (b) right, (c) not shown to be either.``
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

_QUIZ = "quiz"


class ListChoices(SphinxTransform):
    """Turn the choices of every quiz question into a list."""

    default_priority = 760

    def apply(self, **kwargs: Any) -> None:
        for section in self.document.findall(nodes.section):
            title = section.next_node(nodes.title)
            if title is not None and title.astext().strip().lower() == _QUIZ:
                list_choices(section)


def list_choices(quiz: nodes.Element) -> None:
    """Replace each paragraph of choices that follows a bold question by a list."""
    for question, choices in zip(quiz.children[:], quiz.children[1:], strict=False):
        if not (_is_question(question) and isinstance(choices, nodes.paragraph)):
            continue
        parts = _choices_of(choices)
        if len(parts) < 2:
            continue
        question["classes"].append("question")
        items = [nodes.list_item("", nodes.paragraph("", "", *part)) for part in parts]
        quiz.replace(choices, nodes.bullet_list("", *items, classes=["choices"]))


def _is_question(node: nodes.Node) -> bool:
    if not isinstance(node, nodes.paragraph):
        return False
    # MyST puts empty text on both sides of what is bold.
    shown = [child for child in node.children if child.astext()]
    return len(shown) == 1 and isinstance(shown[0], nodes.strong)


def _choices_of(paragraph: nodes.paragraph) -> list[list[nodes.Node]]:
    """Return the content of each choice, its letter first, without the mark after it."""
    choices: list[list[nodes.Node]] = []
    for child in paragraph.children:
        if not isinstance(child, nodes.Text):
            if choices:
                choices[-1].append(child)
            continue
        text = str(child)
        while mark := re.search(rf"\({_letter(len(choices))}\)\s+", text):
            if choices:
                choices[-1].append(nodes.Text(text[: mark.start()]))
            letter = nodes.inline("", mark[0].strip(), classes=["letter"])
            choices.append([letter, nodes.Text(" ")])
            text = text[mark.end() :]
        if choices and text:
            choices[-1].append(nodes.Text(text))
    # Choices with commas between them share the full stop of one sentence.
    end = r"[,.]?\s*$" if "," in choices[0][-1].astext()[-2:] else r"\s*$"
    return [_without(end, choice) for choice in choices]


def _letter(index: int) -> str:
    return chr(ord("a") + index)


def _without(end: str, choice: list[nodes.Node]) -> list[nodes.Node]:
    *others, last = choice
    if isinstance(last, nodes.Text):
        kept = re.sub(end, "", str(last))
        return [*others, nodes.Text(kept)] if kept else others
    return choice


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(ListChoices)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
