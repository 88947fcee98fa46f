"""Every page in Firefox, whose engine is none of Chromium's: it loads, and it does its work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from test_visits import PAGES

from bookkit.machine.node_packages import ensure_installed, node_command

HERE = Path(__file__).parent / "firefox"
NAMES = (
    "firefox-esr",
    "firefox",
    "/Applications/Firefox.app/Contents/MacOS/firefox",
)
NO_FIREFOX = (
    "No Firefox for the pages: there is no firefox-esr or firefox here. Install Debian's "
    "package firefox-esr, then run the tests again."
)
# A page with a fault, and what is said of it.
FAULTS = {
    "an error in a script": ("<script>none.such</script>", "none is not defined"),
    "a promise that fails unheard": (
        "<script>Promise.reject(new Error('unheard'))</script>",
        "unheard",
    ),
    "a warning": ("<script>console.warn('take care')</script>", "take care"),
    "a file that is not there": ("<script src='none.js'></script>", "404"),
    "a picture that is none": ("<img src='none.html'>", "image"),
    "a broken policy": (
        '<meta http-equiv="Content-Security-Policy" content="img-src \'self\'">'
        "<img src='https://example.invalid/a.png'>",
        "img-src stops https://example.invalid/a.png",
    ),
}
ELSEWHERE = "https://example.invalid/a.js"
Visits = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def visits(
    server: str,
    serve: Callable[[Path], AbstractContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Visits:
    """Every page of the book, and pages with a fault each, as one Firefox saw them."""
    firefox = next(filter(None, map(shutil.which, NAMES)), None)
    if firefox is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(NO_FIREFOX)
    ensure_installed(HERE)
    faulty = tmp_path_factory.mktemp("faulty")
    (faulty / "_headers").write_text("/*\n", encoding="utf-8")
    asks_elsewhere = {"elsewhere": (f"<script src='{ELSEWHERE}'></script>", "")}
    for name, (body, _) in (FAULTS | asks_elsewhere).items():
        text = f"<!DOCTYPE html><title>{name}</title>{body}"
        (faulty / f"{name}.html").write_text(text, encoding="utf-8")
    with serve(faulty) as bad_server:
        addresses = {name: f"{server}/{name}" for name in PAGES}
        for name in FAULTS | asks_elsewhere:
            addresses[name] = f"{bad_server}/{name}.html"
        answer = subprocess.run(
            [*node_command(), str(HERE / "visit.mjs")],
            input=json.dumps({"firefox": firefox, "addresses": addresses}),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
    assert answer.returncode == 0, answer.stderr
    found: Visits = json.loads(answer.stdout)
    return found


@pytest.mark.parametrize("name", PAGES)
def test_a_page_logs_no_error_and_every_request_is_answered(
    visits: Visits, name: str
) -> None:
    assert visits[name]["errors"] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_no_other_host(visits: Visits, name: str) -> None:
    assert visits[name]["outside"] == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_would_be_seen(visits: Visits, fault: str) -> None:
    said = visits[fault]["errors"]
    assert any(FAULTS[fault][1] in error for error in said), said


def test_a_request_to_another_host_would_be_seen(visits: Visits) -> None:
    assert visits["elsewhere"]["outside"] == [ELSEWHERE]


def test_a_word_in_the_header_finds_its_sections(visits: Visits) -> None:
    found = visits["book/notation.html"]["shown"]
    assert found[0] == "Entropy" and len(found) > 3


def test_a_key_moves_each_figure_and_another_brings_it_back(
    visits: Visits, site: Path
) -> None:
    name = "book/interactive.html"
    moved = visits[name]["shown"]
    assert len(moved) == (site / name).read_text("utf-8").count('class="explore"') > 0
    # A first value may lie between two steps, where no key leads back to.
    for figure, (first, once, twice, back) in moved.items():
        assert first != once != twice, figure
        assert back == once, figure


def test_a_definition_shows_under_the_pointer_until_escape(visits: Visits) -> None:
    definition = visits["notebooks/03_formula.html"]["shown"]
    assert definition["open"] == [False, True, False]
    assert len(definition["words"].split()) > 3
