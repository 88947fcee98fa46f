"""Figures of the formula: prices, their average, and what other ways to charge do; chapter 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from xent_lib.plots.style import (
    GREY,
    INK,
    LOSS,
    PREDICTION,
    TRUTH,
    axes_or_new,
    book_style,
)


@book_style()
def plot_average_price(
    shares: ArrayLike,
    prices: ArrayLike,
    average: float,
    names: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw an average as an area: a column for each class, as wide as its share of the days.

    Parameters
    ----------
    shares : array_like, shape (K,)
        The true distribution: the columns' widths.
    prices : array_like, shape (K,)
        Surprisal of each class under the forecast, in nats: the columns' heights.
    average : float
        The average price in nats, drawn as a level.
    names : sequence of str, length K
        Names of the classes.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes
        One column a class, and a line at the average.

    Examples
    --------
    >>> ax = plot_average_price([0.5, 0.5], [0.5, 1.5], 1.0, ["rain", "dry"])
    >>> [float(column.get_width()) for column in ax.patches]
    [0.5, 0.5]
    """
    ax = axes_or_new(ax)
    shares, prices = np.asarray(shares, float), np.asarray(prices, float)
    starts = np.cumsum(shares) - shares
    ax.bar(
        starts, prices, shares, align="edge", color=LOSS, alpha=0.25, edgecolor="none"
    )
    for start, share, price, name in zip(starts, shares, prices, names, strict=True):
        ax.hlines(price, start, start + share, color=LOSS)
        ax.annotate(
            f"{name}\n{share:g} × {price:.4f}",
            (start + share / 2, price),
            (0, 4),
            textcoords="offset points",
            ha="center",
        )
    ax.axhline(average, color=INK, linestyle="--", linewidth=1.5)
    ax.annotate(
        f"average {average:.4f}",
        (0, average),
        (4, 4),
        textcoords="offset points",
    )
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.28 * prices.max())
    ax.set_xticks([0, *np.cumsum(shares)])
    ax.set_xlabel("share of the days, $p_k$")
    ax.set_ylabel("price, $-\\log q_k$ (nats)")
    return ax


@book_style()
def plot_price_in_two_parts(
    forecasts: ArrayLike,
    prices: ArrayLike,
    floor: float,
    marked: int,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw cross entropy over the forecast, its floor, and the divergence between the two.

    Parameters
    ----------
    forecasts : array_like, shape (M,)
        Probability given to the first of two classes.
    prices : array_like, shape (M,)
        Cross entropy of each forecast, in nats.
    floor : float
        Entropy of the truth, in nats.
    marked : int
        Index of the forecast at which the gap is drawn.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes
        The curve, the floor, the point where they touch, and the marked gap.

    Examples
    --------
    >>> ax = plot_price_in_two_parts([0.2, 0.5, 0.8], [0.9, 0.7, 0.9], 0.7, 2)
    >>> ax.texts[-1].get_text()
    '$D(p\\Vert q)$ = 0.2000'
    """
    ax = axes_or_new(ax)
    forecasts, prices = np.asarray(forecasts), np.asarray(prices)
    best = prices.argmin()
    ax.plot(forecasts, prices, color=LOSS)
    ax.axhline(floor, color=TRUTH, linestyle="--")
    ax.plot(forecasts[best], prices[best], "o", color=TRUTH, markersize=8)
    ax.vlines(forecasts[marked], floor, prices[marked], color=INK)
    ax.plot(forecasts[marked], prices[marked], "o", color=PREDICTION, markersize=8)
    ax.annotate(
        "price $H(p, q)$",
        (forecasts[0], prices[0]),
        (14, -4),
        textcoords="offset points",
        va="top",
        color=LOSS,
    )
    ax.annotate(
        f"floor $H(p)$ = {floor:.4f}",
        (forecasts[best], floor),
        (0, -8),
        textcoords="offset points",
        ha="center",
        va="top",
        color=TRUTH,
    )
    ax.annotate(
        f"$D(p\\Vert q)$ = {prices[marked] - floor:.4f}",
        (forecasts[marked], prices[marked]),
        (-10, 8),
        textcoords="offset points",
        ha="right",
    )
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.05 * prices.max())
    ax.set_xlabel("probability of rain in the forecast")
    ax.set_ylabel("average price (nats)")
    return ax


@book_style()
def plot_expected_prices(
    forecasts: ArrayLike,
    prices: Mapping[str, ArrayLike],
    truth: float,
    ax: Axes | None = None,
) -> Axes:
    """Draw what several ways to charge cost on average, and mark each one's cheapest forecast.

    Parameters
    ----------
    forecasts : array_like, shape (M,)
        Probability given to the first of two classes.
    prices : mapping of str to array_like, shape (M,)
        Average price of each forecast under up to three ways to charge, by their names.
    truth : float
        True probability of the first class.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes
        One curve and one marked minimum for each way, after the line at the truth.

    Examples
    --------
    >>> ax = plot_expected_prices([0.2, 0.5, 0.8], {"log": [0.9, 0.7, 0.9]}, 0.5)
    >>> ax.lines[2].get_xdata().tolist()
    [0.5]
    """
    ax = axes_or_new(ax)
    forecasts = np.asarray(forecasts)
    ax.axvline(truth, color=TRUTH, linewidth=1.5)
    looks = ((LOSS, "-", "o"), (INK, "--", "s"), (GREY, "-.", "^"))
    for (name, values), (colour, dash, marker) in zip(
        prices.items(), looks, strict=False
    ):
        values = np.asarray(values)
        best = values.argmin()
        ax.plot(forecasts, values, color=colour, linestyle=dash)
        ax.plot(forecasts[best], values[best], marker, color=colour, markersize=8)
        ax.annotate(
            name,
            (forecasts[-1], values[-1]),
            (8, 0),
            textcoords="offset points",
            va="center",
            color=colour,
        )
    ax.annotate(
        f"truth {truth:g}",
        (truth, 1),
        (5, -2),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        va="top",
        color=TRUTH,
    )
    ax.set_xlim(0, 1)
    ax.set_ylim(0)
    ax.set_xlabel("probability of rain in the forecast")
    ax.set_ylabel("average price, own units")
    return ax
