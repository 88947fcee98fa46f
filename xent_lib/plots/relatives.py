"""Figures of chapter 14: one hump fitted to two, and the family of cross entropy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from xent_lib.plots.style import (
    FAINT,
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

__all__ = ["FAMILY", "plot_family", "plot_fits", "plot_named_curves"]

_DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)))
_ROW = 0.25  # inches for a relative in the family's figure
_GAP = 0.6  # rows between two groups
_WHEN_AT = 0.4  # of the width, where the right column begins

FAMILY = {
    "the direction": {
        "KL divergence": "same slopes; equal if one-hot",
        "reverse KL": "p and q exchanged",
        "Jensen–Shannon": "both, against the mixture",
    },
    "the price of the truth": {
        "hinge": "a handicap of 1, and temperature to 0",
        "exponential": "asks for half the log odds",
        "generalised": "cross entropy as r goes to 0",
        "symmetric": "cross entropy plus absolute error",
        "focal (10)": "cross entropy at γ = 0",
    },
    "the label": {
        "smoothing, bootstrapping": "mixed with another forecast",
        "distillation": "squared error at large T",
        "policy gradient (15)": "a drawn action, times its advantage",
    },
    "the classes": {
        "binary": "one class against the rest",
        "InfoNCE, CLIP": "the items of the batch",
        "listwise, Plackett–Luce": "the items of a list",
        "pairwise, DPO (15)": "Plackett–Luce of two items",
    },
    "what is compared": {
        "Dice, Tversky": "Dice of one example: absolute error",
        "optimal transport": "absolute error if all distances are 1",
    },
    "the distribution (15)": {
        "squared error": "a Gaussian of fixed width",
        "Poisson, ordinal": "counts; classes in order",
        "ELBO": "cross entropy plus KL, negated",
    },
    "another thing of that name (15)": {
        "cross-entropy method": "its refit minimises cross entropy",
    },
}  # what is changed: each relative, and when it becomes what; numbers are chapters


@book_style()
def plot_fits(
    cells: ArrayLike,
    truth: ArrayLike,
    fits: Mapping[str, ArrayLike],
    names_at: Mapping[str, tuple[float, float]],
    ax: Axes | None = None,
) -> Axes:
    """Draw a distribution over numbered cells as bars, and what was fitted to it as lines.

    Parameters
    ----------
    cells : array_like, shape (K,)
        The numbers of the cells.
    truth : array_like, shape (K,)
        Probability of each cell.
    fits : mapping of str to array_like, shape (K,)
        Name and probabilities of each fit; at most three.
    names_at : mapping of str to (float, float)
        Where the name of each fit and of "truth" begins, in the units of the axes.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Notes
    -----
    Chapter 14 draws it.

    Examples
    --------
    >>> ax = plot_fits([0, 1], [0.4, 0.6], {"fit": [0.5, 0.5]}, {"fit": (0, 0.55)})
    >>> [text.get_text() for text in ax.texts]
    ['fit']
    """
    ax = axes_or_new(ax)
    x = np.asarray(cells, dtype=float)
    ax.bar(x, np.asarray(truth, dtype=float), width=0.8, color=TRUTH)
    for dashes, (_, values) in zip(_DASHES, fits.items(), strict=False):
        ax.plot(x, np.asarray(values, dtype=float), color=PREDICTION, linestyle=dashes)
    for name, (across, up) in names_at.items():
        ax.text(across, up, name, color=TRUTH if name == "truth" else PREDICTION)
    ax.set(xlabel="cell", ylabel="probability", ylim=(0, None))
    return ax


@book_style()
def plot_named_curves(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    names_at: Mapping[str, tuple[float, float]],
    *,
    xlabel: str,
    ylabel: str,
    log_x: bool = False,
    log_y: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw curves that end near one another, each with its name where there is room for it.

    Parameters
    ----------
    curves : mapping of str to (array_like, array_like)
        Name, and what is drawn across and up; at most four.
    names_at : mapping of str to (float, float)
        Where each name begins, in the units of the axes.
    xlabel, ylabel : str
        What the axes show, with units.
    log_x, log_y : bool
        Which axes are logarithmic.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Notes
    -----
    Chapter 14 draws it; where curves end apart,
    :func:`xent_lib.plots.training.plot_curves` places the names itself.

    Examples
    --------
    >>> ax = plot_named_curves({"one": ([0, 1], [1, 2])}, {"one": (0, 1)}, xlabel="x", ylabel="y")
    >>> [text.get_text() for text in ax.texts]
    ['one']
    """
    ax = axes_or_new(ax)
    for dashes, (name, (across, up)) in zip(_DASHES, curves.items(), strict=False):
        ax.plot(across, up, color=LOSS, linestyle=dashes)
        ax.text(*names_at[name], name, color=LOSS)
    ax.set(
        xlabel=xlabel,
        ylabel=ylabel,
        xscale="log" if log_x else "linear",
        yscale="log" if log_y else "linear",
    )
    ax.minorticks_off()  # over many decades they would stand close as hatching
    return ax


@book_style()
def plot_family(root: str, groups: Mapping[str, Mapping[str, str]]) -> Axes:
    """Draw a family as a tree: a root, what is changed, and the relatives that come of it.

    Parameters
    ----------
    root : str
        What all of them come from.
    groups : mapping of str to mapping of str to str
        What is changed; under it each relative, and when it becomes what.

    Returns
    -------
    Axes

    Notes
    -----
    Chapter 14 draws it.

    Examples
    --------
    >>> ax = plot_family("one", {"the change": {"other": "equal if"}})
    >>> [text.get_text() for text in ax.texts]
    ['one', 'the change', 'other', 'equal if']
    """
    rows = sum(1 + len(members) + _GAP for members in groups.values()) + 1.2
    ax: Axes = new_axes(height=_ROW * rows)
    ax.set(xlim=(0, 1), ylim=(rows, 0))
    ax.axis("off")
    ax.text(0, 0.5, root, color=LOSS, va="center", fontsize=13)
    trunk, at = 0.012, 1.2
    for change, members in groups.items():
        at += _GAP
        middle = at + 0.5
        ax.plot([trunk, 0.035], [middle, middle], color=FAINT)
        ax.text(0.045, middle, change, color=INK, va="center")
        last = middle
        at += 1
        for name, when in members.items():
            ax.text(0.085, at + 0.5, name, color=INK, va="center", fontsize=SMALL)
            ax.text(_WHEN_AT, at + 0.5, when, color=GREY, va="center", fontsize=SMALL)
            at += 1
    ax.plot([trunk, trunk], [1, last], color=FAINT)
    return ax
