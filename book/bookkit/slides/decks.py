"""Makes a deck of slides for each chapter, from the chapter itself.

A deck's source in book/course/slides names what each slide takes from the chapter. What it
names and the chapter has not got stops the build, so a deck cannot contradict its chapter.
"""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from bookkit.machine.node_packages import NODE_MODULES
from bookkit.pages.content_policy import FIRST_SCRIPT
from bookkit.pages.foot import version
from bookkit.pages.theme import with_named_headers
from bookkit.reading.contents import chapters
from bookkit.slides.chapter import Chapter, MissingError, part_of
from bookkit.slides.source import (
    LESSONS,
    Lesson,
    Slide,
    Take,
    disagreements,
    lesson,
    slides,
    sources,
)
from bookkit.slides.words import Words, code, output

FOLDER = "slides"
# Pictures inside the stage's style, which the site's policy refuses; deck.css has a sign.
_INSIDE = re.compile(r"url\(data:[^)]*\)")
_SIZE = re.compile(r'width="([\d.]+)pt" height="([\d.]+)pt"')
_LINK = re.compile(r"\[([^\]]+)\]\(slides/(\w+)\.md\)")
_FONTS = (
    "source-serif-4-latin-400-normal",
    "source-sans-3-latin-wght-normal",
    "KaTeX_Main-Regular",
    "KaTeX_Math-Italic",
)


@dataclass
class Deck:
    """A deck as HTML, and the pictures that it shows."""

    slug: str
    page: str
    pictures: dict[str, str] = field(default_factory=dict)


class _Setter:
    """Sets the slides of one deck; ``notes`` grows while a slide is set."""

    def __init__(self, chapter: Chapter, plan: Lesson, words: Words) -> None:
        self.chapter, self.plan, self.words = chapter, plan, words
        self.pictures: dict[str, str] = {}
        self.notes: list[str] = []
        self._kinds: dict[str, Callable[[str], str]] = {
            "words": words.page,
            "opening": lambda _: words.page(chapter.question),
            "closing": lambda _: self._closing(),
            "figure": self._figure,
            "equation": lambda what: words.formula(chapter.equation(what)),
            "formula": lambda what: words.formula(chapter.formula(what)),
            "code": lambda what: code(self._cell(what, "source")),
            "output": lambda what: output(self._cell(what, "printed")),
            "sample": lambda what: words.page(chapter.sample(what)),
            "table": self._table,
            "paragraph": lambda what: words.page(chapter.paragraph(what)),
            "sentence": lambda what: words.page(chapter.sentence(what)),
            "item": lambda what: words.page(chapter.item(what)),
            "ask": self._ask,
            "demo": lambda _: self._demo(),
        }

    def slide(self, place: int, one: Slide) -> str:
        """Set a slide."""
        if not one.notes:
            raise MissingError("it has no notes")
        self.notes = [self.words.page(one.notes)]
        for words in one.covers:
            self.notes.append(self._objective(words))
        columns = ["".join(map(self._take, column)) for column in one.columns]
        body = columns[0]
        if len(columns) > 1:
            parts = "".join(f"<div>{column}</div>" for column in columns)
            body = f'<div class="columns">{parts}</div>'
        level, kind = ("h1", ' class="first"') if place == 1 else ("h2", "")
        return (
            f'<section id="s{place}" data-minutes="{one.minutes}"{kind} '
            f'aria-labelledby="t{place}">\n'
            f'<{level} id="t{place}">{self.words.line(one.title)}</{level}>\n'
            f'<div class="body">{body}</div>\n'
            f'<aside class="notes"><p class="minutes">{_minutes(one.minutes)}, '
            f"{html.escape(one.part)}</p>{''.join(self.notes)}</aside>\n</section>\n"
        )

    def _take(self, take: Take) -> str:
        if take.kind not in self._kinds:
            raise MissingError(f"there is nothing to take by @{take.kind}")
        return self._kinds[take.kind](take.what)

    def _objective(self, words: str) -> str:
        for objective in self.chapter.objectives:
            if objective.startswith(words):
                return f'<p class="objective">{self.words.line(objective)}</p>'
        raise MissingError(f"the chapter has no objective that begins {words!r}")

    def _figure(self, number: str) -> str:
        figure = self.chapter.figure(number)
        label = f"Figure {number}"
        self.notes.append(self.words.page(f"*{label}.* {figure.caption}"))
        name = f"{self.chapter.slug}-{number.replace('.', '-')}.svg"
        self.pictures[name] = figure.svg
        size = _SIZE.search(figure.svg)
        shape = f'width="{size[1]}" height="{size[2]}" ' if size else ""
        return (
            f'<figure><img src="{name}" {shape}alt="{html.escape(figure.alt)}">'
            f"<figcaption>{label}</figcaption></figure>\n"
        )

    def _cell(self, what: str, side: str) -> str:
        name, _, lines = (one.strip() for one in what.partition(" >> "))
        text: str = getattr(self.chapter.code(name), side)
        return part_of(text, lines) if lines else text

    def _table(self, what: str) -> str:
        name, _, rows = (one.strip() for one in what.partition(" >> "))
        table = self.chapter.table(name)
        if rows:
            head = table.split("\n")[:2]
            table = "\n".join([*head, part_of(table, rows)])
        return self.words.page(table)

    def _ask(self, belief: str) -> str:
        whole, question = self.plan.question(belief)
        self.notes.append(
            f'<p class="belief">What they bring: {self.words.line(whole)}</p>'
        )
        return f"<blockquote>{self.words.page(question)}</blockquote>\n"

    def _demo(self) -> str:
        found = re.search(r"\[([^\]]+)\]\(([^)]+)\)", self.plan.demonstration)
        if found is None:
            raise MissingError("the lesson plan has no demonstration with a link")
        self.notes.append(self.words.page(self.plan.demonstration))
        return f'<p class="demo">Open: {self.words.line(found[0])}</p>\n'

    def _closing(self) -> str:
        rows = "".join(
            f"<tr><td>{self.words.line(one)}</td>"
            f"<td>{html.escape(self.plan.exercises.get(one, ''))}</td></tr>\n"
            for one in self.chapter.objectives
        )
        self.notes.append(self.words.page(f"To set: {self.plan.to_set}"))
        return (
            '<div class="table-scroll"><table class="closing"><thead><tr><th>You can</th>'
            f"<th>Exercises</th></tr></thead>\n<tbody>{rows}</tbody></table></div>\n"
        )


def _minutes(count: int) -> str:
    return f"{count} minute" + ("" if count == 1 else "s")


def make(chapter: Chapter, source: str, plan: Lesson, words: Words) -> Deck:
    """Make a deck; ``MissingError`` names each slide and what it asks for in vain."""
    setter, made, wrong = _Setter(chapter, plan, words), [], []
    listed = slides(source)
    for place, one in enumerate(listed, start=1):
        try:
            made.append(setter.slide(place, one))
        except ValueError as error:
            wrong.append(f"slide {place}, {one.title!r}: {error}")
    covered = [words for one in listed for words in one.covers]
    for objective in chapter.objectives:
        if not any(map(objective.startswith, covered)):
            wrong.append(f"no slide covers the objective {objective!r}")
    wrong += disagreements(listed, plan)
    if wrong:
        name = f"book/course/slides/{chapter.slug}.md"
        raise MissingError("\n".join(f"{name}: {one}" for one in wrong))
    return Deck(chapter.slug, _page(chapter, made), setter.pictures)


def _page(chapter: Chapter, made: list[str]) -> str:
    number = int(chapter.slug[:2])
    title = html.escape(f"Chapter {number}: {chapter.title}")
    fonts = " ".join(f"../_static/fonts/{name}.woff2" for name in _FONTS)
    sheets = "".join(
        f'<link rel="stylesheet" href="../_static/{name}.css">\n'
        for name in ("katex", "book", "reveal", "deck")
    )
    return f"""<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Slides, {title}</title>
<meta name="description" content="{title}: slides for a lecture of 50 minutes, with notes.">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<script data-fonts="{fonts}">{FIRST_SCRIPT}</script>
{sheets}<link rel="icon" type="image/svg+xml" href="../_static/favicon.svg">
<script defer src="../_static/reveal.js"></script>
<script defer src="../_static/deck.js"></script>
</head>
<body class="deck-page">
<nav class="deck-bar" aria-label="This deck">
<a href="../notebooks/{chapter.slug}.html">{title}</a>
<button type="button" data-do="present">Present</button>
<button type="button" data-do="speak">Speaker’s window</button>
<button type="button" data-do="notes">Notes</button>
<button type="button" data-do="mode">Colours</button>
</nav>
<main id="main"><div class="deck"><div class="slides">
{with_named_headers("".join(made))}</div></div></main>
<footer class="deck-foot">
<p>Version {version()}. Prose <a href="../LICENSE-prose.txt">CC BY 4.0</a>,
code <a href="../LICENSE.txt">MIT</a>.</p>
</footer>
</body>
</html>
"""


def decks(words: Words, built: Container[str]) -> list[Deck]:
    """Make the deck of every chapter that has a source and is among the pages ``built``."""
    page = LESSONS.read_text(encoding="utf-8")
    listed, wrong = sources(), []
    made: list[Deck] = []
    for path in chapters():
        if path.stem not in listed or f"notebooks/{path.stem}" not in built:
            continue
        text = listed[path.stem].read_text(encoding="utf-8")
        try:
            plan = lesson(int(path.stem[:2]), page)
            made.append(make(Chapter(path), text, plan, words))
        except MissingError as error:
            wrong.append(str(error))
    if wrong:
        raise MissingError("\n".join(wrong))
    return made


def link(app: Sphinx, docname: str, content: list[str]) -> None:
    """Let a page's links to the sources of decks lead to the decks."""
    up = "../" * docname.count("/")
    content[0] = _LINK.sub(rf'<a href="{up}{FOLDER}/\2.html">\1</a>', content[0])


def write(app: Sphinx, out: Path) -> None:
    """Write the decks into the site, and what their stage needs."""
    words = Words(Path(app.doctreedir).parent / ".slides.json")
    try:
        made = decks(words, app.env.found_docs)
    except MissingError as error:
        raise ExtensionError(str(error)) from error
    finally:
        words.close()
    folder = out / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for deck in made:
        (folder / f"{deck.slug}.html").write_text(deck.page, encoding="utf-8")
        for name, svg in deck.pictures.items():
            (folder / name).write_text(svg, encoding="utf-8")
    stage, static = NODE_MODULES / "reveal.js" / "dist", out / "_static"
    shutil.copy2(stage / "reveal.js", static)
    style = (stage / "reveal.css").read_text(encoding="utf-8")
    (static / "reveal.css").write_text(_INSIDE.sub("none", style), encoding="utf-8")
