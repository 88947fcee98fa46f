"""Keeps a number and the percent sign after it on one line, as a typesetter would."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

_PERCENT = re.compile(r"(?<=\d) %")
_NARROW_NO_BREAK_SPACE = "\u202f"


class BindPercentSigns(SphinxTransform):
    """Replace the space in ``70 %`` by one that does not break; code stays as it is."""

    default_priority = 600

    def apply(self, **kwargs: Any) -> None:
        verbatim = (
            nodes.literal,
            nodes.literal_block,
            nodes.math,
            nodes.math_block,
            nodes.raw,
        )
        for text in list(self.document.findall(nodes.Text)):
            if " %" not in text or isinstance(text.parent, verbatim):
                continue
            text.parent.replace(
                text, nodes.Text(_PERCENT.sub(_NARROW_NO_BREAK_SPACE + "%", text))
            )


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(BindPercentSigns)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
