"""A class's folder: what the hub needs before it starts, and what it hands out.

students.txt   the login names, one a line, which the teacher writes
material/      what each student gets: the chapters, the assignments, where to begin
handed_in/     what came back, the newest of each student, for `make grade`
versions/      each version of it
hub/           the hub's database and secrets
students/      the students' folders, in a trial alone
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import re
import shutil
import socket
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from bookkit import ROOT
from bookkit.assignments.folder_lock import locked
from bookkit.assignments.making import (
    MADE,
    MASTERS,
    AssignmentError,
    missing,
    names,
    student_notebook,
)
from bookkit.machine.node_packages import ensure_installed, node_command
from bookkit.reading.contents import chapters

MATERIAL, STATE, STUDENTS, LIST = "material", "hub", "students", "students.txt"
HERE = Path(__file__).resolve().parent
LOCAL = "127.0.0.1"
FIRST_PORT, LAST_PORT = 1024, 65532
_OWN_PORTS = 4
_PROXY = "configurable-http-proxy/bin/configurable-http-proxy"
_SECONDS_TO_END = 10
# What a login name may be; useradd of Debian takes no others.
_LOGIN = re.compile(r"[a-z_][a-z0-9_.-]{0,31}")
_SOLUTIONS = (MASTERS, MADE, ROOT / "tests" / "course" / "answers")


@dataclass(frozen=True)
class Order:
    """What the teacher asked for."""

    folder: Path
    students: tuple[str, ...]
    assignments: tuple[str, ...]
    port: int = 8000
    address: str = LOCAL
    certificate: str = ""
    key: str = ""
    trial: bool = False
    password: str = ""

    def as_json(self) -> str:
        """The order as the environment carries it."""
        return json.dumps(asdict(self) | {"folder": str(self.folder)})

    @classmethod
    def from_json(cls, text: str) -> Order:
        """Read an order again."""
        known = json.loads(text)
        lists = {name: tuple(known[name]) for name in ("students", "assignments")}
        return cls(**known | lists | {"folder": Path(known["folder"])})


def ports(first: int) -> tuple[int, int, int, int]:
    """Where the proxy, the hub, the proxy's own door and the service listen."""
    return (first, first + 1, first + 2, first + 3)


def proxy_command() -> list[str]:
    """The command that starts configurable-http-proxy, which comes from npm."""
    installed = ensure_installed(HERE)
    return [*node_command(), str(installed / _PROXY)]


def students_of(folder: Path) -> tuple[str, ...]:
    """The login names of the class."""
    path = folder / LIST
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except FileNotFoundError as error:
        raise AssignmentError(
            f"{path} is missing. Expected the login names of the class, one a line."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise AssignmentError(f"{path} cannot be read: {error}.") from error
    found = [
        (number, name)
        for number, line in enumerate(lines, start=1)
        if (name := line.partition("#")[0].strip())
    ]
    if not found:
        raise AssignmentError(
            f"{path} names nobody. Expected the login names of the class, one a line."
        )
    seen: dict[str, int] = {}
    for number, name in found:
        if not _LOGIN.fullmatch(name):
            raise AssignmentError(
                f'{path}, line {number}: "{name}" is no login name. Expected small letters, '
                "digits, dots, hyphens and underscores, a letter first, 32 at most."
            )
        if name in seen:
            raise AssignmentError(
                f'{path}, line {number}: "{name}" stands in line {seen[name]} too. '
                "Expected each name once."
            )
        seen[name] = number
    return tuple(seen)


def assignments_of(asked: str) -> tuple[str, ...]:
    """The assignments that are handed out: those that were asked for, or all."""
    wanted = [name.strip() for name in asked.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in names()]
    if unknown:
        raise AssignmentError(
            f'ASSIGNMENTS names "{unknown[0]}". Expected some of: {", ".join(names())}.'
        )
    lacking = {name: missing(name) for name in wanted if missing(name)}
    for name, packages in lacking.items():
        raise AssignmentError(
            f"ASSIGNMENTS names {name}, which needs {', '.join(packages)}; that is not "
            "installed here."
        )
    return tuple(wanted or [name for name in names() if not missing(name)])


def check_accounts(students: tuple[str, ...]) -> None:
    """See that each student has an account of this system, and that the hub can become it."""
    if os.getuid() != 0:
        raise AssignmentError(
            "A class needs root: each student's server runs as that student's own user of "
            "this system. Expected root; this is "
            f"{pwd.getpwuid(os.getuid()).pw_name}. Run the command with sudo, or try the "
            "hub alone on this machine with TRIAL=1."
        )
    lacking = []
    for name in students:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            lacking.append(name)
            continue
        if account.pw_uid == 0:
            raise AssignmentError(
                f'{LIST} names "{name}", who may do everything on this machine. Expected '
                "ordinary users."
            )
    if lacking:
        raise AssignmentError(
            f"{LIST} names {len(lacking)} that this system does not know: "
            f"{', '.join(lacking)}. Make an account for each, as root: "
            f"useradd --create-home --shell /bin/bash {lacking[0]} && passwd {lacking[0]}"
        )


def _closed_to_others(path: Path) -> Path | None:
    """The first folder on the way to a path that other users cannot go through."""
    for place in [*reversed(path.parents), path]:
        mode = place.stat().st_mode
        wanted = stat.S_IXOTH | (stat.S_IROTH if place == path else 0)
        if mode & wanted != wanted:
            return place
    return None


def check_reach(folder: Path) -> None:
    """See that students can read what their servers run, and what is handed out."""
    for what, path in (
        ("Python", Path(sys.executable).resolve()),
        ("the book's packages", Path(sys.prefix).resolve()),
        ("the book", HERE),
        ("what is handed out", folder),
    ):
        closed = _closed_to_others(path)
        if closed is not None:
            raise AssignmentError(
                f"Students cannot read {what}: {closed} is closed to other users. Expected "
                "a place that all may read, such as a folder in /opt or /srv."
            )


def close_solutions() -> list[str]:
    """Close the folders with solutions and hidden tests to students; return their names."""
    closed = []
    for place in _SOLUTIONS:
        if place.is_dir() and stat.S_IMODE(place.stat().st_mode) != 0o700:
            place.chmod(0o700)
            closed.append(place.relative_to(ROOT).as_posix())
    return closed


@contextmanager
def alone_with(folder: Path) -> Iterator[None]:
    """Let no second hub serve the class, and end what a killed one has left.

    The lock is the hub's own, which goes on in this process, and ends with it.
    """
    state = folder / STATE
    state.mkdir(mode=0o700, exist_ok=True)
    busy = AssignmentError(
        f"DIR is {folder}, which another hub serves already. End that one first."
    )
    with locked(state, busy) as descriptor:
        os.set_inheritable(descriptor, True)
        left = list(_left_by(folder))
        for one in left:
            with contextlib.suppress(psutil.Error):
                one.terminate()
        _, alive = psutil.wait_procs(left, timeout=_SECONDS_TO_END)
        for one in alive:
            with contextlib.suppress(psutil.Error):
                one.kill()
        psutil.wait_procs(alive, timeout=_SECONDS_TO_END)
        yield


def _left_by(folder: Path) -> Iterator[psutil.Process]:
    """The proxy and the service of a hub that is no more; students' servers go on."""
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if one.uids().real != os.getuid():
                continue
            command = " ".join(one.cmdline())
            known = "bookkit.hub.hand_in" in command or _PROXY in command
            if known and one.environ().get("XENT_CLASS") == str(folder):
                yield one


def check_ports(first: int) -> None:
    """See that nothing else listens where the hub will."""
    for port in ports(first):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOCAL, port))
            except OSError as error:
                raise AssignmentError(
                    f"PORT is {first}, and something listens on {port} already. Expected "
                    f"{_OWN_PORTS} free ports from PORT on."
                ) from error


def prepare(folder: Path, assignments: tuple[str, ...]) -> None:
    """Make the class's folders, and put what is handed out in order."""
    for name, mode in (("", 0o755), (STATE, 0o700)):
        (folder / name).mkdir(mode=mode, exist_ok=True)
        (folder / name).chmod(mode)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".material-") as scratch:
        new = Path(scratch, MATERIAL)
        for place, notebooks in (
            ("chapters", chapters()),
            ("assignments", [student_notebook(MADE / name) for name in assignments]),
        ):
            (new / place).mkdir(parents=True)
            for notebook in notebooks:
                shutil.copyfile(notebook, new / place / notebook.name)
        shutil.copyfile(HERE / "start.md", new / "start.md")
        for path in (new, *new.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        shown = folder / MATERIAL
        if shown.exists():
            shown.rename(Path(scratch, "old"))
        new.rename(shown)
