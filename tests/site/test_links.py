"""No link leads nowhere, and no page asks another host for anything."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urldefrag, urlsplit

from bs4 import BeautifulSoup

from bookkit.pages.interactive import figure_of

Pages = dict[str, BeautifulSoup]
RESOURCES = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
    "object": "data",
}


def _target(page: str, link: str) -> str:
    """The path inside the site that a link on a page means."""
    path: list[str] = list(PurePosixPath(page).parent.parts)
    for part in PurePosixPath(unquote(link)).parts:
        if part == "..":
            path.pop()
        else:
            path.append(part)
    return "/".join(path)


def test_every_internal_link_and_anchor_leads_somewhere(
    site: Path, pages: Pages
) -> None:
    ids = {
        name: {tag["id"] for tag in page.find_all(id=True)} | {""}
        for name, page in pages.items()
    }
    broken, seen = [], 0
    for name, page in pages.items():
        for tag in page.find_all(href=True):
            link, anchor = urldefrag(tag["href"])
            if urlsplit(link).scheme:
                continue
            seen += 1
            target = _target(name, link.split("?")[0]) if link else name
            if not (site / target).is_file() or (
                target in ids and figure_of(unquote(anchor)) not in ids[target]
            ):
                broken.append((name, tag["href"]))
    assert seen > 100
    assert not broken


def test_every_file_that_a_page_loads_is_in_the_site(site: Path, pages: Pages) -> None:
    for name, page in pages.items():
        for tag, attribute in RESOURCES.items():
            for element in page.find_all(tag, attrs={attribute: True}):
                source = element[attribute].split("?")[0]
                assert not urlsplit(source).scheme and not source.startswith("//"), (
                    name,
                    source,
                )
                assert (site / _target(name, source)).is_file(), (name, source)


def test_no_page_asks_another_host_for_a_style_or_hint(pages: Pages) -> None:
    for name, page in pages.items():
        # A canonical link names the page itself, and a browser does not follow it.
        for link in page.select("link[href]:not([rel=canonical])"):
            assert not urlsplit(link["href"]).netloc, (name, link)
        for form in page.find_all("form", action=True):
            assert not urlsplit(form["action"]).netloc, (name, form)
        for element in page.find_all(style=True):
            assert "url(" not in element["style"], (name, element["style"])
        for element in page.find_all(srcset=True):
            assert "//" not in element["srcset"], (name, element["srcset"])


def test_styles_load_only_files_of_the_site(site: Path) -> None:
    sheets = [*site.glob("_static/*.css")]
    assert sheets
    for sheet in sheets:
        text = sheet.read_text(encoding="utf-8")
        assert "@import" not in text, sheet.name
        for source in re.findall(r"url\(\s*[\"']?([^\"')]+)", text):
            if source.startswith("data:"):
                continue
            assert not urlsplit(source).netloc, (sheet.name, source)
            assert (sheet.parent / source).is_file(), (sheet.name, source)


def test_scripts_name_no_other_host(site: Path, pages: Pages) -> None:
    used = {
        _target(name, tag["src"].split("?")[0])
        for name, page in pages.items()
        for tag in page.find_all("script", src=True)
    }
    assert used
    for script in used:
        text = (site / script).read_text(encoding="utf-8")
        without_comments = re.sub(
            r"/\*.*?\*/|^\s*//.*$", "", text, flags=re.DOTALL | re.MULTILINE
        )
        assert not re.search(
            r"[\"'`](?:https?:)?//(?!www\.w3\.org/)\w", without_comments
        ), script


def test_svg_figures_load_nothing(site: Path) -> None:
    figures = [*site.glob("_images/*.svg"), site / "_static" / "favicon.svg"]
    for figure in figures:
        text = figure.read_text(encoding="utf-8")
        assert "<script" not in text and "@import" not in text, figure.name
        assert not re.search(r"(?:href|src)=[\"'](?:https?:)?//", text), figure.name


def test_no_inline_event_handler_stands_in_a_page(pages: Pages) -> None:
    for name, page in pages.items():
        for element in page.find_all(True):
            handlers = [key for key in element.attrs if key.startswith("on")]
            assert not handlers, (name, element.name, handlers)


def test_the_only_inline_script_is_the_one_that_sets_the_colours(
    book_pages: Pages,
) -> None:
    inline = {
        script.get_text()
        for page in book_pages.values()
        for script in page.find_all("script", src=False)
    }
    assert len(inline) == 1
    assert "theme" in inline.pop()
