"""Keeps on one line what a typesetter would: a formula and its comma."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from bookkit.mathematics.formula_layout import signs

OPENING = re.compile(r"[(\[“‘]+$")
CLOSING = re.compile(r"^(?:[,.;:?!)\]”…]|’s?|-th)+")
FITS_A_PHONE = 20  # signs of a formula that never needs a second line


class BindPunctuation(SphinxPostTransform):
    """Bind punctuation to formulas before the page is written."""

    default_priority = 600
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        bind_punctuation(self.document)


def bind_punctuation(part: nodes.Element) -> None:
    """Put each formula and the marks that touch it into one box that does not break."""
    for formula in list(part.findall(nodes.math)):
        before = _cut(formula, OPENING, -1)
        after = _cut(formula, CLOSING, 1)
        if before or after:
            kept = nodes.inline(classes=["kept"])
            if signs(formula.astext()) > FITS_A_PHONE:
                kept["classes"].append("long")
            formula.replace_self(kept)
            kept += [nodes.Text(before), formula, nodes.Text(after)]


def _cut(formula: nodes.math, marks: re.Pattern[str], step: int) -> str:
    """Take the marks from the text before or after a formula; return them."""
    parent = formula.parent
    index = parent.index(formula) + step
    neighbour: Any = parent[index] if 0 <= index < len(parent) else None
    found = marks.search(neighbour) if isinstance(neighbour, nodes.Text) else None
    if found is None:
        return ""
    parent.replace(neighbour, nodes.Text(marks.sub("", neighbour)))
    return found[0]
