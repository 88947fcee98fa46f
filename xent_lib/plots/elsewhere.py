"""Figures of chapter 15: curves in panels, a leaf's step, grey pixels, and grades of a bell."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from xent_lib.plots.style import (
    FAINT,
    GREY,
    INK,
    LOSS,
    SMALL,
    TRUTH,
    axes_or_new,
    book_style,
    new_axes,
)
from xent_lib.plots.training import plot_curves

__all__ = ["plot_floor", "plot_grades", "plot_leaf", "plot_panels"]

_STYLES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)))


@book_style()
def plot_leaf(
    added: ArrayLike,
    curves: Mapping[str, ArrayLike],
    bottoms: Mapping[str, float],
    at: Mapping[str, tuple[float, float]],
    ax: Axes | None = None,
) -> Axes:
    """Draw what a leaf of a boosted tree pays, over the number that it adds to its scores.

    Parameters
    ----------
    added : array_like, shape (M,)
        Numbers that the leaf may add to the score of each of its rows.
    curves : mapping of str to array_like, shape (M,)
        The loss, whose highest point the axis ends at, and the parabolas that stand in for
        it; at most four.
    bottoms : mapping of str to float
        Where a curve is lowest; marked on it, and on the axis.
    at : mapping of str to (float, float)
        Where the name of each curve begins, in the units of the axes.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = plot_leaf(
    ...     [0, 1, 2], {"bowl": [1, 0, 1]}, {"bowl": 1.0}, {"bowl": (0, 0.5)}
    ... )
    >>> [text.get_text() for text in ax.texts]
    ['bowl', '1.00']
    """
    ax = axes_or_new(ax, height=3.6)
    w, tops = np.asarray(added, dtype=float), []
    for (name, values), style in zip(curves.items(), _STYLES, strict=False):
        height = np.asarray(values, dtype=float)
        tops.append(height.max())
        ax.plot(w, height, color=LOSS, linestyle=style)
        ax.text(*at[name], name, color=LOSS)
        if name in bottoms:
            lowest = float(np.interp(bottoms[name], w, height))
            ax.plot(bottoms[name], lowest, "o", color=INK)
            ax.annotate(
                f"{bottoms[name]:.2f}",
                (bottoms[name], lowest),
                xytext=(0, 9),
                textcoords="offset points",
                ha="center",
            )
    ax.axvline(0, color=GREY, linewidth=0.8)
    ax.set(
        xlim=(w[0], w[-1]),
        ylim=(0, 1.05 * tops[0]),
        xlabel="what the leaf adds to its scores",
        ylabel="loss of its rows (nats)",
    )
    return ax


@book_style()
def plot_floor(
    forecasts: ArrayLike,
    losses: Mapping[str, ArrayLike],
    floor: ArrayLike,
    ax: Axes | None = None,
) -> Axes:
    """Draw the loss of some labels with doubt over the forecast, and the floor they stand on.

    Parameters
    ----------
    forecasts : array_like, shape (M,)
        Probabilities from 0 to 1.
    losses : mapping of str to array_like, shape (M,)
        For each label its name and its loss at each forecast; at most four. The lowest point
        is marked and has the name.
    floor : array_like, shape (M,)
        The lowest loss that any forecast has if the label is ``forecasts``.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = plot_floor([0.25, 0.5, 0.75], {"half": [0.8, 0.7, 0.8]}, [0.6, 0.7, 0.6])
    >>> [text.get_text() for text in ax.texts]
    ['half', 'the floor']
    """
    ax = axes_or_new(ax, height=3.8)
    q, lowest = np.asarray(forecasts, dtype=float), np.asarray(floor, dtype=float)
    ax.plot(q, lowest, color=GREY, linewidth=1.4, linestyle=_STYLES[1])
    for name, values in losses.items():
        loss = np.asarray(values, dtype=float)
        at = int(loss.argmin())
        ax.plot(q, loss, color=LOSS, linewidth=1.6)
        ax.plot(q[at], loss[at], "o", color=LOSS, clip_on=False)
        ax.annotate(
            name,
            (q[at], loss[at]),
            xytext=(8 if at == 0 else 0, -16),
            textcoords="offset points",
            ha="center",
            color=TRUTH,
        )
    late = int(0.8 * (len(q) - 1))
    ax.annotate(
        "the floor",
        (q[late], lowest[late]),
        xytext=(-6, -4),
        textcoords="offset points",
        ha="right",
        va="top",
        color=GREY,
    )
    ax.set(
        xlim=(0, 1),
        ylim=(-0.16, 2),
        xlabel="forecast",
        ylabel="binary cross entropy (nats)",
    )
    return ax


@book_style()
def plot_grades(
    scores: ArrayLike,
    density: ArrayLike,
    cuts: Sequence[float],
    shares: ArrayLike,
    truth: int,
    ax: Axes | None = None,
) -> Axes:
    """Draw a bell over a score, cut into grades whose areas are their probabilities.

    Parameters
    ----------
    scores : array_like, shape (M,)
        Scores, increasing.
    density : array_like, shape (M,)
        Height of the bell at each.
    cuts : sequence of float, length K - 1
        Where one grade ends and the next begins.
    shares : array_like, shape (K,)
        Probability of each grade, written above it.
    truth : int
        The grade, from 1 to K, whose area is filled.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = plot_grades([-1, 0, 1], [0, 1, 0], [0.0], [0.5, 0.5], truth=2)
    >>> [text.get_text() for text in ax.texts]
    ['1', '0.50', '2', '0.50']
    """
    ax = axes_or_new(ax, height=3.2)
    x, height = np.asarray(scores, dtype=float), np.asarray(density, dtype=float)
    ends = [x[0], *cuts, x[-1]]
    top = 1.3 * height.max()
    for grade, share in enumerate(np.asarray(shares, dtype=float), 1):
        low, high = ends[grade - 1], ends[grade]
        inside = np.unique(np.concatenate([[low], x[(x > low) & (x < high)], [high]]))
        ax.fill_between(
            inside,
            np.interp(inside, x, height),
            color=TRUTH if grade == truth else FAINT,
            linewidth=0,
        )
        middle = (low + high) / 2
        ax.text(middle, 0.93 * top, f"{grade}", ha="center", color=GREY, fontsize=SMALL)
        ax.text(middle, 0.84 * top, f"{share:.2f}", ha="center")
    ax.plot(x, height, color=INK, linewidth=1.4)
    for cut in cuts:
        ax.axvline(cut, color=GREY, linewidth=0.8)
    ax.set(
        xlim=(x[0], x[-1]), ylim=(0, top), yticks=[], xlabel="score, cut into grades"
    )
    ax.spines["left"].set_visible(False)
    return ax


@book_style()
def plot_panels(
    panels: Mapping[tuple[str, str], Mapping[str, tuple[ArrayLike, ArrayLike]]],
    logarithmic: Collection[tuple[str, str]] = (),
    colours: Mapping[tuple[str, str], str] | None = None,
) -> NDArray[Any]:
    """Draw curves in panels that stand one above the other, each with its own axes.

    Parameters
    ----------
    panels : mapping of (str, str) to mapping of str to (array_like, array_like)
        For each panel what its two axes show, with units, and its curves as
        :func:`xent_lib.plots.training.plot_curves` takes them; two panels or more.
    logarithmic : collection of (str, str)
        The panels whose level axis is logarithmic.
    colours : mapping of (str, str) to str, optional
        A role's colour for a panel that shows no loss.

    Returns
    -------
    ndarray of Axes
        One for each panel, from above.

    Examples
    --------
    >>> axes = plot_panels(
    ...     {("x", "y"): {"up": ([0, 1], [0, 1])}, ("u", "v"): {"down": ([1, 9], [1, 0])}},
    ...     logarithmic=[("u", "v")],
    ... )
    >>> [ax.get_xscale() for ax in axes]
    ['linear', 'log']
    """
    axes = np.asarray(new_axes(len(panels), 1, height=2.7 * len(panels)))
    for ax, ((level, upright), curves) in zip(axes, panels.items(), strict=True):
        plot_curves(
            curves,
            xlabel=level,
            ylabel=upright,
            log_x=(level, upright) in logarithmic,
            log_y=False,
            colour=(colours or {}).get((level, upright), LOSS),
            ax=ax,
        )
    return axes
