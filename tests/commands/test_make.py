"""What a person meets who types make, on a machine that lacks something."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import wait_for

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def script(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def pretending_to_be(version: tuple[int, int], path: Path) -> str:
    """An interpreter that believes that it is another version."""
    code = (
        f"import runpy, sys; sys.version_info = (*{version!r}, 18, 'final', 0);"
        "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    return script(path, f'shift\nexec "{sys.executable}" -c "{code}" "$@"\n')


def test_make_alone_lists_every_target(small):
    result = small.make()
    listed = set(re.findall(r"^  make ([a-z-]+) ", result.said, re.MULTILINE))
    assert result.code == 0
    assert listed == TARGETS


@pytest.mark.parametrize("version", [(2, 7), (3, 6), (3, 9), (3, 10)])
def test_an_old_python_is_refused_in_a_sentence(small, interpreter, version):
    old = interpreter(version)
    result = small.make("book", f"PYTHON={old}")
    assert result.code != 0
    assert "This book needs Python 3.11 or newer" in result.said
    assert f"is Python {version[0]}.{version[1]}." in result.said
    assert "make book PYTHON=python3.12" in result.said
    assert "Traceback" not in result.said
    assert not small.venv.exists()


def test_a_pretended_old_python_is_refused_the_same_way(small):
    old = pretending_to_be((3, 9), small.folder / "old python")
    result = small.make("test", f"PYTHON={old}")
    assert result.code != 0
    assert "This book needs Python 3.11 or newer" in result.said
    assert "is Python 3.9.18" in result.said
    assert "make test PYTHON=python3.12" in result.said
    assert not small.venv.exists()


def test_an_old_python_does_not_stop_a_venv_that_is_ready(ready):
    old = pretending_to_be((3, 9), ready.folder / "bin" / "python3")
    path = os.pathsep.join([str(Path(old).parent), os.environ["PATH"]])
    result = ready.make("book", PATH=path)
    assert result.code == 0, result.said


@pytest.mark.parametrize("given_by", ["command line", "environment"])
def test_a_named_old_python_is_refused_though_a_venv_is_ready(ready, given_by):
    old = pretending_to_be((3, 9), ready.folder / "old")
    if given_by == "command line":
        result = ready.make("book", f"PYTHON={old}")
    else:
        result = ready.make("book", PYTHON=old)
    assert result.code != 0
    assert "This book needs Python 3.11 or newer" in result.said
    assert ready.environment().version_of_venv() is not None


def test_an_interpreter_that_does_not_exist_is_named(small):
    result = small.make("book", "PYTHON=python3.99")
    assert result.code != 0
    assert 'No interpreter "python3.99" runs here.' in result.said


def test_a_version_managers_empty_shim_is_named(small):
    shim = script(small.folder / "shim", 'echo "shim: command not found" >&2; exit 127')
    result = small.make("book", f"PYTHON={shim}")
    assert result.code != 0
    assert f'No interpreter "{shim}" runs here.' in result.said


def test_a_python_without_venv_names_the_package_to_install(small):
    # Debian's python3 has no ensurepip until python3-venv is installed.
    lacking = small.folder / "lacking"
    lacking.mkdir()
    (lacking / "ensurepip.py").write_text("raise ImportError\n", encoding="utf-8")
    result = small.make("book", f"PYTHON={sys.executable}", PYTHONPATH=str(lacking))
    assert result.code != 0
    assert "apt install python3-venv" in result.said
    assert "Traceback" not in result.said
    assert not small.venv.exists()


def test_without_a_network_pips_words_and_the_way_out_are_shown(small, offline):
    result = small.make("book", f"PYTHON={sys.executable}", **offline)
    assert result.code != 0
    assert re.search(r"^ *ERROR: ", result.said, re.MULTILINE)
    assert "Check that this machine is online" in result.said
    assert "Traceback" not in result.said
    assert len(result.said.splitlines()) < 25
    again = small.make("book", f"PYTHON={sys.executable}", **offline)
    assert again.code != 0
    assert "Making .venv" not in again.said


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_an_installation_that_was_stopped_starts_afresh(small, offline, by):
    process = small.start("book", f"PYTHON={sys.executable}", **offline)
    wait_for(small.venv / "bin" / "python")
    os.killpg(process.pid, by)
    said, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    assert ("Stopped. Run the same command again" in said) == (by == signal.SIGINT)
    leftover = small.venv / "leftover"
    leftover.touch()
    result = small.make("book", f"PYTHON={sys.executable}", **offline)
    assert "Making .venv again: an earlier installation was cut short." in result.said
    assert not leftover.exists()


def test_windows_without_wsl_is_told_where_to_go(small):
    # Windows' Python has no fcntl.
    path = small.folder / "book" / "bookkit" / "commands" / "environment.py"
    code = (
        f"import sys, runpy; sys.modules['fcntl'] = None; runpy.run_path({str(path)!r})"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode != 0
    assert "run make inside WSL" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("code", [0, 3])
def test_ci_runs_the_readmes_test_command_and_passes_its_verdict_on(tmp_path, code):
    folder = tmp_path / "the book"
    (folder / ".ci").mkdir(parents=True)
    shutil.copy2(ROOT / ".ci" / "run", folder / ".ci" / "run")
    for name in ("chromium", "epubcheck", "firefox", "git", "java", "python3"):
        script(folder / "bin" / name, "")
    script(folder / "bin" / "make", f'echo "make $@ in $PWD"; exit {code}')
    path = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    result = subprocess.run(
        ["bash", str(folder / ".ci" / "run")],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"make test in {folder}" in result.stdout
    assert result.returncode == code


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_command_that_a_document_names_exists(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE))
    assert {"book", "test"} <= named <= TARGETS
