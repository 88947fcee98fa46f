"""Figures of classes as numbers on a line, and as the corners of a triangle; chapter 2."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from xent_lib._validation import FloatArray
from xent_lib.plots.style import (
    GREY,
    INK,
    PREDICTION,
    SMALL,
    TRUTH,
    axes_or_new,
    book_style,
)

_MARKERS = ("o", "s", "^")


@book_style()
def plot_fit_to_codes(
    temperatures: ArrayLike,
    codes: ArrayLike,
    line: ArrayLike,
    names: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw days at the height of their class's number, and the line fitted to the numbers.

    Parameters
    ----------
    temperatures : array_like, shape (N,)
        Degrees Celsius.
    codes : array_like of int, shape (N,)
        The number given to each day's class.
    line : array_like, shape (2,)
        Slope (per degree) and intercept.
    names : sequence of str, length K
        Name of the class that has each number.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes
        One set of points for each class, then the line; the band that is rounded to each
        number lies behind them.

    Examples
    --------
    >>> ax = plot_fit_to_codes([0, 10], [0, 1], [0.1, 0.0], ["rain", "snow"])
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['0 = rain', '1 = snow']
    """
    ax = axes_or_new(ax, height=3.6)
    temperatures, codes = np.asarray(temperatures, float), np.asarray(codes)
    slope, intercept = np.asarray(line, float)
    last = len(names) - 1
    for boundary in np.arange(last) + 0.5:
        ax.axhline(boundary, color=GREY, linewidth=1, linestyle=":", zorder=1)
    for code, marker in zip(range(len(names)), _MARKERS, strict=False):
        days = temperatures[codes == code]
        ax.plot(
            days,
            np.full(len(days), code),
            linestyle="none",
            marker=marker,
            color=TRUTH,
            alpha=0.45,
            markeredgewidth=0,
            markersize=7,
        )
    ends = np.array([temperatures.min(), temperatures.max()])
    ax.plot(ends, slope * ends + intercept, color=PREDICTION)
    middle = ends.mean()
    on_line = np.array([middle, slope * middle + intercept])
    _write(ax, "fitted line", on_line, (0, 5), PREDICTION, align="right")
    named = int(np.clip(np.rint(on_line[1]), 0, last))
    note = f"between the dotted lines the answer is “{names[named]}”"
    corner = np.array([ends[1], named - 0.42])
    _write(ax, note, corner, (0, 0), GREY, align="right")
    ax.set_yticks(
        range(len(names)), [f"{code} = {name}" for code, name in enumerate(names)]
    )
    ax.set_ylim(-0.4, last + 0.4)
    ax.set_xlabel("morning temperature (°C)")
    ax.set_ylabel("number given to the class")
    return ax


@book_style()
def plot_line_and_triangle(
    code_distances: ArrayLike,
    corner_distances: ArrayLike,
    names: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw three classes as numbers on a line, and as the corners of a triangle.

    Parameters
    ----------
    code_distances, corner_distances : array_like, shape (3, 3)
        Distance between each two classes in either picture; written beside the edges.
    names : sequence of str, length 3
        Names of the classes, in the order of their numbers.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes
        The line on the left, the triangle on the right.

    Examples
    --------
    >>> ax = plot_line_and_triangle(
    ...     [[0, 1, 2], [1, 0, 1], [2, 1, 0]], [[0, 1, 1], [1, 0, 1], [1, 1, 0]], "ABC"
    ... )
    >>> [text.get_text() for text in ax.texts][:3]
    ['0', '1', '2']
    """
    ax = axes_or_new(ax, height=3.0)
    codes, corners = np.asarray(code_distances, float), np.asarray(corner_distances)
    _draw_number_line(ax, codes, names)
    _draw_triangle(ax, corners, names)
    ax.set_xlim(-0.4, 5.5)
    ax.set_ylim(-0.6, 2.15)
    ax.set_aspect("equal")
    ax.set_axis_off()
    return ax


def _draw_number_line(ax: Axes, distances: FloatArray, names: Sequence[str]) -> None:
    places = np.array([[0.0, 0.5], [1.0, 0.5], [2.0, 0.5]])
    _draw_classes(ax, places, ("0", "1", "2"), names)
    ax.plot(*places.T, color=GREY, linewidth=1, zorder=1)
    _write_distance(ax, places[0], places[1], distances[0, 1], (0, 6))
    _write_distance(ax, places[1], places[2], distances[1, 2], (0, 6))
    first, last = places[[0, 2]] + (0, 0.45)
    ax.annotate(
        "",
        (first[0], first[1]),
        (last[0], last[1]),
        arrowprops={"arrowstyle": "<->", "color": GREY},
    )
    _write_distance(ax, first, last, distances[0, 2], (0, 5))


def _draw_triangle(ax: Axes, distances: FloatArray, names: Sequence[str]) -> None:
    places = np.array([[3.3, 0.1], [4.9, 0.1], [4.1, 0.1 + 1.6 * np.sqrt(0.75)]])
    vectors = [f"({', '.join(f'{v:g}' for v in row)})" for row in np.eye(3)]
    _draw_classes(ax, places, vectors, names, above=(False, False, True))
    ax.plot(*places[[0, 1, 2, 0]].T, color=GREY, linewidth=1, zorder=1)
    _write_distance(ax, places[0], places[1], distances[0, 1], (0, 6))
    _write_distance(ax, places[0], places[2], distances[0, 2], (-20, 2))
    _write_distance(ax, places[1], places[2], distances[1, 2], (20, 2))


def _draw_classes(
    ax: Axes,
    places: FloatArray,
    marks: Sequence[str],
    names: Sequence[str],
    above: Sequence[bool] = (False, False, False),
) -> None:
    ax.scatter(places[:, 0], places[:, 1], s=70, color=TRUTH, zorder=3)
    for place, mark, over in zip(places, marks, above, strict=True):
        _write(ax, mark, place, (0, 13 if over else -20), TRUTH)
    for place, name, over in zip(places, names, above, strict=True):
        _write(ax, name, place, (0, 27 if over else -34), INK)


def _write_distance(
    ax: Axes,
    start: FloatArray,
    end: FloatArray,
    distance: float,
    offset: tuple[float, float],
) -> None:
    _write(ax, f"{distance:.3g}", (start + end) / 2, offset, GREY)


def _write(
    ax: Axes,
    text: str,
    place: FloatArray,
    offset: tuple[float, float],
    colour: str,
    align: str = "center",
) -> None:
    """Write ``text`` at ``offset`` points from ``place``."""
    ax.annotate(
        text,
        (place[0], place[1]),
        offset,
        textcoords="offset points",
        ha=align,
        fontsize=SMALL,
        color=colour,
    )
