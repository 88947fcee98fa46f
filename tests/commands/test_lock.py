"""constraints.txt: what `make lock` writes, and what is there now."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from bookkit.commands import lock

ROOT = Path(__file__).resolve().parents[2]
RESOLVED = """\
zipp==4.1.2
numpy==2.4.6
torch==2.13.0+cpu
nvidia-cublas==13.1.0.3
triton==3.7.0
appnope==0.1.4 ; sys_platform == "darwin"
xent-lib @ file:///somewhere/of/mine
# The following packages were excluded:
"""


def test_only_portable_pins_are_kept_in_order():
    assert lock.tidy(RESOLVED) == lock.HEADER + (
        'appnope==0.1.4 ; sys_platform == "darwin"\n'
        "numpy==2.4.6\n"
        "torch==2.13.0\n"
        "zipp==4.1.2\n"
    )


def test_the_file_in_the_tree_is_what_the_command_writes():
    text = lock.CONSTRAINTS.read_text(encoding="utf-8")
    assert lock.tidy(text) == text


def test_every_package_that_a_group_names_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    wanted = [requirement for group in groups for requirement in group]
    names = {re.split(r"[\[<>=!~ ;]", requirement)[0] for requirement in wanted}
    text = lock.CONSTRAINTS.read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([a-z0-9._-]+)==", text, re.MULTILINE))
    assert names - {"xent-lib"} <= pinned


def test_what_is_held_is_what_is_pinned():
    pins = lock.CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    assert set(lock.HELD) <= set(pins)


def test_another_python_than_the_oldest_is_refused(monkeypatch, capsys):
    monkeypatch.setattr(lock.sys, "version_info", (3, 13, 0, "final", 0))
    assert lock.main([]) == 1
    assert "make lock PYTHON=python3.11" in capsys.readouterr().err


def test_a_resolver_that_fails_changes_nothing(monkeypatch, capsys, tmp_path):
    kept = tmp_path / "constraints.txt"
    kept.write_text("numpy==1.0\n", encoding="utf-8")

    def fail(scratch, *, upgrade):
        raise lock.subprocess.CalledProcessError(1, "pip-compile")

    monkeypatch.setattr(lock, "CONSTRAINTS", kept)
    monkeypatch.setattr(lock, "resolve", fail)
    monkeypatch.setattr(lock.sys, "version_info", (3, 11, 9, "final", 0))
    assert lock.main([]) == 1
    assert "constraints.txt is unchanged" in capsys.readouterr().err
    assert kept.read_text(encoding="utf-8") == "numpy==1.0\n"


@pytest.mark.parametrize("arguments", [[], ["--upgrade"]])
def test_newer_pins_are_taken_only_when_asked_for(
    monkeypatch, capsys, tmp_path, arguments
):
    asked = []

    def resolve(scratch, *, upgrade):
        asked.append(upgrade)
        return RESOLVED

    monkeypatch.setattr(lock, "CONSTRAINTS", tmp_path / "constraints.txt")
    monkeypatch.setattr(lock, "resolve", resolve)
    monkeypatch.setattr(lock.sys, "version_info", (3, 11, 9, "final", 0))
    assert lock.main(arguments) == 0
    assert asked == [bool(arguments)]
    assert lock.CONSTRAINTS.read_text(encoding="utf-8") == lock.tidy(RESOLVED)
    said = capsys.readouterr().out
    assert "a minute or two" in said and "Read the diff" in said


@pytest.mark.parametrize("upgrade", [False, True])
def test_the_resolver_starts_from_the_pins_there_are_and_keeps_what_is_held(
    monkeypatch, tmp_path, upgrade
):
    asked = []

    def run(command, **options):
        if "--report" in command:
            report = Path(command[command.index("--report") + 1])
            report.write_text('{"install": []}', encoding="utf-8")
            return
        asked.append(command)
        if "compile" in command:
            output = Path(command[command.index("--output-file") + 1])
            seen = output.read_text("utf-8") if output.exists() else ""
            output.write_text(f"{seen}zipp==4.1.2\n", encoding="utf-8")

    monkeypatch.setattr(lock.venv, "create", lambda path, with_pip: asked.append(path))
    monkeypatch.setattr(lock.subprocess, "run", run)
    resolved = lock.resolve(tmp_path, upgrade=upgrade)
    folder, install, command = asked
    assert install[-1] == "pip-tools" and install[0].startswith(str(folder))
    held = Path(command[command.index("--constraint") + 1])
    assert held.read_text("utf-8").split() == list(lock.HELD)
    pins = lock.CONSTRAINTS.read_text("utf-8")
    assert resolved == ("" if upgrade else pins) + "zipp==4.1.2\n"
    assert ("--upgrade" in command) == upgrade and command[-1] == "pyproject.toml"


def test_a_version_that_the_first_release_of_a_python_cannot_take_is_gone_below(
    monkeypatch, tmp_path
):
    versions = {"4.1.1": ">=3.11.5", "3.0.1": ">=3.9"}
    held = []

    def run(command, **options):
        if "compile" in command:
            limits = Path(command[command.index("--constraint") + 1]).read_text("utf-8")
            held.append(limits.split())
            chosen = "3.0.1" if "soupsieve<4.1.1" in limits else "4.1.1"
            output = Path(command[command.index("--output-file") + 1])
            output.write_text(f"soupsieve=={chosen}\n", encoding="utf-8")
        elif "--report" in command:
            pins = Path(command[command.index("--requirement") + 1]).read_text("utf-8")
            (chosen,) = (v for v in versions if f"soupsieve=={v}" in pins)
            about = {
                "name": "soupsieve",
                "version": chosen,
                "requires_python": versions[chosen],
            }
            report = Path(command[command.index("--report") + 1])
            report.write_text(json.dumps({"install": [{"metadata": about}]}))

    monkeypatch.setattr(lock.venv, "create", lambda path, with_pip: None)
    monkeypatch.setattr(lock.subprocess, "run", run)
    assert lock.resolve(tmp_path, upgrade=False) == "soupsieve==3.0.1\n"
    assert held == [[*lock.HELD], [*lock.HELD, "soupsieve<4.1.1"]]


def test_the_first_releases_are_those_of_the_pythons_that_the_library_names():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = re.findall(r":: (3\.\d+)\b", " ".join(project["classifiers"]))
    assert [f"{version}.0" for version in named] == list(lock.FIRST_RELEASES)
