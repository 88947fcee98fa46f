"""`make test-fresh`: what it refuses, hands on, repeats and leaves; not the hours it takes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import fresh
from bookkit.commands.environment import NO_CPU_BUILD


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(fresh, "PLACE", tmp_path)
    return tmp_path


class Steps:
    """Stands in for a Debian system: notes what is run there and ends as told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.entered: list[tuple[str, str, dict[str, str]]] = []
        self.cloned: list[str] = []
        self.codes: dict[str, int] = {}
        monkeypatch.setattr(fresh.System, "enter", self._enter)
        monkeypatch.setattr(fresh.System, "make", lambda system: system.folder.mkdir())
        monkeypatch.setattr(
            fresh.System, "clone", lambda system, home: self.cloned.append(home)
        )
        monkeypatch.setattr(fresh.subprocess, "run", lambda *words, **more: None)

    def _enter(self, user: str, command: str, **variables: str) -> int:
        self.entered.append((user, command, variables))
        torch = variables.get("TORCH", "")
        return self.codes.get(f"{torch} {command}", self.codes.get(command, 0))

    @property
    def commands(self) -> list[str]:
        return [c for _, c, _ in self.entered if "environment.py" not in c]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    return Steps(monkeypatch)


def system(commit: str = "a" * 40) -> fresh.System:
    return fresh.System("bookworm", commit, fresh.Machine())


@pytest.mark.parametrize(
    ("platform", "user", "program", "words"),
    [
        ("darwin", 0, "/usr/bin/mmdebstrap", "here is darwin"),
        ("linux", 1000, "/usr/bin/mmdebstrap", "here is another user"),
        ("linux", 0, None, "here is no mmdebstrap"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(
    monkeypatch, capsys, platform, user, program, words
):
    monkeypatch.setattr(fresh.sys, "platform", platform)
    monkeypatch.setattr(fresh.os, "geteuid", lambda: user)
    monkeypatch.setattr(fresh.shutil, "which", lambda name: program)
    assert fresh.main([]) == 1
    said = capsys.readouterr().err
    assert words in said and "root user and Debian's package mmdebstrap" in said
    assert len(said.splitlines()) == 1


def test_the_reader_runs_two_commands_in_one_clone_and_root_ci_in_another(place, steps):
    assert fresh.try_out(system()) == []
    users = [(user, command) for user, command, _ in steps.entered]
    assert users[0] == (fresh.UID, "make book")
    assert users[-2:] == [(fresh.UID, "make test"), (fresh.SUPERUSER, "bash .ci/run")]
    assert steps.entered[-1][2]["CI"] == "true"
    assert steps.cloned == ["/home/reader", "/root"]


def test_a_step_that_passed_is_repeated_for_another_commit_only(place, steps):
    steps.codes = {"make test": 2}
    assert fresh.try_out(system()) == ["make test"]
    steps.codes, steps.entered = {}, []
    assert fresh.try_out(system()) == []
    assert steps.commands == ["make test"]
    steps.entered = []
    assert fresh.try_out(system("b" * 40)) == []
    assert len(steps.commands) == 3


def test_without_a_build_for_processors_torch_is_left_out(place, steps):
    steps.codes = {f"cpu {fresh.INSTALL}": NO_CPU_BUILD}
    assert fresh.NO_CPU_BUILD == NO_CPU_BUILD
    assert fresh.try_out(system()) == []
    assert "TORCH" not in steps.entered[0][2]
    assert [more["TORCH"] for _, _, more in steps.entered[-2:]] == ["none", "none"]


def test_pip_failing_for_another_reason_ends_the_trial(place, steps):
    steps.codes = {fresh.INSTALL: 1}
    with pytest.raises(fresh.FreshError, match="what pip said"):
        fresh.try_out(system())


def test_the_machines_settings_are_handed_on(monkeypatch, tmp_path):
    home, packages = tmp_path / "home", tmp_path / "wheels"
    index = tmp_path / "index" / "simple"
    for folder in (home / ".config" / "pip", packages, index):
        folder.mkdir(parents=True)
    (home / ".config" / "pip" / "pip.conf").write_text(
        f"[global]\nfind-links = {packages}\nextra-index-url = file://{index}\n"
    )
    (home / ".npmrc").write_text("fund=false\n")
    certificates = tmp_path / "certificates.crt"
    certificates.write_text("words of trust")
    monkeypatch.setattr(fresh, "EVERYWHERE", {"bin", "etc", "lib", "usr"})
    monkeypatch.setattr(fresh.Path, "home", lambda: home)
    monkeypatch.setattr(
        fresh.os,
        "environ",
        {
            "SSL_CERT_FILE": str(certificates),
            "PIP_INDEX_URL": "https://example.org/simple",
            "https_proxy": "http://example.org:3128",
            "SECRET": "not this",
        },
    )
    found = fresh.machine()
    assert found.variables["PIP_INDEX_URL"] == "https://example.org/simple"
    assert found.variables["https_proxy"] == "http://example.org:3128"
    assert "SECRET" not in found.variables
    assert found.files["HOME/.npmrc"] == "fund=false\n"
    assert found.folders == [str(tmp_path / "index"), str(packages)]
    for name in ("PIP_CERT", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"):
        assert found.variables[name] == fresh.CERTIFICATES
    assert found.files[fresh.CERTIFICATES] == "words of trust"


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0,
    reason="mounts, which root may do on Linux",
)
def test_a_stopped_step_leaves_neither_mounts_nor_processes(place, tmp_path):
    if subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"]).returncode:
        pytest.skip("this machine allows no namespaces")
    mark = tmp_path / "mark"
    code = (
        "import fresh; import pathlib, signal, sys\n"
        # Whoever runs the tests in the background has had the signal ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "fresh.PLACE = pathlib.Path(sys.argv[1])\n"
        "system = fresh.System('bookworm', 'c', fresh.Machine())\n"
        "system.do(['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c',\n"
        '  \'mount -t tmpfs tmpfs "$0" && touch "$0.made" && sleep 3600\', sys.argv[2]])\n'
    )
    mark.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(place), str(mark)],
        env=os.environ | {"PYTHONPATH": str(Path(fresh.__file__).parent)},
    )
    while not Path(f"{mark}.made").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    assert str(mark) not in Path("/proc/self/mounts").read_text()
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True)
    assert f"sleep 3600 {mark}" not in running.stdout
    assert not [
        line for line in running.stdout.splitlines() if f'touch "{mark}' in line
    ]
