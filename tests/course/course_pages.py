"""Reads the course pages and the exercises, and names what they say that is no longer so.

Each function returns its findings as sentences; the tests expect none of the real pages and
some of pages that were changed on purpose.
"""

from __future__ import annotations

import builtins
import importlib
import json
import keyword
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import numpy as np

import xent_lib
from bookkit.commands.reading_time import TIME
from bookkit.reading.contents import ROOT, chapters
from bookkit.reading.course import COURSE, objectives

LESSONS = COURSE / "lessons.md"
GUIDE = COURSE / "guide.md"
STUDENTS = COURSE / "students.md"
ASSIGNMENTS = COURSE / "assignments.md"
MASTERS = ROOT / "notebooks" / "assignments"
LESSON_MINUTES = 50
FEWEST_EXERCISES = 8
FEWEST_CODE_TASKS = 2

_LESSON = re.compile(
    r"^## Chapter (?P<number>\d+): (?P<title>[^\n]+)\n(?P<body>.*?)(?=^## |\Z)",
    re.MULTILINE | re.DOTALL,
)
_ROW = re.compile(r"^\| (?P<objective>.+?) \| (?P<exercises>\d+(?:, \d+)*) \|$", re.M)
_MINUTES = re.compile(r"^- \*\*(\d+)\*\* ", re.MULTILINE)
_EXERCISE = re.compile(
    r"^## Exercise (?P<number>\d+)(?P<title>[^\n]*)\n(?P<body>.*?)(?=^## |\Z)",
    re.MULTILINE | re.DOTALL,
)
_FENCE = re.compile(r"^(`{3,})[^\n]*\n(.*?)^\1\n", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_NAME = re.compile(r"(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?:\(.*\))?")
_LINK = re.compile(r"\]\((?P<path>[^)#\s]*)(?:#(?P<anchor>[^)\s]*))?\)")
_ASKED = re.compile(r"chapter (?P<chapter>\d+): (?P<numbers>\d+(?:, \d+)*)")
_QUESTIONS = re.compile(r"\bquestions? (?P<first>\d+) to (?P<last>\d+)", re.IGNORECASE)
_FIGURE = re.compile(r"\bfigures? (\d+\.\d+)", re.IGNORECASE)
_EQUATION = re.compile(r"\bequations? \((\d+\.\d+)\)", re.IGNORECASE)
_ROLE = re.compile(r"\{[\w:]+\}`[^`]*`")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def chapter_files() -> dict[int, Path]:
    """The chapters by their numbers."""
    return {int(path.name[:2]): path for path in chapters()}


def masters() -> dict[str, Path]:
    """The assignments' masters by their names."""
    return {path.stem: path for path in sorted(MASTERS.glob("*.ipynb"))}


def exercise_page(number: int) -> Path:
    """The page of exercises of a chapter."""
    return ROOT / "book" / "exercises" / f"{chapter_files()[number].stem}.md"


def course_pages() -> list[Path]:
    """The pages of book/course."""
    return sorted(COURSE.glob("*.md"))


def exercise_pages() -> list[Path]:
    """The pages of exercises of all chapters."""
    return [exercise_page(number) for number in chapter_files()]


def cells(path: Path, kind: str) -> str:
    """A chapter's cells of one kind, in one text."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return "\n\n".join(
        "".join(cell["source"])
        for cell in notebook["cells"]
        if cell["cell_type"] == kind
    )


@dataclass(frozen=True)
class Exercise:
    """An exercise of a page."""

    number: int
    title: str
    body: str

    @property
    def is_code(self) -> bool:
        """Whether its solution holds code that a test runs."""
        return "```python" in self.body.partition("{dropdown} Solution")[2]


def exercises(page: str) -> list[Exercise]:
    """The exercises of a page, in order."""
    return [
        Exercise(int(found["number"]), found["title"], found["body"])
        for found in _EXERCISE.finditer(page)
    ]


@dataclass(frozen=True)
class Lesson:
    """A section of the lesson plans."""

    number: int
    title: str
    body: str
    objectives: dict[str, list[int]] = field(default_factory=dict)


def lessons(page: str) -> dict[int, Lesson]:
    """The sections of the lesson plans by the chapters' numbers."""
    found = {}
    for match in _LESSON.finditer(page):
        rows = {
            row["objective"]: [int(one) for one in row["exercises"].split(", ")]
            for row in _ROW.finditer(match["body"])
        }
        number = int(match["number"])
        found[number] = Lesson(number, match["title"], match["body"], rows)
    return found


def of_lesson(lesson: Lesson, chapter: Path, page: str) -> Iterator[str]:
    """What a lesson plan says that its chapter and its exercises do not."""
    text = cells(chapter, "markdown")
    if f"# {lesson.title}\n" not in text:
        yield f"the chapter's title is not {lesson.title!r}"
    stands = objectives(chapter)
    for objective in stands:
        if objective not in lesson.objectives:
            yield f"no exercise for the objective {objective!r}"
    for objective in lesson.objectives:
        if objective not in stands:
            yield f"the chapter has no objective {objective!r}"
    there = {exercise.number for exercise in exercises(page)}
    named = {number for numbers in lesson.objectives.values() for number in numbers}
    for number in sorted(named - there):
        yield f"there is no exercise {number}"
    for number in sorted(there - named):
        yield f"exercise {number} is tied to no objective"
    minutes = re.search(r"\*\*Reading time:\*\* about (\d+) minutes", lesson.body)
    promised = TIME.search(text)
    if minutes is None or promised is None or minutes[1] != promised[2]:
        yield "the reading time is not the chapter's"
    on_board = sum(int(number) for number in _MINUTES.findall(lesson.body))
    if on_board != LESSON_MINUTES:
        yield f"the board plan takes {on_board} minutes"
    asked = lesson.body.partition("| a question that uncovers it |")[2]
    beliefs = [
        line for line in asked.partition("**Demonstration.**")[0].splitlines() if line
    ][1:]
    if len(beliefs) < 3 or not all(line.rstrip(" |").endswith("?") for line in beliefs):
        yield "fewer than three misconceptions with a question each"
    shown = lesson.body.partition("**Demonstration.**")[2]
    if "interactive.md#explore=" not in shown.partition("**What to set.**")[0]:
        yield "no demonstration with a link to a figure in a setting"
    if "exercise" not in lesson.body.partition("**What to set.**")[2]:
        yield "nothing to set"


def of_exercises(page: str) -> Iterator[str]:
    """What a page of exercises lacks."""
    found = exercises(page)
    if [one.number for one in found] != list(range(1, len(found) + 1)):
        yield "the exercises are not numbered 1, 2, 3"
    if len(found) < FEWEST_EXERCISES:
        yield f"{len(found)} exercises"
    for one in found:
        for part in ("Hint", "Solution"):
            if f":::{{dropdown}} {part}\n" not in one.body:
                yield f"exercise {one.number} has no {part.lower()}"
    if sum(one.is_code for one in found) < FEWEST_CODE_TASKS:
        yield "too few exercises whose code a test runs"
    if not any("repair this" in one.title and one.is_code for one in found):
        yield "no faulty code to repair"
    if not found or "project" not in found[-1].title:
        yield "the last exercise is no project"


def of_references(page: str) -> Iterator[str]:
    """Figures and equations of chapters that are not there."""
    texts = {n: cells(path, "markdown") for n, path in chapter_files().items()}
    prose = _COMMENT.sub("", page)
    for kind, pattern, form in (
        ("figure", _FIGURE, "**Figure {}.**"),
        ("equation", _EQUATION, r"\tag{{{}}}"),
    ):
        for label in pattern.findall(prose):
            text = texts.get(int(label.partition(".")[0]), "")
            if form.format(label) not in text:
                yield f"there is no {kind} {label}"


def of_links(path: Path, page: str) -> Iterator[str]:
    """Links of a page that lead to no file."""
    for found in _LINK.finditer(_FENCE.sub("", _COMMENT.sub("", page))):
        if re.match(r"[a-z]+:", found["path"]) or not found["path"]:
            continue
        if not (path.parent / unquote(found["path"])).is_file():
            yield f"there is no {found['path']}"


def of_numbers(page: str, questions: int) -> Iterator[str]:
    """Exercises and questions that the guide names by their numbers and that are not there."""
    for found in _ASKED.finditer(page):
        number = int(found["chapter"])
        if number not in chapter_files():
            yield f"there is no chapter {number}"
            continue
        text = exercise_page(number).read_text(encoding="utf-8")
        there = {one.number for one in exercises(text)}
        for one in map(int, found["numbers"].split(", ")):
            if one not in there:
                yield f"chapter {number} has no exercise {one}"
    for found in _QUESTIONS.finditer(page):
        if int(found["last"]) > questions:
            yield f"there is no question {found['last']}"


def _library_names() -> set[str]:
    names: set[str] = set(xent_lib.__all__)
    for info in pkgutil.walk_packages(xent_lib.__path__, "xent_lib."):
        if "._" in info.name or "torch" in info.name:
            continue
        module = importlib.import_module(info.name)
        names |= {name for name in vars(module) if not name.startswith("_")}
        names.add(info.name.rpartition(".")[2])
    return names


LIBRARY = _library_names()
# What the first part of a dotted name stands for on these pages.
_ROOTS = {
    "np": np,
    "math": importlib.import_module("math"),
    "copy": importlib.import_module("copy"),
    "rng": np.random.Generator,
    "scipy": importlib.import_module("scipy"),
    "xent_lib": xent_lib,
    "explore": importlib.import_module("xent_lib.explore"),
}
# Words of data and files, and names of other libraries, which tests of chapters 9 and 15 use.
_WORDS = {
    *("student", "nan", "inf", "bfloat16", "ln"),
    *("index.html", "_toc.yml", "CITATION.cff", "CONTRIBUTING.md"),
    *("AdamW", "ignore_class", "sample_weight", "criterion.eval", "min_child_weight"),
}


def names_in(page: str) -> set[str]:
    """The names of functions and variables that a page's sentences hold as code."""
    prose = _ROLE.sub("", _FENCE.sub("", _COMMENT.sub("", page)))
    found = (_NAME.fullmatch(code.strip()) for code in _CODE.findall(prose))
    return {match["name"] for match in found if match}


def of_names(page: str, beside: str) -> Iterator[str]:
    """Names in a page's sentences that neither a library nor the code beside them has."""
    code = "\n".join(body for _, body in _FENCE.findall(page)) + "\n" + beside
    for name in sorted(names_in(page)):
        root, _, rest = name.partition(".")
        if name in _WORDS or keyword.iskeyword(name):
            continue
        if rest and root in _ROOTS:
            place = _ROOTS[root]
            for part in rest.split("."):
                if not hasattr(place, part):
                    yield f"{name}: {root} has no {part}"
                    break
                place = getattr(place, part)
            continue
        known = (
            name in LIBRARY
            or hasattr(builtins, name)
            or hasattr(np, name)
            or re.search(rf"(?<!\w){re.escape(name)}(?!\w)", code) is not None
        )
        if not known:
            yield f"{name}: neither in the library nor in the code beside it"


@dataclass(frozen=True)
class Asked:
    """A row of an assignment's table."""

    question: str
    points: float
    chapter: int
    objective: str


_ASSIGNMENT = re.compile(
    r"^### (?P<title>Assignment \d+: [^\n]+)\n(?P<body>.*?)(?=^##|\Z)",
    re.MULTILINE | re.DOTALL,
)
_MASTER = re.compile(r"The master is `(\w+)`")
_ASKS = re.compile(r"^\| (\d+) \| (\d+) \| [^|]+ \| (\d+) \| (.+) \|$", re.MULTILINE)


def assignments(page: str) -> dict[str, tuple[str, list[Asked]]]:
    """The title and the table of each assignment by the name of its master."""
    found = {}
    for section in _ASSIGNMENT.finditer(page):
        rows = [
            Asked(f"q{number}", float(points), int(chapter), objective)
            for number, points, chapter, objective in _ASKS.findall(section["body"])
        ]
        for name in _MASTER.findall(section["body"]):
            found[name] = (section["title"], rows)
    return found


def _headings(master: Path) -> list[str]:
    return re.findall(r"^#+ (.+)$", cells(master, "markdown"), re.MULTILINE)


def of_assignments(page: str, masters: dict[str, Path]) -> Iterator[str]:
    """What the page on assignments says that the masters and chapters do not."""
    told = assignments(page)
    for name in sorted(set(told) ^ set(masters)):
        yield f"{name} is on one side only: the page or notebooks/assignments"
    for name in sorted(set(told) & set(masters)):
        title, rows = told[name]
        headings = _headings(masters[name])
        if title not in headings:
            yield f"{name}: the master's title is not {title!r}"
        stands = {
            f"q{found[1]}": float(found[2])
            for heading in headings
            if (found := re.match(r"Question (\d+): .+ \((\d+) points\)$", heading))
        }
        if {row.question: row.points for row in rows} != stands:
            yield f"{name}: the page's points are not the master's, {stands}"
        for row in rows:
            chapter = chapter_files().get(row.chapter)
            if chapter is None or row.objective not in objectives(chapter):
                yield f"{name}: chapter {row.chapter} has no objective {row.objective!r}"
