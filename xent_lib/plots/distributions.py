"""Figures of distributions: shares that settle, one table, surprisal; chapter 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import StrMethodFormatter
from numpy.typing import ArrayLike

from xent_lib.plots.style import (
    LOSS,
    PAPER,
    PREDICTION,
    SMALL,
    TRUTH,
    axes_or_new,
    book_style,
)

# Neighbours in the table's picture stay apart without colour.
_TINTS = (0.45, 0.28, 0.14)


@book_style()
def plot_running_shares(
    shares: ArrayLike,
    forecast: ArrayLike,
    names: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw each class's share of the first 1, 2, 3, ... days, and the forecast as level lines.

    Parameters
    ----------
    shares : array_like, shape (N, K)
        Row ``n`` holds the relative frequencies of the first ``n + 1`` days.
    forecast : array_like, shape (K,)
        The distribution that the days were drawn from.
    names : sequence of str, length K
        Names of the classes, written at the right.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes
        For each class its shares, then its level line.

    Notes
    -----
    Used in chapter 1.

    Examples
    --------
    >>> ax = plot_running_shares([[1, 0], [0.5, 0.5]], [0.7, 0.3], ["rain", "sun"])
    >>> [text.get_text() for text in ax.texts]
    ['rain 0.7', 'sun 0.3']
    """
    ax = axes_or_new(ax)
    shares = np.asarray(shares, float)
    days = np.arange(1, len(shares) + 1)
    for share, level, name in zip(
        shares.T, np.asarray(forecast, float), names, strict=True
    ):
        ax.plot(days, share, color=TRUTH, linewidth=1.5)
        ax.axhline(level, color=PREDICTION, linewidth=1.5, linestyle="--")
        ax.annotate(
            f"{name} {level:g}",
            (1, level),
            (6, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            color=PREDICTION,
        )
    ax.set_xscale("log")
    ax.set_xlim(1, len(shares))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.set_ylim(-0.02, 1.02)
    ax.set_xlabel("number of days counted (logarithmic scale)")
    ax.set_ylabel("share of the days")
    return ax


@book_style()
def plot_joint_as_areas(
    joint: ArrayLike,
    inputs: Sequence[str],
    names: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw a joint distribution as areas: rows as high as their sum, cut by their conditionals.

    Parameters
    ----------
    joint : array_like, shape (M, K)
        Probability of each pair of input and class; all of them sum to 1.
    inputs : sequence of str, length M
        Names of the inputs, one a row, the first on top.
    names : sequence of str, length K
        Names of the classes.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes
        One bar for each pair, row by row.

    Notes
    -----
    Used in chapter 1.

    Examples
    --------
    >>> ax = plot_joint_as_areas([[0.3, 0.1], [0.3, 0.3]], ["low", "high"], ["rain", "sun"])
    >>> [round(float(bar.get_width()), 2) for bar in ax.patches]
    [0.75, 0.25, 0.5, 0.5]
    """
    ax = axes_or_new(ax, height=3.8)
    joint = np.asarray(joint, float)
    heights = joint.sum(axis=1)
    tops = np.concatenate([[0], np.cumsum(heights)[:-1]])
    for row, top, height in zip(joint, tops, heights, strict=True):
        left = 0.0
        for k, probability in enumerate(row):
            width = probability / height
            ax.barh(
                top + height / 2,
                width,
                height,
                left,
                color=TRUTH,
                alpha=_TINTS[k % len(_TINTS)],
                edgecolor=PAPER,
                linewidth=2,
            )
            ax.text(
                left + width / 2,
                top + height / 2,
                f"{names[k]}\n{probability:.3g}",
                ha="center",
                va="center",
                fontsize=SMALL,
            )
            left += width
    labels = [
        f"{name}\n{height:g}" for name, height in zip(inputs, heights, strict=True)
    ]
    ax.set_yticks(tops + heights / 2, labels)
    ax.set_ylim(1, 0)
    ax.set_xlim(0, 1)
    ax.tick_params(axis="y", length=0)
    ax.set_ylabel("height: probability of the input")
    ax.set_xlabel("width: share of the row that each class takes")
    return ax


@book_style()
def plot_surprisal(
    p: ArrayLike,
    prices: ArrayLike,
    marked: Mapping[str, tuple[float, float]],
    ax: Axes | None = None,
) -> Axes:
    """Draw surprisal against probability, with some events marked.

    Parameters
    ----------
    p, prices : array_like, shape (M,)
        Probabilities, and the surprisal of each in nats.
    marked : mapping of str to (float, float)
        Probability and surprisal of the events to mark, by name.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes
        The curve, then one point for each event.

    Notes
    -----
    Used in chapter 1.

    Examples
    --------
    >>> ax = plot_surprisal([0.5, 1], [0.6931, 0], {"heads": (0.5, 0.6931)})
    >>> [text.get_text() for text in ax.texts]
    ['heads: 0.6931']
    """
    ax = axes_or_new(ax)
    ax.plot(p, prices, color=LOSS)
    for name, (probability, price) in marked.items():
        ax.plot(probability, price, marker="o", markersize=7, color=LOSS)
        ax.annotate(
            f"{name}: {price:.4f}",
            (probability, price),
            (8, 5),
            textcoords="offset points",
            color=LOSS,
        )
    ax.set_xlim(0, 1.02)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("probability of what happened")
    ax.set_ylabel("surprisal (nats)")
    return ax
