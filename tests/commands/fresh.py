"""Do what the README says on new Debian systems: ``python fresh.py [SUITE ...]``.

mmdebstrap makes a root with Debian's packages that the README names and no others. There a
reader who is not root runs the README's two commands on a clone of the newest commit, and
then root runs .ci/run. What a root holds besides: this machine's settings for package
indexes and certificates, without which pip and npm reach nothing on some machines.

The roots stay in _build/fresh for the next run, with a log beside each. A step that passed
is not repeated for the same commit. Mounts are made in a namespace of their own, so that
they end with the step, however it ends. It uses the standard library alone.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "_build" / "fresh"
SUITES = ("bookworm", "testing")
# What the README says that a person needs.
PACKAGES = ("python3", "python3-venv", "make", "git", "chromium", "firefox-esr")
READER, UID, SUPERUSER = "reader", "1000:1000", "0:0"
HOMES = {UID: f"/home/{READER}", SUPERUSER: "/root"}
BOOK = "the book"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Who does what; the reader's second command stands in the folder of the first.
STEPS: tuple[tuple[str, str, dict[str, str]], ...] = (
    (UID, "make book", {}),
    (UID, "make test", {}),
    (SUPERUSER, "bash .ci/run", {"CI": "true"}),
)
INSTALL = "python3 -B book/bookkit/commands/environment.py all test"
NO_CPU_BUILD = 3  # its exit code where torch would be one for graphics cards

LACKING = (
    "make test-fresh makes whole Debian systems: it needs Linux, the root user and Debian's "
    "package mmdebstrap, and here is {}."
)
CERTIFICATES = "/etc/certificates-of-this-machine.crt"
# Each tool's own name for a file of certificates.
NAMES_A_CERTIFICATE = (
    "SSL_CERT_FILE",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
    "NPM_CONFIG_CAFILE",
)
PASSED_ON = re.compile(r"(PIP_|NPM_CONFIG_|(HTTPS?|NO|ALL)_PROXY$)", re.IGNORECASE)
EVERYWHERE = {"bin", "etc", "lib", "tmp", "usr"}
A_PATH = re.compile(r"(file://)?(/[^\s'\",]+)")

# Runs in namespaces of its own: when it ends, its mounts and processes are gone.
INSIDE = """
set -eu
root=$1; user=$2; shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
cd "$root"
mkdir -p proc sys dev tmp machine
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t tmpfs -o mode=1777 tmpfs tmp
touch etc/resolv.conf etc/hosts
for file in /etc/resolv.conf /etc/hosts; do mount --bind "$file" "$root$file"; done
while [ "$1" != -- ]; do
    mkdir -p "$root$1"; mount --bind -o ro "$1" "$root$1"; shift
done
shift
pivot_root . machine
cd /
python3 -c 'import ctypes; ctypes.CDLL(None).umount2(b"/machine", 2)'
exec chroot --userspec="$user" / "$@"
"""


class FreshError(Exception):
    """A sentence for the person at the keyboard."""


@dataclass
class Machine:
    """What pip, npm and apt have to be told in a new system to reach what they reach here."""

    variables: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)  # place in the root: content
    folders: list[str] = field(default_factory=list)  # shown there under the same path


def machine() -> Machine:
    """Read this machine's settings; none of them is written into the repository."""
    found = Machine({n: v for n, v in os.environ.items() if PASSED_ON.match(n)})
    home = Path.home()
    config = os.environ.get("XDG_CONFIG_HOME", str(home / ".config"))
    sources = {
        "etc/pip.conf": [os.environ.get("PIP_CONFIG_FILE", ""), "/etc/pip.conf"],
        "HOME/.config/pip/pip.conf": [
            f"{config}/pip/pip.conf",
            f"{home}/.pip/pip.conf",
        ],
        "HOME/.npmrc": [os.environ.get("NPM_CONFIG_USERCONFIG", ""), f"{home}/.npmrc"],
    }
    for place, candidates in sources.items():
        path = next((p for p in candidates if p and Path(p).is_file()), None)
        if path:
            found.files[place] = Path(path).read_text(encoding="utf-8")
    for name in ("PIP_CONFIG_FILE", "NPM_CONFIG_USERCONFIG"):
        found.variables.pop(name, None)
    settings = [*found.variables.values(), *found.files.values()]
    # An index links to files that lie beside it.
    named = {
        str(Path(path).parent) if index else path
        for text in settings
        for index, path in A_PATH.findall(text)
    }
    found.folders = [path for path in sorted(named) if _is_an_index(Path(path))]
    certificates = next(
        (
            p
            for n in NAMES_A_CERTIFICATE
            if (p := os.environ.get(n)) and Path(p).is_file()
        ),
        "/etc/ssl/certs/ca-certificates.crt",
    )
    if Path(certificates).is_file():
        found.files[CERTIFICATES] = Path(certificates).read_text(encoding="utf-8")
        found.variables |= dict.fromkeys(NAMES_A_CERTIFICATE, CERTIFICATES)
    return found


def _is_an_index(path: Path) -> bool:
    """Whether it is a folder of packages and not one that every system has."""
    return path.is_dir() and path.parts[1] not in EVERYWHERE


def apt_settings() -> Iterator[str]:
    """Yield what this machine tells apt about fetching: proxies, and whether dates count."""
    dump = subprocess.run(
        ["apt-config", "dump", "Acquire"], capture_output=True, text=True, check=False
    )
    for line in dump.stdout.splitlines():
        name, _, value = line.partition(" ")
        if value != '"";' and not name.startswith(
            ("Acquire::IndexTargets", "Acquire::cdrom")
        ):
            yield line


@dataclass
class System:
    """A Debian system in a folder, and how far it has come."""

    suite: str
    commit: str
    machine: Machine

    @property
    def folder(self) -> Path:
        return PLACE / self.suite

    @property
    def log(self) -> Path:
        return PLACE / f"{self.suite}.log"

    @property
    def state(self) -> Path:
        return PLACE / f"{self.suite}.json"

    def known(self) -> dict[str, Any]:
        """Return what is known of this commit there: the steps that passed, and the torch."""
        if self.state.is_file():
            known: dict[str, Any] = json.loads(self.state.read_text(encoding="utf-8"))
            if known["commit"] == self.commit:
                return known
        return {"commit": self.commit, "torch": None, "passed": {}}

    def keep(self, known: dict[str, Any]) -> None:
        """Store what is known."""
        text = json.dumps(known, indent=1) + "\n"
        self.state.write_text(text, encoding="utf-8")

    def make(self) -> None:
        """Make the root under another name, so that one that was cut short does not count."""
        part = self.folder.with_suffix(".part")
        for old in (part, self.state):
            _remove(old)
        options = [f"--aptopt={line}" for line in apt_settings()]
        command = ["unshare", "--mount", "mmdebstrap", "--mode=root", *options]
        command += ["--variant=minbase", f"--include={','.join(PACKAGES)}"]
        self.do([*command, self.suite, str(part)])
        _add(part / "etc" / "passwd", f"{READER}:x:{UID}::/home/{READER}:/bin/sh")
        _add(part / "etc" / "group", f"{READER}:x:{UID.partition(':')[2]}:")
        part.rename(self.folder)

    def take_over(self) -> None:
        """Hand in the machine's settings, as they are today."""
        for place, text in self.machine.files.items():
            homes = HOMES.values() if place.startswith("HOME") else [""]
            for home in homes:
                path = self.folder / place.replace("HOME", home).lstrip("/")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")

    def clone(self, home: str) -> None:
        """Put the commit into a home, in place of what was there."""
        book = self.folder / home.lstrip("/") / BOOK
        _remove(book)
        book.parent.mkdir(parents=True, exist_ok=True)
        trusting = PLACE / "gitconfig"  # the checkout may be another user's than root
        trusting.write_text("[safe]\n\tdirectory = *\n", encoding="utf-8")
        git = ["env", f"GIT_CONFIG_GLOBAL={trusting}", "git"]
        self.do([*git, "clone", "--quiet", "--no-hardlinks", str(ROOT), str(book)])
        self.do([*git, "-C", str(book), "checkout", "--quiet", "--detach", self.commit])

    def enter(self, user: str, command: str, **variables: str) -> int:
        """Run a command in the book's folder of a user there, and return its exit code."""
        home = HOMES[user]
        given = {"HOME": home, "PATH": PATH, **self.machine.variables, **variables}
        pairs = [f"{name}={value}" for name, value in given.items()]
        # A shell that stays is the first process of its namespace and buries the others.
        script = f'cd "$HOME/{BOOK}" && {command}; code=$?; exit $code'
        return self.do(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
            + ["sh", "-c", INSIDE, "fresh", str(self.folder), user]
            + [*self.machine.folders, "--", "env", "-i", *pairs, "bash", "-c", script],
            check=False,
        )

    def do(self, command: list[str], *, check: bool = True) -> int:
        """Run a command with all it says in the log, and show its last line meanwhile."""
        with (
            self.log.open("a", encoding="utf-8") as log,
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            ) as process,
        ):
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    log.write(line)
                    log.flush()
                    _show(line)
                process.wait()
            except BaseException:
                # unshare is deaf to anything less; what it started dies with it.
                process.kill()
                raise
        _show("")
        if check and process.returncode:
            raise FreshError(f"{command[0]} failed; what it said is in {self.log}.")
        return process.returncode


def _add(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _show(line: str) -> None:
    if sys.stdout.isatty():
        sys.stdout.write("\r\033[K" + f"    {line.strip()[:72]}" * bool(line.strip()))
        sys.stdout.flush()


def which_torch(system: System) -> str:
    """Install what the tests need, with torch where there is a build for processors.

    The other build is gigabytes that a trial of the book does not need.
    """
    for torch in ("cpu", "none"):
        code = system.enter(UID, INSTALL, TORCH=torch)
        if code != NO_CPU_BUILD:
            break
    if code:
        raise FreshError(f"Installing failed; what pip said is in {system.log}.")
    return "" if torch == "cpu" else torch


def try_out(system: System) -> list[str]:
    """Take every step that has not passed yet; return those that fail."""
    print(f"{system.suite}, commit {system.commit[:9]}; log: {system.log}", flush=True)
    if not system.folder.is_dir():
        print("  making the system ...", flush=True)
        system.make()
    known = system.known()
    system.take_over()
    failed = []
    for user, command, variables in STEPS:
        if command in known["passed"]:
            print(f"  {command}: passed before", flush=True)
            continue
        if (user, command, variables) != STEPS[1]:
            system.clone(HOMES[user])
        if user == UID:
            home = system.folder / HOMES[user].lstrip("/")
            subprocess.run(["chown", "-RhP", UID, str(home)], check=True)
        if command != "make book" and known["torch"] is None:
            known["torch"] = which_torch(system)
            system.keep(known)
        more = {"TORCH": known["torch"]} if known["torch"] else {}
        started = time.monotonic()
        name = f"{command}{' TORCH=none' * bool(more)}"
        print(f"  {name} ...", end="", flush=True)
        _add(system.log, f"\n=== {name}, commit {system.commit[:9]}")
        code = system.enter(user, command, **variables, **more)
        seconds = time.monotonic() - started
        print(f" {'failed' if code else 'passed'} in {seconds:.0f} s", flush=True)
        if code:
            failed.append(command)
        else:
            known["passed"][command] = round(seconds)
            system.keep(known)
    return failed


def refuse() -> None:
    """Say what is missing here, in a sentence."""
    if not sys.platform.startswith("linux"):
        raise FreshError(LACKING.format(f"{sys.platform}"))
    if os.geteuid():
        raise FreshError(LACKING.format("another user"))
    if shutil.which("mmdebstrap") is None:
        raise FreshError(LACKING.format("no mmdebstrap (apt install mmdebstrap)"))


def newest_commit() -> str:
    """Return it, and say where the files differ from it."""
    git = ["git", "-c", "safe.directory=*", "-C", str(ROOT)]
    changed = subprocess.check_output([*git, "status", "--porcelain"], text=True)
    if changed:
        print("What is not committed is not tried: it is the commit that is cloned.")
    return subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip()


def stop(signum: int, frame: object) -> None:
    """End as from the keyboard."""
    raise KeyboardInterrupt


def main(suites: list[str]) -> int:
    """Try out each suite, and say which steps fail."""
    signal.signal(signal.SIGTERM, stop)
    try:
        refuse()
        PLACE.mkdir(parents=True, exist_ok=True)
        here, commit = machine(), newest_commit()
        failed = {}
        for suite in suites or SUITES:
            system = System(suite, commit, here)
            with (PLACE / f"{suite}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                failed[suite] = try_out(system)
    except FreshError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The next run goes on from the last step that passed.")
        return 1
    for suite, steps in failed.items():
        print(f"{suite}: {', '.join(steps) + ' failed' if steps else 'all passed'}")
    return int(any(failed.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
