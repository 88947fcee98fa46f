"""The boxes that run Python, in Firefox: from a folder, and from a server under the policy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from test_code_boxes import BOX, ENDLESS, EXERCISES, SUMMED
from test_firefox import HERE, NAMES, NO_FIREFOX

from bookkit.machine.node_packages import ensure_installed, node_command

PLACES = ("folder", "server")
in_both = pytest.mark.parametrize("place", PLACES)
Seen = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def seen(server: str, site: Path) -> Seen:
    """What a reader sees in a box, in one Firefox, from each place."""
    firefox = next(filter(None, map(shutil.which, NAMES)), None)
    if firefox is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(NO_FIREFOX)
    ensure_installed(HERE)
    bases = zip(PLACES, (site.as_uri(), server), strict=True)
    asked = {
        "firefox": firefox,
        "addresses": {place: f"{base}/{EXERCISES}" for place, base in bases},
        "box": BOX,
        "wrong": SUMMED,
        "endless": ENDLESS,
    }
    answer = subprocess.run(
        [*node_command(), str(HERE / "boxes.mjs")],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    found: Seen = json.loads(answer.stdout)
    return found


@in_both
def test_a_program_runs_and_is_checked(seen: Seen, place: str) -> None:
    assert "[0.7, 0.2, 0.1] 0" in seen[place]["run"]
    assert "2 of 4 checks hold." in seen[place]["check"]
    assert "did not divide" in seen[place]["check"]
    assert "gave 2.07147, expected 0.690491" in seen[place]["check"]


@in_both
def test_an_endless_loop_is_ended_and_nothing_is_lost(seen: Seen, place: str) -> None:
    assert "Stopped after 2 seconds" in seen[place]["stopped"]
    assert seen[place]["left"] == ENDLESS
    assert "2 of 4 checks hold." in seen[place]["again"]


@in_both
def test_tab_indents_and_after_escape_leaves(seen: Seen, place: str) -> None:
    assert seen[place]["indented"] == SUMMED + "    "
    assert seen[place]["focused"] == "run"


@in_both
def test_a_text_is_found_again_and_reset_keeps_it(seen: Seen, place: str) -> None:
    assert seen[place]["found"] == seen[place]["back"] == SUMMED
    assert seen[place]["reset"] == seen[place]["start"] != SUMMED


@in_both
def test_nothing_is_logged_as_an_error(seen: Seen, place: str) -> None:
    assert seen[place]["errors"] == []
