"""Takes the comments out of the pages: ``0.3567<!-- = surprisal(0.7) -->`` shows 0.3567.

The comments are for the test that evaluates them; a reader of the HTML has no use for them.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


class DropComments(SphinxTransform):
    """Remove HTML comments before titles and tables of contents are collected."""

    default_priority = 100

    def apply(self, **kwargs: Any) -> None:
        for raw in list(self.document.findall(nodes.raw)):
            text = raw.astext()
            kept = _COMMENT.sub("", text)
            if kept == text:
                continue
            if kept.strip():
                raw.replace_self(nodes.raw("", kept, format=raw["format"]))
            else:
                raw.parent.remove(raw)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(DropComments)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
