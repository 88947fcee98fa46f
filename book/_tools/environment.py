"""Make .venv and install what a command needs into it.

    python environment.py {book,all} TARGET [--given]

The Makefile runs this file for TARGET with whatever interpreter is at hand. It uses the
standard library alone, in syntax that Python 2.7 reads, because an interpreter that is too
old has to get as far as the sentence that refuses it. ``--given`` says that a person named
the interpreter, so a .venv of another version is made again.
"""

from __future__ import print_function

import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

try:
    import fcntl
except ImportError:
    sys.exit("This book is built on Linux or macOS; on Windows, run make inside WSL.")

OLDEST, NEWEST = (3, 11), (3, 13)
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
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

OFFLINE = re.compile(
    r"connection|timed out|timeout|resolution|proxy|ssl|no matching distribution|"
    r"could not find a version|network",
    re.IGNORECASE,
)


class RefusalError(Exception):
    """A sentence for the person at the keyboard."""


def dotted(version):
    return ".".join(str(part) for part in version)


def say(text):
    print(text)
    sys.stdout.flush()


def hash_of_inputs():
    digest = hashlib.sha256()
    for name in INPUTS:
        with io.open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read() + b"\0")
    return digest.hexdigest()


def read_stamp():
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
    # Renamed into place, so that a kill in the middle leaves the old stamp or the new.
    if stamp is None:
        os.remove(STAMP)
        return
    with io.open(STAMP + ".part", "wb") as file:
        file.write(json.dumps(stamp, sort_keys=True, indent=1).encode("utf-8"))
    os.rename(STAMP + ".part", STAMP)


def finished_stamp(group):
    return {
        "inputs": hash_of_inputs(),
        "python": list(version_of_venv() or ()),
        "root": ROOT,
        "serves": GROUPS[group][2],
    }


def version_of_venv():
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
    if sys.stdout.isatty():
        sys.stdout.write("\r\033[K  " + line.strip()[:72] if line.strip() else "")
        sys.stdout.flush()


def run_pip(arguments):
    """Run pip; return its exit code and everything it printed, line by line."""
    process = subprocess.Popen(
        [PYTHON, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        + arguments,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    lines = []
    try:
        for raw in iter(process.stdout.readline, b""):
            lines.append(raw.decode("utf-8", "replace").rstrip())
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


def install(group, before):
    arguments, description, _ = GROUPS[group]
    say("Installing " + description + ".")
    started = time.time()
    write_stamp(UNFINISHED)
    code, lines = run_pip(arguments)
    if code:
        # Up to this line pip has read and downloaded, and changed nothing.
        if not any(line.startswith("Installing collected") for line in lines):
            write_stamp(before)
        raise RefusalError(explain(lines))
    write_stamp(finished_stamp(group))
    say("Installed in {0:.0f} s.".format(time.time() - started))


def explain(lines):
    """Turn pip's output into its own error lines and one sentence on what to do."""
    errors = [line for line in lines if re.match(r"\s*(ERROR|error)\b", line)]
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


def prepare(group, target, given):
    stamp = read_stamp()
    reason = why_make_again(
        stamp, version_of_venv(), sys.version_info[:2] if given else None
    )
    if reason is not None:
        refuse_an_unfit_interpreter(target)
        make_venv(reason)
        stamp = None
    elif stamp and group in stamp["serves"] and stamp["inputs"] == hash_of_inputs():
        return
    install(group, stamp)


def wait_for_others(lock):
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (IOError, OSError):
        say("Another command is at work on .venv; waiting for it.")
        fcntl.flock(lock, fcntl.LOCK_EX)


def stop(signum, frame):
    raise KeyboardInterrupt


def main():
    signal.signal(signal.SIGTERM, stop)
    try:
        with io.open(os.path.join(ROOT, "pyproject.toml")) as lock:
            wait_for_others(lock)
            prepare(sys.argv[1], sys.argv[2], "--given" in sys.argv)
    except RefusalError as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "\nStopped. Run the same command again; it starts clean.", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
