"""Make .venv and install what a command needs into it.

    python environment.py {book,all} TARGET [--given]

The Makefile runs this file for TARGET with whatever interpreter is at hand. It uses the
standard library alone, in syntax that Python 2.7 reads, because an interpreter that is too
old has to get as far as the sentence that refuses it. ``--given`` says that a person named
the interpreter, so a .venv of another version is made again.

Which build of torch is installed, the variable TORCH says; see ``install_torch``.
"""

from __future__ import print_function

import hashlib
import io
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

try:
    import fcntl
except ImportError:
    sys.exit("This book is built on Linux or macOS; on Windows, run make inside WSL.")

TYPE_CHECKING = False  # Python 2.7 has no typing; mypy takes this for true
if TYPE_CHECKING:
    from typing import IO, Any, Dict, Iterable, Iterator, List, Optional, Tuple  # noqa: F401

    Stamp = Optional[Dict[str, Any]]

OLDEST, NEWEST = (3, 11), (3, 14)
HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "xent-book.json")
INPUTS = ("pyproject.toml", "constraints.txt", "requirements.txt")
UNFINISHED = {"state": "unfinished"}
FINISHED_KEYS = {"inputs", "python", "root", "serves"}

# What pip is asked for, and how to call it when speaking to a person. A group also
# serves every group that it lists last.
GROUPS = {
    "book": (
        ["-c", "constraints.txt", "-e", ".[book]"],
        "what building the book needs (a minute or so)",
        ["book"],
    ),
    "all": (
        ["-r", "requirements.txt"],
        "everything that the chapters and tests need (some minutes the first time)",
        ["book", "all"],
    ),
}

# Where PyTorch keeps the builds for machines without a graphics card.
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
SECONDS_TO_ANSWER = 5
TORCH_CHOICES = ("", "cpu", "any", "none")
NO_CPU_BUILD = 3  # the exit code that tells other commands so

MEGABYTES_TO_NAME = 500
DOWNLOAD = re.compile(r"\s*Downloading (\S+) \(([\d.]+) ([kMG]?)i?B\)")
IN_MEGABYTES = {"": 1e-6, "k": 1e-3, "M": 1, "G": 1e3}

OFFLINE = re.compile(
    r"connection|timed out|timeout|name resolution|proxy|ssl|no matching distribution|"
    r"could not find a version|network",
    re.IGNORECASE,
)


class RefusalError(Exception):
    """A sentence for the person at the keyboard."""

    code = 1
    changed = False  # whether .venv is no longer what it was


class NoCpuBuildError(RefusalError):
    code = NO_CPU_BUILD


class PipError(RefusalError):
    def __init__(self, lines):
        # type: (List[str]) -> None
        RefusalError.__init__(self, explain(lines))
        # Up to this line pip has read and downloaded, and changed nothing.
        self.changed = any(line.startswith("Installing collected") for line in lines)


def dotted(version):
    # type: (Iterable[object]) -> str
    return ".".join(str(part) for part in version)


def say(text):
    # type: (str) -> None
    print(text)
    sys.stdout.flush()


def hash_of_inputs():
    # type: () -> str
    digest = hashlib.sha256()
    for name in INPUTS:
        with io.open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read() + b"\0")
    return digest.hexdigest()


def read_stamp():
    # type: () -> Stamp
    """Return what the last run wrote, or None for a .venv made without this file."""
    if not os.path.exists(STAMP):
        return None
    try:
        with io.open(STAMP, encoding="utf-8") as file:
            stamp = json.load(file)
    except (IOError, OSError, ValueError):
        return UNFINISHED
    complete = isinstance(stamp, dict) and set(stamp) >= FINISHED_KEYS
    return stamp if complete else UNFINISHED


def write_stamp(stamp):
    # type: (Stamp) -> None
    # Renamed into place, so that a kill in the middle leaves the old stamp or the new.
    if stamp is None:
        os.remove(STAMP)
        return
    with io.open(STAMP + ".part", "wb") as file:
        file.write(json.dumps(stamp, sort_keys=True, indent=1).encode("utf-8"))
    os.rename(STAMP + ".part", STAMP)


def finished_stamp(group, torch=""):
    # type: (str, str) -> Dict[str, Any]
    return {
        "inputs": hash_of_inputs(),
        "python": list(version_of_venv() or ()),
        "root": ROOT,
        "serves": GROUPS[group][2],
        "torch": torch,
    }


def version_of_venv():
    # type: () -> Optional[Tuple[int, ...]]
    """Return the (major, minor) of the interpreter in .venv, or None if it is broken."""
    question = "import sys; print(sys.prefix); print('%d %d' % sys.version_info[:2])"
    try:
        with io.open(os.devnull, "wb") as nowhere:
            answer = subprocess.check_output([PYTHON, "-c", question], stderr=nowhere)
    except (OSError, subprocess.CalledProcessError):
        return None
    prefix, version = answer.decode("utf-8", "replace").splitlines()[-2:]
    # Without its pyvenv.cfg the interpreter answers for the system's Python, and pip
    # would install there.
    if os.path.realpath(prefix) != os.path.realpath(VENV):
        return None
    return tuple(int(part) for part in version.split())


def why_make_again(stamp, version, wanted):
    # type: (Stamp, Optional[Tuple[int, ...]], Optional[Tuple[int, ...]]) -> Optional[str]
    """Return what is wrong with .venv, or None if it can be used."""
    if not os.path.lexists(VENV):
        return "there is none"
    if version is None:
        return "its interpreter does not run"
    if stamp == UNFINISHED:
        return "an earlier installation was cut short"
    if stamp and stamp.get("root") != ROOT:
        return "this folder was moved or copied"
    if version < OLDEST or (stamp and stamp.get("python") != list(version)):
        return "it was made for another Python"
    if wanted and version != wanted:
        return "it has Python {0}, and {1} was asked for".format(
            dotted(version), dotted(wanted)
        )
    return None


def refuse_an_unfit_interpreter(target):
    # type: (str) -> None
    name = "make {0} PYTHON=python3.12".format(target)
    here = dotted(sys.version_info[:3])
    if sys.version_info[:2] < OLDEST:
        raise RefusalError(
            "This book needs Python {0} or newer, and {1} is Python {2}. "
            "Name a newer one, for example: {3}".format(
                dotted(OLDEST), sys.executable, here, name
            )
        )
    if sys.version_info[:2] > NEWEST:
        say(
            "Python {0} is newer than the ones this book is tested with ({1} to {2}). "
            "If installing fails, name one of those, for example: {3}".format(
                here, dotted(OLDEST), dotted(NEWEST), name
            )
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise RefusalError(
            "Python {0} has no venv module, which Debian and Ubuntu package on its own. "
            "Install it (apt install python3-venv, or python{1}-venv for one version) "
            "and run the same command again.".format(here, dotted(sys.version_info[:2]))
        )


def make_venv(reason):
    # type: (str) -> None
    try:
        if os.path.isdir(VENV) and not os.path.islink(VENV):
            say("Making .venv again: " + reason + ".")
            shutil.rmtree(VENV)
        elif os.path.lexists(VENV):
            os.remove(VENV)
        say("Making .venv with Python " + dotted(sys.version_info[:3]) + ".")
        os.mkdir(VENV)
        write_stamp(UNFINISHED)
    except (IOError, OSError) as error:
        raise RefusalError(
            "The folder .venv could not be made afresh ({0}). Check that you own it and "
            "that the disk has room, then run the same command again.".format(error)
        )
    process = subprocess.Popen(
        [sys.executable, "-m", "venv", VENV],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output = process.communicate()[0].decode("utf-8", "replace").strip()
    if process.returncode:
        raise RefusalError(
            output + "\nPython could not make a virtual environment in .venv; what it "
            "said is above. On Debian and Ubuntu: apt install python3-venv. Then run the "
            "same command again."
        )


def show_progress(line):
    # type: (str) -> None
    if sys.stdout.isatty():
        sys.stdout.write("\r\033[K  " + line.strip()[:72] if line.strip() else "")
        sys.stdout.flush()


class Downloads(object):
    """Adds up what pip says that it fetches, and names what is large before it comes."""

    def __init__(self):
        # type: () -> None
        self.megabytes = 0.0
        self.named = False

    def note(self, line):
        # type: (str) -> None
        found = DOWNLOAD.match(line)
        if not found:
            return
        name, size = found.group(1), float(found.group(2))
        size *= IN_MEGABYTES[found.group(3)]
        self.megabytes += size
        if size > MEGABYTES_TO_NAME:
            self.named = True
            say("Downloading {0}: {1:.0f} MB. Ctrl-C stops it.".format(name, size))
        elif self.megabytes > MEGABYTES_TO_NAME and not self.named:
            self.named = True
            say(
                "The downloads come to more than {0} MB. Ctrl-C stops them.".format(
                    MEGABYTES_TO_NAME
                )
            )


def run_pip(arguments):
    # type: (List[str]) -> Tuple[int, List[str]]
    """Run pip; return its exit code and everything it printed, line by line."""
    process = subprocess.Popen(
        [PYTHON, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        + arguments,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    lines, downloads = [], Downloads()
    try:
        assert process.stdout
        for raw in iter(process.stdout.readline, b""):
            lines.append(raw.decode("utf-8", "replace").rstrip())
            downloads.note(lines[-1])
            show_progress(lines[-1])
        process.wait()
    finally:
        # A pip that outlived this process would go on writing into a .venv that the
        # next run has begun to make again.
        if process.poll() is None:
            process.kill()
        if sys.stdout.isatty():
            sys.stdout.write("\r\033[K")
    return process.returncode, lines


def pinned_torch():
    # type: () -> str
    with io.open(os.path.join(ROOT, "constraints.txt"), encoding="utf-8") as file:
        return str(re.findall(r"^torch==(\S+)", file.read(), re.MULTILINE)[0])


def installed_torch():
    # type: () -> str
    """Return the version of torch in .venv, with what it was built for; "" without one."""
    question = "import importlib.metadata as m; print(m.version('torch'))"
    with io.open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen(
            [PYTHON, "-c", question], stdout=subprocess.PIPE, stderr=nowhere
        )
        return process.communicate()[0].decode("utf-8", "replace").strip()


def has_builds_for_graphics_cards():
    # type: () -> bool
    """Whether the torch that pip takes by itself brings NVIDIA's libraries along."""
    return sys.platform.startswith("linux") and platform.machine() in (
        "x86_64",
        "aarch64",
    )


def has_a_graphics_card():
    # type: () -> bool
    return os.path.exists("/proc/driver/nvidia/version") or any(
        os.path.exists(place) for place in ("/dev/nvidia0", "/dev/dxg")
    )


def is_reachable(address):
    # type: (str) -> bool
    """Ask once, and wait no longer than a few seconds: a name server may not answer."""
    from urllib.error import HTTPError
    from urllib.request import urlopen

    answered = []

    def ask():
        # type: () -> None
        try:
            urlopen(address, timeout=SECONDS_TO_ANSWER).close()
            answered.append(True)
        except HTTPError:
            answered.append(True)
        except (EnvironmentError, ValueError):
            pass

    asking = threading.Thread(target=ask)
    asking.daemon = True
    asking.start()
    asking.join(SECONDS_TO_ANSWER)
    return bool(answered)


def install_torch(choice):
    # type: (str) -> None
    """Install the build of torch that was asked for, or leave it to pip.

    ``cpu`` is the one without NVIDIA's libraries, ``any`` what pip finds by itself, ``none``
    none. Without a choice it is ``cpu`` where ``any`` would bring gigabytes for a graphics
    card that is not there; pip's answer is taken where that build is not to be had.
    """
    installed = installed_torch()
    if installed and (choice == "none" or (choice == "any" and "+" in installed)):
        subprocess.check_call([PYTHON, "-m", "pip", "uninstall", "-qy", "torch"])
    if choice in ("any", "none") or not has_builds_for_graphics_cards():
        return
    if not choice and has_a_graphics_card():
        return
    version = pinned_torch()
    wanted = version + "+cpu"
    if installed == wanted:
        return
    reachable = is_reachable(CPU_INDEX + "/torch/")
    more = ["--extra-index-url", CPU_INDEX] if reachable else []
    # --no-deps: this index has old copies of other packages, which come from pip's own.
    code, lines = run_pip(["--no-deps"] + more + ["torch==" + wanted])
    if not code:
        return
    missing = any("No matching distribution" in line for line in lines)
    if not missing:
        raise PipError(lines)
    here = (
        "has none of torch {0} for Python {1}"
        if reachable
        else "with torch {0} for Python {1} cannot be reached"
    ).format(version, dotted(version_of_venv() or ()))
    sentence = "PyTorch's own index of builds for machines without a graphics card "
    if choice:
        raise NoCpuBuildError(
            sentence + here + ". TORCH=any takes what pip finds, some gigabytes; "
            "TORCH=none leaves torch out, and what needs it."
        )
    if installed != version:
        say(
            sentence + here + ", so pip takes what it finds, perhaps some gigabytes. "
            "TORCH=none leaves torch out, and what needs it."
        )


def names_without_torch():
    # type: () -> List[str]
    """Return what the group "all" asks for, less torch."""
    import tomllib

    with io.open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        groups = tomllib.load(file)["project"]["optional-dependencies"]

    def members(group):
        # type: (str) -> Iterator[str]
        for requirement in groups[group]:
            own = re.match(r"xent-lib\[(.*)\]$", requirement)
            for name in own.group(1).split(",") if own else ():
                for member in members(name):
                    yield member
            if not own and group != "torch":
                yield requirement

    return sorted(set(members("all")))


def install(group, before, torch):
    # type: (str, Stamp, str) -> None
    arguments, description, _ = GROUPS[group]
    say("Installing " + description + ".")
    started = time.time()
    write_stamp(UNFINISHED)
    try:
        if group == "all":
            install_torch(torch)
        if group == "all" and torch == "none":
            arguments = ["-c", "constraints.txt", "-e", "."] + names_without_torch()
        code, lines = run_pip(arguments)
        if code:
            raise PipError(lines)
    except RefusalError as failure:
        if not failure.changed:
            write_stamp(before)
        raise
    write_stamp(finished_stamp(group, torch))
    say("Installed in {0:.0f} s.".format(time.time() - started))


def explain(lines):
    # type: (List[str]) -> str
    """Turn pip's output into its own error lines and one sentence on what to do."""
    errors = [line for line in lines if re.match(r"\s*(ERROR|error)\b", line)]
    if "The conflict is caused by:" in lines:
        errors += lines[lines.index("The conflict is caused by:") :]
    text = "\n".join(errors or lines[-15:])
    if "No space left" in text:
        advice = "The disk is full. Make room (pip keeps some in its cache too)"
    elif OFFLINE.search(text):
        advice = (
            "pip could not get the packages. Check that this machine is online and "
            "reaches its package index (pip config names a mirror or a proxy)"
        )
    else:
        advice = "pip could not install the packages; what it said is above. Mend that"
    return (
        text + "\n" + advice + " and run the same command again; it cleans up itself."
    )


def chosen_torch():
    # type: () -> str
    choice = os.environ.get("TORCH", "")
    if choice not in TORCH_CHOICES:
        raise RefusalError(
            'TORCH is "{0}"; it may be {1}, or left out.'.format(
                choice, ", ".join(TORCH_CHOICES[1:])
            )
        )
    return choice


def is_up_to_date(stamp, group, torch):
    # type: (Dict[str, Any], str, str) -> bool
    if group not in stamp["serves"] or stamp["inputs"] != hash_of_inputs():
        return False
    made = stamp.get("torch", "")
    # Without a choice any torch will do.
    return group == "book" or torch == made or (not torch and made != "none")


def prepare(group, target, given):
    # type: (str, str, bool) -> None
    torch = chosen_torch()
    stamp = read_stamp()
    reason = why_make_again(
        stamp, version_of_venv(), sys.version_info[:2] if given else None
    )
    if reason is not None:
        refuse_an_unfit_interpreter(target)
        make_venv(reason)
        stamp = None
    elif stamp and is_up_to_date(stamp, group, torch):
        return
    install(group, stamp, torch)


def wait_for_others(lock):
    # type: (IO[str]) -> None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (IOError, OSError):
        say("Another command is at work on .venv; waiting for it.")
        fcntl.flock(lock, fcntl.LOCK_EX)


def stop(signum, frame):
    # type: (int, object) -> None
    raise KeyboardInterrupt


def main():
    # type: () -> int
    signal.signal(signal.SIGTERM, stop)
    try:
        with io.open(os.path.join(ROOT, "pyproject.toml")) as lock:
            wait_for_others(lock)
            prepare(sys.argv[1], sys.argv[2], "--given" in sys.argv)
    except RefusalError as refusal:
        print(refusal, file=sys.stderr)
        return refusal.code
    except KeyboardInterrupt:
        print(
            "\nStopped. Run the same command again; it starts clean.", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
