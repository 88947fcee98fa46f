"""Draw the pictures that stand for the book elsewhere: ``python -m bookkit.commands.pictures``.

A link's preview, the icon of a home screen and the e-book's cover, in the book's typeface and
colours. They are kept in the repository, since building the book needs no matplotlib.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fontTools.ttLib import TTFont
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from PIL import Image

from bookkit import ROOT
from xent_lib.information import surprisal
from xent_lib.plots.style import (
    FAINT,
    GREY,
    INK,
    LOSS,
    PAPER,
    PREDICTION,
    TRUTH,
    book_style,
)

STATIC = ROOT / "book" / "_static"
PREVIEW, ICON = STATIC / "social-preview.png", STATIC / "touch-icon.png"
COVER = ROOT / "book" / "bookkit" / "take_away" / "epub_cover.png"
WIDTH, HEIGHT = 1200, 630
ICON_SIZE = 180
# The shape that shops and shelves of e-books ask for.
COVER_WIDTH, COVER_HEIGHT = 1600, 2560
DPI = 100
COLOURS = 64
FORECAST = {"A": 0.7, "B": 0.2, "C": 0.1}


@contextmanager
def _typeface(weight: int) -> Iterator[FontProperties]:
    """The book's serif as matplotlib reads it: out of the web's wrapping."""
    name = f"source-serif-4-latin-{weight}-normal.woff"
    wrapped = ROOT / "node_modules" / "@fontsource" / "source-serif-4" / "files" / name
    with tempfile.TemporaryDirectory() as folder:
        font = TTFont(wrapped)
        font.flavor = None
        path = Path(folder) / "font.ttf"
        font.save(path)
        yield FontProperties(fname=str(path))


def _bytes(figure: Figure) -> bytes:
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=DPI, metadata={"Software": None})
    image = Image.open(drawn).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    packed = io.BytesIO()
    image.save(packed, format="png", optimize=True)
    return packed.getvalue()


def _canvas(width: int, height: int) -> tuple[Figure, Axes]:
    figure = Figure((width / DPI, height / DPI), facecolor=PAPER)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    return figure, axes


@book_style()
def preview() -> bytes:
    """The title, the running example and its loss, 1200 by 630."""
    figure, axes = _canvas(WIDTH, HEIGHT)
    with _typeface(600) as bold, _typeface(400) as plain:
        bold, plain = bold.copy(), plain.copy()
        axes.text(80, 138, "Cross Entropy,", font=bold, size=60, color=INK)
        axes.text(80, 222, "Worked Through", font=bold, size=60, color=INK)
        for place, (label, share) in enumerate(FORECAST.items()):
            top = 300 + place * 64
            length = 1000 * share
            axes.text(80, top + 36, label, font=plain, size=26, color=INK)
            axes.add_patch(Rectangle((124, top), length, 46, color=PREDICTION, lw=0))
            axes.text(
                146 + length,
                top + 36,
                f"{share}",
                font=plain,
                size=26,
                color=INK,
            )
        axes.add_patch(Rectangle((117, 293), 714, 60, fill=False, ec=TRUTH, lw=3.5))
        axes.text(926, 336, "happened", font=bold, size=26, color=TRUTH)
        axes.plot([124, 124], [288, 488], color=FAINT, lw=1.5, zorder=0)
        loss = float(surprisal(FORECAST["A"]))
        axes.text(80, 566, "−log 0.7  =", font=plain, size=34, color=GREY)
        axes.text(318, 566, f"{loss:.4f}", font=bold, size=34, color=LOSS)
        return _bytes(figure)


@book_style()
def icon() -> bytes:
    """The three bars of the favicon on paper, for a home screen."""
    figure, axes = _canvas(ICON_SIZE, ICON_SIZE)
    unit = ICON_SIZE / 44
    for left, top, height in ((9, 12, 22), (18.5, 27.7, 6.3), (28, 30.9, 3.1)):
        place = (left * unit, top * unit)
        axes.add_patch(
            Rectangle(place, 7 * unit, height * unit, color=PREDICTION, lw=0)
        )
    bar = (9 * unit, 7 * unit)
    axes.add_patch(Rectangle(bar, 7 * unit, 3 * unit, color=TRUTH, lw=0))
    return _bytes(figure)


@book_style()
def cover() -> bytes:
    """The title over the forecast as standing bars, and the loss of what happened."""
    figure, axes = _canvas(COVER_WIDTH, COVER_HEIGHT)
    left, foot, tallest = 160, 1900, 980
    with _typeface(600) as bold, _typeface(400) as plain:
        bold, plain = bold.copy(), plain.copy()
        axes.text(left, 380, "Cross Entropy,", font=bold, size=112, color=INK)
        axes.text(left, 560, "Worked Through", font=bold, size=112, color=INK)
        for place, (label, share) in enumerate(FORECAST.items()):
            start, height = left + place * 450, tallest * share / max(FORECAST.values())
            axes.add_patch(
                Rectangle((start, foot - height), 380, height, color=PREDICTION, lw=0)
            )
            for text, at in ((label, foot + 90), (f"{share}", foot - height - 46)):
                axes.text(
                    start + 190, at, text, font=plain, size=54, color=INK, ha="center"
                )
        axes.plot([left - 20, 1460], [foot, foot], color=GREY, lw=3, zorder=0)
        axes.add_patch(
            Rectangle(
                (left - 20, foot - tallest - 20),
                420,
                tallest + 20,
                fill=False,
                ec=TRUTH,
                lw=9,
            )
        )
        axes.text(
            left + 440, foot - tallest + 30, "happened", font=bold, size=54, color=TRUTH
        )
        loss = float(surprisal(FORECAST["A"]))
        axes.text(left, 2300, "−log 0.7  =", font=plain, size=80, color=GREY)
        axes.text(720, 2300, f"{loss:.4f}", font=bold, size=80, color=LOSS)
        return _bytes(figure)


def main() -> int:
    """Draw all of them."""
    for path, draw in ((PREVIEW, preview), (ICON, icon), (COVER, cover)):
        path.write_bytes(draw())
        print(f"Drew {path.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
