"""A downloaded chapter: whole, alone, and it runs where the book is not."""

from __future__ import annotations

import json
import os
import re
import subprocess
import venv
import zipfile
from pathlib import Path
from typing import Any

import anywidget
import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup

from bookkit.pages.address import COLAB_BRANCH
from bookkit.reading.contents import chapters
from bookkit.take_away.library_wheel import WheelError, library_wheel
from bookkit.take_away.portable_notebook import (
    INSTALL_ID,
    install_cell,
    needed_modules,
    portable,
    turn_links,
)

from .conftest import PUBLISHED_AT, ROOT

Pages = dict[str, BeautifulSoup]
INSTALLED = Path(anywidget.__file__).parents[1]
# What a chapter may ask for by name; scikit-learn brings SciPy along.
BROUGHT = {"anywidget", "mpmath", "scipy", "sklearn", "torch", "tqdm"}
EXECUTE = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(
    notebook, timeout=300, kernel_name="python3", coalesce_streams=True
).execute()
nbformat.write(notebook, "executed.ipynb")
"""


def stored(slug: str) -> dict[str, Any]:
    [path] = [path for path in chapters() if path.stem == slug]
    return json.loads(path.read_text(encoding="utf-8"))


def unpacked(site: Path, slug: str) -> dict[str, bytes]:
    with zipfile.ZipFile(site / "notebooks" / f"{slug}.zip") as packed:
        names = packed.namelist()
        assert {name.split("/")[0] for name in names} == {slug}
        return {name.removeprefix(f"{slug}/"): packed.read(name) for name in names}


def prose(cells: list[dict[str, Any]]) -> str:
    texts = (
        "".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"
    )
    return "".join(texts)


def printed(cell: dict[str, Any]) -> str:
    """What a cell prints or shows as text."""
    texts = []
    for output in cell["outputs"]:
        text = output.get("text", output.get("data", {}).get("text/plain", ""))
        texts.append("".join(text).strip())
    return "\n".join(texts)


@pytest.fixture(params=[path.stem for path in chapters()])
def slug(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.usefixtures("without_address")
def test_the_button_gives_the_chapter_as_a_zip_and_says_so(
    site: Path, book_pages: Pages, slug: str
) -> None:
    page = book_pages[f"notebooks/{slug}.html"]
    [link] = [
        a for a in page.select(".page-tools a") if a.get_text() == "Download notebook"
    ]
    assert link["href"] == f"{slug}.zip" and link.has_attr("download")
    assert link["title"] == "A zip with the library and how to run it"
    assert (site / "notebooks" / link["href"]).is_file()
    assert not (site / "notebooks" / f"{slug}.ipynb").exists()


@pytest.mark.usefixtures("without_address")
def test_the_zip_holds_notebook_library_instructions_and_licences(
    site: Path, slug: str
) -> None:
    files = unpacked(site, slug)
    [wheel] = [name for name in files if name.endswith(".whl")]
    assert set(files) == {
        "README.md",
        f"{slug}.ipynb",
        wheel,
        "LICENSE",
        "LICENSE-prose",
    }
    readme = files["README.md"].decode("utf-8")
    first = "".join(json.loads(files[f"{slug}.ipynb"])["cells"][0]["source"])
    [install] = re.findall(r"^    pip install (\./.*)$", readme, re.MULTILINE)
    assert first.endswith(f"%pip install --quiet {install}")
    assert install.split()[0] == f"./{wheel}"
    assert ("PyTorch" in readme) == ("torch" in install.split())


@pytest.mark.usefixtures("without_address")
def test_all_but_the_first_cell_is_the_chapter_with_its_outputs(
    site: Path, slug: str
) -> None:
    moved = json.loads(unpacked(site, slug)[f"{slug}.ipynb"])
    nbformat.validate(nbformat.from_dict(moved))
    first, *cells = moved["cells"]
    assert first["id"] == INSTALL_ID and first["outputs"] == []
    for cell, own in zip(cells, stored(slug)["cells"], strict=True):
        if cell["cell_type"] == "code":
            assert cell == own
        else:
            assert not re.search(r"\]\((?!https?:)", "".join(cell["source"]))
            assert {**cell, "source": 0} == {**own, "source": 0}


@pytest.mark.usefixtures("without_address")
def test_the_wheel_is_the_library_and_nothing_else(site: Path) -> None:
    for path in chapters():
        files = unpacked(site, path.stem)
        [wheel] = [content for name, content in files.items() if name.endswith(".whl")]
        assert wheel == library_wheel(site.parent / "wheel").read_bytes()
    with zipfile.ZipFile(library_wheel(site.parent / "wheel")) as packed:
        tops = {name.split("/")[0] for name in packed.namelist()}
        assert "xent_lib/data/corpus.txt" in packed.namelist()
    assert {top.partition("-")[0] for top in tops} == {"xent_lib"}


def test_the_same_library_gives_the_same_wheel_whatever_the_umask(
    tmp_path: Path,
) -> None:
    before = os.umask(0o077)
    try:
        strict = library_wheel(tmp_path / "strict").read_bytes()
    finally:
        os.umask(before)
    path = library_wheel(tmp_path / "open")
    assert path.read_bytes() == strict
    made = path.stat().st_mtime_ns
    assert library_wheel(tmp_path / "open").stat().st_mtime_ns == made


def test_a_library_that_cannot_be_packed_is_an_error_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "bookkit.take_away.library_wheel._BUILD", "raise SystemExit('no room')"
    )
    with pytest.raises(WheelError, match=r"xent_lib could not be built:\nno room"):
        library_wheel(tmp_path / "cache")


def test_with_an_address_every_link_of_a_download_leads_to_its_place_in_the_site(
    published: Path, slug: str
) -> None:
    cells = json.loads((published / "notebooks" / f"{slug}.ipynb").read_bytes())[
        "cells"
    ]
    links = re.findall(r"\]\(([^()\s]+)\)", prose(cells))
    assert len(links) > 5
    # What leads to another host in the chapter itself stays as it is.
    elsewhere = re.findall(r"\]\((https?:[^()\s]+)\)", prose(stored(slug)["cells"]))
    for link in links:
        if link in elsewhere:
            continue
        page, _, anchor = link.removeprefix(PUBLISHED_AT).partition("#")
        markup = (published / page).read_text(encoding="utf-8")
        assert not anchor or f'id="{anchor}"' in markup, link


def test_what_a_chapter_needs_is_read_from_its_cells() -> None:
    code = (
        "import math\nimport numpy as np\nfrom sklearn.metrics import log_loss\n"
        "from xent_lib.explore import Simplex\n"
    )
    notebook = {"cells": [{"cell_type": "code", "source": code.splitlines(True)}]}
    modules = needed_modules(notebook)
    font = "font_source_sans_pro"
    assert modules == ["xent_lib", "anywidget", font, "matplotlib", "sklearn"]
    cell = install_cell(modules, "git+https://b.example/o/b@main")
    assert "".join(cell["source"]).endswith(
        "%pip install --quiet git+https://b.example/o/b@main "
        "anywidget font-source-sans-pro matplotlib scikit-learn"
    )


def test_links_to_files_of_the_book_are_turned_and_no_others() -> None:
    text = (
        "[chapter *1*](01.ipynb), [a [nested] term](g.md#t), `a[i](j)`, "
        "[out](https://b.example/x.md), [here](#eq-1), ![a bar](bar.png)"
    )
    known = {"01.ipynb": "https://s.example/01.html", "g.md#t": "", "bar.png": ""}
    assert turn_links(text, known.get) == (
        "[chapter *1*](https://s.example/01.html), a [nested] term, `a[i](j)`, "
        "[out](https://b.example/x.md), [here](#eq-1), a bar"
    )


def test_the_chapter_itself_is_left_as_it_was() -> None:
    notebook = stored("02_one_hot_labels")
    before = json.dumps(notebook)
    portable(notebook, "./x.whl", lambda link: "")
    assert json.dumps(notebook) == before


def bare_python(folder: Path, without: set[str]) -> Path:
    """Make an environment of the packages installed here, less some and the library."""
    venv.create(folder, symlinks=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    hidden = without | {"xent_lib", "__editable__"}
    for entry in INSTALLED.iterdir():
        left_out = entry.suffix == ".pth" or entry.name == "__pycache__"
        if not left_out and not entry.name.startswith(tuple(hidden)):
            (packages / entry.name).symlink_to(entry)
    return folder / "bin" / "python"


@pytest.mark.usefixtures("without_address")
@pytest.mark.parametrize("slug", ["01_distributions", "02_one_hot_labels"])
def test_an_unpacked_chapter_installs_its_library_and_runs(
    site: Path, tmp_path: Path, slug: str
) -> None:
    with zipfile.ZipFile(site / "notebooks" / f"{slug}.zip") as packed:
        packed.extractall(tmp_path / "a folder")
    folder = tmp_path / "a folder" / slug
    needs = set(needed_modules(stored(slug)))
    needs |= {"scipy"} if "sklearn" in needs else set()
    python = bare_python(tmp_path / "elsewhere", BROUGHT - needs)
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONPATH"
    }
    environment |= {"PIP_NO_INDEX": "1", "XENT_STORED_OUTPUTS": "1"}
    subprocess.run(
        [python, "-c", EXECUTE, f"{slug}.ipynb"],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        timeout=600,
    )
    executed = json.loads((folder / "executed.ipynb").read_text(encoding="utf-8"))
    first, *cells = executed["cells"]
    assert "restart the kernel" in printed(first)
    assert any((tmp_path / "elsewhere").glob("lib/python*/site-packages/xent_lib"))
    for cell, own in zip(cells, stored(slug)["cells"], strict=True):
        if cell["cell_type"] == "code":
            assert printed(cell) == printed(own), cell["source"]


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "protocol.file.allow=always", *words]
    return subprocess.run(
        command, cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def test_the_workflow_puts_the_notebooks_alone_on_the_branch_that_colab_is_led_to(
    tmp_path: Path,
) -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/publish.yml").read_text())
    [step] = [step for step in workflow["jobs"]["colab"]["steps"] if "run" in step]
    git(tmp_path, "init", "-q", "--bare", "forge")
    work = tmp_path / "work"
    git(tmp_path, "clone", "-q", "forge", "work")
    (work / "built" / "notebooks").mkdir(parents=True)
    (work / "own.py").touch()
    git(work, "add", "own.py")
    name = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    git(work, *name, "commit", "-qm", "One")
    run = ["bash", "-e", "-c", step["run"]]
    outside = {"GITHUB_ACTOR": "owner", "GITHUB_SHA": "0123456"}
    for notebooks in ([], ["01_a.ipynb"], ["01_a.ipynb", "02_b.ipynb"]):
        for notebook in notebooks:
            (work / "built" / "notebooks" / notebook).write_text("{}")
        subprocess.run(
            run, cwd=work, env=os.environ | outside, check=True, capture_output=True
        )
        branches = git(tmp_path / "forge", "branch", "--list", COLAB_BRANCH)
        assert bool(branches) == bool(notebooks)
        if notebooks:
            listed = git(tmp_path / "forge", "ls-tree", "--name-only", COLAB_BRANCH)
            assert listed.split() == notebooks
            git(work, "checkout", "-qf", "--detach", "HEAD")
            git(work, "branch", "-qD", COLAB_BRANCH)
