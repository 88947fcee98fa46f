"""The table of a class's grades, which is also what grading goes on from.

It is written anew after each submission, beside itself and renamed into place, so that it is
whole whenever the grader is stopped, and a row that is in it is not graded again.
"""

from __future__ import annotations

import csv
import io
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from bookkit.assignments.grading import Outcome
from bookkit.assignments.making import AssignmentError

BEFORE = ["file", "assignment", "status", "points", "of"]
AFTER = ["note", "same_as", "feedback", "still_open", "sha256", "graded_with"]
Row = dict[str, str]


def plain(text: str) -> str:
    """A text that any spreadsheet takes for a text: on one line, and no formula."""
    return _no_formula("".join(map(_printable, " ".join(text.split()))))


def name_of(file: str) -> str:
    """A file's name as plainly; different files have different names still."""
    return _no_formula("".join(map(_printable, file.replace("\\", "\\\\"))))


def _printable(sign: str) -> str:
    return sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")


def _no_formula(line: str) -> str:
    return f"'{line}" if line.startswith(("=", "+", "-", "@", "'")) else line


def _number(points: float) -> str:
    return f"{points:g}"


def row_of(
    file: str,
    assignment: str,
    outcome: Outcome,
    of: Mapping[str, float],
    about: Mapping[str, str],
) -> Row:
    """The row of a submission; a question that was not reached earned nothing."""
    points = {question: outcome.points.get(question, 0.0) for question in of}
    feedback = [
        f"{question}: {message}"
        for question, messages in sorted(outcome.failed.items())
        for message in messages
    ]
    return {
        "file": name_of(file),
        "assignment": assignment,
        "status": outcome.status,
        "points": _number(sum(points.values())),
        "of": _number(sum(of.values())),
        **{question: _number(number) for question, number in points.items()},
        "note": plain(outcome.note),
        "same_as": "",
        "feedback": plain(" | ".join(feedback)),
        "still_open": ", ".join(outcome.still_open),
        **about,
    }


def read(path: Path, assignment: str, questions: Iterable[str]) -> dict[str, Row]:
    """The rows of an earlier run, by file; none if there was none."""
    columns = [*BEFORE, *questions, *AFTER]
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            found = list(reader.fieldnames or [])
    except FileNotFoundError:
        return {}
    except IsADirectoryError as error:
        raise AssignmentError(
            f"CSV is {path}, which is a folder. Expected the name of a file."
        ) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AssignmentError(
            f"CSV is {path}, which cannot be read: {error}."
        ) from error
    others = {row["assignment"] for row in rows if row.get("assignment")} - {assignment}
    if found[: len(BEFORE)] != BEFORE or others:
        what = (
            f"the grades of {', '.join(sorted(others))}" if others else "something else"
        )
        raise AssignmentError(
            f"CSV is {path}, which holds {what}. Expected a name that is free, or the "
            f"grades of {assignment} from before."
        )
    if found != columns:
        return {}
    return {row["file"]: row for row in rows if None not in row.values()}


def write(path: Path, questions: Iterable[str], rows: Iterable[Row]) -> None:
    """Put the table on the disk, all of it or none."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [*BEFORE, *questions, *AFTER], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    beside = path.with_name(f"{path.name}.part")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            file.write(text.getvalue())
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        raise AssignmentError(
            f"CSV is {path}, which cannot be written ({error.strerror}). Expected a file "
            "in a folder that you may write to."
        ) from error


def twins(answers: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """For each file, the other files with the same answers."""
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for file, given in answers.items():
        if given:
            alike[given].append(file)
    return {
        file: ", ".join(other for other in files if other != file)
        for files in alike.values()
        for file in files
        if len(files) > 1
    }
