"""Figures of chapter 11: what was said, how often it came true, and maps between the two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

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
    new_axes,
)
from xent_lib.plots.training import plot_curves

__all__ = ["plot_confidence", "plot_maps", "plot_reliability"]

_DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)))


@book_style()
def plot_reliability(
    edges: ArrayLike,
    counts: ArrayLike,
    prob_true: ArrayLike,
    prob_pred: ArrayLike,
    *,
    bands: tuple[ArrayLike, ArrayLike] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a reliability diagram: a bar a bin, a mark at what was said, the gap between.

    Parameters
    ----------
    edges : array_like, shape (B + 1,)
        Where the bins begin and end.
    counts : array_like of int, shape (B,)
        Forecasts in each bin, written under it; one without any has no bar.
    prob_true, prob_pred : array_like, shape (bins that are not empty,)
        As :func:`xent_lib.metrics.calibration_curve` returns them.
    bands : (array_like, array_like), optional
        Where chance alone leaves the bars' ends if the forecasts are honest, as
        :func:`xent_lib.metrics.calibration_bands` returns it; drawn as upright brackets.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Notes
    -----
    Chapter 11 draws it.

    Examples
    --------
    >>> ax = plot_reliability([0, 0.5, 1], [0, 4], [0.5], [0.9])
    >>> [text.get_text() for text in ax.texts]
    ['0', '4', 'said', 'came true']
    """
    ax = axes_or_new(ax, height=3.8)
    edges, counts = np.asarray(edges), np.asarray(counts)
    middles, width = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    filled = counts > 0
    often, said = np.asarray(prob_true), np.asarray(prob_pred)
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=(0, (4, 3)))
    ax.bar(middles[filled], often, width=0.9 * width, color=TRUTH)
    ax.bar(
        middles[filled],
        said - often,
        bottom=often,
        width=0.9 * width,
        color=LOSS,
        alpha=0.35,
    )
    ax.hlines(
        said,
        middles[filled] - 0.45 * width,
        middles[filled] + 0.45 * width,
        color=PREDICTION,
        linewidth=3,
    )
    if bands is not None:
        low, high = (np.asarray(end) for end in bands)
        ax.errorbar(
            middles[filled],
            (low + high) / 2,
            yerr=(high - low) / 2,
            fmt="none",
            ecolor=INK,
            elinewidth=1.4,
            capsize=6,
        )
    for middle, count in zip(middles, counts, strict=True):
        ax.text(
            middle, -0.03, f"{count}", ha="center", va="top", color=GREY, fontsize=SMALL
        )
    if filled.any():
        ax.text(
            middles[filled][-1] - 0.6 * width,
            said[-1],
            "said",
            ha="right",
            va="bottom",
            color=PREDICTION,
        )
        ax.text(
            middles[filled][-1],
            often[-1] / 2,
            "came true",
            ha="center",
            va="center",
            color=PAPER,
            rotation=90,
        )
    ax.set(
        xlim=(0, 1),
        ylim=(0, 1.02),
        xticks=np.linspace(0, 1, 6),
        xlabel="confidence; above the ticks, predictions in each bin",
        ylabel="share that is right",
    )
    ax.tick_params(axis="x", pad=16, length=0)
    return ax


@book_style()
def plot_confidence(
    steps: ArrayLike,
    losses: Mapping[str, ArrayLike],
    said: ArrayLike,
    came_true: ArrayLike,
    *,
    mark: float | None = None,
    xlabel: str = "epoch",
) -> NDArray[Any]:
    """Draw losses over a training above how sure the model was and how often it was right.

    Parameters
    ----------
    steps : array_like, shape (M,)
        Epochs or steps.
    losses : mapping of str to array_like, shape (M,)
        Named losses in nats, at most four.
    said, came_true : array_like, shape (M,)
        Mean confidence and accuracy, as shares.
    mark : float, optional
        The step to mark with an upright line.
    xlabel : str, default "epoch"
        What the steps are.

    Returns
    -------
    ndarray of Axes, shape (2,)

    Notes
    -----
    Chapter 11 draws it.

    Examples
    --------
    >>> axes = plot_confidence([1, 2], {"training": [2.0, 1.0]}, [0.4, 0.9], [0.5, 0.7])
    >>> [text.get_text() for text in axes[1].texts]
    ['confidence', 'accuracy']
    """
    above, below = axes = new_axes(2, 1, height=5.0, sharex=True)
    runs = {name: (steps, values) for name, values in losses.items()}
    plot_curves(runs, xlabel="", ylabel="loss (nats)", log_y=False, ax=above)
    for name, values, colour in (
        ("confidence", said, PREDICTION),
        ("accuracy", came_true, TRUTH),
    ):
        plot_curves(
            {name: (steps, values)},
            xlabel=xlabel,
            ylabel="share",
            log_y=False,
            colour=colour,
            ax=below,
        )
    above.set_ylim(0, None)
    below.set_ylim(0, 1)
    for text, colour in zip(below.texts, (PREDICTION, TRUTH), strict=True):
        text.set_color(colour)
    if mark is not None:
        for ax in axes:
            ax.axvline(mark, color=GREY, linewidth=0.8)
    return np.asarray(axes)


@book_style()
def plot_maps(
    maps: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    xlabel: str,
    ylabel: str,
    names_at: Mapping[str, tuple[float, float]] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw curves from one probability to another, beside the line where the two agree.

    Parameters
    ----------
    maps : mapping of str to (array_like, array_like)
        Name, probabilities and what each becomes; at most four.
    xlabel, ylabel : str
        What the two probabilities are.
    names_at : mapping of str to (float, float), optional
        Where each name begins, in data coordinates. Without it a legend says which is which,
        as curves that lie close together need.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Notes
    -----
    Chapter 11 draws it.

    Examples
    --------
    >>> ax = plot_maps(
    ...     {"halved": ([0, 1], [0, 0.5])},
    ...     names_at={"halved": (0.6, 0.2)},
    ...     xlabel="before",
    ...     ylabel="after",
    ... )
    >>> [text.get_text() for text in ax.texts]
    ['halved']
    """
    ax = axes_or_new(ax, height=4.2)
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=(0, (4, 3)))
    for (name, (before, after)), dash in zip(maps.items(), _DASHES, strict=False):
        ax.plot(before, after, color=PREDICTION, linestyle=dash, label=name)
        if names_at is not None:
            ax.text(*names_at[name], name, color=PREDICTION)
    if names_at is None:
        ax.legend(loc="upper left")
    ax.set(
        xlim=(0, 1),
        ylim=(0, 1.02),
        xticks=np.linspace(0, 1, 6),
        xlabel=xlabel,
        ylabel=ylabel,
    )
    ax.set_aspect("equal")
    return ax
