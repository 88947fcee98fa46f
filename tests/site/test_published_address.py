"""Canonical links, previews, the site map and Binder: from one address, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from sphinx.errors import ConfigError

from bookkit.pages.address import PICTURE_SIZE, site_address

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("baseurl", "repository", "address"),
    [
        ("", "", ""),
        ("", "https://github.com/Owner/book", "https://owner.github.io/book/"),
        ("", "https://github.com/owner/book.git", "https://owner.github.io/book/"),
        ("", "https://github.com/owner/owner.github.io", "https://owner.github.io/"),
        ("", "https://forge.example/owner/book", ""),
        ("https://b.example", "https://github.com/o/b", "https://b.example/"),
        ("https://b.example/x/", "", "https://b.example/x/"),
    ],
)
def test_the_address_is_the_one_given_else_that_of_github_pages(
    baseurl: str, repository: str, address: str
) -> None:
    assert site_address(baseurl, repository) == address


def test_an_address_that_is_not_absolute_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"baseurl: .* must look like https://host"):
        site_address("book.example.org", "")


@pytest.mark.usefixtures("without_address")
def test_without_an_address_no_page_names_one(
    pages: dict[str, BeautifulSoup], site: Path
) -> None:
    for name, page in pages.items():
        found = page.select(
            "link[rel=canonical], meta[property='og:url'], meta[property='og:image'], "
            "meta[name='twitter:card']"
        )
        assert not found, name
    assert not (site / "sitemap.xml").exists() and not (site / "robots.txt").exists()
    assert not (site / "404.html").exists()


def test_every_page_describes_itself(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        described = page.select("meta[name=description]")
        assert len(described) == 1 and len(described[0]["content"]) > 10, name


def test_binder_installs_the_pinned_torch_on_a_python_that_is_tested() -> None:
    wanted = yaml.safe_load((ROOT / ".binder/environment.yml").read_text("utf-8"))
    plain = [line for line in wanted["dependencies"] if isinstance(line, str)]
    versions = dict(line.split("=") for line in plain if "=" in line)
    pins = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert f"torch=={versions['pytorch-cpu']}" in pins
    assert versions["python"] == "3.11"
    by_pip = wanted["dependencies"][-1]["pip"]
    assert by_pip == ["-c ../constraints.txt", "-e ../.[chapters]"]


@pytest.mark.parametrize(
    ("drawing", "size"), [("preview", PICTURE_SIZE), ("cover", (1600, 2560))]
)
def test_a_kept_picture_is_the_one_that_its_code_draws(
    drawing: str, size: tuple[int, int]
) -> None:
    import io

    import numpy as np
    from PIL import Image

    from bookkit.commands import pictures

    kept = Image.open(getattr(pictures, drawing.upper())).convert("RGB")
    drawn = Image.open(io.BytesIO(getattr(pictures, drawing)())).convert("RGB")
    assert kept.size == drawn.size == size
    apart = np.abs(np.asarray(kept, float) - np.asarray(drawn, float)).mean()
    assert apart < 0.5
