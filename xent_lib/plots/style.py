"""The one look of every figure: sizes, roles of colour, and files that follow the page.

A colour stands for a role and keeps it from the first figure to the last. Figures are drawn
with the light palette; in the SVG each colour becomes a variable that a dark page redefines.
Matplotlib's defaults are the book's while one of its functions draws, and before and after
those of the session.
"""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from importlib import resources
from importlib.util import find_spec
from typing import Any

import matplotlib
from cycler import cycler
from matplotlib import font_manager, pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = [
    "ROLES",
    "Role",
    "new_axes",
]


@dataclass(frozen=True)
class Role:
    """One meaning, and the colour that stands for it on a light and on a dark page."""

    name: str
    light: str
    dark: str


ROLES = (
    Role("truth", "#0072b2", "#56b4e9"),
    Role("prediction", "#b35900", "#f0a84a"),
    Role("loss", "#a2317e", "#e38cc6"),
    Role("gradient", "#00795a", "#3ccba0"),
    Role("ink", "#1f2328", "#e6e8eb"),
    Role("grey", "#5c636b", "#a3abb5"),
    Role("faint", "#d0d5da", "#3d4650"),
    Role("paper", "#ffffff", "#14181e"),
)
TRUTH, PREDICTION, LOSS, GRADIENT, INK, GREY, FAINT, PAPER = (
    role.light for role in ROLES
)

WIDTH = 6.0  # inches; every figure has this width
HEIGHT = 3.4  # inches, unless a figure needs another
PNG_DPI = 144
SMALL = 10.5  # points, the smallest type in a figure
_COORDINATE_DIGITS = 2  # of a point; hides differences between processors' last bits

_DEFAULTS: dict[Any, Any] = {
    "axes.edgecolor": GREY,
    "axes.facecolor": "none",
    "axes.labelcolor": INK,
    "axes.labelsize": 12,
    "axes.prop_cycle": cycler(color=[INK]),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 13,
    "axes.titlecolor": INK,
    "axes.titleweight": "normal",
    "figure.dpi": 100,
    "figure.facecolor": PAPER,
    "figure.figsize": (WIDTH, HEIGHT),
    "figure.constrained_layout.use": True,
    "font.size": 12,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "mathtext.fontset": "cm",
    "patch.edgecolor": PAPER,
    "svg.fonttype": "path",
    "svg.hashsalt": "xent_lib",
    "text.color": INK,
    "xtick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.color": GREY,
    "ytick.labelcolor": INK,
}


@functools.cache
def _families() -> list[str]:
    """Make the type of the page known to matplotlib, where its package is installed.

    A sign that it lacks, or all of it elsewhere, comes from the font that matplotlib brings.
    """
    if not find_spec("font_source_sans_pro"):
        return ["DejaVu Sans"]
    fonts = resources.files("font_source_sans_pro") / "files"
    for name in ("Regular", "Semibold", "It"):
        font_manager.fontManager.addfont(str(fonts / f"SourceSansPro-{name}.ttf"))
    return ["Source Sans Pro", "DejaVu Sans"]


@contextmanager
def book_style() -> Iterator[None]:
    """Draw in the book's style within a ``with`` block, or in a function that this decorates."""
    with matplotlib.rc_context(_DEFAULTS | {"font.family": _families()}):
        yield


@book_style()
def new_axes(
    rows: int = 1,
    columns: int = 1,
    *,
    height: float = HEIGHT,
    titles: Iterable[str] = (),
    **subplots: Any,
) -> Any:
    """Return one Axes, or an array of Axes, in the book's style and at its width.

    Parameters
    ----------
    rows, columns : int, default 1
        Number of panels.
    height : float, default 3.4
        Height of the whole figure in inches.
    titles : iterable of str, optional
        What stands above each panel, row by row.
    **subplots
        Passed on to ``matplotlib.pyplot.subplots``.

    Returns
    -------
    Axes, or ndarray of Axes
        An array where there is more than one panel.

    Notes
    -----
    Every figure of the book begins here.

    Examples
    --------
    >>> float(new_axes().figure.get_figwidth())
    6.0
    """
    figure, axes = pyplot.subplots(rows, columns, figsize=(WIDTH, height), **subplots)
    for ax, title in zip(figure.axes, titles, strict=False):
        ax.set_title(title)
    return axes


def axes_or_new(ax: Axes | None, *, height: float = HEIGHT) -> Axes:
    """Return ``ax``, or new axes in the book's style where it is None."""
    return new_axes(height=height) if ax is None else ax


@book_style()
def draw_png(figure: Figure) -> bytes:
    """Render in the light palette."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=PNG_DPI, metadata={"Software": None})
    return buffer.getvalue()


@book_style()
def draw_svg(figure: Figure, title: str) -> str:
    """Render as SVG whose colours follow ``prefers-color-scheme``, with ``title`` inside."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = _follow_the_page(svg)
    svg = re.sub(r"(scale\([^)]*\))|-?\d+\.\d{3,}", _rounded, svg)
    opening = svg.index(">") + 1
    return f"{svg[:opening]}\n <title>{escape(title)}</title>\n {_STYLE}{svg[opening:]}"


_LIGHT = " ".join(f"--{role.name}: {role.light};" for role in ROLES)
_DARK = " ".join(f"--{role.name}: {role.dark};" for role in ROLES)
_STYLE = (
    f"<style>:root {{ {_LIGHT} }} "
    f"@media (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }}</style>"
)


def _follow_the_page(svg: str) -> str:
    variables = {role.light: f"var(--{role.name}, {role.light})" for role in ROLES}

    def variable(match: re.Match[str]) -> str:
        colour = match[2].lower()
        if colour not in variables:
            raise ValueError(
                f"a figure's colours must come from the palette {sorted(variables)}, so that "
                f"they can follow a dark page; got {colour}"
            )
        return f"{match[1]}{variables[colour]}"

    return re.sub(r"((?:fill|stroke|stop-color): ?)(#[0-9a-fA-F]{6})\b", variable, svg)


def _rounded(match: re.Match[str]) -> str:
    if match[1]:
        return match[1]
    text = f"{float(match[0]):.{_COORDINATE_DIGITS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
