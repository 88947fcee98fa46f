"""Make the assignments, where their masters changed: ``bookkit.commands.assignments``.

A master is taken only if its own solution earns every point, and the version that is handed
out earns none. The folders are made one after another, and tested two at a time.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bookkit import ROOT
from bookkit.assignments.grading import Limits, Outcome, grade, possible
from bookkit.assignments.making import (
    MADE,
    SOLUTION,
    UNFINISHED,
    AssignmentError,
    alone,
    is_made,
    make,
    missing,
    names,
    put,
    read_tests,
    student_notebook,
)
from bookkit.assignments.notebooks import code_cells

_AT_ONCE = 2


def _tried(path: Path, tests: dict[str, str]) -> Outcome:
    """What a notebook of the assignment's own earns."""
    cells = code_cells(json.loads(path.read_text("utf-8")))
    return grade(cells, tests, Limits(seconds=300), [], threading.Event())


def faults(folder: Path) -> list[str]:
    """What is wrong with an assignment that was made, as sentences."""
    tests = read_tests(folder)
    of = possible(tests)
    solved = _tried(folder / SOLUTION, tests)
    found = [
        f"its solution earns {solved.points.get(question, 0):g} of {most:g} points in "
        f"{question}: {'; '.join(solved.failed.get(question, [solved.note]))}"
        for question, most in of.items()
        if solved.points.get(question, 0) != most or solved.failed.get(question)
    ]
    empty = _tried(student_notebook(folder), tests)
    if empty.status != "graded":
        found.append(f"the version that is handed out fails by itself: {empty.note}")
    found += [
        f"the version that is handed out earns {earned:g} points in {question}"
        for question, earned in empty.points.items()
        if earned
    ]
    return found


def bring_up_to_date(
    made: Path = MADE, wanted: Iterable[str] | None = None
) -> list[str]:
    """Make what has changed of those that are wanted, and return the names of what was made.

    Raises
    ------
    AssignmentError
        If a master does not fit its own tests; what was there before then stays.
    """
    with alone(made):
        old = [
            name
            for name in (names() if wanted is None else wanted)
            if not is_made(name, made) and not missing(name)
        ]
        if old:
            _make_all(old, made)
    return old


def _make_all(old: list[str], made: Path) -> None:
    with tempfile.TemporaryDirectory(dir=made, prefix=UNFINISHED) as scratch:
        new = {name: Path(scratch, name) for name in old}
        for name, folder in new.items():
            make(name, folder)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = dict(zip(old, pool.map(faults, new.values()), strict=True))
        wrong = [f"{name}: {one}." for name in old for one in found[name]]
        if wrong:
            raise AssignmentError("\n".join(wrong))
        for name, folder in new.items():
            put(folder, name, made)


def main() -> int:
    """Make what has changed and say where it lies."""
    try:
        new = bring_up_to_date()
    except AssignmentError as error:
        print(error, file=sys.stderr)
        return 1
    for name in names():
        said = "made" if name in new else "unchanged"
        if missing(name):
            said = f"not made, since {', '.join(missing(name))} is not installed"
        print(f"{MADE.relative_to(ROOT) / name}: {said}")
    print(
        "In each: student/, to hand out; autograder.zip, for another host of otter; "
        "solution.ipynb."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
