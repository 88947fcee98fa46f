"""Offers on the first page what was made of the whole book: PDF, e-book, zip of the site.

``make pdf``, ``epub`` and ``zip`` leave it in ``_build/take``. What is there and was made from
the book as it is now is copied into the site and linked, after the section of the first page
that holds a div of the class ``take-away``; without any, nothing is said of it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookkit.commands.build import edition
from bookkit.take_away.packing import TAKE, made_from

PLACE = "take-away"
_HEADING, _ANCHOR = "Take it with you", "take-it-with-you"
# In the order in which they are offered: the end of the file's name, the link, what it is.
_FORMS = (
    (".pdf", "PDF", "The whole book on A4, solutions included."),
    (".epub", "EPUB", "For e-readers."),
    (".zip", "ZIP", "This site, to read from a folder without a network."),
)


@dataclass(frozen=True)
class Offer:
    """One file that a reader can take."""

    name: str
    link: str
    what: str
    size: int


def offers(folder: Path) -> list[Offer]:
    """Return what lies in ``folder`` and was made from the book as it is now."""
    listed = made_from(folder)
    now = edition() if listed else ""
    return [
        Offer(path.name, link, what, path.stat().st_size)
        for suffix, link, what in _FORMS
        for path in sorted(folder.glob(f"*{suffix}"))
        if listed.get(path.name) == now
    ]


def in_megabytes(size: int) -> str:
    """Return a size as a reader knows it from a list of files."""
    return f"{max(size / 1e6, 0.1):.1f}\u202fMB"


def _made(app: Sphinx) -> Path:
    return Path(app.outdir).parent / TAKE.name


def _section(offered: list[Offer], docname: str) -> nodes.section:
    listing = nodes.bullet_list(classes=[PLACE])
    up = "../" * docname.count("/")
    for offer in offered:
        link = nodes.reference(
            "", offer.link, refuri=f"{up}{TAKE.name}/{offer.name}", internal=True
        )
        size = nodes.inline("", in_megabytes(offer.size), classes=["size"])
        what = nodes.inline("", offer.what, classes=["what"])
        listing += nodes.list_item(
            "",
            nodes.paragraph("", "", link, nodes.Text(" "), size, nodes.Text(" "), what),
        )
    return nodes.section(
        "", nodes.title("", _HEADING), listing, ids=[_ANCHOR], names=[_HEADING]
    )


def _fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for place in list(doctree.findall(nodes.container)):
        if PLACE not in place["classes"]:
            continue
        section = place.parent
        section.remove(place)
        offered: list[Offer] = app.env.xent_take_away  # type: ignore[attr-defined]
        if offered and app.builder.format == "html":
            at = section.parent.index(section)
            section.parent.insert(at + 1, _section(offered, docname))


def _page_with_old_links(app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    now = offers(_made(app))
    before = getattr(env, "xent_take_away", None)
    env.xent_take_away = now  # type: ignore[attr-defined]
    return [] if now == before else [app.config.root_doc]


def _copy(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.name != "html":
        return
    folder = Path(app.outdir) / TAKE.name
    shutil.rmtree(folder, ignore_errors=True)
    offered: list[Offer] = app.env.xent_take_away  # type: ignore[attr-defined]
    for offer in offered:
        folder.mkdir(exist_ok=True)
        shutil.copy2(_made(app) / offer.name, folder)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("env-updated", _page_with_old_links)
    app.connect("doctree-resolved", _fill)
    app.connect("build-finished", _copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
