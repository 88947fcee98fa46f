"""Figures of prefix codes: the slices of room that their words take; chapter 3."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from xent_lib.plots.style import INK, PREDICTION, SMALL, axes_or_new, book_style


@book_style()
def plot_code_budget(
    codewords: Sequence[str],
    shares: ArrayLike,
    names: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw a forecast's shares above the slices that a prefix code's words take.

    A word of n bits owns every stream that begins with it: the slice of width 2**-n which
    starts where the word, read as a binary fraction, lies.

    Parameters
    ----------
    codewords : sequence of str, length K
        Words of 0 and 1, none of which begins another.
    shares : array_like, shape (K,)
        The forecast that the code was built for, classes in descending order.
    names : sequence of str, length K
        Names of the classes.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes
        K shares in the upper strip, then K slices in the lower one.

    Examples
    --------
    >>> ax = plot_code_budget(["0", "10", "11"], [0.5, 0.25, 0.25], ["A", "B", "C"])
    >>> [float(slice.get_x()) for slice in ax.patches[3:]]
    [0.0, 0.5, 0.75]
    """
    ax = axes_or_new(ax, height=1.9)
    shares = np.asarray(shares, float)
    widths = np.array([2.0 ** -len(word) for word in codewords])
    places = np.array([int(word, 2) for word in codewords]) * widths
    strips = (
        (1.3, np.cumsum(shares) - shares, shares, names, PREDICTION),
        (0, places, widths, codewords, INK),
    )
    for row, starts, lengths, words, colour in strips:
        for start, length, word in zip(starts, lengths, words, strict=True):
            ax.barh(
                row,
                length,
                height=0.7,
                left=start,
                align="center",
                facecolor=colour,
                alpha=0.2,
            )
            ax.vlines([start, start + length], row - 0.35, row + 0.35, color=colour)
            ax.annotate(
                word,
                (start + length / 2, row - 0.35),
                (0, -2),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=SMALL,
            )
    ax.set_yticks([1.3, 0], ["forecast", "codewords"])
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(-0.005, 1.005)
    ax.set_ylim(-0.9, 1.7)
    ax.set_xticks(np.linspace(0, 1, 5))
    return ax
