"""Figures of chapter 10: rankings, what a remedy makes a model say, costs, and maps of pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator
from numpy.typing import ArrayLike, NDArray

from xent_lib.plots.style import (
    GREY,
    INK,
    LOSS,
    PREDICTION,
    SMALL,
    TRUTH,
    axes_or_new,
    book_style,
    new_axes,
)

__all__ = ["plot_cost", "plot_maps", "plot_ranking", "plot_said"]

_STYLES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)))
_DOTTED = (0, (1, 2))
_LOG_TICKS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)


@book_style()
def plot_ranking(
    roc: tuple[ArrayLike, ArrayLike],
    precision_recall: Mapping[str, tuple[ArrayLike, ArrayLike]],
    at: Mapping[str, tuple[float, float]],
) -> NDArray[Any]:
    """Draw one ranking twice: by rates within the classes, and by how many alarms are right.

    Parameters
    ----------
    roc : (array_like, array_like)
        Shares of the negatives and of the positives that are called positive.
    precision_recall : mapping of str to (array_like, array_like)
        For each share of positives, its name, recall and precision; at most four.
    at : mapping of str to (float, float)
        Where the name of each curve begins, in recall and precision.

    Returns
    -------
    ndarray of Axes, shape (2,)

    Examples
    --------
    >>> axes = plot_ranking(([0, 1], [0, 1]), {"half": ([0, 1], [1, 0.5])}, {"half": (0, 1)})
    >>> [ax.get_ylabel() for ax in axes]
    ['recall', 'precision']
    """
    left, right = axes = new_axes(1, 2, height=3.2)
    left.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=_DOTTED)
    left.plot(*roc, color=PREDICTION)
    left.text(0.6, 0.52, "by chance", color=GREY, fontsize=SMALL, va="top")
    left.set(xlabel="false alarms per negative", ylabel="recall")
    for (name, (recall, precision)), style in zip(
        precision_recall.items(), _STYLES, strict=False
    ):
        right.plot(recall, precision, color=PREDICTION, linestyle=style, linewidth=1.8)
        right.text(*at[name], name, fontsize=SMALL)
    right.set(xlabel="recall", ylabel="precision")
    for ax in axes:
        ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04))
    return np.asarray(axes)


@book_style()
def plot_said(
    honest: ArrayLike,
    said: Mapping[str, ArrayLike],
    at: Mapping[str, tuple[float, float]],
    ax: Axes | None = None,
) -> Axes:
    """Draw what a model says over the probability that is true.

    Parameters
    ----------
    honest : array_like, shape (M,)
        True probabilities.
    said : mapping of str to array_like, shape (M,)
        What each way of training makes a perfectly flexible model say; at most four.
    at : mapping of str to (float, float)
        Where the name of each curve begins, in the units of the axes.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = plot_said([0, 1], {"weighted": [0.2, 1]}, {"weighted": (0, 0.5)})
    >>> [text.get_text() for text in ax.texts]
    ['what is true', 'weighted']
    """
    ax = axes_or_new(ax, height=3.8)
    ax.plot([0, 1], [0, 1], color=TRUTH, linewidth=1.2)
    ax.text(0.26, 0.23, "what is true", color=TRUTH, va="top")
    for (name, values), style in zip(said.items(), _STYLES, strict=False):
        ax.plot(honest, values, color=PREDICTION, linestyle=style)
        ax.text(*at[name], name)
    ax.set(
        xlim=(0, 1),
        ylim=(0, 1.02),
        xlabel="true probability of the rare class",
        ylabel="what the model says",
    )
    return ax


@book_style()
def plot_cost(
    thresholds: ArrayLike,
    costs: Mapping[str, ArrayLike],
    marks: Mapping[str, float],
    ax: Axes | None = None,
) -> Axes:
    """Draw what decisions cost over the threshold, and the thresholds that theory names.

    Parameters
    ----------
    thresholds : array_like, shape (M,)
        Probabilities above 0, drawn on a logarithmic axis.
    costs : mapping of str to array_like, shape (M,)
        The mean cost with each threshold, for each model; at most four.
    marks : mapping of str to float
        For a model, the threshold to mark on its curve.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = plot_cost([0.1, 0.5, 0.9], {"a model": [2.0, 1.0, 2.0]}, {"a model": 0.5})
    >>> [text.get_text() for text in ax.texts]
    ['a model: 0.5']
    """
    ax = axes_or_new(ax)
    t = np.asarray(thresholds, dtype=float)
    for (name, values), style in zip(costs.items(), _STYLES, strict=False):
        cost = np.asarray(values, dtype=float)
        ax.plot(t, cost, color=LOSS, linestyle=style)
        at = int(np.abs(np.log(t / marks[name])).argmin())
        ax.plot(t[at], cost[at], "o", color=INK)
        ax.annotate(
            f"{name}: {marks[name]:g}",
            (t[at], cost[at]),
            xytext=(0, -9),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=SMALL,
        )
    ax.set(
        xscale="log",
        xlim=(t.min(), t.max()),
        ylim=(0, None),
        xlabel="threshold",
        ylabel="mean cost of a picture",
    )
    ax.xaxis.set_major_locator(FixedLocator(_LOG_TICKS))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())
    return ax


@book_style()
def plot_maps(maps: Mapping[str, tuple[ArrayLike, str]]) -> NDArray[Any]:
    """Draw square tables of numbers from 0 to 1 side by side, one square an entry.

    Parameters
    ----------
    maps : mapping of str to (array_like, str)
        Title, table of shape (S, S), and the colour of a 1; values beyond 0 and 1 are cut off.

    Returns
    -------
    ndarray of Axes

    Examples
    --------
    >>> axes = plot_maps({"truth": ([[0, 1], [1, 0]], TRUTH)})
    >>> axes[0].get_title(loc="left")
    'truth'
    """
    axes = np.atleast_1d(new_axes(1, len(maps), height=6.3 / len(maps) + 0.35))
    for ax, (title, (table, colour)) in zip(axes, maps.items(), strict=True):
        values = np.clip(np.asarray(table, dtype=float), 0, 1)
        rows, columns = values.shape
        squares = [
            Rectangle((j - 0.5, i - 0.5), 1, 1)
            for i in range(rows)
            for j in range(columns)
        ]
        faces = [(*to_rgb(colour), round(float(v), 3)) for v in values.ravel()]
        ax.add_collection(
            PatchCollection(squares, facecolors=faces, linewidths=0, antialiaseds=False)
        )
        ax.set(
            xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), xticks=[], yticks=[]
        )
        ax.set_aspect("equal")
        ax.set_title(title, fontsize=12)
        ax.spines[:].set_visible(True)
    return np.asarray(axes)
