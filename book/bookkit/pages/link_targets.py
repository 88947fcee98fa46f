"""Lets a Markdown link point at figures, tagged equations and glossary terms.

``03_formula.ipynb#fig-3-2``, ``#eq-3-1`` and ``../book/glossary.md#surprisal`` resolve as
links to headings do, and a wrong one fails the build as a wrong heading would.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from bookkit.mathematics.katex import equation_id, equation_tag


class OfferTargets(SphinxTransform):
    """Add this page's figures, equations and terms to the anchors that links may name."""

    default_priority = 800  # after the figures have their ids

    def apply(self, **kwargs: Any) -> None:
        anchors = self.env.metadata[self.env.docname].setdefault("myst_slugs", {})
        for figure in self.document.findall(nodes.figure):
            for anchor in figure["ids"]:
                number = anchor.removeprefix("fig-").replace("-", ".")
                anchors.setdefault(anchor, (0, anchor, f"Figure {number}"))
        for formula in self.document.findall(nodes.math_block):
            tag = equation_tag(formula.astext())
            if tag:
                anchor = equation_id(tag)
                anchors.setdefault(anchor, (0, anchor, f"({tag})"))
        for term in self.document.findall(nodes.term):
            for anchor in term["ids"]:
                slug = anchor.removeprefix("term-").lower()
                anchors.setdefault(slug, (0, anchor, term.astext()))


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(OfferTargets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
