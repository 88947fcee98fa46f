"""Grading: limits, what a submission cannot reach, rows that are kept, and bad input."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import zipfile

import pytest

pytest.importorskip("otter", reason="grading needs otter-grader")

from bookkit import ROOT
from bookkit.assignments import grades, grading, making, notebooks, submissions
from bookkit.assignments.folder_lock import locked
from bookkit.assignments.grading import Limits, Outcome, grade
from bookkit.assignments.notebooks import UnfitError, assignment_of, code_cells
from bookkit.assignments.submissions import Submission
from bookkit.commands import assignments as command
from bookkit.commands import grade as grader

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the doors are Linux's")
TESTS = {
    "q1": textwrap.dedent(
        """\
        from otter.test_files import test_case
        OK_FORMAT = False
        name = "q1"
        points = None
        @test_case(points=0, hidden=False)
        def test_seen(one):
            assert one == 1, f"one is {one}, not 1"
        @test_case(points=2, hidden=True)
        def test_graded(one):
            assert one == 1, "one"
        """
    ),
    "q2": textwrap.dedent(
        """\
        from otter.test_files import test_case
        OK_FORMAT = False
        name = "q2"
        points = None
        @test_case(points=1, hidden=True)
        def test_half(two):
            assert two in (2, 3), "half"
        @test_case(points=1, hidden=True)
        def test_whole(two):
            assert two == 2, "whole"
        """
    ),
}
BEGIN = "import otter\ngrader = otter.Notebook('x.ipynb')\none = 1\ngrader.check('q1')"


def graded(*cells, seconds=60.0, memory=4.0, output=1.0, hidden=()):
    limits = Limits(seconds, memory, output)
    return grade(list(cells), TESTS, limits, list(hidden), threading.Event())


def test_what_passes_earns_its_points_and_what_fails_says_why():
    found = graded(BEGIN, "two = 3")
    assert (found.status, found.note) == ("graded", "")
    assert found.points == {"q1": 2, "q2": 1} and found.of == {"q1": 2, "q2": 2}
    assert found.failed == {"q1": [], "q2": ["whole"]}


def test_the_last_check_of_a_question_counts():
    found = graded(BEGIN, "one = 7", "grader.check('q1')\ngrader.export()")
    assert found.points["q1"] == 0
    assert found.failed["q1"] == ["one is 7, not 1", "one"]


def test_after_a_cell_that_raises_the_others_run():
    found = graded("1 / 0", BEGIN, "two = 2", "raise SystemExit(3)", "def broken(:")
    assert found.status == "raised"
    assert found.note == (
        "Code cell 1 raised ZeroDivisionError: division by zero; 3 cells raised an error. "
        "The cells after it ran."
    )
    assert sum(found.points.values()) == 4


@pytest.mark.parametrize(
    ("cell", "status", "says", "limits"),
    [
        ("import time\nwhile True: time.sleep(1)", "time", "after 8 s", {"seconds": 8}),
        ("while True: print('x' * 1000)", "output", "0.1 MB", {"output": 0.1}),
        ("import os\nos._exit(3)", "died", "exit code 3", {}),
        ("import ctypes\nctypes.string_at(0)", "died", "signal 11", {}),
        ("x = bytearray(10**12)", "memory", "raised MemoryError", {}),
    ],
    ids=["time", "output", "exit", "signal", "memory"],
)
def test_a_limit_ends_a_submission_and_what_it_had_earned_counts(
    cell, status, says, limits
):
    found = graded(BEGIN, cell, **limits)
    assert found.status == status
    assert says in found.note and "ode cell 2" in found.note
    assert found.points["q1"] == 2


def test_memory_is_counted_over_all_processes_of_a_submission():
    cell = """
    import os, time
    for _ in range(4):
        if os.fork() == 0:
            x = b"x" * 400_000_000
            time.sleep(1000)
    time.sleep(1000)
    """
    found = graded(BEGIN, textwrap.dedent(cell), memory=1.0)
    assert (found.status, found.points) == ("memory", {"q1": 2})
    assert "Stopped at 1 GiB of memory, in code cell 2" in found.note


def alive(word):
    """The processes that were started with a word in their command."""
    shown = subprocess.run(
        ["ps", "axww", "-o", "command"], capture_output=True, text=True
    )
    return [
        line for line in shown.stdout.splitlines() if word in line and "ps " not in line
    ]


def test_no_process_of_a_submission_outlives_it(tmp_path):
    word = f"left_over_{os.getpid()}"
    cell = f"""
    import subprocess, sys
    code = "import time; '{word}'; time.sleep(1000)"
    subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    subprocess.Popen([sys.executable, "-c", code])
    """
    assert graded(BEGIN, textwrap.dedent(cell)).points["q1"] == 2
    deadline = time.monotonic() + 60
    while alive(word) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert alive(word) == []


# A process of its own finds the package as the commands do.
WITH_BOOKKIT = {**os.environ, "PYTHONPATH": str(ROOT / "book")}
ENDLESS = """
import sys, threading
from bookkit.assignments.grading import Limits, grade
grade([sys.argv[1]], {}, Limits(seconds=1000), [], threading.Event())
"""


@LINUX
def test_a_submission_ends_with_a_grader_that_is_killed():
    word = f"orphan_{os.getpid()}"
    cell = f"""
    import subprocess, sys
    code = "import time; '{word}'; time.sleep(1000)"
    subprocess.run([sys.executable, "-c", code])
    """
    # The word in two parts, so that the grader's own command does not hold it.
    source = textwrap.dedent(cell).replace(word, "orphan_' '" + str(os.getpid()))
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, source], env=WITH_BOOKKIT
    )
    started = f"'orphan_' '{os.getpid()}'; time.sleep"
    while not any(
        line.count(started) and "subprocess" not in line for line in alive(started)
    ):
        assert process.poll() is None
        time.sleep(0.1)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 60
    while alive(started) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert alive(started) == []


@LINUX
def test_a_submission_reaches_nothing_of_what_is_reported_as_shut_off(tmp_path):
    secret = tmp_path / "handed_in"
    secret.mkdir()
    (secret / "another.ipynb").write_text("{}")
    elsewhere = tmp_path / "mark"
    cell = f"""
    import os, socket
    seen = os.listdir({str(secret)!r})
    try:
        open({str(elsewhere)!r}, "w").close()
        wrote = True
    except OSError:
        wrote = False
    server = socket.socket()
    try:
        socket.create_connection(("127.0.0.1", {{port}}), 5).close()
        connected = True
    except OSError:
        connected = False
    others = [name for name in os.listdir("/proc") if name.isdigit()]
    open("own", "w").close()
    raise ValueError(f"{{{{seen}}}} {{{{wrote}}}} {{{{connected}}}} {{{{len(others) > 3}}}}")
    """
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        source = textwrap.dedent(cell).format(port=server.getsockname()[1])
        found = graded(source, hidden=[secret])
    doors = {
        "files": ["['another.ipynb'] True", "[] False"],
        "network": ["True", "False"],
        "process list": ["True", "False"],
    }
    expected = " ".join(
        doors[door][door not in found.still_open]
        for door in ("files", "network", "process list")
    )
    assert f"ValueError: {expected}. " in found.note
    assert elsewhere.exists() == ("files" in found.still_open)


def test_a_submission_that_writes_into_the_report_is_not_believed():
    grade_of_its_own = {"question": "q2", "points": 2, "of": 2, "failed": []}
    lines = [
        json.dumps({"word": "", **what}) for what in (grade_of_its_own, {"end": True})
    ]
    forged = "\n".join([*lines, ""])
    cell = f"""
    import os
    for descriptor in range(3, 30):
        try:
            os.write(descriptor, {forged!r}.encode())
        except OSError:
            pass
    os._exit(0)
    """
    found = graded(BEGIN, textwrap.dedent(cell))
    assert (found.status, found.points) == ("died", {"q1": 2})


def test_a_grader_that_is_told_to_stop_leaves_no_outcome():
    stop = threading.Event()
    stop.set()
    with pytest.raises(grading.StoppedError):
        grade([BEGIN], TESTS, Limits(), [], stop)


# What was handed in.


def notebook(*cells, name="small"):
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"otter": {"assignment_name": name}},
        "cells": [
            {"cell_type": "code", "metadata": {}, "source": one} for one in cells
        ],
    }


def hand_in(folder, file, *cells, name="small"):
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook(*cells, name=name)), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "data", "says"),
    [
        ("a.ipynb", b"", "The file is empty."),
        ("a.ipynb", b"\xff\xfe\x00", "it is not JSON"),
        ("a.ipynb", b"[" * 100_000, "it is not JSON"),
        ("a.ipynb", b"[1]", "no list of cells"),
        ("a.ipynb", b'{"worksheets": []}', "not a notebook of format 4"),
        ("a.ipynb", b'{"cells": [1]}', "its cell 1 is none"),
        ("a.ipynb", b'{"cells": [{"cell_type": "code", "source": 3}]}', "has no text"),
        ("a.zip", b"PK", "no zip that can be read"),
        ("essay.pdf", b"%PDF-1.7", "it is not JSON"),
    ],
)
def test_what_is_no_notebook_is_told_why(tmp_path, file, data, says):
    (tmp_path / file).write_bytes(data)
    with pytest.raises(UnfitError, match=says):
        submissions.read(Submission(file, tmp_path / file))


def test_a_zip_is_read_if_it_holds_one_notebook_of_a_size_that_is_read(tmp_path):
    for number in (1, 2):
        with zipfile.ZipFile(
            tmp_path / f"{number}.zip", "w", zipfile.ZIP_DEFLATED
        ) as z:
            for one in range(number):
                z.writestr(f"{one}.ipynb", json.dumps(notebook("x = 1")))
            z.writestr("__MACOSX/0.ipynb", "")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("0.ipynb", b" " * (notebooks.BIGGEST + 1))
    found = submissions.read(Submission("1.zip", tmp_path / "1.zip"))
    assert code_cells(found) == ["x = 1"]
    with pytest.raises(UnfitError, match="holds 2 notebooks"):
        submissions.read(Submission("2.zip", tmp_path / "2.zip"))
    with pytest.raises(UnfitError, match="over 20 MiB"):
        submissions.read(Submission("bomb.zip", tmp_path / "bomb.zip"))


def test_every_file_of_a_folder_and_every_persons_folder_has_a_row(tmp_path):
    for file in ("b.ipynb", "ann/x.ipynb", "ann/data/y.ipynb", "ann/z.txt", "a.txt"):
        hand_in(tmp_path, file)
    hand_in(tmp_path, "eve/.ipynb_checkpoints/x.ipynb")
    hand_in(tmp_path, ".hidden")
    hand_in(tmp_path, "grades-small.csv")
    hand_in(tmp_path, "mine.csv")
    found = [one.file for one in submissions.find(tmp_path, tmp_path / "mine.csv")]
    assert found == ["a.txt", "ann/data/y.ipynb", "ann/x.ipynb", "b.ipynb", "eve"]


def test_names_of_files_stay_different_and_are_no_formulas():
    files = ["a b", "a  b", "a\tb", "a\\tb", "=a", "'=a", "ä", "\udcff", "\\udcff"]
    named = [grades.name_of(file) for file in files]
    assert len(set(named)) == len(files)
    assert not any(name.startswith("=") or not name.isprintable() for name in named)
    assert named[0] == "a b" and named[6] == "ä"


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "gone.ipynb").symlink_to(tmp_path / "nowhere")
    found = submissions.find(tmp_path)
    assert [one.file for one in found] == ["gone.ipynb", "pipe.ipynb"]
    for one in found:
        assert one.digest == ""
        with pytest.raises(UnfitError, match="It is no file"):
            submissions.read(one)


def test_cells_that_otter_leaves_out_are_left_out():
    given = notebook("a = 1", "b = 2", "c = 3")
    given["cells"][0]["metadata"] = {"tags": ["otter_ignore"]}
    given["cells"][1]["metadata"] = {"otter": {"ignore": True}}
    assert code_cells(given) == ["c = 3"]


# A folder.


@pytest.fixture
def small(tmp_path, monkeypatch):
    """An assignment of two questions, without otter's work to make it."""
    made = tmp_path / "made"
    (made / "small" / "student").mkdir(parents=True)
    hand_in(made, "small/student/small.ipynb", "one = ...", "two = ...")
    with zipfile.ZipFile(made / "small" / making.AUTOGRADER, "w") as archive:
        for question, source in TESTS.items():
            archive.writestr(f"tests/{question}.py", source)
    masters = tmp_path / "masters"
    masters.mkdir()
    (masters / "small.ipynb").write_text("{}")
    monkeypatch.setattr(making, "MASTERS", masters)
    monkeypatch.setattr(grader, "MADE", made)
    monkeypatch.setattr(grader, "bring_up_to_date", lambda: [])
    folder = tmp_path / "handed_in"
    folder.mkdir()
    return folder


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_a_folder_becomes_a_table(small, capsys):
    hand_in(small, "right.ipynb", "one = 1", "two = 2")
    hand_in(small, "twin.ipynb", "one = 1  ", "two = 2\n")
    hand_in(small, "half.ipynb", "one = 1", "two = 3", "print('half')")
    hand_in(small, "empty.ipynb", "one = ...", "two = ...")
    hand_in(small, "other.ipynb", "one = 1", name="another")
    hand_in(small, "=evil().ipynb", "raise ValueError('=1\\n,')")
    (small / "essay.pdf").write_bytes(b"%PDF")
    assert grader.main([f"DIR={small}"]) == 0
    rows = table(small / "grades-small.csv")
    shown = {
        file: (row["status"], row["points"], row["of"]) for file, row in rows.items()
    }
    assert shown == {
        "'=evil().ipynb": ("raised", "0", "4"),
        "empty.ipynb": ("graded", "0", "4"),
        "essay.pdf": ("not a notebook", "0", "4"),
        "half.ipynb": ("graded", "3", "4"),
        "other.ipynb": ("other assignment", "0", "4"),
        "right.ipynb": ("graded", "4", "4"),
        "twin.ipynb": ("graded", "4", "4"),
    }
    assert rows["right.ipynb"]["same_as"] == "twin.ipynb"
    assert rows["twin.ipynb"]["same_as"] == "right.ipynb"
    assert rows["half.ipynb"]["same_as"] == ""
    assert rows["half.ipynb"]["feedback"] == "q2: whole"
    assert (rows["half.ipynb"]["q1"], rows["half.ipynb"]["q2"]) == ("2", "1")
    assert rows["empty.ipynb"]["note"] == "Nothing was filled in."
    assert '"another", not small' in rows["other.ipynb"]["note"]
    said = capsys.readouterr().out
    assert "7 submissions are in" in said
    assert "The same answers as another's: right.ipynb, twin.ipynb." in said


class Counted:
    """Stands for the grading of one submission and counts how often each was asked for."""

    def __init__(self, monkeypatch, interrupt_after=None):
        self.asked = []
        self._interrupt_after = interrupt_after
        monkeypatch.setattr(grader, "grade", self)

    def __call__(self, cells, tests, limits, hidden, stop):
        if self._interrupt_after == len(self.asked):
            os.kill(os.getpid(), signal.SIGINT)
            stop.wait(60)
            raise grading.StoppedError
        self.asked.append(cells[0])
        return Outcome(points={"q1": 2.0}, of={"q1": 2.0, "q2": 2.0})


def test_what_is_in_the_table_is_not_graded_again_unless_it_changed(small, monkeypatch):
    for number in range(4):
        hand_in(small, f"{number}.ipynb", f"one = {number}")
    first = Counted(monkeypatch)
    assert grader.main([str(small)]) == 0
    assert sorted(first.asked) == [f"one = {number}" for number in range(4)]
    hand_in(small, "2.ipynb", "one = 22")
    hand_in(small, "5.ipynb", "one = 5")
    (small / "3.ipynb").unlink()
    again = Counted(monkeypatch)
    assert grader.main([str(small)]) == 0
    assert sorted(again.asked) == ["one = 22", "one = 5"]
    assert set(table(small / "grades-small.csv")) == {
        f"{n}.ipynb" for n in (0, 1, 2, 3, 5)
    }
    longer = Counted(monkeypatch)
    assert grader.main([str(small), "SECONDS=90"]) == 0
    assert len(longer.asked) == 4


@pytest.fixture
def control_c():
    """Let SIGINT interrupt, as at a keyboard: a job in the background may ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("control_c")
def test_after_control_c_the_same_command_goes_on(small, monkeypatch, capsys):
    for number in range(6):
        hand_in(small, f"{number}.ipynb", f"one = {number}")
    first = Counted(monkeypatch, interrupt_after=3)
    assert grader.main([str(small), "JOBS=1"]) == grader.STOPPED
    assert len(table(small / "grades-small.csv")) == len(first.asked) == 3
    assert "Stopped. 3 rows are in" in capsys.readouterr().err
    second = Counted(monkeypatch)
    assert grader.main([str(small)]) == 0
    assert len(second.asked) == 3
    assert sorted(first.asked + second.asked) == [f"one = {n}" for n in range(6)]
    assert len(table(small / "grades-small.csv")) == 6


KILLED = """
import sys, time
from pathlib import Path
from bookkit.assignments import making
from bookkit.assignments.grading import Outcome
from bookkit.commands import grade as grader

folder = Path(sys.argv[1])
making.MASTERS, grader.MADE = folder.parent / "masters", folder.parent / "made"
grader.bring_up_to_date = lambda: []

def grade(cells, tests, limits, hidden, stop):
    with open(folder.parent / "log", "a") as log:
        log.write(cells[0] + "\\n")
    time.sleep(0.2)
    return Outcome(points={"q1": 2.0})

grader.grade = grade
sys.exit(grader.main([str(folder), "JOBS=1"]))
"""


def test_after_a_kill_no_row_is_lost_and_the_same_command_goes_on(small, monkeypatch):
    for number in range(20):
        hand_in(small, f"{number:02d}.ipynb", f"one = {number}")
    path = small / "grades-small.csv"
    command_line = [sys.executable, "-c", KILLED, str(small)]
    process = subprocess.Popen(
        command_line, stderr=subprocess.DEVNULL, env=WITH_BOOKKIT
    )
    while not path.exists() or len(table(path)) < 5:
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    before = table(path)
    assert 5 <= len(before) < 20
    (small / "grades-small.csv.part").write_text("half a ro")
    subprocess.run(command_line, check=True, capture_output=True, env=WITH_BOOKKIT)
    after = table(path)
    assert len(after) == 20
    assert {file: after[file] for file in before} == before
    asked = (small.parent / "log").read_text().splitlines()
    # Only what was being graded when the kill came is graded again.
    assert len(asked) - len(set(asked)) <= 1


def test_a_folder_that_another_grader_is_at_work_on_is_left_to_it(small, capsys):
    hand_in(small, "a.ipynb", "one = 1")
    with locked(small):
        assert grader.main([str(small)]) == 1
    assert "which another grader is at work on" in capsys.readouterr().err


def test_what_the_grader_could_not_start_is_tried_again(small, monkeypatch):
    hand_in(small, "a.ipynb", "one = 1")

    def fail(*given):
        raise OSError("no processes left")

    monkeypatch.setattr(grader, "grade", fail)
    assert grader.main([str(small)]) == 0
    row = table(small / "grades-small.csv")["a.ipynb"]
    assert row["status"] == "not graded" and "no processes left" in row["note"]
    again = Counted(monkeypatch)
    assert grader.main([str(small)]) == 0
    assert again.asked == ["one = 1"]


def test_input_that_cannot_be_used_is_told_which_and_what_was_expected(
    small, tmp_path, capsys
):
    def said(*arguments):
        assert grader.main(list(arguments)) == 1
        return capsys.readouterr().err

    gone, empty, none = tmp_path / "gone", tmp_path / "empty", tmp_path / "none"
    empty.mkdir()
    none.mkdir()
    (none / "notes.txt").write_text("x")
    assert "DIR is missing. Expected the folder" in said()
    assert f"DIR is {gone}, and there is no such folder. Expected" in said(str(gone))
    assert f"DIR is {empty}, which is empty. Expected" in said(f"DIR={empty}")
    assert f"DIR is {none}, which holds no notebook" in said(str(none))
    assert "which is a file. Expected a folder" in said(str(none / "notes.txt"))
    hand_in(small, "a.ipynb", "one = 1")
    assert 'ASSIGNMENT is "smal". Expected one of: small.' in said(
        str(small), "ASSIGNMENT=smal"
    )
    assert f"CSV is {none}, which is a folder" in said(str(small), f"CSV={none}")
    beyond = tmp_path / "nowhere" / "grades.csv"
    assert f"CSV is {beyond}, which cannot be written" in said(
        str(small), f"CSV={beyond}"
    )
    text = none / "notes.txt"
    assert f"CSV is {text}, which holds something else" in said(
        str(small), f"CSV={text}"
    )
    assert text.read_text() == "x"
    for argument in (
        "SECONDS=0",
        "SECONDS=soon",
        "MEMORY=-1",
        "OUTPUT=nan",
        "JOBS=1.5",
    ):
        name, _, value = argument.partition("=")
        assert f'{name} is "{value}". Expected a' in said(str(small), argument)
    assert '"TIME=3" is no argument' in said(str(small), "TIME=3")
    hand_in(small, "a.ipynb", "one = 1", name="unknown")
    assert "ASSIGNMENT is missing, and the notebooks name unknown" in said(str(small))


def test_the_grades_of_another_assignment_are_not_overwritten(small, capsys, tmp_path):
    hand_in(small, "a.ipynb", "one = 1")
    path = tmp_path / "mine.csv"
    about = {"sha256": "", "graded_with": ""}
    row = grades.row_of("b.ipynb", "another", Outcome(), {"q9": 1.0}, about)
    grades.write(path, ["q9"], [row])
    kept = path.read_bytes()
    assert grader.main([str(small), f"CSV={path}"]) == 1
    assert "holds the grades of another. Expected" in capsys.readouterr().err
    assert path.read_bytes() == kept


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_named(small, capsys):
    hand_in(small, "a.ipynb", "one = 1")
    small.chmod(0o500)
    assert grader.main([str(small)]) == 1
    small.chmod(0o700)
    assert "which cannot be written" in capsys.readouterr().err


# Making.


def test_what_has_not_changed_is_not_made_again(tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(
        command, "faults", lambda folder: made.append(folder.name) or []
    )
    monkeypatch.setattr(command, "missing", lambda name: [])
    assert command.bring_up_to_date(tmp_path) == making.names() == sorted(made)
    assert command.bring_up_to_date(tmp_path) == []
    (tmp_path / "04_calibration" / making.SOLUTION).unlink()
    (tmp_path / f"{making.UNFINISHED}left").mkdir()
    assert command.bring_up_to_date(tmp_path) == ["04_calibration"]
    stamp = tmp_path / "01_losses" / "made.json"
    stamp.write_text(stamp.read_text("utf-8").replace('"master": "', '"master": "0'))
    assert command.bring_up_to_date(tmp_path) == ["01_losses"]
    assert {path.name for path in tmp_path.iterdir()} == set(making.names())


def test_a_master_whose_solution_fails_its_tests_takes_no_place(tmp_path, monkeypatch):
    masters = tmp_path / "masters"
    masters.mkdir()
    text = (making.MASTERS / "01_losses.ipynb").read_text("utf-8")
    assert "loss_first = 0.5108" in text
    faulty = text.replace("loss_first = 0.5108", "loss_first = 0.5018")
    (masters / "01_losses.ipynb").write_text(faulty, encoding="utf-8")
    monkeypatch.setattr(making, "MASTERS", masters)
    with pytest.raises(
        making.AssignmentError, match="01_losses: its solution earns 2 of 3"
    ):
        command.bring_up_to_date(tmp_path / "made")
    assert list((tmp_path / "made").iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", making.names())
def test_otters_own_runner_gives_the_same_points(tmp_path, name):
    """What `otter run` says of the autograder, for the solution and for half of it."""
    lacking = making.missing(name)
    if lacking:
        pytest.skip(f"{name} needs {', '.join(lacking)}")
    made = tmp_path / name
    making.make(name, made)
    tests = making.read_tests(made)
    solved = json.loads((made / making.SOLUTION).read_text("utf-8"))
    handed_out = json.loads(making.student_notebook(made).read_text("utf-8"))
    half = json.loads(json.dumps(solved))
    half["cells"][-8:] = handed_out["cells"][-8:]
    for kind, given in (("whole", solved), ("half", half)):
        (tmp_path / kind).mkdir()
        path = tmp_path / kind / f"{name}.ipynb"
        path.write_text(json.dumps(given), encoding="utf-8")
        run = [sys.executable, "-m", "otter", "run", str(path)]
        run += ["-a", str(made / making.AUTOGRADER), "-o", str(tmp_path / kind)]
        subprocess.run(run, check=True, capture_output=True, cwd=tmp_path)
        results = json.loads((tmp_path / kind / "results.json").read_text("utf-8"))
        theirs = {
            one["name"].partition(" ")[0]: one["score"]
            for one in results["tests"]
            if one["name"].partition(" ")[0] in tests
        }
        ours = grade(code_cells(given), tests, Limits(), [], threading.Event()).points
        assert ours == theirs, kind
        assert (sum(ours.values()) == 20) == (kind == "whole")


@pytest.mark.slow
def test_a_student_sees_what_is_wrong_and_hands_in_what_can_be_read(tmp_path):
    """The version for students in a kernel: a wrong answer, its check, and the export."""
    import nbformat
    from nbclient import NotebookClient

    making.make("01_losses", tmp_path / "made")
    given = making.student_notebook(tmp_path / "made").read_text("utf-8")
    answered = given.replace("loss_first = ...", "loss_first = -0.5108")
    assert answered != given
    work = tmp_path / "work"
    work.mkdir()
    (work / "01_losses.ipynb").write_text(answered, encoding="utf-8")
    notebook = nbformat.reads(answered, as_version=4)
    client = NotebookClient(notebook, resources={"metadata": {"path": str(work)}})
    client.execute()
    (shown,) = (
        cell["outputs"]
        for cell in notebook.cells
        if cell.source == 'grader.check("q1")'
    )
    assert "loss_first is -0.5108, below 0. The logarithm of a probability" in str(
        shown
    )
    (packed,) = work.glob("*.zip")
    found = submissions.read(Submission(packed.name, packed))
    assert assignment_of(found) == "01_losses"
    assert "loss_first = -0.5108" in "".join(code_cells(found))
