"""Quizzes that answer: a page's questions, and what is said of each answer.

A question is plain Markdown below the heading "Quiz": a bold line, the choices, and the answer
in a fold, first the reason for what is right, then a line for each wrong choice::

    **1. You add 5 to every logit. Which of these changes?**

    - (a) the loss
    - (b) logsumexp

    :::{dropdown} Answer
    **(b).** It rises by 5.

    - (a) takes the loss for a function of the true logit alone.
    :::

Where a number is asked for, a line in italics names its unit and how near an answer has to
come, and the wrong numbers are those of known misconceptions::

    **2. What is the surprisal of 0.7?**

    *A number of nats, to within 0.001.*

    :::{dropdown} Answer
    **0.3567 nats.** It is the negative logarithm.

    - **0.5146** is the same in bits.
    :::

So it reads on a code host, without JavaScript, in the e-book and in print. The page gets what
is right and wrong in an attribute, and xent_lib/explore/quiz.mjs, in a page with a quiz, makes
a form of it. A notebook shows the same from a copy (``bookkit.commands.quizzes``).
"""

from __future__ import annotations

import html
import json
import re
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from bookkit.pages.interactive import MODULES, bundler
from bookkit.pages.page import Page

LOGGER = logging.getLogger(__name__)
_HAS_QUIZ = "quiz"
_LETTER = re.compile(r"\(([a-z])\)\s+")
_RIGHT_LETTERS = re.compile(r"\(([a-z])\)")
_ASKS_NUMBER = re.compile(
    r"A number(?: of (?P<unit>[a-z ]+))?, to within (?P<tolerance>[\d.]+)\."
)
_NUMBER = re.compile(r"[-−]?\d[\d,]*(?:\.\d+)?")


class quiz_question(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes so)
    """A question with its choices and its answer, of which a script makes a form."""


def dress(env: BuildEnvironment, section: nodes.section) -> None:
    """Find the questions of a quiz and let each answer."""
    chapter = Path(env.docname).name[:2]
    number = 0
    for question, body, fold in list(
        zip(section, section[1:], section[2:], strict=False)
    ):
        asks = _asks(question, body)
        if asks is None:
            continue
        number += 1
        part = quiz_question(holds={"name": f"{chapter}-{number}", **asks})
        part.source, part.line = question.source, question.line
        question["classes"].append("question")
        for problem in complete(part["holds"], fold):
            LOGGER.warning("quiz question %s: %s", number, problem, location=question)
        section.replace(question, part)
        for child in (body, fold):
            section.remove(child)
        part += [question, body, fold]
    env.metadata[env.docname][_HAS_QUIZ] = number > 0


def _asks(question: nodes.Node, body: nodes.Node) -> dict[str, Any] | None:
    """What a paragraph and what follows it ask for, if it is a question."""
    if not isinstance(question, nodes.paragraph):
        return None
    # MyST puts an empty text before what a paragraph begins with.
    first = next((one for one in question if one.astext().strip()), None)
    bold = isinstance(first, nodes.strong)
    if bold and isinstance(body, nodes.bullet_list):
        body["classes"].append("choices")
        return {"right": [], "wrong": [_take_letter(item) for item in body]}
    match = _ASKS_NUMBER.fullmatch(body.astext())
    if not bold or match is None or not isinstance(body, nodes.paragraph):
        return None
    body["classes"].append("quiz-number")
    unit = match["unit"]
    asks: dict[str, Any] = {"right": [], "wrong": []}
    return (
        asks
        | ({"unit": unit} if unit else {})
        | {"tolerance": float(match["tolerance"])}
    )


def _take_letter(item: nodes.Element) -> str:
    """Set the letter of a choice apart from its words; return it."""
    words = item.next_node(nodes.Text)
    match = _LETTER.match(words or "")
    if match is None:
        return ""
    letter = nodes.inline("", match[0].strip(), classes=["letter"])
    after = [nodes.Text(" "), nodes.Text(words[match.end() :])]
    words.parent.replace(words, [letter, *after])
    return match[1]


def complete(asks: dict[str, Any], fold: nodes.Node) -> list[str]:
    """Put what is right and wrong into ``asks``, from the fold; return what the fold lacks."""
    if (
        not isinstance(fold, nodes.container)
        or fold.get("design_component") != "dropdown"
    ):
        return ["no answer follows in a dropdown"]
    key = next(fold.findall(nodes.strong), None)
    lists = [child for child in fold if isinstance(child, nodes.bullet_list)]
    if key is None or not lists:
        return ["its answer has no bold key or no list of the wrong answers"]
    lists[-1]["classes"].append("quiz-reasons")
    items = list(lists[-1])
    if "tolerance" in asks:
        return _numbers(asks, key.astext(), items)
    right = _RIGHT_LETTERS.findall(key.astext())
    letters = asks["wrong"]
    asks["right"] = right
    asks["wrong"] = [letter for letter in letters if letter not in right]
    said = [_LETTER.match(item.astext()) for item in items]
    named = [match[1] if match else "" for match in said]
    problems = []
    if letters != [chr(ord("a") + place) for place in range(len(letters))]:
        problems.append("its choices are not (a), (b), (c)")
    if not right or not set(right) <= set(letters):
        problems.append("its key is none of the choices")
    if named != asks["wrong"]:
        problems.append(f"its answer speaks of {named}, and {asks['wrong']} are wrong")
    return problems


def _numbers(asks: dict[str, Any], key: str, items: list[nodes.Element]) -> list[str]:
    bold = [next(item.findall(nodes.strong), None) for item in items]
    texts = [key, *(one.astext() if one is not None else "" for one in bold)]
    found = [_NUMBER.match(text) for text in texts]
    if not all(found):
        return [f"not each of {texts} begins with a number"]
    values = [
        float(match[0].replace("−", "-").replace(",", "")) for match in found if match
    ]
    asks["right"], asks["wrong"] = values[:1], values[1:]
    unit = key.removeprefix(found[0][0]).strip(" .\u202f\u00a0") if found[0] else ""
    problems = []
    if unit != asks.get("unit", ""):
        problems.append(f"it is asked in {asks.get('unit')!r} and answered in {unit!r}")
    # Otherwise one number would have two verdicts.
    ordered = sorted(values)
    if any(
        b - a <= 2 * asks["tolerance"]
        for a, b in zip(ordered, ordered[1:], strict=False)
    ):
        problems.append(f"two of {values} are too near for its tolerance")
    return problems


def open_question(self: HTML5Translator, node: nodes.Element) -> None:
    """Begin the part of the page of which a form is made."""
    data = json.dumps(node["holds"], ensure_ascii=False, separators=(",", ":"))
    self.body.append(f'<div class="quiz-question" data-quiz="{html.escape(data)}">\n')


def close_question(self: HTML5Translator, node: nodes.Element) -> None:
    """End it."""
    self.body.append("</div>\n")


def fill(page: Page) -> None:
    """Name the script and the style of a page with a quiz."""
    if page.app.env.metadata.get(page.name, {}).get(_HAS_QUIZ):
        page.also("page_styles", "quiz.css")
        page.also("page_scripts", "quiz.js")


def write(app: Sphinx, out: Path) -> None:
    """Write both, where there is a quiz."""
    if any(found.get(_HAS_QUIZ) for found in app.env.metadata.values()):
        shutil.copyfile(MODULES / "quiz.css", out / "_static" / "quiz.css")
        (out / "_static" / "quiz.js").write_text(
            bundler().for_a_quiz(), encoding="utf-8"
        )
