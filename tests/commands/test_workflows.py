"""The workflows, read: what they run, name and may do is what this tree has."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

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


def test_every_action_is_one_commit_with_its_version_beside_it() -> None:
    versions: dict[str, set[str]] = {}
    for path in FOLDER.glob("*.yml"):
        for line in re.findall(r"uses: (.*)", path.read_text(encoding="utf-8")):
            if line.startswith("./"):
                continue
            found = re.fullmatch(r"([\w/-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)", line)
            assert found, (path.name, line)
            versions.setdefault(found[1], set()).add(f"{found[2]} {found[3]}")
    assert len(versions) >= 5
    assert {name: pins for name, pins in versions.items() if len(pins) > 1} == {}


def test_a_job_may_read_and_only_those_that_publish_may_write() -> None:
    for file, workflow in WORKFLOWS.items():
        assert workflow["permissions"] == {"contents": "read"}, file
    assert {
        name: job["permissions"] for name, job in JOBS.items() if "permissions" in job
    } == {
        "publish.yml: colab": {"contents": "write"},
        "publish.yml: pages": {"pages": "write", "id-token": "write"},
    }


def test_only_the_job_that_pushes_keeps_the_credentials() -> None:
    for name, step in STEPS:
        if step.get("uses", "").startswith("actions/checkout@"):
            kept = step.get("with", {}).get("persist-credentials", True)
            pushes = any(
                "git push" in other.get("run", "") for other in JOBS[name]["steps"]
            )
            assert kept == pushes, name


def test_every_job_that_runs_here_has_a_limit_and_what_is_pushed_waits_its_turn() -> (
    None
):
    for name, job in JOBS.items():
        assert "uses" in job or job["timeout-minutes"] <= 60, name
    assert WORKFLOWS["publish.yml"]["concurrency"]["cancel-in-progress"] is False
    assert WORKFLOWS["tests.yml"]["concurrency"]["cancel-in-progress"] is True


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
