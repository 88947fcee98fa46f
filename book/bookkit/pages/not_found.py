"""The page that a host shows in place of one that is not there: 404.html.

A host sends it for any address, however deep, so its links cannot be relative. They begin
with the path of the published address; where none is known there is no such page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from sphinx.application import Sphinx

NAME = "404"


def _pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    if app.builder.name == "html" and app.xent_address:  # type: ignore[attr-defined]
        yield NAME, {}, f"{NAME}.html"


def _lead_from_anywhere(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    if pagename != NAME:
        return
    root = urlsplit(app.xent_address).path  # type: ignore[attr-defined]
    relative = context["pathto"]

    def pathto(name: str, resource: int | bool = False) -> str:
        return f"{root}{relative(name, resource)}"

    # It has no address of its own, so it names none.
    context.update(pathto=pathto, content_root=root, page_address="")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-collect-pages", _pages)
    # After the address is known and before the theme asks for its files.
    app.connect("html-page-context", _lead_from_anywhere, priority=420)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
