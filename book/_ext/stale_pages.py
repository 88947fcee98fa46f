"""Removes pages of earlier builds whose sources have gone, which Sphinx leaves in place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

_GENERATED = {"genindex", "search", "index"}
_NOT_PAGES = {"_static", "_sources", "_images", "_downloads"}


def _remove(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for page in site.rglob("*.html"):
        docname = page.relative_to(site).with_suffix("").as_posix()
        if docname.split("/")[0] in _NOT_PAGES:
            continue
        if docname not in app.env.found_docs and docname not in _GENERATED:
            page.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", _remove)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
