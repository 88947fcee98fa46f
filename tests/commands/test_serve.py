"""`make serve`: the site on this machine, rebuilt on every change."""

from __future__ import annotations

import socket
import urllib.request

import pytest

from bookkit.commands import serve


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind((serve.HOST, 0))
        return probe.getsockname()[1]


def test_the_site_is_served_and_each_change_builds_once(monkeypatch, tmp_path, port):
    builds, seen = [], []

    def rebuild():
        builds.append(len(builds))
        (tmp_path / "html").mkdir(exist_ok=True)
        (tmp_path / "html" / "index.html").write_text(f"build {len(builds)}")

    def changes(*paths, **options):
        for _ in range(2):
            with urllib.request.urlopen(f"http://{serve.HOST}:{port}/") as answer:
                seen.append(answer.read().decode())
            yield {("modified", "book/index.md")}

    monkeypatch.setattr(serve, "OUTPUT", tmp_path)
    monkeypatch.setattr(serve, "rebuild", rebuild)
    monkeypatch.setattr(serve, "watch", changes)
    assert serve.main([str(port)]) == 0
    assert seen == ["build 1", "build 2"]
    assert len(builds) == 3


def test_a_port_in_use_is_named_before_anything_is_built(monkeypatch, capsys):
    def rebuild():
        raise AssertionError("built in vain")

    monkeypatch.setattr(serve, "rebuild", rebuild)
    with socket.socket() as taken:
        taken.bind((serve.HOST, 0))
        taken.listen()
        number = taken.getsockname()[1]
        assert serve.main([str(number)]) == 1
    said = capsys.readouterr().err
    assert f"Port {number} of this machine cannot be used" in said
    assert f"make serve PORT={number + 1}" in said
