"""Figures of scores and the forecasts made of them: softmax and its relatives; chapter 5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from xent_lib.plots.style import (
    FAINT,
    GREY,
    INK,
    PREDICTION,
    SMALL,
    axes_or_new,
    book_style,
    new_axes,
)

_LINES = ("-", (0, (6, 2)), (0, (1.5, 1.5)))


@book_style()
def plot_scores_to_shares(
    scores: ArrayLike,
    exponentials: ArrayLike,
    shares: ArrayLike,
    names: Sequence[str],
) -> Any:
    """Draw the three stages of softmax side by side, each bar with its number.

    Parameters
    ----------
    scores, exponentials, shares : array_like, shape (K,)
        The logits, their exponentials, and these divided by their sum.
    names : sequence of str, length K
        Names under the bars.

    Returns
    -------
    ndarray of Axes, one a stage

    Examples
    --------
    >>> axes = plot_scores_to_shares([0, 0], [1, 1], [0.5, 0.5], ["yes", "no"])
    >>> [text.get_text() for text in axes[2].texts]
    ['0.5', '0.5']
    """
    axes = new_axes(1, 3, height=2.7)
    stages = (
        ("score $z_k$", scores, GREY),
        ("exponential $e^{z_k}$", exponentials, GREY),
        ("share $q_k$", shares, PREDICTION),
    )
    for ax, (title, values, colour) in zip(axes, stages, strict=True):
        heights = np.asarray(values, float)
        ax.bar(names, heights, width=0.6, color=colour)
        for k, height in enumerate(heights):
            text = f"{height:.4f}".rstrip("0").rstrip(".")
            ax.annotate(
                text,
                (k, max(height, 0)),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=SMALL,
            )
        ax.set_title(title, fontsize=12)
        top = max(heights.max(), 0) or 1
        ax.set(ylim=(min(0, heights.min() * 1.2), top * 1.2), yticks=[])
        ax.axhline(0, color=INK, linewidth=0.8)
        ax.spines[["left", "bottom"]].set_visible(False)
        ax.tick_params(bottom=False)
    return axes


@book_style()
def plot_temperature(
    temperatures: ArrayLike,
    probabilities: ArrayLike,
    names: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw the forecast over the temperature, on a logarithmic axis, with the start marked.

    Parameters
    ----------
    temperatures : array_like, shape (M,)
        Increasing and positive; 1 lies inside.
    probabilities : array_like, shape (M, K)
        The forecast at each temperature; K is at most 3.
    names : sequence of str, length K
        Names beside the curves.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = plot_temperature([0.5, 1, 2], [[0.8, 0.2], [0.7, 0.3], [0.6, 0.4]], "AB")
    >>> [text.get_text() for text in ax.texts][:2]
    ['A', 'B']
    """
    ax = axes_or_new(ax)
    x, rows = np.asarray(temperatures), np.asarray(probabilities)
    start = int(np.abs(np.log(x)).argmin())
    ax.axvline(1, color=FAINT, linewidth=1.2, zorder=0)
    ax.axhline(1 / rows.shape[1], color=FAINT, linewidth=1.2, zorder=0)
    for curve, name, line in zip(rows.T, names, _LINES, strict=False):
        ax.plot(x, curve, color=PREDICTION, linestyle=line)
        ax.plot(1, curve[start], "o", color=PREDICTION, markersize=7)
        lowest = curve[start] == rows[start].min()
        left = curve[-1] > curve[0] and not lowest
        ax.annotate(
            name,
            (1, curve[start]),
            xytext=(-9 if left else 9, -3 if lowest else 3),
            textcoords="offset points",
            ha="right" if left else "left",
            va="top" if lowest else "bottom",
        )
    ax.text(1, 1.04, "$T = 1$", ha="center", va="bottom", color=GREY)
    ax.text(x[0], 1.04, "cold: the largest wins", ha="left", va="bottom", color=GREY)
    ax.text(x[-1], 1.04, "hot: all equal", ha="right", va="bottom", color=GREY)
    ax.set(
        xscale="log",
        xlim=(x[0], x[-1]),
        ylim=(0, 1.02),
        xlabel="temperature $T$ (each score is divided by it)",
        ylabel="probability",
        yticks=[0, 0.5, 1],
    )
    ticks = [t for t in (0.1, 0.3, 1, 3, 10) if x[0] <= t <= x[-1]]
    ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    return ax


@book_style()
def plot_soft_maximum(
    scores: ArrayLike,
    largest: ArrayLike,
    soft: ArrayLike,
    ceiling: float,
    ax: Axes | None = None,
) -> Axes:
    """Draw logsumexp of two scores between their maximum and the bound above it.

    Parameters
    ----------
    scores : array_like, shape (M,)
        The first score; the second stays at 0.
    largest, soft : array_like, shape (M,)
        Maximum and logsumexp of the two.
    ceiling : float
        How far above the maximum the upper bound lies.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = plot_soft_maximum([-1, 0, 1], [0, 0, 1], [0.31, 0.69, 1.31], ceiling=0.69)
    >>> [text.get_text() for text in ax.texts]
    ['logsumexp', 'maximum', 'maximum + log 2']
    """
    ax = axes_or_new(ax, height=3.2)
    x, top, curve = (np.asarray(a, float) for a in (scores, largest, soft))
    ax.fill_between(x, top, top + ceiling, color=FAINT, alpha=0.5, linewidth=0)
    ax.plot(x, top, color=GREY, linestyle=_LINES[1])
    ax.plot(x, top + ceiling, color=GREY, linestyle=_LINES[2])
    ax.plot(x, curve, color=INK)
    left, right = x[0], x[-1]
    middle = int(np.abs(x).argmin())
    ax.annotate(
        "logsumexp",
        (x[middle], curve[middle]),
        xytext=(0.45 * right, 0.2 * (top[-1] + ceiling)),
        color=INK,
        arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 1, "shrinkB": 4},
    )
    edge = left + 0.02 * (right - left)
    ax.text(edge, top[0] - 0.08, "maximum", color=GREY, va="top")
    ax.text(edge, top[0] + ceiling + 0.06, "maximum + log 2", color=GREY, va="bottom")
    ax.set(
        xlim=(left, right),
        ylim=(top[0] - 0.6, None),
        xlabel="score of the first class (the second is 0)",
        ylabel="nats",
    )
    return ax
