"""The book with its address set: every link, button and file of it follows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

import pytest
import yaml
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect

from bookkit.pages.address import COLAB_BRANCH

from .conftest import PUBLISHED_AT, REPOSITORY, ROOT, parsed

Pages = dict[str, BeautifulSoup]
FORGE, BRANCH = REPOSITORY["url"], REPOSITORY["branch"]
COLAB = "https://colab.research.google.com/github/Owner/entropy/blob"
BINDER = "https://mybinder.org/v2/gh/Owner/entropy/release%2F1?urlpath=lab/tree"
FOLDER = urlsplit(PUBLISHED_AT).path


@pytest.fixture(scope="module")
def owned(published: Path) -> Pages:
    return parsed(published)


@pytest.fixture(scope="module")
def sources(toc_pages: list[str]) -> dict[str, str]:
    """The file in the repository that each page of the table of contents comes from."""
    files = {}
    for name in toc_pages:
        [path] = [p for p in ROOT.glob(f"{name}.*") if p.suffix in (".md", ".ipynb")]
        files[f"{name}.html"] = path.relative_to(ROOT).as_posix()
    return files


def tools(page: BeautifulSoup) -> dict[str, str]:
    return {link.get_text(): link["href"] for link in page.select(".page-tools a")}


def test_every_page_names_its_own_address_and_a_picture_that_is_there(
    owned: Pages, published: Path
) -> None:
    for name, page in owned.items():
        # A deck of slides repeats its chapter, and asks not to be found in its place.
        if name.startswith("slides/"):
            assert page.select_one("meta[name=robots]")["content"] == "noindex"
            continue
        # The root only leads on, so it names the page that it leads to.
        own = PUBLISHED_AT + ("book/index.html" if name == "index.html" else name)
        assert page.select_one("link[rel=canonical]")["href"] == own
        said = {
            tag["property"]: tag["content"] for tag in page.select("meta[property]")
        }
        assert said["og:url"] == own
        assert said["og:title"] and len(said["og:description"]) > 10, name
        picture = said["og:image"].removeprefix(PUBLISHED_AT)
        assert (published / picture).is_file(), name
        card = page.select_one("meta[name='twitter:card']")
        assert card["content"] == "summary_large_image", name


def test_the_site_map_lists_every_page_of_the_table_of_contents_and_robots_names_it(
    published: Path, toc_pages: list[str]
) -> None:
    tree = ElementTree.parse(published / "sitemap.xml")
    listed = [node.text for node in tree.iter() if node.tag.endswith("}loc")]
    assert sorted(listed) == sorted(f"{PUBLISHED_AT}{name}.html" for name in toc_pages)
    robots = (published / "robots.txt").read_text(encoding="utf-8")
    assert f"Sitemap: {PUBLISHED_AT}sitemap.xml\n" in robots


def test_edit_and_report_name_the_page_on_the_owners_branch(
    owned: Pages, sources: dict[str, str]
) -> None:
    for name, source in sources.items():
        links = tools(owned[name])
        if name == "book/index.html":
            assert links == {}
            continue
        assert links["Edit"] == f"{FORGE}/edit/{BRANCH}/{source}"
        where, _, query = links["Report a problem"].partition("?")
        assert where == f"{FORGE}/issues/new"
        [title] = parse_qs(query)["title"]
        heading = owned[name].find("h1")
        words = re.sub(r"\W", "", heading.get_text().removesuffix("#"))
        assert re.sub(r"\W", "", title.removeprefix("On the page: ")) in words, name


def test_a_chapter_opens_on_binder_and_colab_and_its_download_is_what_colab_opens(
    owned: Pages, published: Path, sources: dict[str, str]
) -> None:
    for name, source in sources.items():
        links = tools(owned[name])
        if not source.endswith(".ipynb"):
            assert not {"Binder", "Colab", "Download notebook"} & set(links), name
            continue
        file = Path(source).name
        assert links["Binder"] == f"{BINDER}/{source}"
        assert links["Colab"] == f"{COLAB}/{COLAB_BRANCH}/{file}"
        assert links["Download notebook"] == file
        download = json.loads((published / "notebooks" / file).read_text("utf-8"))
        first, *cells = download["cells"]
        library = f"git+{FORGE}@{BRANCH}"
        assert f"%pip install --quiet {library} " in "".join(first["source"])
        # What is there already stays: Colab brings its own torch.
        assert "".join(first["source"]).count("%pip") == 1
        text = "".join("".join(cell["source"]) for cell in cells)
        for link in re.findall(rf"{re.escape(PUBLISHED_AT)}([^)#\s]+)", text):
            assert (published / unquote(link)).is_file(), (name, link)


def test_every_foot_cites_the_pages_address_and_leads_to_the_owners_issues(
    owned: Pages, sources: dict[str, str]
) -> None:
    for name in sources:
        plain, bibtex = (
            pre.get_text() for pre in owned[name].select("footer .cite pre")
        )
        assert plain.endswith(f" {PUBLISHED_AT}{name}"), name
        assert f"  url = {{{PUBLISHED_AT}{name}}}\n" in bibtex, name
        [errata] = [
            link["href"]
            for link in owned[name].select("footer a")
            if link.get_text() == "Errata"
        ]
        assert errata.startswith(f"{FORGE}/issues/new?title=On%20the%20page"), name


def test_the_address_changes_no_other_link_and_no_link_begins_at_the_hosts_root(
    pages: Pages, owned: Pages
) -> None:
    def inside(page: BeautifulSoup) -> list[str]:
        asked = [
            tag.get("href") or tag.get("src")
            for tag in page.select("[href]:not(.page-tools a, footer a), [src]")
        ]
        return [link for link in asked if not urlsplit(link).netloc]

    assert pages.keys() == owned.keys()
    for name, page in owned.items():
        links = inside(page)
        assert links and not [link for link in links if link.startswith("/")], name
        assert links == inside(pages[name]), name


def test_what_is_not_there_has_a_page_whose_links_lead_on_from_anywhere(
    published: Path,
) -> None:
    text = (published / "404.html").read_text(encoding="utf-8")
    page = BeautifulSoup(text, "html.parser")
    assert page.select_one("meta[name=robots]")["content"] == "noindex"
    assert not page.select("link[rel=canonical], meta[property='og:url']")
    asked = [tag.get("href") or tag.get("src") for tag in page.select("[href], [src]")]
    fonts = page.select_one("script[data-fonts]")["data-fonts"].split()
    local = [link for link in asked + fonts if not link.startswith(("#", FORGE))]
    assert len(local) > 20
    for link in local:
        assert link.startswith(FOLDER), link
        assert (published / link.removeprefix(FOLDER)).is_file(), link


@pytest.fixture
def lost(
    browser: Browser,
    published: Path,
    serve: Callable[[Path], AbstractContextManager[str]],
) -> Iterator[Page]:
    """A reader who followed a wrong link, two folders deep."""
    with serve(published) as address:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{address}/notebooks/old/place.html", wait_until="networkidle")
        yield page
        context.close()


def test_from_a_wrong_address_the_dressed_page_leads_home_and_searches(
    lost: Page,
) -> None:
    expect(lost.locator("h1")).to_have_text("There is no such page")
    family = "() => getComputedStyle(document.querySelector('h1')).fontFamily"
    assert "Source" in lost.evaluate(family)
    lost.locator(".site-search input").fill("perplexity")
    lost.keyboard.press("Enter")
    expect(lost.locator("#search-results li a").first).to_be_visible()
    lost.go_back()
    lost.locator("main").get_by_role("link", name="first page").click()
    expect(lost.locator("h1")).to_contain_text("Cross Entropy")


def test_an_address_in_the_citation_file_is_the_one_in_the_settings(
    settings: dict[str, object],
) -> None:
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    named = cff.get("repository-code", "").rstrip("/").removesuffix(".git")
    url = settings["repository"]["url"].rstrip("/").removesuffix(".git")
    assert named in ("", url)
