"""Takes the comments out of the pages: ``0.3567<!-- = surprisal(0.7) -->`` shows 0.3567.

The comments are for the test that evaluates them; a reader of the HTML has no use for them.
A number's comment goes before the Markdown is parsed, because behind a display formula it
would keep the closing ``$$`` from ending its line. pages/anatomy.py drops other comments.
"""

from __future__ import annotations

import json
import re

from sphinx.application import Sphinx

_CHECK = re.compile(r"<!-- = .*?-->", re.DOTALL)


def without_checks(text: str) -> str:
    """Markdown as a reader has it: the numbers without the expressions behind them."""
    return _CHECK.sub("", text)


def clean_source(app: Sphinx, docname: str, source: list[str]) -> None:
    """Do so in a page or in a notebook's cells, before Markdown is parsed."""
    if not app.env.doc2path(docname, base=False).endswith(".ipynb"):
        source[0] = without_checks(source[0])
        return
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = without_checks("".join(cell["source"]))
    source[0] = json.dumps(notebook)
