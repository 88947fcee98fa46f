"""Makes of a page's plain Markdown what the design asks for, in one walk over it.

| In the source                                    | On the page                          |
|--------------------------------------------------|--------------------------------------|
| an HTML comment                                  | nothing                              |
| ``70 %``                                         | a space that does not break          |
| a cell's picture with the text ``Figure: ...``   | an image with that alternative text  |
| the paragraph ``**Figure 3.2.** ...`` after it   | its caption, at ``#fig-3-2``         |
| a state beside the picture (xent_lib.explore)    | a figure that a script brings to life |
| the code of a cell that only draws               | folded above its figure              |
| a cell with the tag ``run-here``                 | a box below it that runs its code    |
| a chapter's first paragraph                      | ``chapter-question``                 |
| in it, from ``**Before you start:**`` to the end | ``chapter-meta``, a line of its own  |
| a chapter's H2 "You will be able to"             | section ``objectives``               |
| its heading "Predict ..." or "Prediction ..."    | section ``predict``                  |
| its heading "Mistake ..."                        | section ``mistake``                  |
| its H2 "Summary"                                 | section ``summary``                  |
| its H2 "Where to go next"                        | section ``next-steps``               |
| a bold question of a quiz, what belongs to it    | ``quiz-question``, see quizzes.py    |

A Markdown link may name figures, tagged equations and glossary terms: ``#fig-3-2``,
``#eq-3-1`` and ``../book/glossary.md#surprisal`` resolve as links to headings do, and a
wrong one fails the build as a wrong heading would.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from bookkit.mathematics.katex import equation_id, equation_tag
from bookkit.pages import quizzes
from bookkit.pages.code_box import boxes
from bookkit.pages.interactive import mount, size_of
from bookkit.reading.contents import chapter_number

LOGGER = logging.getLogger(__name__)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_PERCENT = re.compile(r"(?<=\d) %")
_NARROW_NO_BREAK_SPACE = "\u202f"
_VERBATIM = (
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.raw,
)
_ALT = re.compile(r"^Figure: (.+)$", re.DOTALL)
_NUMBER = re.compile(r"^Figure (\d+\.\d+)\.?$")
_SECTIONS = [
    (re.compile(r"^you will be able to\b", re.IGNORECASE), "objectives"),
    (re.compile(r"^predict(ion)?\b", re.IGNORECASE), "predict"),
    (re.compile(r"^mistake\b", re.IGNORECASE), "mistake"),
    (re.compile(r"^summary$", re.IGNORECASE), "summary"),
    (re.compile(r"^where to go next$", re.IGNORECASE), "next-steps"),
]
_BEFORE_YOU_START = "before you start"


class Anatomy(SphinxTransform):
    """Walk over the document once and give each part what is its due."""

    default_priority = 700  # when MyST-NB has set the cells' outputs

    def apply(self, **kwargs: Any) -> None:
        metadata = self.env.metadata[self.env.docname]
        self.anchors = metadata.setdefault("myst_slugs", {})
        self.in_chapter = chapter_number(self.env.docname) is not None
        deals: dict[type[nodes.Node], Callable[[Any], None]] = {
            nodes.raw: _drop_comments,
            nodes.Text: _bind_percent,
            nodes.container: self._container,
            nodes.section: self._section,
            nodes.math_block: self._equation,
            nodes.term: self._term,
        }
        self.quizzes: list[nodes.section] = []
        for node in list(self.document.findall()):
            if type(node) in deals:
                deals[type(node)](node)
        for section in self.quizzes:  # whose texts are cut, so after the walk
            quizzes.dress(self.env, section)
        first = self.document.next_node(nodes.section)
        if self.in_chapter and first is not None:
            _dress_opening(first)

    def _section(self, section: nodes.section) -> None:
        title = section.next_node(nodes.title)
        words = title.astext().strip() if title is not None else ""
        if self.in_chapter:
            section["classes"] += [
                name for pattern, name in _SECTIONS if pattern.match(words)
            ][:1]
        if words.lower() == "quiz":
            self.quizzes.append(section)

    def _equation(self, formula: nodes.math_block) -> None:
        tag = equation_tag(formula.astext())
        if tag:
            anchor = equation_id(tag)
            self.anchors.setdefault(anchor, (0, anchor, f"({tag})"))

    def _term(self, term: nodes.term) -> None:
        for anchor in term["ids"]:
            slug = anchor.removeprefix("term-").lower()
            self.anchors.setdefault(slug, (0, anchor, term.astext()))

    def _container(self, container: nodes.container) -> None:
        if boxes.CLASS_OF_CELL in container["classes"]:
            boxes.below_cell(self.env, container)
        self._picture(container)

    def _picture(self, bundle: nodes.container) -> None:
        parts = [str(part.get("mime_type", "")) for part in bundle]
        shows = any(part.startswith("image/") for part in parts)
        if bundle.get("nb_element") != "mime_bundle" or not shows:
            return
        cell = bundle.parent
        while cell is not None and cell.get("nb_element") != "cell_code":
            cell = cell.parent
        self._describe(bundle)
        if cell is not None:
            self._caption(bundle, cell)
            mount(self.env, cell["cell_index"], bundle)

    def _describe(self, bundle: nodes.container) -> None:
        plain = " ".join(
            part.astext() for part in bundle if part.get("mime_type") == "text/plain"
        )
        match = _ALT.match(" ".join(plain.split()))
        if match is None:
            LOGGER.warning(
                "a picture without alternative text: end the cell with show_figure(...)",
                location=bundle,
            )
            return
        for image in bundle.findall(nodes.image):
            image["alt"] = match[1]
            image["classes"].append("plot")
            size = size_of(Path(self.env.srcdir) / image["uri"].lstrip("/"))
            if size is not None:
                image["drawn_size"] = size

    def _caption(self, bundle: nodes.container, cell: nodes.Element) -> None:
        following = cell.next_node(descend=False, siblings=True)
        number = _figure_number(following)
        if following is None or number is None:
            LOGGER.warning(
                "a picture without a caption: begin the next paragraph **Figure N.M.**",
                location=bundle,
            )
            return
        following.parent.remove(following)
        anchor = "fig-" + number.replace(".", "-")
        self.anchors.setdefault(anchor, (0, anchor, f"Figure {number}"))
        figure = nodes.figure(ids=[anchor], classes=["numbered"])
        caption = nodes.caption("", "", *following.children)
        for made in (figure, caption):
            made.source, made.line = following.source, following.line
        bundle.replace_self(figure)
        figure += [bundle, caption]


def _drop_comments(raw: nodes.raw) -> None:
    text = raw.astext()
    kept = _COMMENT.sub("", text)
    if kept != text:
        put = nodes.raw("", kept, format=raw["format"]) if kept.strip() else []
        raw.parent.replace(raw, put)


def _bind_percent(text: nodes.Text) -> None:
    if " %" in text and not isinstance(text.parent, _VERBATIM):
        bound = _PERCENT.sub(_NARROW_NO_BREAK_SPACE + "%", text)
        text.parent.replace(text, nodes.Text(bound))


def _figure_number(node: nodes.Node | None) -> str | None:
    if not isinstance(node, nodes.paragraph):
        return None
    first = next((child for child in node if child.astext().strip()), None)
    if not isinstance(first, nodes.strong):
        return None
    match = _NUMBER.match(first.astext().strip())
    return match[1] if match else None


def _dress_opening(section: nodes.section) -> None:
    question = next((one for one in section if isinstance(one, nodes.paragraph)), None)
    if question is None:
        return
    question["classes"].append("chapter-question")
    for child in question:
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


def open_fold(writer: Any, node: HideCodeCellNode) -> None:
    """Fold the code of a cell that only draws, above its figure."""
    # MyST-NB writes two summaries of paragraphs, and a label over them that names neither.
    writer.body.append(
        f'<details class="folded-code"><summary>{node["prompt_show"]}</summary>\n'
    )


def close_fold(writer: Any, node: HideCodeCellNode) -> None:
    """End it."""
    writer.body.append("</details>\n")
