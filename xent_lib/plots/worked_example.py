"""Figures of chapter 4: the worked example and its knobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


@book_style()
def plot_forecast(
    probabilities: ArrayLike, classes: Sequence[str], truth: int, ax: Axes | None = None
) -> Axes:
    """Draw a forecast as bars, each with its number, and mark the class that came true.

    Parameters
    ----------
    probabilities : array_like, shape (K,)
        The forecast.
    classes : sequence of str, length K
        Names under the bars.
    truth : int
        Index of the class that happened.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> len(plot_forecast([0.7, 0.2, 0.1], ["A", "B", "C"], truth=0).patches)
    3
    """
    ax = axes_or_new(ax, height=2.6)
    heights = np.asarray(probabilities)
    bars = ax.bar(classes, heights, width=0.55, color=PREDICTION)
    for k, bar in enumerate(bars):
        if k == truth:
            bar.set(edgecolor=TRUTH, linewidth=3)
        else:
            bar.set_alpha(0.4)
        ax.text(
            k, heights[k] + 0.02, f"{heights[k]:g}", ha="center", va="bottom", color=INK
        )
    ax.annotate(
        "this happened, so only\nthis bar is priced",
        xy=(truth + 0.3, heights[truth] * 0.75),
        xytext=(truth + 0.55, heights[truth] * 0.75),
        va="center",
        color=TRUTH,
        arrowprops={"arrowstyle": "-", "color": TRUTH},
    )
    ax.set(ylim=(0, 1), ylabel="forecast probability", yticks=[0, 0.5, 1])
    return ax


@book_style()
def plot_prices(
    probabilities: ArrayLike,
    losses: ArrayLike,
    marks: Mapping[str, tuple[float, float]],
    ax: Axes | None = None,
) -> Axes:
    """Draw the loss as a curve over the probability of the truth, with named points on it.

    Parameters
    ----------
    probabilities, losses : array_like, shape (M,)
        The curve.
    marks : mapping of str to (float, float)
        Label, and its probability and loss.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = plot_prices([0.5, 1.0], [0.69, 0.0], {"A": (0.7, 0.3567)})
    >>> [text.get_text() for text in ax.texts]
    ['A']
    """
    ax = axes_or_new(ax)
    ax.plot(probabilities, losses, color=LOSS)
    for label, (probability, loss) in marks.items():
        ax.plot(
            [probability, probability], [0, loss], color=FAINT, linewidth=1, zorder=0
        )
        ax.plot(probability, loss, "o", color=LOSS, markersize=8)
        ax.text(probability + 0.025, loss + 0.08, label, color=INK, va="bottom")
    ax.set(
        xlim=(0, 1.02),
        ylim=(0, None),
        xlabel="probability the forecast gave to what happened",
        ylabel="loss (nats)",
    )
    return ax


@book_style()
def plot_daily_losses(
    losses: Mapping[str, ArrayLike], correct: Mapping[str, ArrayLike]
) -> Any:
    """Draw every day's loss of several forecasters side by side, with the mean as a line.

    Parameters
    ----------
    losses : mapping of str to array_like, shape (N,)
        Forecaster, and the loss of each day in nats.
    correct : mapping of str to array_like of bool, shape (N,)
        Whether the most probable class was the one that happened.

    Returns
    -------
    ndarray of Axes, one a forecaster

    Examples
    --------
    >>> plot_daily_losses({"a": [1.0], "b": [2.0]}, {"a": [True], "b": [False]}).shape
    (2,)
    """
    axes = new_axes(1, len(losses), height=2.9, sharey=True)
    for ax, (name, daily) in zip(np.atleast_1d(axes), losses.items(), strict=True):
        daily = np.asarray(daily)
        days = np.arange(1, daily.size + 1)
        bars = ax.bar(days, daily, width=0.6, color=LOSS)
        hits = np.asarray(correct[name])
        for bar, hit in zip(bars, hits, strict=True):
            if hit:
                bar.set_alpha(0.4)
        marks = [
            f"{day}\n{'right' if hit else 'wrong'}"
            for day, hit in zip(days, hits, strict=True)
        ]
        ax.axhline(daily.mean(), color=INK, linewidth=1.2, linestyle=(0, (4, 3)))
        ax.set_title(f"{name}\nmean {daily.mean():.3f}")
        ax.set_xticks(days, marks, fontsize=SMALL)
        ax.set_xlabel("day")
    np.atleast_1d(axes)[0].set(ylabel="loss (nats)")
    return axes


@book_style()
def plot_uniform_guess(
    num_classes: ArrayLike, losses: ArrayLike, ax: Axes | None = None
) -> Axes:
    """Draw the loss of the uniform guess over the number of classes, on a logarithmic axis.

    Parameters
    ----------
    num_classes : array_like of int, shape (M,)
        Numbers of classes.
    losses : array_like, shape (M,)
        Loss of the uniform guess for each, in nats.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> plot_uniform_guess([2, 10], [0.6931, 2.3026]).get_xscale()
    'log'
    """
    ax = axes_or_new(ax, height=3.0)
    counts, heights = np.asarray(num_classes), np.asarray(losses)
    ax.plot(counts, heights, color=GREY, linewidth=1.2)
    ax.plot(counts, heights, "o", color=LOSS, markersize=7)
    for i, (count, height) in enumerate(zip(counts, heights, strict=True)):
        above = i % 2 == 1
        ax.annotate(
            f"{count:,} classes\n{height:.3f}",
            (count, height),
            xytext=(-6, 6) if above else (9, -5),
            textcoords="offset points",
            ha="right" if above and i > 1 else "left",
            va="bottom" if above else "top",
            fontsize=SMALL,
        )
    ax.set(
        xscale="log",
        xlim=(1.5, counts.max() * 14),
        ylim=(-1.2, heights.max() * 1.1),
        xlabel="number of classes",
        ylabel="loss of the uniform guess (nats)",
    )
    return ax
