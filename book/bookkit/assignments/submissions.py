"""Find what a class handed in, and read it without running it.

A submission is a notebook, or a zip that holds one, as otter's export cell makes it.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bookkit.assignments.making import AssignmentError
from bookkit.assignments.notebooks import BIGGEST, UnfitError, parsed

_SUFFIXES = (".ipynb", ".zip")
_GRADES = re.compile(r"grades-\w+\.csv(\.part)?")


@dataclass(frozen=True)
class Submission:
    """One thing that was handed in."""

    file: str
    path: Path

    @property
    def digest(self) -> str:
        """The fingerprint of its bytes; empty for what is no file."""
        if not self.path.is_file():
            return ""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def find(folder: Path, csv: Path | None = None) -> list[Submission]:
    """Every submission in a folder, in the order of their names.

    In the folder itself each file is one, whatever it is. In a folder below, which holds one
    person's files, the notebooks and zips are, or the folder itself if it has none. Tables of
    grades are left out: those that the grader names itself, and the one that is named.
    """
    if not folder.exists():
        raise AssignmentError(
            f"DIR is {folder}, and there is no such folder. Expected a folder with the "
            "notebooks that were handed in."
        )
    if not folder.is_dir():
        raise AssignmentError(f"DIR is {folder}, which is a file. Expected a folder.")
    found = []
    for path in sorted(folder.iterdir()):
        own = _GRADES.fullmatch(path.name) or (csv is not None and _same(path, csv))
        if own or path.name.startswith((".", "__MACOSX")):
            continue
        inside = sorted(_notebooks_in(path)) if path.is_dir() else []
        found += inside or [path]
    if not found:
        raise AssignmentError(
            f"DIR is {folder}, which is empty. Expected the notebooks that were handed in."
        )
    if not any(path.suffix.lower() in _SUFFIXES for path in found):
        raise AssignmentError(
            f"DIR is {folder}, which holds no notebook: no file in it ends in .ipynb or "
            f".zip; the first is {found[0].name}."
        )
    return [Submission(path.relative_to(folder).as_posix(), path) for path in found]


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _notebooks_in(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
        if path.suffix.lower() in _SUFFIXES and path.is_file() and not hidden:
            yield path


def read(submission: Submission) -> dict[str, Any]:
    """Return the notebook of a submission.

    Raises
    ------
    UnfitError
        If it is not one.
    """
    path = submission.path
    if path.is_dir():
        raise UnfitError("The folder holds no file that ends in .ipynb or .zip.")
    if not path.is_file():
        raise UnfitError("It is no file: a link that leads nowhere, or a device.")
    try:
        size = path.stat().st_size
        if size > BIGGEST:
            raise UnfitError(
                f"The file has {size / 2**20:.0f} MiB, and {BIGGEST / 2**20:.0f} MiB are "
                "read. Were its outputs cleared?"
            )
        data = path.read_bytes()
    except OSError as error:
        raise UnfitError(f"The file cannot be read: {error.strerror}.") from error
    if path.suffix.lower() == ".zip":
        data = _from_zip(data)
    return parsed(data)


def _from_zip(data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = [
                one
                for one in archive.infolist()
                if one.filename.endswith(".ipynb")
                and not one.filename.startswith("__MACOSX")
                and ".ipynb_checkpoints" not in one.filename
            ]
            if len(inside) != 1:
                raise UnfitError(f"The zip holds {len(inside)} notebooks, not one.")
            with archive.open(inside[0]) as file:
                # The size that a zip states is its own word; read no more than is allowed.
                found = file.read(BIGGEST + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise UnfitError(f"The file is no zip that can be read: {error}.") from error
    if len(found) > BIGGEST:
        raise UnfitError(f"The notebook in the zip is over {BIGGEST / 2**20:.0f} MiB.")
    return found


def answers(cells: list[str], handed_out: list[str]) -> tuple[str, ...]:
    """The cells that are not as they were handed out, without blanks at line ends."""

    def plain(cell: str) -> str:
        return "\n".join(line.rstrip() for line in cell.strip().splitlines())

    given = {plain(cell) for cell in handed_out} | {""}
    return tuple(one for one in map(plain, cells) if one not in given)
