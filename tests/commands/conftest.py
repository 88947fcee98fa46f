"""Copies of the tree for the commands to work in, far from the checkout's own .venv."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]

SMALL_BOOK = {
    "_toc.yml": "format: jb-book\nroot: book/index\nchapters:\n  - file: book/second\n",
    "_config.yml": (
        "title: Small book\n"
        "only_build_toc_files: true\n"
        "exclude_patterns: [.venv, '*.md']\n"
        "execute:\n  execute_notebooks: 'off'\n"
        "sphinx:\n  local_extensions:\n    bookkit.pause: book\n"
    ),
    "book/index.md": "# First page\n\nHere is the beginning.\n",
    "book/second.md": "# Second page\n\nHere is the end.\n",
    # Lets a test stop a build at a known point: after reading, before writing.
    "book/bookkit/pause.py": (
        "import pathlib, time\n"
        "HERE = pathlib.Path(__file__).parent\n"
        "def pause(app, env):\n"
        "    if (HERE / 'pause').exists():\n"
        "        (HERE / 'paused').touch()\n"
        "        time.sleep(60)\n"
        "    return []\n"
        "def setup(app):\n"
        "    app.connect('env-updated', pause)\n"
        "    return {'parallel_read_safe': True}\n"
    ),
}


@dataclass(frozen=True)
class Finished:
    """How a command ended, and all it printed."""

    code: int
    said: str


@dataclass(frozen=True)
class Checkout:
    """A copy of the tree."""

    folder: Path

    @property
    def venv(self) -> Path:
        return self.folder / ".venv"

    @property
    def html(self) -> Path:
        return self.folder / "_build" / "html"

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        # What an outer `make test` exports would steer the inner make.
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHON", "PYTHONPATH"}
        }
        return subprocess.Popen(
            ["make", *words],
            cwd=self.folder,
            env={**inherited, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # Tests started in the background inherit a deaf ear for the keyboard.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )

    def make(self, *words: str, **environment: str) -> Finished:
        process = self.start(*words, **environment)
        try:
            said, _ = process.communicate(timeout=900)
        except BaseException:
            kill(process)
            raise
        return Finished(process.returncode, said)

    def environment(self) -> ModuleType:
        """This copy's own environment.py, so that its paths are the copy's."""
        path = self.folder / "book" / "bookkit" / "commands" / "environment.py"
        spec = importlib.util.spec_from_file_location("environment_of_a_copy", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


def kill(process: subprocess.Popen[str]) -> None:
    """End a command and everything it started, without a chance to clean up."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def wait_for(path: Path) -> None:
    """Wait until a command has come so far that this file exists."""
    limit = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < limit, f"{path.name} did not appear"
        time.sleep(0.05)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """The files that git has or would take, in a folder with a space in its name."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    folder = tmp_path / "the book"
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return Checkout(folder)


@pytest.fixture
def small(checkout: Checkout) -> Checkout:
    """The tree with a book of two plain pages in place of the real one."""
    for name, text in SMALL_BOOK.items():
        (checkout.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout.folder / name).write_text(text, encoding="utf-8")
    return checkout


def lend_packages(checkout: Checkout, group: str) -> None:
    """Give a copy a finished .venv in a second: it borrows the packages of this one."""
    venv.create(checkout.venv, symlinks=True)
    packages = next(checkout.venv.glob("lib/python*/site-packages"))
    (packages / "borrowed.pth").write_text(
        sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8"
    )
    environment = checkout.environment()
    environment.write_stamp(environment.finished_stamp(group))


@pytest.fixture
def ready(small: Checkout) -> Checkout:
    """The small book with all its packages installed."""
    lend_packages(small, "all")
    return small


@pytest.fixture
def offline() -> dict[str, str]:
    """Settings under which pip reaches no index: this machine, and a port nobody serves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "PIP_INDEX_URL": f"http://127.0.0.1:{port}/simple",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_RETRIES": "0",
        "PIP_TIMEOUT": "2",
    }


def _version(command: str) -> tuple[int, int] | None:
    # A version manager's shim exists for every version and runs for few, so ask it.
    try:
        answer = subprocess.run(
            [command, "-c", "import sys; print('%d %d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = answer.stdout.split()
    return (int(words[0]), int(words[1])) if answer.returncode == 0 and words else None


def find_interpreter(wanted: tuple[int, int]) -> str | None:
    """The path of an interpreter of this version that really runs, or None."""
    name = f"python{wanted[0]}.{wanted[1]}"
    folders = [Path(folder) for folder in os.get_exec_path()]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders += sorted(pyenv.glob("versions/*/bin"), reverse=True)
    if sys.version_info[:2] == wanted:
        return str(Path(sys.base_prefix) / "bin" / name)
    for folder in folders:
        candidate = str(folder / name)
        if os.access(candidate, os.X_OK) and _version(candidate) == wanted:
            return candidate
    return None


@pytest.fixture
def interpreter() -> Callable[[tuple[int, int]], str]:
    """Find an interpreter by its version; skip the test where there is none."""

    def find(wanted: tuple[int, int]) -> str:
        found = find_interpreter(wanted)
        if found is None:
            pytest.skip(f"no Python {wanted[0]}.{wanted[1]} on this machine")
        return found

    return find
