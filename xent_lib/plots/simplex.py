"""Figures of the simplex, the triangle of all three-class distributions; chapter 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from xent_lib.plots.style import (
    GREY,
    INK,
    LOSS,
    PAPER,
    PREDICTION,
    SMALL,
    TRUTH,
    axes_or_new,
    book_style,
)

# The triangle has height 1, so a point's distance from a side is a probability.
_CORNERS = np.array([[0, 1], [-1 / np.sqrt(3), 0], [1 / np.sqrt(3), 0]])
_OUTWARD = np.array([[0, -1], [np.sqrt(0.75), 0.5], [-np.sqrt(0.75), 0.5]])
_AREA_OF_A_DIARY = 6  # square points


@book_style()
def plot_simplex(
    points: Mapping[str, ArrayLike],
    measured: str,
    names: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw three-class distributions as points of a triangle, one with its three distances.

    Parameters
    ----------
    points : mapping of str to array_like of shape (3,)
        Distributions by the words to write beside them.
    measured : str
        Key of the point whose distances from the three sides are drawn.
    names : sequence of str, length 3
        Names of the classes: top, left and right corner.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes
        The triangle has height 1, so the distances are the probabilities.

    Notes
    -----
    Used in chapter 1.

    Examples
    --------
    >>> ax = plot_simplex({"even": [1 / 3] * 3}, "even", ["rain", "snow", "sun"])
    >>> [text.get_text() for text in ax.texts][:3]
    ['rain', 'snow', 'sun']
    """
    ax = axes_or_new(ax, height=4.2)
    _draw_triangle(ax, names)
    measured_p = np.asarray(points[measured], float)
    start = measured_p @ _CORNERS
    for name, probability, outward in zip(names, measured_p, _OUTWARD, strict=True):
        foot = start + probability * outward
        ax.plot(*np.transpose([start, foot]), color=PREDICTION, linewidth=1.5)
        _write_distance(ax, f"{name} {probability:g}", foot, outward)
    for words, p in points.items():
        colour = PREDICTION if words == measured else INK
        place = np.asarray(p, float) @ _CORNERS
        ax.plot(*place, marker="o", markersize=7, color=colour)
        on_the_left = words != measured and place[0] < start[0]
        ax.annotate(
            words,
            place,
            (-9 if on_the_left else 7, -15 if words == measured else -4),
            textcoords="offset points",
            ha="right" if on_the_left else "left",
            fontsize=SMALL,
            color=colour,
        )
    return ax


@book_style()
def plot_shares_on_simplex(
    shares: ArrayLike,
    forecast: ArrayLike,
    names: Sequence[str],
    title: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw many diaries' relative frequencies as a cloud around the forecast.

    Parameters
    ----------
    shares : array_like, shape (M, 3)
        Relative frequencies, one diary a row.
    forecast : array_like, shape (3,)
        The distribution that the days were drawn from; a diamond.
    names : sequence of str, length 3
        Names of the classes: top, left and right corner.
    title : str
        Stands above the triangle.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes
        A dot's area says how many diaries agree.

    Notes
    -----
    Used in chapter 1.

    Examples
    --------
    >>> ax = plot_shares_on_simplex([[1, 0, 0]], [0.7, 0.2, 0.1], "ABC", "1 day")
    >>> ax.get_title(loc="center")
    '1 day'
    """
    ax = axes_or_new(ax)
    _draw_triangle(ax, names)
    places, diaries = np.unique(np.asarray(shares, float), axis=0, return_counts=True)
    x, y = (places @ _CORNERS).T
    area = _AREA_OF_A_DIARY * diaries
    ax.scatter(x, y, s=area, color=TRUTH, alpha=0.6, linewidths=0, zorder=3)
    ax.plot(
        *(np.asarray(forecast, float) @ _CORNERS),
        marker="D",
        markersize=7,
        color=PREDICTION,
        markeredgecolor=PAPER,
        zorder=4,
    )
    ax.set_title(title, loc="center", pad=12)
    return ax


@book_style()
def plot_entropy_on_simplex(
    distributions: ArrayLike,
    entropies: ArrayLike,
    forecast: ArrayLike,
    names: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw lines of equal entropy on the triangle of three-class distributions.

    Parameters
    ----------
    distributions : array_like, shape (M, 3)
        Points that cover the triangle.
    entropies : array_like, shape (M,)
        Entropy of each in nats.
    forecast : array_like, shape (3,)
        A distribution to mark.
    names : sequence of str, length 3
        Names of the classes: top, left and right corner.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes
        Lines at multiples of 0.2 nats, tinted more strongly the higher they lie.

    Notes
    -----
    Used in chapter 1.

    Examples
    --------
    >>> corners = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1 / 3] * 3]
    >>> ax = plot_entropy_on_simplex(corners, [0, 0, 0, 1.1], [0.7, 0.2, 0.1], "ABC")
    >>> [text.get_text() for text in ax.texts][-2:]
    ['1', 'forecast']
    """
    ax = axes_or_new(ax, height=4.2)
    _draw_triangle(ax, names)
    x, y = (np.asarray(distributions, float) @ _CORNERS).T
    values = np.asarray(entropies, float)
    levels = np.arange(0.2, values.max(), 0.2)
    for level in levels:
        ax.tricontourf(
            x, y, values, levels=[level, values.max()], colors=[LOSS], alpha=0.1
        )
    lines = ax.tricontour(x, y, values, levels=levels, colors=[LOSS], linewidths=1.2)
    for level, line in zip(levels, lines.get_paths(), strict=True):
        _write_level(ax, f"{level:.1g}", np.asarray(line.vertices))
    place = np.asarray(forecast, float) @ _CORNERS
    ax.annotate(
        "forecast",
        place,
        (-75, 12),
        textcoords="offset points",
        ha="right",
        va="center",
        color=PREDICTION,
        arrowprops={"arrowstyle": "-", "color": PREDICTION},
    )
    ax.plot(*place, marker="D", markersize=7, color=PREDICTION, markeredgecolor=PAPER)
    return ax


def _draw_triangle(ax: Axes, names: Sequence[str]) -> None:
    ring = _CORNERS[[0, 1, 2, 0]]
    ax.plot(ring[:, 0], ring[:, 1], color=GREY, linewidth=1, zorder=1)
    for name, corner, offset in zip(
        names, _CORNERS, ((0, 7), (-6, -16), (6, -16)), strict=True
    ):
        ax.annotate(name, corner, offset, textcoords="offset points", ha="center")
    ax.set_aspect("equal")
    ax.set_xlim(-0.75, 0.75)
    ax.set_ylim(-0.13, 1.1)
    ax.set_axis_off()


def _write_level(ax: Axes, words: str, line: np.ndarray) -> None:
    """Write outside the right-hand side where the line meets it, else inside at the bottom."""
    from_side = (_CORNERS[0] - line) @ _OUTWARD[1]
    met = line[from_side < 0.01]
    on_side = len(met) > 0
    x, y = met[met[:, 1].argmax()] if on_side else line[line[:, 1].argmin()]
    ax.annotate(
        words,
        (x, y),
        (7, 0) if on_side else (0, 4),
        textcoords="offset points",
        ha="left" if on_side else "center",
        fontsize=SMALL,
        color=LOSS,
    )


def _write_distance(
    ax: Axes, words: str, foot: np.ndarray, outward: np.ndarray
) -> None:
    """Write beyond the side that a distance ends on, away from the triangle."""
    side = np.sign(np.round(outward[0], 6))
    ax.annotate(
        words,
        (foot[0], foot[1]),
        (8 * side, -15 if side == 0 else 3),
        textcoords="offset points",
        ha={-1: "right", 0: "center", 1: "left"}[int(side)],
        fontsize=SMALL,
        color=PREDICTION,
    )
