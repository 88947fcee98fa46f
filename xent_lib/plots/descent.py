"""The still picture of a walk down a loss of two weights; chapter 7."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon
from numpy.typing import ArrayLike, NDArray

from xent_lib.plots.style import (
    GREY,
    INK,
    LOSS,
    PAPER,
    PREDICTION,
    SMALL,
    TRUTH,
    book_style,
    new_axes,
)

__all__ = ["plot_descent"]

_LEVELS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)  # nats above the lowest loss
_ROOM = 1.1  # of the farthest feature
# Where the classes' names stand at the boundary, in units of the axes' half width.
_ALONG, _BESIDE = 0.75, 0.2


@book_style()
def plot_descent(
    side: ArrayLike,
    above: ArrayLike,
    path: ArrayLike,
    bottom: ArrayLike,
    features: ArrayLike,
    labels: ArrayLike,
    names: Sequence[str],
    classes: Sequence[str],
) -> NDArray[Any]:
    """Draw a walk over lines of equal loss, and the boundary of its last weights in the data.

    Parameters
    ----------
    side : array_like, shape (M,)
        Values of either weight at which the loss is known.
    above : array_like, shape (M, M)
        Nats above the lowest loss; rows are values of the second weight.
    path : array_like, shape (S + 1, 2)
        Weights before each step and after the last.
    bottom : array_like, shape (2,)
        The weights of the lowest loss.
    features : array_like, shape (N, 2)
        One example a row.
    labels : array_like of int, shape (N,)
        0, drawn hollow, or 1, drawn filled.
    names, classes : sequence of str, length 2
        Names of the features and of the classes.

    Returns
    -------
    ndarray of Axes, shape (2,)
        The map and the data.

    Notes
    -----
    Used in chapter 7.

    Examples
    --------
    >>> axes = plot_descent([-1, 0, 1], np.ones((3, 3)), [[0, 0], [1, 1]], [1, 1],
    ...                     [[1, 0], [0, 1]], [0, 1], ["damp", "wind"], ["dry", "rain"])
    >>> axes[0].get_xlabel()
    'weight of damp'
    """
    axes = np.asarray(new_axes(1, 2, height=3.3, width_ratios=(5, 4)))
    weights = np.asarray(path, dtype=float)
    _draw_map(axes[0], np.asarray(side), np.asarray(above), weights, np.asarray(bottom))
    axes[0].set(xlabel=f"weight of {names[0]}", ylabel=f"weight of {names[1]}")
    _draw_data(axes[1], np.asarray(features), np.asarray(labels), weights[-1], classes)
    axes[1].set(xlabel=names[0], ylabel=names[1])
    return axes


def _draw_map(
    ax: Axes,
    side: NDArray[Any],
    above: NDArray[Any],
    weights: NDArray[Any],
    bottom: NDArray[Any],
) -> None:
    levels = [level for level in _LEVELS if above.min() < level < above.max()]
    if levels:
        lines = ax.contour(side, side, above, levels, colors=LOSS, linewidths=0.9)
        ax.clabel(lines, fontsize=SMALL, fmt="%g")
    ax.plot(*weights.T, color=INK, linewidth=1, marker="o", markersize=2.5)
    ax.plot(*bottom, marker="x", color=LOSS, markersize=7)
    ax.plot(*weights[0], "o", markersize=8, color=PAPER, markeredgecolor=INK)
    ax.plot(*weights[-1], "o", markersize=7, color=PREDICTION, markeredgecolor=PAPER)
    ax.annotate("start", weights[0], (9, 5), textcoords="offset points", fontsize=SMALL)
    ax.set(xlim=(side[0], side[-1]), ylim=(side[0], side[-1]), aspect="equal")


def _draw_data(
    ax: Axes,
    features: NDArray[Any],
    labels: NDArray[Any],
    weights: NDArray[Any],
    classes: Sequence[str],
) -> None:
    reach = _ROOM * float(np.abs(features).max())
    for label, face in ((1, TRUTH), (0, PAPER)):
        ax.plot(
            *features[labels == label].T,
            "o",
            color=face,
            markeredgecolor=TRUTH,
            markersize=6,
            label=classes[label],
        )
    if weights.any():
        normal = weights / np.linalg.norm(weights)
        along = np.array([normal[1], -normal[0]])
        far = 4 * reach
        corners = [far * along, far * (along + normal), far * (normal - along)]
        ax.add_patch(
            Polygon([*corners, -far * along], color=PREDICTION, alpha=0.12, linewidth=0)
        )
        ax.axline((0, 0), tuple(along), color=PREDICTION)
        for side, name in ((1, classes[1]), (-1, classes[0])):
            x, y = reach * (_ALONG * along + side * _BESIDE * normal)
            ax.text(x, y, name, ha="center", va="center", color=PREDICTION)
    ax.axhline(0, color=GREY, linewidth=0.5)
    ax.axvline(0, color=GREY, linewidth=0.5)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, fontsize=SMALL)
