"""The built site, parsed once: what these tests look at is what a reader is served."""

from __future__ import annotations

import copy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]

# An owner's own settings, as book/publishing.md asks for them: a branch and a folder that
# are not the usual ones.
PUBLISHED_AT = "https://example.org/books/entropy/"
REPOSITORY = {"url": "https://github.com/Owner/entropy", "branch": "release/1"}


def _files(entry: Any) -> Iterator[str]:
    if isinstance(entry, dict):
        for key, value in entry.items():
            if key in ("file", "root"):
                yield value
            else:
                yield from _files(value)
    elif isinstance(entry, list):
        for item in entry:
            yield from _files(item)


@pytest.fixture(scope="session")
def toc_pages() -> list[str]:
    """Every page of _toc.yml, in order."""
    return list(_files(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))))


def parsed(site: Path) -> dict[str, BeautifulSoup]:
    """Every HTML page of a site by its path, less the one for what is not there."""
    return {
        str(path.relative_to(site)): BeautifulSoup(
            path.read_text(encoding="utf-8"), "html.parser"
        )
        for path in sorted(site.rglob("*.html"))
        if not {"_static", "_sources", "404.html"} & set(path.parts)
    }


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[str, BeautifulSoup]:
    """Every HTML page of the site by its path, parsed."""
    return parsed(site)


@pytest.fixture(scope="session")
def settings() -> dict[str, Any]:
    """What _config.yml holds: without an address here, with one in an owner's copy."""
    text = (ROOT / "_config.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


@pytest.fixture
def without_address(settings: dict[str, Any]) -> None:
    """Skip what an owner's copy, whose address is set, shows in another form."""
    if settings["repository"]["url"]:
        pytest.skip("_config.yml names a repository; test_publishing.py looks at that")


@pytest.fixture(scope="session")
def published(
    site: Path, settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The book as an owner publishes it, written from what the last build had read."""
    folder = tmp_path_factory.mktemp("published")
    own = copy.deepcopy(settings)
    own["repository"] |= REPOSITORY
    own["html"]["baseurl"] = PUBLISHED_AT
    own["sphinx"]["local_extensions"] = {"bookkit": str(ROOT / "book")}
    (folder / "_config.yml").write_text(yaml.safe_dump(own), encoding="utf-8")
    for name in (".doctrees", "take"):
        if (site.parent / name).is_dir():
            shutil.copytree(site.parent / name, folder / "_build" / name)
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    command += ["build", str(ROOT), "--path-output", str(folder)]
    command += ["--config", str(folder / "_config.yml"), "-W", "-n", "--keep-going"]
    built = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-4000:]
    return folder / "_build" / "html"


@pytest.fixture(scope="session")
def book_pages(
    pages: dict[str, BeautifulSoup], toc_pages: list[str]
) -> dict[str, BeautifulSoup]:
    """The pages of the table of contents, parsed."""
    return {
        f"{name}.html": pages[f"{name}.html"]
        for name in toc_pages
        if f"{name}.html" in pages
    }
