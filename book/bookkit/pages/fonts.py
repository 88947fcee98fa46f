"""Puts KaTeX's style and the typefaces of the installed npm packages into the site.

Nothing of theirs is kept in the repository and no page asks another host for them. The fonts
are cut down to the characters that the book shows: half the bytes, the same page. A character
that a font lacks falls to the next family of the style sheet, so a letter that only a reader
types still shows.
"""

from __future__ import annotations

import hashlib
import html
import io
import re
from pathlib import Path

from fontTools import subset
from sphinx.application import Sphinx

from bookkit.machine.node_packages import NODE_MODULES

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
# What a reader is most likely to type into the search field.
ALWAYS = frozenset(map(chr, range(0x20, 0x7F)))
# KaTeX's classes for the fonts that hold an alphabet of their own.
ALPHABETS = {
    "KaTeX_AMS-": ("amsrm", "mathbb", "textbb"),
    "KaTeX_Caligraphic-": ("mathcal",),
    "KaTeX_Main-Bold": ("boldsymbol", "mathbf", "textbf"),
    "KaTeX_Math-Italic": ("mathnormal",),
}
# What the style sheets ask for: kerning, ligatures, figures of one width, placed accents.
_FEATURES = ["kern", "liga", "tnum", "mark", "ccmp"]
_ESCAPE = re.compile(r"\\(?:u\{?)?([0-9a-fA-F]{4,5})")
_LEAF = re.compile(r'<span class="([^"]*)"[^>]*>([^<]*)<(/?)')


def characters_of(site: Path) -> set[str]:
    """Every character on a page, in a script or in a style sheet of the site."""
    found = set(ALWAYS)
    for path in site.rglob("*.html"):
        found |= set(html.unescape(path.read_text(encoding="utf-8")))
    for path in [*site.glob("_static/*.js"), *site.glob("_static/*.css")]:
        text = path.read_text(encoding="utf-8")
        found |= set(text) | {chr(int(code, 16)) for code in _ESCAPE.findall(text)}
    # Spaces of every width among them; not the ends of lines.
    return {character for character in found if character >= " "}


def letters_by_class(site: Path) -> dict[str, set[str] | None]:
    """For each class of a formula its own text; None where the text lies deeper."""
    found: dict[str, set[str] | None] = {}
    for path in site.rglob("*.html"):
        for names, text, closing in _LEAF.findall(path.read_text(encoding="utf-8")):
            for name in names.split():
                before = found.setdefault(name, set())
                if not closing:
                    found[name] = None
                elif before is not None:
                    before |= set(html.unescape(text))
    return found


def wanted(
    font: str, everything: set[str], by_class: dict[str, set[str] | None]
) -> set[str]:
    """The characters that the site shows in the font of this file name."""
    classes = next(
        (names for start, names in ALPHABETS.items() if font.startswith(start)), None
    )
    if classes is None:
        return everything
    letters: set[str] = set()
    for name in classes:
        own = by_class.get(name, set())
        if own is None:
            return everything
        letters |= own
    return letters


def cut(font: bytes, characters: set[str], cache: Path) -> bytes:
    """Return the font (woff2) with these characters only, from ``cache`` where known."""
    listed = "".join(sorted(characters))
    key = hashlib.sha256(font + listed.encode() + repr(_FEATURES).encode()).hexdigest()
    kept = cache / f"{key}.woff2"
    if not kept.is_file():
        # The text faces come without hints; KaTeX's are half of its smallest fonts.
        options = subset.Options(
            flavor="woff2", layout_features=_FEATURES, hinting=False
        )
        loaded = subset.load_font(io.BytesIO(font), options)
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=listed)
        subsetter.subset(loaded)
        made = io.BytesIO()
        subset.save_font(loaded, made, options)
        cache.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(made.getvalue())
    return kept.read_bytes()


def katex_style(original: str) -> str:
    """KaTeX's own style sheet with the woff2 fonts as its only fonts."""
    return _OLD_FORMATS.sub("", original)


def write(app: Sphinx, out: Path) -> None:
    """Write the style and the fonts, when every page is there."""
    katex, fonts = NODE_MODULES / "katex" / "dist", out / "_static" / "fonts"
    fonts.mkdir(exist_ok=True)
    style = katex_style((katex / "katex.min.css").read_text(encoding="utf-8"))
    (out / "_static" / "katex.css").write_text(style, encoding="utf-8")
    sources = [NODE_MODULES / name for name in TYPEFACES]
    sources += sorted((katex / "fonts").glob("*.woff2"))
    everything, by_class = characters_of(out), letters_by_class(out)
    cache = Path(app.doctreedir) / "fonts"
    for source in sources:
        characters = wanted(source.name, everything, by_class)
        (fonts / source.name).write_bytes(cut(source.read_bytes(), characters, cache))
