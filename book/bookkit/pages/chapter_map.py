"""Draws what each chapter builds on, from the chapters' own "Before you start" lines.

A page asks for the map with a div of the class ``chapter-map``. The list of links is the
map's text and works by keyboard; the arcs beside it are for the eye alone.
"""

from __future__ import annotations

import re
from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookkit.reading.contents import chapter_number

PLACE = "chapter-map"
_CHAPTER_FILE = re.compile(r"(?:^|/)(\d\d)_\w+$")
# In units of which 16 make 1 rem, as in the style of .chapter-map.
ROW, GUTTER, EDGE = 68, 88, 8


def needed(doctree: nodes.document) -> list[int]:
    """The numbers of the chapters that a chapter's opening asks for."""
    found: set[int] = set()
    for line in doctree.findall(nodes.paragraph):
        if "chapter-meta" not in line["classes"]:
            continue
        for node in line.findall(nodes.Element):
            target = str(node.get("reftarget") or node.get("refuri") or "")
            match = _CHAPTER_FILE.search(target)
            if match:
                found.add(int(match[1]))
    return sorted(found)


def read_map(env: BuildEnvironment) -> dict[int, tuple[str, str, list[int]]]:
    """Each chapter's document, title and needed chapters, by its number."""
    chapters = {}
    for docname in sorted(env.found_docs):
        number = chapter_number(docname)
        if number:
            title = env.titles[docname].astext()
            chapters[int(number)] = docname, title, needed(env.get_doctree(docname))
    return chapters


def _arcs(chapters: dict[int, tuple[str, str, list[int]]]) -> str:
    height = {number: ROW * at + ROW / 2 for at, number in enumerate(chapters)}
    side = GUTTER - EDGE
    spans = [
        (before, after)
        for after, (_, _, wanted) in chapters.items()
        for before in wanted
        if before in height
    ]
    longest = max((after - before for before, after in spans), default=1)
    # An arc reaches three quarters of the way to its two middle points.
    reach = 4 / 3 * (side - EDGE) / longest
    paths = "".join(
        f'<path d="M{side} {height[before]:g}C{side - reach * (after - before):g} '
        f"{height[before]:g} {side - reach * (after - before):g} {height[after]:g} "
        f'{side} {height[after]:g}"/>'
        for before, after in spans
    )
    dots = "".join(f'<circle cx="{side}" cy="{y:g}" r="5"/>' for y in height.values())
    tall = ROW * len(chapters)
    return (
        f'<svg aria-hidden="true" viewBox="0 0 {GUTTER} {tall}" width="{GUTTER}" '
        f'height="{tall}">{paths}{dots}</svg>'
    )


def _in_words(wanted: list[int]) -> str:
    if not wanted:
        return "needs no other chapter"
    names = [str(number) for number in wanted]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"builds on {listed}"


def _drawing(app: Sphinx, docname: str) -> str:
    chapters = read_map(app.env)
    rows = "".join(
        f'<li><a href="{escape(app.builder.get_relative_uri(docname, target))}">'
        f"{number} {escape(title)}</a> <span>{_in_words(wanted)}</span></li>"
        for number, (target, title, wanted) in chapters.items()
    )
    return f"{_arcs(chapters)}<ul>{rows}</ul>"


def draw(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Fill the place that a page keeps for the map."""
    for place in doctree.findall(nodes.container):
        if PLACE in place["classes"]:
            place += nodes.raw("", _drawing(app, docname), format="html")
