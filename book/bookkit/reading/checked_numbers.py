"""Takes the comments out of the pages: ``0.3567<!-- = surprisal(0.7) -->`` shows 0.3567.

The comments are for the test that evaluates them; a reader of the HTML has no use for them.
A number's comment goes before the Markdown is parsed, because behind a display formula it
would keep the closing ``$$`` from ending its line. Other comments go afterwards.
"""

from __future__ import annotations

import json
import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

_CHECK = re.compile(r"<!-- = .*?-->", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def without_checks(text: str) -> str:
    """Markdown as a reader has it: the numbers without the expressions behind them."""
    return _CHECK.sub("", text)


def _clean_source(app: Sphinx, docname: str, source: list[str]) -> None:
    if not app.env.doc2path(docname, base=False).endswith(".ipynb"):
        source[0] = without_checks(source[0])
        return
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = without_checks("".join(cell["source"]))
    source[0] = json.dumps(notebook)


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
    app.connect("source-read", _clean_source)
    app.add_transform(DropComments)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
