"""Edit, report, Binder and Colab: all of them with an address, none without."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sphinx.errors import ConfigError

from bookkit.pages.address import Repository, read_repository

LAUNCH = {
    "binderhub_url": "https://mybinder.org",
    "colab_url": "https://colab.research.google.com",
}
NOTEBOOK = "notebooks/03_formula.ipynb"


def _hrefs(repository: Repository | None, source: str = NOTEBOOK) -> dict[str, str]:
    assert repository is not None
    return {
        link["text"]: link["href"] for link in repository.links(source, "The formula")
    }


def _of(url: str, branch: str = "main") -> Repository | None:
    options = {
        "repository_url": url,
        "repository_branch": branch,
        "launch_buttons": LAUNCH,
    }
    return read_repository(options)


@pytest.mark.parametrize("empty", ["", None])
def test_without_an_address_there_is_no_repository(empty: str | None) -> None:
    assert read_repository({"repository_url": empty, "launch_buttons": LAUNCH}) is None


@pytest.mark.usefixtures("without_address")
def test_the_built_pages_offer_nothing_while_the_address_is_empty(
    pages: dict[str, BeautifulSoup],
) -> None:
    offered = {"Edit", "Report a problem", "Binder", "Colab"}
    for name, page in pages.items():
        words = {link.get_text(strip=True) for link in page.select(".page-tools a")}
        assert not words & offered, name


def test_github_gives_all_four_links() -> None:
    links = _hrefs(_of("https://github.com/owner/book/"))
    assert links == {
        "Binder": "https://mybinder.org/v2/gh/owner/book/main"
        "?urlpath=lab/tree/notebooks/03_formula.ipynb",
        "Colab": "https://colab.research.google.com/github/owner/book/blob/colab/"
        "03_formula.ipynb",
        "Edit": "https://github.com/owner/book/edit/main/notebooks/03_formula.ipynb",
        "Report a problem": "https://github.com/owner/book/issues/new"
        "?title=On%20the%20page%3A%20The%20formula",
    }


def test_a_page_that_is_no_notebook_has_nothing_to_launch() -> None:
    assert set(_hrefs(_of("https://github.com/owner/book"), "book/faq.md")) == {
        "Edit",
        "Report a problem",
    }


def test_another_host_than_github_gets_no_links() -> None:
    assert _hrefs(_of("https://forge.example/owner/book")) == {}


def test_a_branch_with_a_slash_is_quoted_for_binder() -> None:
    assert (
        "/draft%2Fone?"
        in _hrefs(_of("https://github.com/owner/book", "draft/one"))["Binder"]
    )


@pytest.mark.parametrize(
    "wrong", ["github.com/owner/book", "https://github.com/owner", "owner/book"]
)
def test_a_malformed_address_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(
        ConfigError, match="must look like https://host/owner/name, got"
    ):
        _of(wrong)
