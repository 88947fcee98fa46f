"""Report what a class learnt: ``python -m bookkit.commands.inventory BEFORE.csv AFTER.csv``.

Two answer sheets to the concept inventory, one from before the course and one from after it.
Each begins with a line of column names, ``student`` and numbers of questions, and has one line
a student. What is counted are the students who have a usable line in both; every other line
is named, with the reason. The gain is Hake's (1998), of the class and not of each student:
the share of what was missing before that is there after, (after - before) / (1 - before).
Its interval is the middle 95 % of the gains of classes drawn from this one with replacement.
"""

from __future__ import annotations

import csv
import io
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bookkit.reading.course import Question, read_inventory

STUDENT = "student"
# Names that a spreadsheet gives the same separators in other countries.
_SEPARATORS = ",;\t"
# With fewer students the drawn classes differ too little, and the interval is too short.
FEWEST_FOR_AN_INTERVAL = 10
RESAMPLES = 10_000
_AT_A_TIME = 1_000
_CONFIDENCE = 0.95
_SEED = 0
_WIDTH = 79
USAGE = "python -m bookkit.commands.inventory BEFORE.csv AFTER.csv"


class SheetError(ValueError):
    """A sentence for the person at the keyboard: which file, where, what was expected."""


@dataclass
class Sheet:
    """A file of answers as far as it could be used."""

    path: Path
    numbers: list[int]
    answers: dict[str, dict[int, str]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    # Sentences, each with its line.
    set_aside: list[str] = field(default_factory=list)
    not_read: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Gain:
    """One line of the report."""

    label: str
    before: float
    after: float
    # None where everything was right before, and nothing was left to gain.
    gain: float | None
    interval: tuple[float, float] | None
    why_no_interval: str = ""


def read_sheet(path: Path, questions: Sequence[Question]) -> Sheet:
    """Read a file of answers, and set aside the lines that cannot be counted.

    Raises
    ------
    SheetError
        If the file as a whole cannot be used.
    """
    rows = _rows(path)
    if not rows:
        raise SheetError(
            f"{path} is empty. Expected a first line of column names, "
            f'"{STUDENT}" and the numbers of questions, and a line for each student.'
        )
    (first, header), *body = rows
    sheet, columns = _columns(path, first, header, questions)
    choices = {one.number: one.choices for one in questions}
    seen: dict[str, list[int]] = {}
    usable: dict[str, dict[int, str]] = {}
    for line, cells in body:
        if len(cells) != len(header):
            sheet.set_aside.append(
                f"line {line}: {len(cells)} cells; expected {len(header)}, "
                "as in the first line"
            )
            continue
        student = " ".join(cells[columns[STUDENT]].split())
        if not student:
            sheet.set_aside.append(f'line {line}: nothing in the column "{STUDENT}"')
            continue
        name = student.casefold()
        seen.setdefault(name, []).append(line)
        found = {
            number: cells[columns[str(number)]].strip().casefold()
            for number in sheet.numbers
        }
        wrong = [n for n, given in found.items() if given and given not in choices[n]]
        if wrong:
            given = cells[columns[str(wrong[0])]].strip()
            expected = ", ".join(choices[wrong[0]])
            sheet.set_aside.append(
                f"line {line}: {_shown(given)} is no answer to question {wrong[0]}; "
                f"expected {expected}, or nothing"
            )
            continue
        usable[name] = found
        sheet.lines[name] = line
    for name, lines in seen.items():
        if len(lines) > 1:
            usable.pop(name, None)
            places = ", ".join(map(str, lines))
            sheet.set_aside.append(
                f"lines {places}: the student {_shown(name)} more than once, "
                "and none of the lines is counted"
            )
    sheet.answers = usable
    return sheet


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """The lines of a file that are not blank, with their numbers."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise SheetError(
            f"{path}, line {line}: no UTF-8. Save the sheet as CSV in UTF-8."
        ) from None
    except OSError as error:
        raise SheetError(f"{path} cannot be read: {error.strerror}.") from None
    first = text.lstrip("\r\n").partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=separator, strict=True)
    rows, line = [], 0
    try:
        for cells in reader:
            begins, line = line + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                rows.append((begins, cells))
    except csv.Error as error:
        raise SheetError(
            f"{path}, line {line + 1}: no CSV from here on ({error}). "
            "Expected a quotation mark at each end of a cell that has one."
        ) from None
    return rows


def _columns(
    path: Path, line: int, header: list[str], questions: Sequence[Question]
) -> tuple[Sheet, dict[str, int]]:
    """Find out which column is which."""
    where = f"{path}, line {line}"
    names = [name.strip().casefold() for name in header]
    known = {str(question.number) for question in questions}
    twice = [name for name, times in Counter(names).items() if name and times > 1]
    if twice:
        raise SheetError(f"{where}: the column {_shown(twice[0])} stands there twice.")
    if STUDENT not in names:
        raise SheetError(
            f'{where}: no column "{STUDENT}". Expected column names, '
            f'"{STUDENT}" and numbers of questions from 1 to {len(questions)}; '
            f"found {', '.join(map(_shown, header[:5]))}."
        )
    numbers = sorted(int(name) for name in names if name in known)
    if not numbers:
        raise SheetError(
            f"{where}: no column of a question. Expected numbers from 1 to "
            f"{len(questions)} beside {_shown(STUDENT)}."
        )
    columns = {name: place for place, name in enumerate(names)}
    unknown = [
        shown
        for shown, name in zip(header, names, strict=True)
        if name not in known | {STUDENT}
    ]
    return Sheet(path, numbers, not_read=unknown), columns


def _shown(text: str) -> str:
    """A piece of a file, short and without signs that a terminal would obey."""
    short = text if len(text) <= 40 else text[:39] + "…"
    return '"' + "".join(c if c.isprintable() else "�" for c in short) + '"'


def matched(before: Sheet, after: Sheet) -> tuple[list[str], list[str]]:
    """The students with a usable line in both, and a sentence on each of the others."""
    if before.numbers != after.numbers:
        only = sorted(set(before.numbers) ^ set(after.numbers))
        raise SheetError(
            f"{before.path} and {after.path} do not ask the same questions: "
            f"{', '.join(map(str, only))} stand in one of them only. "
            "Expected the same numbers in both first lines."
        )
    alone = [
        f"{one.path.name}, line {one.lines[name]}: the student {_shown(name)} "
        f"has no usable line in {other.path.name}"
        for one, other in ((before, after), (after, before))
        for name in one.answers
        if name not in other.answers
    ]
    return [name for name in before.answers if name in after.answers], alone


def gain_of(before: float, after: float) -> float | None:
    """Hake's normalised gain of two shares, or None where nothing was left to gain."""
    return None if before >= 1 else (after - before) / (1 - before)


def intervals(
    before: NDArray[np.int64], after: NDArray[np.int64], most: Sequence[int]
) -> list[tuple[float, float] | str]:
    """An interval for each column's gain, or the reason why there is none.

    Parameters
    ----------
    before, after : array, shape (students, columns)
        Points of each student.
    most : sequence of int
        The most points that a student can have in each column.
    """
    students = len(before)
    if students < FEWEST_FOR_AN_INTERVAL:
        return [f"fewer than {FEWEST_FOR_AN_INTERVAL} students"] * len(most)
    rng = np.random.default_rng(_SEED)
    missing = np.asarray(most) - before
    won = after - before
    drawn = []
    for _ in range(RESAMPLES // _AT_A_TIME):
        times = rng.multinomial(students, [1 / students] * students, size=_AT_A_TIME)
        with np.errstate(divide="ignore", invalid="ignore"):
            left = (times @ missing).astype(float)
            drawn.append(np.where(left > 0, times @ won / left, np.nan))
    found: list[tuple[float, float] | str] = []
    for gains in np.concatenate(drawn).T:
        defined = gains[~np.isnan(gains)]
        tail = (1 - _CONFIDENCE) / 2
        if len(defined) < (1 - tail) * RESAMPLES:
            found.append("too few had anything wrong before")
        elif defined.min() == defined.max():
            found.append("all drawn classes gain the same")
        else:
            low, high = np.quantile(defined, [tail, 1 - tail])
            found.append((float(low), float(high)))
    return found


def gains(
    before: Sheet, after: Sheet, students: list[str], questions: Sequence[Question]
) -> list[Gain]:
    """All questions together, and then each objective."""
    asked = [one for one in questions if one.number in before.numbers]
    groups: dict[str, list[Question]] = {"All questions": list(asked)}
    for one in asked:
        label = f"Chapter {one.chapter}: {one.objective}"
        groups.setdefault(label, []).append(one)

    def points(sheet: Sheet) -> NDArray[np.int64]:
        return np.array(
            [
                [
                    sum(sheet.answers[name][q.number] == q.answer for q in group)
                    for group in groups.values()
                ]
                for name in students
            ]
        )

    most = [len(group) for group in groups.values()]
    first, second = points(before), points(after)
    found = []
    for place, (label, interval) in enumerate(
        zip(groups, intervals(first, second, most), strict=True)
    ):
        was = float(first[:, place].mean()) / most[place]
        is_now = float(second[:, place].mean()) / most[place]
        gain = gain_of(was, is_now)
        numbers = ", ".join(str(one.number) for one in groups[label])
        if place:
            label += f" (question{'s' * (most[place] > 1)} {numbers})"
        if gain is None or isinstance(interval, str):
            why = "" if gain is None else str(interval)
            found.append(Gain(label, was, is_now, gain, None, why))
        else:
            found.append(Gain(label, was, is_now, gain, interval))
    return found


def _line(gain: Gain) -> str:
    shares = f"{gain.before:6.0%} {gain.after:6.0%}"
    if gain.gain is None:
        return f"{shares}   not defined: everything was right before"
    number = f"{gain.gain:7.2f}"
    if gain.interval is None:
        return f"{shares} {number}   no interval: {gain.why_no_interval}"
    low, high = gain.interval
    return f"{shares} {number}   {low:.2f} to {high:.2f}"


def report(
    before_path: Path, after_path: Path, questions: Sequence[Question]
) -> list[str]:
    """The lines of the report on two files.

    Raises
    ------
    SheetError
        If one of the files, or the two together, cannot be used.
    """
    before = read_sheet(before_path, questions)
    after = read_sheet(after_path, questions)
    if before_path.resolve() == after_path.resolve():
        raise SheetError(
            f"{before_path} was given twice. Expected the answers from before the "
            "course and those from after it."
        )
    students, alone = matched(before, after)
    aside = [
        f"{sheet.path.name}, {sentence}"
        for sheet in (before, after)
        for sentence in sheet.set_aside
    ] + alone
    if not students:
        raise SheetError(
            "\n".join(
                [
                    f"No student has a usable line in both {before_path} and "
                    f'{after_path}. Expected the same names in the columns "{STUDENT}".',
                    *aside,
                ]
            )
        )
    lines = [
        f"{len(students)} students with answers before and after, "
        f"{len(before.numbers)} questions.",
        f"Set aside: {len(aside) or 'nothing'}.",
        *_wrapped(aside, "  "),
    ]
    for sheet in (before, after):
        if sheet.not_read:
            columns = ", ".join(map(_shown, sheet.not_read))
            lines.append(f"{sheet.path.name}: columns that were not read: {columns}.")
    empty = sum(
        not given
        for sheet in (before, after)
        for name in students
        for given in sheet.answers[name].values()
    )
    if empty:
        lines.append(f"Left empty, and counted as not right: {empty} answers.")
    lines += ["", "before  after    gain   95 % interval"]
    for gain in gains(before, after, students, questions):
        lines += ["", *_wrapped([gain.label], ""), _line(gain)]
    return lines


def _wrapped(sentences: Iterable[str], indent: str) -> list[str]:
    return [
        line
        for sentence in sentences
        for line in textwrap.wrap(
            sentence, _WIDTH, initial_indent=indent, subsequent_indent=indent + "  "
        )
    ]


def main() -> int:
    """Print the report on the two files that are named."""
    if len(sys.argv) != 3:
        print(f"Name two files: {USAGE}", file=sys.stderr)
        return 2
    try:
        lines = report(Path(sys.argv[1]), Path(sys.argv[2]), read_inventory())
    except SheetError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
