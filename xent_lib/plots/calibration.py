"""Figures of calibration, for the planned chapter 11: what was said, and how often it came true."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from xent_lib.plots.style import (
    GREY,
    LOSS,
    PAPER,
    PREDICTION,
    SMALL,
    TRUTH,
    axes_or_new,
    book_style,
)


@book_style()
def plot_reliability(
    edges: ArrayLike,
    counts: ArrayLike,
    prob_true: ArrayLike,
    prob_pred: ArrayLike,
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
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Notes
    -----
    For the planned chapter 11.

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
