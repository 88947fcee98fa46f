"""The workflows: what they run and name is in this tree, and zizmor finds nothing in them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bookkit.commands import links

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = {
    path.name: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted(FOLDER.glob("*.yml"))
}
TARGETS = set(
    re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
)
# Where a build puts things, and what a workflow itself downloads.
MADE = ("_build/", "built/", "tests/site/lighthouse/scores.json")
SETTINGS = {"UPGRADE", "ALL", "PORT", "CHAPTERS", "PYTHON", "SUITE", "TORCH"}


def _jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for file, workflow in WORKFLOWS.items():
        for name, job in workflow["jobs"].items():
            yield f"{file}: {name}", job


JOBS = dict(_jobs())
STEPS = [(name, step) for name, job in JOBS.items() for step in job.get("steps", [])]


def _pythons(job: dict[str, Any]) -> set[str]:
    """The versions that a job sets up, those of its matrix in place of its expression."""
    matrix = job.get("strategy", {}).get("matrix", {})
    found = set(matrix.get("python", []))
    found |= {more["python"] for more in matrix.get("include", [])}
    for step in job.get("steps", []):
        given = str(step.get("with", {}).get("python-version", ""))
        found |= set(given.split()) if "${{" not in given else set()
    return found


def test_every_make_target_that_a_workflow_runs_is_in_the_makefile() -> None:
    run = []
    for name, step in STEPS:
        for line in step.get("run", "").splitlines():
            command = line.partition(" > ")[0]
            words = re.sub(r"\$\{\{.*?\}\}", "VALUE", command).split()
            if words[:1] != ["make"]:
                continue
            targets = [word for word in words[1:] if "=" not in word]
            given = {word.partition("=")[0] for word in words[1:] if "=" in word}
            assert targets and set(targets) <= TARGETS, (name, line)
            assert given <= SETTINGS, (name, line)
            run += targets
    assert {"book", "lighthouse", "test-slow"} <= set(run)
    assert any(step.get("run") == "bash .ci/run" for _, step in STEPS)
    assert (ROOT / ".ci" / "run").read_text("utf-8").endswith("exec make test\n")


def test_every_path_that_a_workflow_names_is_in_the_tree_or_made_by_it() -> None:
    named = []
    for name, job in JOBS.items():
        if "uses" in job:
            assert (ROOT / job["uses"]).is_file(), name
        for step in job.get("steps", []):
            given = step.get("with", {})
            named += [
                (name, given[key])
                for key in ("path", "cache-dependency-path")
                if key in given
            ]
            named += [(name, p) for p in re.findall(r"\.ci/\w+", step.get("run", ""))]
    for name, path in named:
        # One job checks the tree out into a folder with a space in its name.
        inside = path.removeprefix("the book").lstrip("/")
        made = any(f"{inside}/".startswith(place) or inside == place for place in MADE)
        assert made or (ROOT / inside).exists(), (name, path)
    assert len(named) > 8


def test_zizmor_finds_nothing_in_the_workflows() -> None:
    zizmor = Path(sys.executable).with_name("zizmor")
    found = subprocess.run(
        [zizmor, "--offline", "--no-progress", str(FOLDER)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_zizmor_finds_an_action_that_is_no_commit(tmp_path: Path) -> None:
    text = (FOLDER / "links.yml").read_text(encoding="utf-8")
    loose = re.sub(r"@[0-9a-f]{40} # v[\d.]+", "@v7", text, count=1)
    (tmp_path / "links.yml").write_text(loose, encoding="utf-8")
    zizmor = Path(sys.executable).with_name("zizmor")
    found = subprocess.run(
        [zizmor, "--offline", "--no-progress", str(tmp_path / "links.yml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode != 0 and "unpinned-uses" in found.stdout


def test_a_link_that_is_gone_fails_and_a_refusal_is_said(tmp_path: Path) -> None:
    answers = [
        {
            "status": status,
            "code": code,
            "info": info,
            "uri": f"https://a.example/{code}",
        }
        for status, code, info in (
            ("working", 200, ""),
            ("broken", 404, "Not Found"),
            ("broken", 403, "Forbidden"),
            ("timeout", 0, "read timed out"),
        )
    ]
    lines = [
        json.dumps({"filename": "book/faq.md", "lineno": 7} | one) for one in answers
    ]
    (tmp_path / "output.json").write_text("\n".join(lines), encoding="utf-8")
    said, gone = links.judge(tmp_path / "output.json")
    assert gone == 2
    assert said == [
        "book/faq.md:7: https://a.example/404: Not Found",
        "book/faq.md:7: https://a.example/403: refused",
        "book/faq.md:7: https://a.example/0: read timed out",
    ]


def test_the_workflows_use_the_pythons_that_the_library_names_and_no_others() -> None:
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = {
        line.rpartition(" ")[2]
        for line in about["project"]["classifiers"]
        if re.search(r":: 3\.\d+$", line)
    }
    used = {name: _pythons(job) for name, job in JOBS.items()}
    assert used["tests.yml: book"] == used["tests.yml: slow"] == named
    assert set().union(*used.values()) == named


@pytest.mark.parametrize("artefact", ["site", "github-pages"])
def test_the_site_is_built_after_the_tests_and_published_after_that(
    artefact: str,
) -> None:
    jobs = WORKFLOWS["publish.yml"]["jobs"]
    assert jobs["site"]["needs"] == "tests" and "site" in jobs["pages"]["needs"]
    uploads = {
        step["with"].get("name", "github-pages"): step["with"]["path"]
        for step in jobs["site"]["steps"]
        if "/upload-" in step.get("uses", "")
    }
    assert uploads[artefact] == "_build/html"


def test_what_is_published_was_measured_page_by_page_before() -> None:
    steps = WORKFLOWS["publish.yml"]["jobs"]["site"]["steps"]
    commands = [step.get("run", step.get("uses", "")) for step in steps]
    measured = commands.index("make lighthouse ALL=1")
    built = next(n for n, c in enumerate(commands) if c.startswith("make pdf"))
    uploaded = next(n for n, c in enumerate(commands) if "upload-pages-artifact" in c)
    assert built < measured < uploaded
    assert not steps[measured].keys() & {"if", "continue-on-error"}
