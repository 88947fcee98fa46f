"""Figures of language models: a text with what each token cost; taught in chapter 12."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from xent_lib.plots.style import INK, LOSS, axes_or_new, book_style

_COLUMNS = 60  # characters a line
_LINE = 0.42  # inches
_TYPE = 11.0  # points, at which 60 monospaced characters fill the width
_BAR = 0.3  # of a line, for the dearest token
_STRONGEST = 0.45  # tint


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
