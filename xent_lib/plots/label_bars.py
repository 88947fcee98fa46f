"""Figures of labels: one-hot beside a forecast, and soft labels; chapter 2."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from xent_lib.plots.style import (
    PAPER,
    PREDICTION,
    SMALL,
    TRUTH,
    axes_or_new,
    book_style,
)

_BAR = 0.36  # width of a bar; classes are 1 apart


@book_style()
def plot_label_beside_forecast(
    label: ArrayLike,
    forecast: ArrayLike,
    names: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw a label and a forecast as bars side by side, class by class.

    Parameters
    ----------
    label, forecast : array_like, shape (K,)
        Distributions over the same classes.
    names : sequence of str, length K
        Names of the classes.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes
        The label's bars come first, then the forecast's.

    Examples
    --------
    >>> ax = plot_label_beside_forecast([1, 0], [0.7, 0.3], ["rain", "snow"])
    >>> [float(bar.get_height()) for bar in ax.patches]
    [1.0, 0.0, 0.7, 0.3]
    """
    ax = axes_or_new(ax, height=2.9)
    label, forecast = np.asarray(label, float), np.asarray(forecast, float)
    places = np.arange(len(names))
    series = ((label, -1, TRUTH, "label"), (forecast, 1, PREDICTION, "forecast"))
    for values, side, colour, word in series:
        shifted = places + side * _BAR / 2
        ax.bar(shifted, values, _BAR, color=colour)
        for place, value in zip(shifted, values, strict=True):
            ax.annotate(
                f"{value:g}",
                (place, value),
                (0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=SMALL,
                color=colour,
            )
        tallest = int(values.argmax())
        if values[tallest] > 0.3:
            ax.text(
                shifted[tallest],
                values[tallest] / 2,
                word,
                rotation=90,
                ha="center",
                va="center",
                color=PAPER,
            )
    ax.set_xticks(places, names)
    ax.tick_params(axis="x", length=0)
    ax.set_ylim(0, 1.12)
    ax.set_yticks([0, 0.5, 1])
    ax.set_ylabel("probability")
    return ax


@book_style()
def plot_votes(
    soft_labels: ArrayLike,
    images: Sequence[str],
    names: Sequence[str],
    notes: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw soft labels as bars of length 1, cut into the share of each class.

    Parameters
    ----------
    soft_labels : array_like, shape (M, K)
        One distribution over the classes for each image.
    images : sequence of str, length M
        Name of each image, written at the left.
    names : sequence of str, length K
        Names of the classes, written into their shares.
    notes : sequence of str, length M
        What to write at the right of each bar.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes
        The first image on top; a share of 0 has no bar.

    Examples
    --------
    >>> ax = plot_votes([[0.6, 0.4, 0.0]], ["photo 1"], ["rain", "snow", "sun"], ["0.67"])
    >>> [round(float(bar.get_width()), 1) for bar in ax.patches]
    [0.6, 0.4]
    """
    ax = axes_or_new(ax, height=2.6)
    soft_labels = np.asarray(soft_labels, float)
    for row, shares in enumerate(soft_labels):
        left = 0.0
        for name, share in zip(names, shares, strict=True):
            if share > 0:
                _draw_share(ax, row, left, share, name)
            left += share
        ax.text(1.02, row, notes[row], va="center")
    ax.set_yticks(range(len(images)), images)
    ax.set_ylim(len(images) - 0.5, -0.5)
    ax.set_xlim(0, 1.3)
    ax.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    ax.set_xlabel("share of the votes")
    ax.spines[["left"]].set_visible(False)
    ax.spines["bottom"].set_bounds(0, 1)
    ax.tick_params(axis="y", length=0)
    return ax


def _draw_share(ax: Axes, row: int, left: float, share: float, name: str) -> None:
    ax.add_patch(
        Rectangle(
            (left, row - 0.36),
            share,
            0.72,
            facecolor=TRUTH,
            edgecolor=PAPER,
            linewidth=2,
        )
    )
    ax.text(
        left + share / 2,
        row,
        f"{name}\n{share:g}",
        ha="center",
        va="center",
        fontsize=SMALL,
        color=PAPER,
    )
