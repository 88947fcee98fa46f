"""Makes a figure of a cell's picture, its alternative text and the caption that follows.

A chapter is portable Markdown, so it has no figure syntax. The convention: the output of
the cell carries ``Figure: <what it shows>`` as plain text beside the image, and the next
paragraph begins ``**Figure 3.2.**``. The page gets ``<figure id="fig-3-2">``. The code of a
cell that only draws is folded above its figure.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
_ALT = re.compile(r"^Figure: (.+)$", re.DOTALL)
_NUMBER = re.compile(r"^Figure (\d+\.\d+)\.?$")
_VIEW_BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


class BuildFigures(SphinxTransform):
    """Join image, alternative text and caption."""

    default_priority = 700

    def apply(self, **kwargs: Any) -> None:
        for bundle in list(self.document.findall(_is_picture)):
            self._describe(bundle)
            self._caption(bundle)

    def _describe(self, bundle: nodes.Element) -> None:
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
            image["alt"] = match.group(1)
            image["classes"].append("plot")
            size = size_of(Path(self.env.srcdir) / image["uri"].lstrip("/"))
            if size is not None:
                image["drawn_size"] = size

    def _caption(self, bundle: nodes.Element) -> None:
        cell = bundle.parent
        while cell is not None and cell.get("nb_element") != "cell_code":
            cell = cell.parent
        if cell is None:
            return
        following = _next_sibling(cell)
        number = _figure_number(following)
        if number is None:
            LOGGER.warning(
                "a picture without a caption: begin the next paragraph **Figure N.M.**",
                location=bundle,
            )
            return
        assert following is not None
        following.parent.remove(following)
        anchor = "fig-" + number.replace(".", "-")
        figure = nodes.figure(ids=[anchor], classes=["numbered"])
        figure.source, figure.line = following.source, following.line
        caption = nodes.caption("", "", *following.children)
        caption.source, caption.line = following.source, following.line
        bundle.replace_self(figure)
        figure += bundle
        figure += caption


def _is_picture(node: nodes.Node) -> bool:
    return (
        isinstance(node, nodes.container)
        and node.get("nb_element") == "mime_bundle"
        and any(str(part.get("mime_type", "")).startswith("image/") for part in node)
    )


def _next_sibling(node: nodes.Element) -> nodes.Node | None:
    following = node.parent.index(node) + 1
    return node.parent.children[following] if following < len(node.parent) else None


def _figure_number(node: nodes.Node | None) -> str | None:
    if not isinstance(node, nodes.paragraph):
        return None
    first = next((child for child in node if child.astext().strip()), None)
    if not isinstance(first, nodes.strong):
        return None
    match = _NUMBER.match(first.astext().strip())
    return match.group(1) if match else None


def size_of(path: Path) -> tuple[float, float] | None:
    if path.suffix != ".svg" or not path.is_file():
        return None
    match = _VIEW_BOX.search(path.read_text(encoding="utf-8")[:2000])
    return (float(match.group(1)), float(match.group(2))) if match else None


def _open_fold(translator: Any, node: HideCodeCellNode) -> None:
    translator.body.append(
        f'<details class="folded-code"><summary>{node["prompt_show"]}</summary>\n'
    )


def _close_fold(translator: Any, node: HideCodeCellNode) -> None:
    translator.body.append("</details>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(BuildFigures)
    # MyST-NB writes two summaries of paragraphs, and a label over them that names neither.
    app.add_node(HideCodeCellNode, override=True, html=(_open_fold, _close_fold))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
