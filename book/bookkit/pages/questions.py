"""Lists the questions of a topic, each a link to its answer, at the anchor it once had.

All answers stood on one page before they moved to a page for each group of topics. A link to
the first page and a question's anchor still finds the question there, one step from its
answer: in the site, and in the sources, where ``faq.md#what-are-logits`` resolves as before.
"""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from myst_parser.mdit_to_docutils.base import default_slugify
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

_CLASS = "questions"
_HEADING = re.compile(r"^(?P<level>#{2,3}) (?P<title>.+)$", re.MULTILINE)
_MARKS = re.compile(r"[`*$\\]")


def slug(title: str) -> str:
    """The anchor of a heading in a Markdown link."""
    return default_slugify(_MARKS.sub("", title))


def asked(text: str, topic: str) -> list[str]:
    """The questions of a topic, named by its anchor, in a page's Markdown."""
    found: list[str] = []
    here = False
    for heading in _HEADING.finditer(text):
        if heading["level"] == "##":
            here = slug(heading["title"]) == topic
        elif here:
            found.append(heading["title"])
    return found


class QuestionsDirective(SphinxDirective):
    """``{questions} faq/page.md#topic`` becomes the list of that topic's questions."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Build the list as links, as if they had been written there."""
        name, _, topic = self.arguments[0].partition("#")
        path = Path(self.env.doc2path(self.env.docname)).parent / name
        self.env.note_dependency(str(path))
        titles = asked(path.read_text(encoding="utf-8"), topic)
        if not titles:
            raise self.error(f"{name} has no topic {topic} with a question")
        lines = [f"- [{title}]({name}#{slug(title)})" for title in titles]
        place = nodes.container(classes=[_CLASS])
        self.state.nested_parse(
            StringList(lines, path.name), self.content_offset, place
        )
        for item, title in zip(place.findall(nodes.list_item), titles, strict=True):
            item["ids"].append(nodes.make_id(title))
            item["question"] = title
        return [place]


def keep_anchors(app: Sphinx, doctree: nodes.document) -> None:
    """Let Markdown links find a listed question by the anchor of its heading."""
    anchors = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for item in doctree.findall(nodes.list_item):
        if "question" in item:
            title = item["question"]
            anchors.setdefault(slug(title), (0, item["ids"][0], title))
