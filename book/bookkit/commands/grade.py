"""Grade a folder of submissions: ``bookkit.commands.grade DIR [NAME=VALUE ...]``.

    DIR=folder          what was handed in (or as the first argument)
    ASSIGNMENT=01_...   which assignment; without it, what the notebooks say they are
    CSV=file            where the grades go; without it DIR/grades-ASSIGNMENT.csv
    SECONDS=60 MEMORY=4 OUTPUT=1   what one submission may take: s, GiB, MB
    JOBS=2              how many are graded at a time

Each row is on the disk as soon as it is known. Stopped in any way, the same command goes on.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bookkit import ROOT
from bookkit.assignments import grades
from bookkit.assignments.folder_lock import locked
from bookkit.assignments.grades import Row, name_of, row_of, twins
from bookkit.assignments.grading import (
    Limits,
    Outcome,
    StoppedError,
    fingerprint,
    grade,
    possible,
)
from bookkit.assignments.making import (
    MADE,
    MASTERS,
    AssignmentError,
    checked,
    names,
    read_tests,
    student_notebook,
)
from bookkit.assignments.notebooks import UnfitError, assignment_of, code_cells
from bookkit.assignments.submissions import Submission, answers, find, read
from bookkit.commands.arguments import by_name
from bookkit.commands.assignments import bring_up_to_date

_GIVEN = ("DIR", "ASSIGNMENT", "CSV", "SECONDS", "MEMORY", "OUTPUT", "JOBS")
_SHUT_OFF = {
    "network": "the network",
    "files": "the other files of this machine",
    "processes": "the other processes of this account",
    "process list": "the list of this machine's processes",
}
STOPPED = 130
_WAKE_EVERY = 0.5  # seconds


@dataclass(frozen=True)
class Order:
    """What the person at the keyboard asked for."""

    folder: Path
    assignment: str
    csv: str
    limits: Limits
    jobs: int


def _amount(name: str, text: str, *, whole: bool = False) -> float:
    try:
        amount = int(text) if whole else float(text)
    except ValueError:
        amount = 0
    if not 0 < amount < 1e6:
        kind = "a whole number" if whole else "a number"
        raise AssignmentError(f'{name} is "{text}". Expected {kind} above 0.')
    return amount


def parse(arguments: list[str]) -> Order:
    """Read the arguments, or say which one cannot be used."""
    given = by_name(arguments, _GIVEN)
    if "DIR" not in given:
        raise AssignmentError(
            "DIR is missing. Expected the folder with the submissions: make grade DIR=..."
        )
    usual = Limits()
    limits = Limits(
        seconds=_amount("SECONDS", given.get("SECONDS", f"{usual.seconds:g}")),
        memory=_amount("MEMORY", given.get("MEMORY", f"{usual.memory:g}")),
        output=_amount("OUTPUT", given.get("OUTPUT", f"{usual.output:g}")),
    )
    return Order(
        Path(given["DIR"]).expanduser(),
        given.get("ASSIGNMENT", ""),
        given.get("CSV", ""),
        limits,
        int(_amount("JOBS", given.get("JOBS", "2"), whole=True)),
    )


@dataclass(frozen=True)
class Candidate:
    """A submission as it was read."""

    submission: Submission
    notebook: dict[str, Any] | None
    why_not: str
    digest: str

    @property
    def file(self) -> str:
        """What its row calls it."""
        return name_of(self.submission.file)


def read_all(submissions: list[Submission]) -> list[Candidate]:
    """Read each submission, or keep the reason why it cannot be run."""
    found = []
    for one in submissions:
        try:
            digest = one.digest
        except OSError:
            digest = ""
        try:
            found.append(Candidate(one, read(one), "", digest))
        except UnfitError as error:
            found.append(Candidate(one, None, str(error), digest))
    return found


def which_assignment(asked: str, candidates: list[Candidate]) -> str:
    """The assignment that was asked for, or the one that the notebooks name."""
    if asked:
        return checked(asked)
    said = Counter(
        name
        for one in candidates
        if one.notebook and (name := assignment_of(one.notebook))
    )
    known = [name for name in said if name in names()]
    if len(known) == 1:
        return known[0]
    what = f"name {', '.join(sorted(said))}" if said else "name none"
    raise AssignmentError(
        f"ASSIGNMENT is missing, and the notebooks {what}. Expected ASSIGNMENT= one of: "
        f"{', '.join(names())}."
    )


def _judged_unread(one: Candidate, assignment: str) -> Outcome | None:
    """The outcome of what need not be run."""
    if one.notebook is None:
        return Outcome("not a notebook", one.why_not)
    name = assignment_of(one.notebook)
    if name != assignment:
        is_ = f'assignment "{name}"' if name else "no assignment that otter has made"
        return Outcome("other assignment", f"The notebook is {is_}, not {assignment}.")
    return None


class Session:
    """One call of the command: what is known of each file, and what is still to do."""

    def __init__(self, order: Order) -> None:
        folder = order.folder
        csv = Path(order.csv).expanduser() if order.csv else None
        candidates = read_all(find(folder, csv))
        self.assignment = which_assignment(order.assignment, candidates)
        self.csv = csv or folder / f"grades-{self.assignment}.csv"
        made = MADE / self.assignment
        self.tests = read_tests(made)
        self.of = possible(self.tests)
        self.limits = order.limits
        self.hidden = [folder, MADE, MASTERS, ROOT / "tests" / "course"]
        self._key = fingerprint(self.tests, order.limits)
        handed_out = code_cells(json.loads(student_notebook(made).read_text("utf-8")))
        self.given = {
            one.file: answers(code_cells(one.notebook), handed_out)
            for one in candidates
            if one.notebook is not None
        }
        self._twins = twins(self.given)
        self.rows = grades.read(self.csv, self.assignment, self.of)
        self.todo = [one for one in candidates if not self._is_known(one)]
        self.known = len(candidates) - len(self.todo)
        self.total = len(candidates)
        grades.write(self.csv, self.of, self._in_order())

    def _is_known(self, one: Candidate) -> bool:
        row = self.rows.get(one.file, {})
        return (row.get("sha256"), row.get("graded_with")) == (one.digest, self._key)

    def _in_order(self) -> list[Row]:
        return [
            {**self.rows[file], "same_as": self._twins.get(file, "")}
            for file in sorted(self.rows)
        ]

    def outcome(self, one: Candidate, stop: threading.Event) -> Outcome:
        """Grade one submission; whatever goes wrong here is a row too."""
        try:
            known = _judged_unread(one, self.assignment)
            if known is not None:
                return known
            assert one.notebook is not None
            cells = code_cells(one.notebook)
            found = grade(cells, self.tests, self.limits, self.hidden, stop)
        except OSError as error:
            return Outcome("not graded", f"The grader could not start it: {error}.")
        if not self.given.get(one.file) and not found.note:
            found = replace(found, note="Nothing was filled in.")
        return found

    def keep(self, one: Candidate, outcome: Outcome) -> None:
        """Put a row on the disk."""
        about = {"sha256": one.digest, "graded_with": self._key}
        # What the grader itself could not do is tried again the next time.
        if outcome.status == "not graded":
            about["graded_with"] = ""
        row = row_of(one.submission.file, self.assignment, outcome, self.of, about)
        self.rows[row["file"]] = row
        grades.write(self.csv, self.of, self._in_order())


def work(session: Session, jobs: int) -> None:
    """Grade what is to do, and keep each row as it comes."""
    stop = threading.Event()
    todo = iter(session.todo)
    running: dict[Future[Outcome], Candidate] = {}
    with (
        ThreadPoolExecutor(jobs) as pool,
        tqdm(total=session.total, initial=session.known, unit="submission") as bar,
    ):
        try:
            while True:
                for one in todo:
                    running[pool.submit(session.outcome, one, stop)] = one
                    if len(running) == jobs:
                        break
                if not running:
                    return
                # A signal that another thread received is seen when this one wakes.
                for done in wait(running, _WAKE_EVERY, FIRST_COMPLETED).done:
                    session.keep(running.pop(done), done.result())
                    bar.update()
        except BaseException:
            stop.set()
            # What was done already when the signal came is kept.
            for future in wait(running).done:
                try:
                    session.keep(running[future], future.result())
                except StoppedError:
                    continue
            raise


def summary(session: Session) -> list[str]:
    """What the person at the keyboard has to know."""
    rows = session.rows.values()
    counts = Counter(row["status"] for row in rows)
    shown = ", ".join(f"{status} {count}" for status, count in counts.most_common())
    lines = [f"{len(rows)} submissions are in {session.csv}: {shown}."]
    alike = [row["file"] for row in session._in_order() if row["same_as"]]
    if alike:
        lines.append(f"The same answers as another's: {', '.join(alike)}.")
    still_open = Counter(
        door for row in rows for door in row["still_open"].split(", ") if door
    )
    for door, count in still_open.items():
        lines.append(f"Not shut off in {count} of them: {_SHUT_OFF.get(door, door)}.")
    return lines


def _stop(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    """Grade a folder into a table."""
    signal.signal(signal.SIGTERM, _stop)
    session = None
    try:
        order = parse(arguments)
        find(order.folder)  # what cannot be graded is said before anything is made
        bring_up_to_date()
        busy = AssignmentError(
            f"DIR is {order.folder}, which another grader is at work on. Wait for it."
        )
        with locked(order.folder, busy):
            session = Session(order)
            work(session, order.jobs)
    except AssignmentError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        done = f" {len(session.rows)} rows are in {session.csv}." if session else ""
        print(f"\nStopped.{done} The same command goes on from there.", file=sys.stderr)
        return STOPPED
    print("\n".join(summary(session)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
