"""Figures of chapters 7 and 8 made of squares: pictures of digits, and a table of mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from xent_lib.plots.style import (
    INK,
    PREDICTION,
    SMALL,
    TRUTH,
    axes_or_new,
    book_style,
    new_axes,
)

__all__ = ["plot_confusion", "plot_images"]


@book_style()
def plot_images(
    images: ArrayLike, captions: Sequence[str], *, columns: int = 5
) -> NDArray[Any]:
    """Draw square grey pictures in rows, each with a caption of one or two lines.

    Parameters
    ----------
    images : array_like, shape (N, S * S)
        Pixels in [0, 1], line by line; 1 is drawn as full ink.
    captions : sequence of str, length N
        What to write under each picture.
    columns : int, default 5
        Pictures in a row.

    Returns
    -------
    ndarray of Axes, shape (rows, columns)

    Examples
    --------
    >>> axes = plot_images(np.eye(2).reshape(1, 4), ["a diagonal"], columns=1)
    >>> len(axes[0, 0].collections[0].get_facecolor())
    4
    """
    pixels = np.asarray(images, dtype=float)
    side = round(pixels.shape[1] ** 0.5)
    rows = -(-len(pixels) // columns)
    lines = max(caption.count("\n") + 1 for caption in captions)
    axes = new_axes(
        rows, columns, height=rows * (6 / columns + 0.17 * lines), squeeze=False
    )
    for ax in axes.flat[len(pixels) :]:
        ax.set_axis_off()
    for ax, image, caption in zip(axes.flat, pixels, captions, strict=False):
        _draw_squares(ax, image.reshape(side, side), INK)
        ax.set_xlabel(caption, fontsize=SMALL)
        ax.spines[:].set_visible(True)
    return np.asarray(axes)


@book_style()
def plot_confusion(counts: ArrayLike, ax: Axes | None = None) -> Axes:
    """Draw a confusion matrix: hits on the diagonal, mistakes beside it, with their numbers.

    Parameters
    ----------
    counts : array_like of int, shape (K, K)
        Row: the true class; column: the predicted class.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = plot_confusion([[3, 1], [0, 4]])
    >>> [text.get_text() for text in ax.texts]
    ['3', '1', '4']
    """
    ax = axes_or_new(ax, height=4.4)
    table = np.asarray(counts)
    hits = np.diag(np.diag(table))
    mistakes = table - hits
    _draw_squares(ax, 0.35 * (hits > 0), TRUTH)
    _draw_squares(ax, 0.15 * (mistakes > 0) + 0.1 * (mistakes > 2), PREDICTION)
    for (i, j), count in np.ndenumerate(table):
        if count:
            ax.text(j, i, str(count), ha="center", va="center")
    ax.set(
        xticks=range(len(table)),
        yticks=range(len(table)),
        xlabel="predicted digit",
        ylabel="true digit",
    )
    ax.tick_params(length=0)
    return ax


def _draw_squares(ax: Axes, values: NDArray[Any], colour: str) -> None:
    """One square an entry, the first row on top, as opaque as the entry is large."""
    rows, columns = values.shape
    squares = [
        Rectangle((j - 0.5, i - 0.5), 1, 1) for i in range(rows) for j in range(columns)
    ]
    faces = [(*to_rgb(colour), float(value)) for value in values.ravel()]
    ax.add_collection(
        PatchCollection(squares, facecolors=faces, linewidths=0, antialiaseds=False)
    )
    ax.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), xticks=[], yticks=[])
    ax.set_aspect("equal")
