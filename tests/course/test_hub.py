"""A class on one server: two students log in, work, hand in, and are graded."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import random
import re
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

pytest.importorskip("jupyterhub", reason="a class needs JupyterHub")
pytest.importorskip("otter", reason="a class hands in what otter made")

from hub_student import PATIENCE, Student, until

from bookkit import ROOT
from bookkit.assignments import making
from bookkit.commands import grade
from bookkit.hub import classroom

NAME = "01_losses"
NOTEBOOK = f"assignments/{NAME}.ipynb"
CHAPTERS = {"ana": "03_formula", "ben": "01_distributions"}
TRIES = 20
HERE = os.environ | {"PYTHONPATH": str(ROOT / "book")}


def free_ports():
    """The first of four neighbouring ports that nobody uses, below those that systems lend."""
    for first in random.SystemRandom().sample(range(20000, 30000, 4), TRIES):
        try:
            classroom.check_ports(first)
        except making.AssignmentError:
            continue
        return first
    raise AssertionError("There are no four free ports beside each other.")


class Hub:
    """`make hub`, without make."""

    def __init__(self, folder, *arguments, inside=()):
        self.folder, self.port = folder, free_ports()
        scheme = "https" if any("CERT=" in one for one in arguments) else "http"
        self.address = f"{scheme}://127.0.0.1:{self.port}"
        self.log = folder.parent / f"{folder.name}.log"
        self._command = [
            *(*inside, sys.executable, "-m", "bookkit.commands.hub", f"DIR={folder}"),
            *(f"PORT={self.port}", f"ASSIGNMENTS={NAME}", *arguments),
        ]
        self.process = None

    def start(self):
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                self._command,
                stdout=log,
                stderr=log,
                env=HERE,
                start_new_session=True,
            )
        until(f"running hub: {self.said()[-2000:]}", self._runs)

    def _runs(self):
        assert self.process.poll() is None, self.said()
        return "JupyterHub is now running" in self.said()

    def said(self):
        return self.log.read_text("utf-8", "replace")

    @property
    def password(self):
        return re.search(r"password of each student is (\S+)", self.said())[1]

    def stop(self, sign=signal.SIGINT):
        self.process.send_signal(sign)
        self.process.wait(timeout=PATIENCE)

    def left(self):
        """The processes that belong to this class, servers and kernels included."""
        found = []
        for one in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                about = [*one.cmdline(), *one.environ().values()]
                if any(str(self.folder) in text for text in about):
                    found.append((one.pid, " ".join(one.cmdline())))
        return found


def a_class(folder, *names):
    folder.mkdir()
    (folder / classroom.LIST).write_text("\n".join(names), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """A trial with two students."""
    hub = Hub(
        a_class(tmp_path_factory.mktemp("hub") / "class", "ana", "ben"), "TRIAL=1"
    )
    hub.start()
    yield hub
    if hub.process.poll() is None:
        hub.stop()


@pytest.fixture(scope="module")
def students(hub):
    """Both, logged in, each with a server of their own that runs."""
    found = {name: Student(hub.address, name, hub.password) for name in CHAPTERS}
    for one in found.values():
        assert one.log_in().url == f"{hub.address}/hub/home"
    both(found, Student.start)
    return found


def solved(*questions):
    """The notebook as it is handed out, with the solution's answers to some questions."""
    made = making.MADE / NAME
    notebook = json.loads(making.student_notebook(made).read_text("utf-8"))
    solution = json.loads((made / making.SOLUTION).read_text("utf-8"))
    pairs = zip(notebook["cells"], solution["cells"], strict=True)
    answers = [pair for pair in pairs if pair[0]["source"] != pair[1]["source"]]
    for number, (mine, right) in enumerate(answers, start=1):
        if number in questions:
            mine["source"] = right["source"]
    return notebook


def both(students, do):
    """What each student's doing gives, at the same time."""
    with ThreadPoolExecutor() as pool:
        return dict(zip(students, pool.map(do, students.values()), strict=True))


def kept(hub, name):
    return sorted((hub.folder / "versions" / NAME / name).iterdir())


def test_nobody_else_and_no_other_password_comes_in(hub):
    for name, password in (("ana", "wrong-password"), ("eve", hub.password)):
        answer = Student(hub.address, name, password).log_in()
        assert answer.status_code in {401, 403}, name
    said = " ".join(hub.said().split())
    assert "This is a trial: every server runs as" in said
    assert "can read and change the files of all others" in said


def test_a_chapter_runs_in_each_students_server(students):
    def run(one):
        return one.run(f"chapters/{CHAPTERS[one.name]}.ipynb")

    for name, (printed, errors) in both(students, run).items():
        assert errors == [], name
        stored = stored_texts(ROOT / "notebooks" / f"{CHAPTERS[name]}.ipynb")
        assert len(stored) > 10
        assert [text for text in stored if text not in printed] == [], name


def stored_texts(chapter):
    """What the cells of a chapter printed when it was stored."""
    return [
        "".join(output["text"])
        for cell in json.loads(chapter.read_text("utf-8"))["cells"]
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream"
    ]


def test_two_students_work_hand_in_and_are_graded(hub, students):
    answered = {"ana": solved(*range(1, 7)), "ben": solved(1)}

    def work(one):
        one.save(NOTEBOOK, answered[one.name])
        return one.run(NOTEBOOK)

    for name, (printed, errors) in both(students, work).items():
        assert errors == [], name
        assert "q1 results: All test cases passed!" in printed, name
        right = "q2 results: All test cases passed!" in printed
        assert right == (name == "ana")
    for one in students.values():
        assert 'href="/services/hand-in/"' in one.get(f"{hub.address}/hub/home").text
        page = one.hand_in_page().text
        assert NOTEBOOK in page and "not yet" in page
        code, said = one.hand_in(NOTEBOOK)
        assert code == 200 and said.startswith("Handed in at "), said
        assert f"as {NAME}, version 1" in said
        fingerprint = re.search(r"fingerprint (\w+)", said)[1]
        assert fingerprint in one.hand_in_page().text

    marks = graded(hub)
    assert marks == {"ana.ipynb": ("graded", "20"), "ben.ipynb": ("graded", "3")}
    assert rows(hub)["ben.ipynb"]["sha256"].startswith(fingerprint)


def graded(hub):
    folder = hub.folder / "handed_in" / NAME
    assert grade.main([f"DIR={folder}"]) == 0
    return {file: (row["status"], row["points"]) for file, row in rows(hub).items()}


def rows(hub):
    table = hub.folder / "handed_in" / NAME / f"grades-{NAME}.csv"
    with table.open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_a_second_version_is_graded_and_the_first_is_kept(hub, students):
    ben = students["ben"]
    (first,) = kept(hub, "ben")
    before = first.read_bytes()
    code, said = ben.hand_in(NOTEBOOK)
    assert (code, len(kept(hub, "ben"))) == (200, 1)
    assert "is the same as what you handed in at" in said
    ben.save(NOTEBOOK, solved(1, 2))
    assert "version 2" in ben.hand_in(NOTEBOOK)[1]
    again, second = kept(hub, "ben")
    assert (again, again.read_bytes()) == (first, before)
    newest = hub.folder / "handed_in" / NAME / "ben.ipynb"
    assert newest.read_bytes() == second.read_bytes() != before
    assert graded(hub)["ben.ipynb"] == ("graded", "7")


def test_what_is_not_the_assignment_is_refused_with_a_sentence(hub, students):
    ben = students["ben"]
    before = kept(hub, "ben")
    ben.write("assignments/notes.txt", "The loss is 0.3567.")
    ben.write("assignments/broken.ipynb", '{"cells": [')
    other = ben.read(NOTEBOOK)
    other["metadata"]["otter"]["assignment_name"] = "01_loses"
    ben.save("assignments/other.ipynb", other)
    chapter = f"chapters/{CHAPTERS['ben']}.ipynb"
    says = {
        "assignments/notes.txt": "not a notebook: it is not JSON",
        "assignments/broken.ipynb": "not a notebook: it is not JSON",
        "assignments/other.ipynb": f'it is the assignment "01_loses". Expected the '
        f"notebook of one of: {NAME}.",
        chapter: "it is no assignment, or has lost its name. Expected the notebook of",
        "assignments": "it is no text, so no notebook",
        "assignments/gone.ipynb": "There is no assignments/gone.ipynb in your folder",
        "../ana/assignments/01_losses.ipynb": "in your folder",
        "": "no text",
    }
    for path, sentence in says.items():
        code, said = ben.hand_in(path)
        assert (code, sentence in said) == (400, True), (path, said)
    assert kept(hub, "ben") == before


def test_a_form_of_another_site_hands_in_nothing(hub, students):
    ben = students["ben"]
    before = kept(hub, "ben")
    ben.save(NOTEBOOK, solved(1, 3))
    address = f"{hub.address}/services/hand-in/"
    for fields in ({"path": NOTEBOOK}, {"path": NOTEBOOK, "_xsrf": "guessed"}):
        answer = ben.session.post(address, data=fields, timeout=PATIENCE)
        assert answer.status_code == 403
    assert kept(hub, "ben") == before


def test_nobody_reads_the_server_of_another(hub, students):
    ana, ben = students["ana"], students["ben"]
    for path in ("lab", f"api/contents/{NOTEBOOK}", f"files/{NOTEBOOK}"):
        answer = ben.get(f"{ana.server}/{path}")
        assert answer.status_code in {403, 404}, path
        assert "cross_entropy" not in answer.text
    stranger = Student(hub.address, "eve", "")
    opened = stranger.get(f"{ana.server}/lab")
    assert "/hub/login" in opened.url
    assert "Username" in stranger.hand_in_page().text
    assert stranger.get(f"{ana.server}/api/contents").status_code == 403


def test_a_server_that_is_stopped_is_named(hub, students):
    ben = students["ben"]
    answer = ben.session.delete(
        f"{hub.address}/hub/api/users/ben/server",
        headers=ben._xsrf_of("/hub/"),
        timeout=PATIENCE,
    )
    assert answer.status_code in {202, 204}, answer.text
    until(
        "page that says that the server is stopped",
        lambda: "Start it on the hub" in ben.hand_in_page().text,
    )
    code, said = ben.hand_in(NOTEBOOK)
    assert code == 400 and "Start it on the hub's page" in said


def test_a_hub_that_was_killed_goes_on_where_it_was(hub, students):
    saved = students["ana"].read(NOTEBOOK)
    path = hub.folder / "handed_in" / NAME / "ana.ipynb"
    whole = path.read_bytes()
    hub.stop(signal.SIGKILL)
    path.unlink()
    hub.start()
    assert path.read_bytes() == whole
    again = Student(hub.address, "ana", hub.password)
    again.log_in()
    again.start()
    assert again.read(NOTEBOOK) == saved
    assert "version 1" in again.hand_in(NOTEBOOK)[1]


def test_after_the_end_nothing_runs_and_everything_is_there(hub):
    assert len(hub.left()) >= 4  # hub, proxy, service, ana's server
    hub.stop()
    until("end of all processes", lambda: not hub.left())
    assert (hub.folder / "students" / "ana" / NOTEBOOK).is_file()
    for secret in ("handed_in", "versions", "hub"):
        assert stat.S_IMODE((hub.folder / secret).stat().st_mode) == 0o700


def test_a_class_has_one_hub(hub):
    hub.start()
    second = subprocess.run(
        hub._command, env=HERE, capture_output=True, text=True, timeout=PATIENCE
    )
    hub.stop()
    assert second.returncode == 1
    assert second.stderr.endswith(
        "which another hub serves already. End that one first.\n"
    )
