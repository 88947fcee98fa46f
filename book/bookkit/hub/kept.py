"""What a class handed in. Every version is kept, and the newest is what the teacher grades.

    handed_in/01_losses/ana.ipynb                          the newest
    versions/01_losses/ana/0002-20261130T184512Z.ipynb     each, with the time in UTC

A version never takes the place of another. It is whole on the disk before it has its name,
and only then it becomes the newest; what a power cut left between is mended at the next start.

Standard library alone: the hub's service takes it along.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

HANDED_IN, VERSIONS = "handed_in", "versions"
_SECRET = 0o700
_TIME = "%Y%m%dT%H%M%SZ"
_VERSION = re.compile(r"(\d{4,})-(\d{8}T\d{6}Z)\.ipynb")


@dataclass(frozen=True)
class Version:
    """One notebook that was handed in."""

    number: int
    at: datetime
    path: Path

    @property
    def fingerprint(self) -> str:
        """The beginning of the SHA-256 of its bytes, as the table of grades has it."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()[:12]


def file_name(student: str) -> str:
    """A login name as the name of a file: no two names share one, and none is hidden."""
    name = quote(student, safe="@")
    return f"%2E{name[1:]}" if name.startswith(".") else name


class Kept:
    """The two folders, which nobody but their owner opens."""

    def __init__(self, folder: Path) -> None:
        self._newest = folder / HANDED_IN
        self._versions = folder / VERSIONS
        for place in (self._newest, self._versions):
            place.mkdir(mode=_SECRET, parents=True, exist_ok=True)
            place.chmod(_SECRET)

    def versions(self, student: str, assignment: str) -> list[Version]:
        """What somebody handed in for an assignment, the oldest first."""
        return _versions_in(self._versions / assignment / file_name(student))

    def put(
        self, student: str, assignment: str, data: bytes, now: datetime | None = None
    ) -> tuple[Version, bool]:
        """Keep a notebook; return its version, and whether it is another than the last."""
        folder = self._versions / assignment / file_name(student)
        folder.mkdir(mode=_SECRET, parents=True, exist_ok=True)
        with _alone_in(folder):
            before = _versions_in(folder)
            if before and before[-1].path.read_bytes() == data:
                self._show(before[-1], student, assignment)
                return before[-1], False
            number = before[-1].number + 1 if before else 1
            at = (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
            path = folder / f"{number:04d}-{at.strftime(_TIME)}.ipynb"
            _write(path, data)
            version = Version(number, at, path)
            self._show(version, student, assignment)
            return version, True

    def bring_up_to_date(self) -> None:
        """Let the newest version be the one that is graded, for everybody."""
        for folder in sorted(self._versions.glob("*/*/")):
            with _alone_in(folder):
                if versions := _versions_in(folder):
                    self._show_as(versions[-1], folder.parent.name, folder.name)

    def _show(self, version: Version, student: str, assignment: str) -> None:
        self._show_as(version, assignment, file_name(student))

    def _show_as(self, version: Version, assignment: str, name: str) -> None:
        shown = self._newest / assignment / f"{name}.ipynb"
        data = version.path.read_bytes()
        if not shown.is_file() or shown.read_bytes() != data:
            shown.parent.mkdir(mode=_SECRET, exist_ok=True)
            _write(shown, data)
            os.utime(shown, (version.at.timestamp(),) * 2)


def _versions_in(folder: Path) -> list[Version]:
    found = []
    for path in folder.glob("*.ipynb") if folder.is_dir() else ():
        if name := _VERSION.fullmatch(path.name):
            at = datetime.strptime(name[2], _TIME).replace(tzinfo=UTC)
            found.append(Version(int(name[1]), at, path))
    return sorted(found, key=lambda version: version.number)


def _write(path: Path, data: bytes) -> None:
    """Put a file on the disk, all of it or none."""
    beside = path.with_name(f".{path.name}.part")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
