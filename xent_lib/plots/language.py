"""Figures of chapter 12: a text with what each token cost, and as an interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from xent_lib.plots.style import (
    GREY,
    INK,
    LOSS,
    PAPER,
    PREDICTION,
    SMALL,
    axes_or_new,
    book_style,
)

_COLUMNS = 60  # characters a line
_LINE = 0.42  # inches
_TYPE = 11.0  # points, at which 60 monospaced characters fill the width
_BAR = 0.3  # of a line, for the dearest token
_STRONGEST = 0.45  # tint
_ROW = 0.8  # inches, for the interval of a token


@book_style()
def plot_surprisal_strip(
    tokens: Sequence[str],
    surprisals: ArrayLike,
    selected: int | None = None,
    ax: Axes | None = None,
    *,
    top: float = 12.0,
) -> Axes:
    """Write a text out, each token tinted by its price and with a bar of it underneath.

    Parameters
    ----------
    tokens : sequence of str, length N
        Pieces of the text in order, with their spaces.
    surprisals : array_like, shape (N,)
        What each cost, in nats.
    selected : int, optional
        A token to frame.
    ax : Axes, optional
        Where to draw; new axes by default, as high as the text needs.
    top : float, default 12.0
        The price, in nats, with the full tint and the longest bar.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = plot_surprisal_strip(["cross", " ent", "ropy"], [6.0, 3.0, 0.0])
    >>> [text.get_text() for text in ax.texts]
    ['cross', 'ent', 'ropy']
    """
    places, lines = _wrapped(tokens)
    ax = axes_or_new(ax, height=_LINE * lines + 0.3)
    shares = np.clip(np.asarray(surprisals, float) / top, 0, 1)
    for index, ((column, line), token) in enumerate(zip(places, tokens, strict=True)):
        word = _shown(token)
        width, share = len(word), float(shares[index])
        tint = Rectangle((column, line - 0.34), width, 0.68, color=LOSS, linewidth=0)
        tint.set_alpha(_STRONGEST * share)
        bar = Rectangle((column + 0.08, line + 0.38), width - 0.16, _BAR * share)
        bar.set(facecolor=LOSS, linewidth=0)
        for patch in (tint, bar):
            ax.add_patch(patch)
        if index == selected:
            frame = Rectangle((column, line - 0.36), width, 0.72, fill=False)
            frame.set(linewidth=1.5, edgecolor=INK)
            ax.add_patch(frame)
        ax.text(
            column + width / 2,
            line,
            word,
            ha="center",
            va="center_baseline",
            family="DejaVu Sans Mono",
            fontsize=_TYPE,
        )
    ax.set(xlim=(0, _COLUMNS), ylim=(lines - 0.2, -0.5))
    ax.axis("off")
    return ax


def _shown(token: str) -> str:
    """Return a token without the space before it; blank space by its sign."""
    return token.strip() or {"\n": "↵"}.get(token[:1], "␣")


def _wrapped(tokens: Sequence[str]) -> tuple[list[tuple[int, int]], int]:
    """Return the column and line at which each token begins, and the number of lines."""
    places: list[tuple[int, int]] = []
    column = line = 0
    for index, token in enumerate(tokens):
        begins = index == 0 or token[:1].isspace()
        if begins:
            word = len(_shown(token))
            for following in tokens[index + 1 :]:
                if following[:1].isspace():
                    break
                word += len(following)
            column += column > 0
            if column + word > _COLUMNS and column > 0:
                column, line = 0, line + 1
        places.append((column, line))
        column += len(_shown(token))
    return places, line + 1


@book_style()
def plot_intervals(
    q: ArrayLike,
    text: Sequence[int],
    names: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw how a text picks an interval: each token keeps its share, row by row.

    Every row is the interval that the row above left, drawn at full width and shared out in
    proportion to the forecast.

    Parameters
    ----------
    q : array_like, shape (K,)
        The forecast, the same for every token.
    text : sequence of int, length N
        The tokens, each below K.
    names : sequence of str, length K
        What the tokens are called.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = plot_intervals([0.7, 0.2, 0.1], [0, 1], "ABC")
    >>> [text.get_text() for text in ax.texts if "." in text.get_text()]
    ['  0.7  ']
    """
    ax = axes_or_new(ax, height=_ROW * (len(text) + 1))
    ends = np.concatenate([[0.0], np.cumsum(np.asarray(q, float))])
    low, width = 0.0, 1.0
    for row, token in enumerate(text):
        for k, name in enumerate(names):
            share = Rectangle((ends[k], row - 0.2), ends[k + 1] - ends[k], 0.4)
            share.set(facecolor=PAPER, edgecolor=GREY, linewidth=1.0)
            if k == token:
                share.set(facecolor=PREDICTION, alpha=_STRONGEST)
            ax.add_patch(share)
            ax.text((ends[k] + ends[k + 1]) / 2, row, name, ha="center", va="center")
        for place, number in ((0, low), (1, low + width)):
            aside = "right" if place == 0 else "left"
            shown = f"  {number:.4g}  "
            ax.text(place, row, shown, ha=aside, va="center", size=SMALL)
        for corner, goal in ((ends[token], 0.0), (ends[token + 1], 1.0)):
            if row + 1 < len(text):
                ax.plot([corner, goal], [row + 0.2, row + 0.8], color=GREY, lw=0.8)
        low, width = (
            low + width * ends[token],
            width * float(ends[token + 1] - ends[token]),
        )
    ax.set(xlim=(-0.12, 1.12), ylim=(len(text) - 0.7, -0.5))
    ax.axis("off")
    return ax
