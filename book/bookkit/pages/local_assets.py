"""Puts KaTeX's style and the typefaces of the installed npm packages into the site.

Nothing of theirs is kept in the repository and no page asks another host for them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from bookkit.commands.node_packages import NODE_MODULES
from bookkit.pages.font_subsets import characters_of, cut, letters_by_class, wanted

TYPEFACES = [
    "@fontsource/source-serif-4/files/source-serif-4-latin-400-normal.woff2",
    "@fontsource/source-serif-4/files/source-serif-4-latin-400-italic.woff2",
    "@fontsource/source-serif-4/files/source-serif-4-latin-600-normal.woff2",
    "@fontsource/source-code-pro/files/source-code-pro-latin-400-normal.woff2",
    "@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2",
]
# Older formats that KaTeX's style names beside woff2, which every current browser reads.
_OLD_FORMATS = re.compile(
    r",\s*url\([^)]*\.(?:woff|ttf)\)\s*format\([\"'](?:woff|truetype)[\"']\)"
)


def katex_style(original: str) -> str:
    """KaTeX's own style sheet with the woff2 fonts as its only fonts."""
    return _OLD_FORMATS.sub("", original)


def _copy(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    katex = NODE_MODULES / "katex" / "dist"
    fonts = static / "fonts"
    fonts.mkdir(parents=True, exist_ok=True)
    style = katex_style((katex / "katex.min.css").read_text(encoding="utf-8"))
    (static / "katex.css").write_text(style, encoding="utf-8")
    sources = [NODE_MODULES / name for name in TYPEFACES]
    sources += sorted((katex / "fonts").glob("*.woff2"))
    everything = characters_of(Path(app.outdir))
    by_class = letters_by_class(Path(app.outdir))
    cache = Path(app.doctreedir) / "fonts"
    for source in sources:
        characters = wanted(source.name, everything, by_class)
        (fonts / source.name).write_bytes(cut(source.read_bytes(), characters, cache))


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", _copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
