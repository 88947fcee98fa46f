"""Fonts cut down to the characters that the book shows: half the bytes, the same page.

A character that a font lacks falls to the next family of the style sheet, so a letter that
only a reader types still shows.
"""

from __future__ import annotations

import hashlib
import html
import io
import re
from pathlib import Path

from fontTools import subset

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
