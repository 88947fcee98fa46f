"""Run one submission and test it: ``python -I sandbox.py FD``, a request on standard input.

Started by ``grading.py`` in a process group of its own. It shuts off what the system lets it
shut off, runs the notebook's code cells, tests each question where the notebook asks for it,
and what was not tested then at the end, as otter does. It reports on the descriptor FD, one
line of JSON at a time, so that what was known before a limit was reached is known.

Standard library until the doors are shut; then IPython and otter.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

# What a submission can reach if the system does not let us shut it off.
DOORS = ("network", "files", "processes", "process list")

_NEW_MOUNTS, _NEW_IPC, _NEW_USER, _NEW_PROCESSES, _NEW_NETWORK = (
    *(0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000),
)
_READ_ONLY, _NO_SETUID, _NO_DEVICES, _NO_PROGRAMS = 1, 2, 4, 8
_RECURSIVE, _PRIVATE = 0x4000, 0x40000
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_MOUNT_SETATTR = 442  # the number of the system call, the same on every processor
_AT_RECURSIVE, _WORKING_FOLDER = 0x8000, -100
_BIGGEST_FILE = 256 * 2**20
_LONGEST_MESSAGE = 600
_SECONDS_TO_START = 60


class _Attributes(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")
    ]


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class _System:
    """The few calls of Linux that Python 3.11 has no function for."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None, use_errno=True)

    def unshare(self, what: int) -> None:
        _checked(self._library.unshare(what))

    def mount(self, source: str, place: str, kind: str, flags: int, data: str) -> None:
        texts = [text.encode() for text in (source, place, kind)]
        _checked(
            self._library.mount(*texts, ctypes.c_ulong(flags), data.encode() or None)
        )

    def make_everything_read_only(self) -> None:
        wanted = _Attributes(set=_READ_ONLY)
        _checked(
            self._library.syscall(
                *(_MOUNT_SETATTR, _WORKING_FOLDER, b"/", _AT_RECURSIVE),
                *(ctypes.byref(wanted), ctypes.c_size_t(ctypes.sizeof(wanted))),
            )
        )

    def die_with_parent(self) -> None:
        self._library.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)


def _become_the_same_user(user: int, group: int) -> None:
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def _shut_files(system: _System, work: str, hidden: list[str]) -> None:
    """Let the process see its own folder alone change, and the grader's not at all."""
    system.unshare(_NEW_MOUNTS)
    system.mount("none", "/", "", _RECURSIVE | _PRIVATE, "")
    quiet = _NO_SETUID | _NO_DEVICES
    for place in hidden:
        system.mount("none", place, "tmpfs", quiet, "size=4k")
    system.make_everything_read_only()
    system.mount("none", work, "tmpfs", quiet, f"size={_BIGGEST_FILE}")


def shut_doors(work: str, hidden: list[str]) -> list[str]:
    """Shut off what the system allows, and return which doors stay open."""
    try:
        system = _System()
        system.die_with_parent()
        user, group = os.getuid(), os.getgid()
        system.unshare(_NEW_USER)
        _become_the_same_user(user, group)
    except (AttributeError, OSError):
        return list(DOORS)
    still_open = []

    def attempt(door: str, shut: Callable[[], None]) -> None:
        try:
            shut()
        except OSError:
            still_open.append(door)

    attempt("network", lambda: system.unshare(_NEW_NETWORK | _NEW_IPC))
    attempt("files", lambda: _shut_files(system, work, hidden))
    if "files" not in still_open:
        # In a user namespace below, what was mounted above can no longer be unmounted.
        attempt("files", lambda: system.unshare(_NEW_USER | _NEW_MOUNTS))
    attempt("processes", lambda: system.unshare(_NEW_PROCESSES))
    if "processes" not in still_open:
        _go_on_as_the_first_process(system)
    if {"files", "processes"} & set(still_open):
        still_open.append("process list")
    else:
        # Some containers do not allow it; the other processes are then seen, not touched.
        attempt("process list", lambda: _shut_process_list(system))
    return still_open


def _shut_process_list(system: _System) -> None:
    # The kernel allows no more than what the covered one has.
    flags = _READ_ONLY | _NO_SETUID | _NO_DEVICES | _NO_PROGRAMS
    system.mount("proc", "/proc", "proc", flags, "")


def _go_on_as_the_first_process(system: _System) -> None:
    """Fork into the new namespace: when its first process ends, all in it end."""
    child = os.fork()
    if child == 0:
        system.die_with_parent()
        return
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
        time.sleep(1)
    os._exit(code & 0xFF)


def _limit(kind: int, amount: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        amount = min(amount, hard)
    # Where a system has no such limit, the grader watches time and memory all the same.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(kind, (amount, amount))


def set_limits(seconds: float, memory: int) -> None:
    """Bound what one process may take; the grader bounds them all together."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_FSIZE, _BIGGEST_FILE)
    _limit(resource.RLIMIT_CPU, int(2 * seconds) + _SECONDS_TO_START)


class Report:
    """Writes lines that carry a word which only the grader and this process know."""

    def __init__(self, descriptor: int, word: str) -> None:
        self._descriptor = descriptor
        self._word = word

    def __call__(self, **what: Any) -> None:
        line = json.dumps({"word": self._word, **what}, ensure_ascii=True) + "\n"
        data = line.encode("ascii")
        while data:
            data = data[os.write(self._descriptor, data) :]


class Tester:
    """Tests questions against the names that the cells have defined so far."""

    def __init__(self, tests: Mapping[str, str], report: Report) -> None:
        from otter.test_files import ExceptionTestFile

        self._tests = {
            question: ExceptionTestFile.from_string(source, path=f"{question}.py")
            for question, source in tests.items()
        }
        self._report = report
        self._tested: set[str] = set()

    def __call__(self, question: str, names: dict[str, Any]) -> None:
        """Test a question; as with otter, the last time that it is tested counts."""
        test = self._tests[question]
        test.run(names)
        self._tested.add(question)
        self._report(
            question=question,
            points=float(test.score),
            of=float(test.possible),
            failed=[
                _last_line(result.message)
                for result in test.test_case_results
                if not result.passed
            ],
        )

    def rest(self, names: dict[str, Any]) -> None:
        """Test what the notebook has not asked for."""
        for question in self._tests:
            if question not in self._tested:
                self(question, names)


def _last_line(message: str) -> str:
    """What a failed test says, without the line of code that said it."""
    found = message.rstrip().splitlines()[-1] if message.strip() else ""
    return found.removeprefix("AssertionError: ")[:_LONGEST_MESSAGE]


def _stand_in(test: Tester, names: dict[str, Any]) -> type:
    """What a submission's cells get for ``otter.Notebook``: it tests, and exports nothing."""

    class Notebook:
        def __init__(self, *given: Any, **named: Any) -> None:
            pass

        def check(self, question: str, global_env: Any = None) -> None:
            test(question, names if global_env is None else global_env)

        def __getattr__(self, name: str) -> Callable[..., None]:
            if name.startswith("_"):
                raise AttributeError(name)
            return lambda *given, **named: None

    return Notebook


def _leave_out_what_is_slow() -> None:
    # jsonschema, which otter brings, builds a grammar of web addresses as it is imported. That
    # takes longer than all the rest, jsonschema does without it, and no test needs it.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]


def run(cells: list[str], tests: Mapping[str, str], report: Report) -> None:
    """Run the cells, go on after one that raises, and test every question."""
    _leave_out_what_is_slow()
    import otter
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.colors = "nocolor"
    shell = InteractiveShell.instance(config=settings)
    test = Tester(tests, report)
    otter.Notebook = _stand_in(test, shell.user_ns)
    for number, source in enumerate(cells, start=1):
        report(cell=number)
        try:
            result = shell.run_cell(source)
        except SystemExit as error:
            report(raised=f"SystemExit: {error}", cell=number)
            continue
        failure = result.error_before_exec or result.error_in_exec
        if failure is not None:
            text = f"{type(failure).__name__}: {failure}".splitlines()[0].rstrip(": ")
            report(raised=text[:_LONGEST_MESSAGE], cell=number)
    report(cell=0)
    test.rest(shell.user_ns)


def main() -> int:
    """Read the request, shut the doors, run, and report."""
    request = json.loads(sys.stdin.buffer.read())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    report = Report(int(sys.argv[1]), request["word"])
    still_open = shut_doors(request["work"], request["hidden"])
    set_limits(request["seconds"], request["memory"])
    os.chdir(request["work"])
    report(still_open=still_open)
    run(request["cells"], request["tests"], report)
    report(end=True)
    # Threads that a submission left behind would keep the interpreter from ending.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
