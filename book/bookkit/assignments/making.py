"""Make of each master notebook what is handed out, what grades, and the solution.

otter-grader reads the master. What it makes lies in ``_build/course/NAME``: the students'
notebook in ``student``, ``autograder.zip``, which other hosts of otter take, and
``solution.ipynb``. A folder is replaced as a whole, and left alone while the master, otter
and this module are what they were.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

from bookkit import ROOT
from bookkit.assignments.folder_lock import locked

MASTERS = ROOT / "notebooks" / "assignments"
MADE = ROOT / "_build" / "course"
AUTOGRADER = "autograder.zip"
SOLUTION = "solution.ipynb"
UNFINISHED = ".new-"
_STAMP = "made.json"


class AssignmentError(ValueError):
    """A sentence for the person at the keyboard: what was expected, and what came."""


def names() -> list[str]:
    """The assignments, by the names of their masters."""
    return sorted(path.stem for path in MASTERS.glob("*.ipynb"))


def requirements(name: str) -> list[str]:
    """The packages that an assignment asks for."""
    notebook = json.loads((MASTERS / f"{name}.ipynb").read_text("utf-8"))
    config = yaml.safe_load("".join(notebook["cells"][0]["source"]))
    return [str(package) for package in config["requirements"]]


def missing(name: str) -> list[str]:
    """Those of them that are not installed here."""
    found = []
    for package in requirements(name):
        try:
            version(package)
        except PackageNotFoundError:
            found.append(package)
    return found


def checked(name: str) -> str:
    """Return the name of an assignment, or say which there are."""
    if name not in names():
        raise AssignmentError(
            f'ASSIGNMENT is "{name}". Expected one of: {", ".join(names())}.'
        )
    return name


def _stamp(master: Path) -> dict[str, str]:
    return {
        "master": hashlib.sha256(master.read_bytes()).hexdigest(),
        "maker": hashlib.sha256(Path(__file__).read_bytes()).hexdigest(),
        "otter": version("otter-grader"),
    }


def is_made(name: str, made: Path = MADE) -> bool:
    """Whether what is there was made from the master as it is."""
    parts = (AUTOGRADER, SOLUTION, f"student/{name}.ipynb")
    if not all((made / name / part).is_file() for part in parts):
        return False
    try:
        stamp = json.loads((made / name / _STAMP).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return bool(stamp == _stamp(MASTERS / f"{name}.ipynb"))


def make(name: str, new: Path) -> None:
    """Make one assignment in a folder that is not there yet."""
    from otter.assign import main as assign

    master = MASTERS / f"{checked(name)}.ipynb"
    stamp = _stamp(master)
    with tempfile.TemporaryDirectory() as scratch:
        raw = Path(scratch, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assign(str(master), str(raw), no_pdfs=True, no_run_tests=True)
        (new / "student").mkdir(parents=True)
        student = json.loads((raw / "student" / master.name).read_text("utf-8"))
        _write_notebook(new / "student" / master.name, student)
        solved = json.loads((raw / "autograder" / master.name).read_text("utf-8"))
        _write_notebook(new / SOLUTION, solved)
        (archive,) = (raw / "autograder").glob("*.zip")
        shutil.copy(archive, new / AUTOGRADER)
    (new / _STAMP).write_text(json.dumps(stamp, indent=1), encoding="utf-8")


def put(new: Path, name: str, made: Path = MADE) -> None:
    """Let a folder that was made take the place of the older one."""
    if (made / name).exists():
        shutil.rmtree(made / name)
    os.rename(new, made / name)


def _write_notebook(path: Path, notebook: dict[str, Any]) -> None:
    """Write it with the cells numbered, so that the same master gives the same file."""
    for number, cell in enumerate(notebook["cells"], start=1):
        cell["id"] = f"cell-{number:02d}"
    text = json.dumps(notebook, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


@contextmanager
def alone(made: Path = MADE) -> Iterator[None]:
    """Let no second command make assignments, and remove what a killed one left."""
    made.mkdir(parents=True, exist_ok=True)
    with locked(made):
        for left in made.glob(f"{UNFINISHED}*"):
            shutil.rmtree(left)
        yield


def student_notebook(folder: Path) -> Path:
    """The notebook that is handed out, in the folder of an assignment."""
    (path,) = (folder / "student").glob("*.ipynb")
    return path


def read_tests(folder: Path) -> dict[str, str]:
    """The source of each question's tests, hidden ones included, from the autograder."""
    with zipfile.ZipFile(folder / AUTOGRADER) as archive:
        found = {
            Path(name).stem: archive.read(name).decode("utf-8")
            for name in archive.namelist()
            if name.startswith("tests/") and name.endswith(".py")
        }
    return dict(sorted(found.items()))
