"""Figures of the logarithm's inequality and of likelihood beside loss; chapter 3."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from xent_lib.plots.style import (
    INK,
    LOSS,
    PREDICTION,
    axes_or_new,
    book_style,
    new_axes,
)


@book_style()
def plot_logarithm_as_area(
    u: ArrayLike, height: ArrayLike, ax: Axes | None = None
) -> Axes:
    """Draw the area under 1/u, which is the logarithm, inside a rectangle of height 1.

    Parameters
    ----------
    u : array_like, shape (M,)
        From 1 up to the number whose logarithm is meant.
    height : array_like, shape (M,)
        The curve 1/u there.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes
        The area, and the rectangle that holds it.

    Examples
    --------
    >>> ax = plot_logarithm_as_area([1.0, 2.0], [1.0, 0.5])
    >>> float(ax.patches[0].get_width())
    1.0
    """
    ax = axes_or_new(ax)
    u, height = np.asarray(u), np.asarray(height)
    end = u[-1]
    ax.fill_between(u, height, color=LOSS, alpha=0.25, linewidth=0)
    ax.plot(u, height, color=LOSS)
    ax.bar(1, 1, end - 1, align="edge", facecolor="none", edgecolor=INK, linestyle="--")
    ax.text((1 + end) / 2, 0.2, "area $\\log\\,x$", ha="center", color=LOSS)
    ax.text((1 + end) / 2, 1.04, "rectangle $x - 1$", ha="center")
    ax.set_xlim(0.6, end + 0.3)
    ax.set_ylim(0, 1.35)
    ax.set_xticks([1, end], ["1", "$x$"])
    ax.set_yticks([0, 1])
    ax.set_xlabel("$u$")
    ax.set_ylabel("$1/u$")
    return ax


@book_style()
def plot_log_below_line(
    x: ArrayLike, log_x: ArrayLike, line: ArrayLike, ax: Axes | None = None
) -> Axes:
    """Draw the logarithm under the line that touches it at 1.

    Parameters
    ----------
    x : array_like, shape (M,)
        Positive numbers around 1, in ascending order.
    log_x : array_like, shape (M,)
        Their logarithms.
    line : array_like, shape (M,)
        The line x - 1.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes
        The line, the logarithm, and the point that they share.

    Examples
    --------
    >>> ax = plot_log_below_line([0.5, 1.0, 2.0], [-0.69, 0.0, 0.69], [-0.5, 0.0, 1.0])
    >>> ax.lines[1].get_ydata().tolist()
    [-0.69, 0.0, 0.69]
    """
    ax = axes_or_new(ax)
    x, log_x, line = np.asarray(x), np.asarray(log_x), np.asarray(line)
    ax.plot(x, line, color=INK, linestyle="--")
    ax.plot(x, log_x, color=LOSS)
    ax.plot(1, 0, "o", color=INK)
    end = (x[-1], line[-1])
    ax.annotate("$x - 1$", end, (-16, -4), textcoords="offset points", ha="right")
    end = (x[-1], log_x[-1])
    ax.annotate(
        "$\\log\\,x$",
        end,
        (0, -14),
        textcoords="offset points",
        ha="right",
        va="top",
        color=LOSS,
    )
    ax.annotate("touch at 1", (1, 0), (6, -8), textcoords="offset points", va="top")
    ax.set_xlim(0, 1.04 * x[-1])
    ax.set_xlabel("$x$")
    return ax


@book_style()
def plot_likelihood_and_loss(
    forecasts: ArrayLike,
    likelihood: ArrayLike,
    loss: ArrayLike,
    axes: Sequence[Axes] | None = None,
) -> Sequence[Axes]:
    """Draw likelihood above mean loss over the same forecasts, with one line through both extrema.

    Parameters
    ----------
    forecasts : array_like, shape (M,)
        Probability given to the first of two classes.
    likelihood : array_like, shape (M,)
        Probability of all that happened, under each forecast.
    loss : array_like, shape (M,)
        Mean loss of each forecast, in nats.
    axes : sequence of two Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    sequence of two Axes
        Likelihood first.

    Examples
    --------
    >>> top, bottom = plot_likelihood_and_loss([0.4, 0.5, 0.6], [1, 3, 2], [5, 4, 4.5])
    >>> float(top.lines[1].get_xdata()[0]), float(bottom.lines[1].get_xdata()[0])
    (0.5, 0.5)
    """
    if axes is None:
        axes = new_axes(2, 1, height=4.4, sharex=True)
    top, bottom = axes
    forecasts = np.asarray(forecasts)
    panels = (
        (top, np.asarray(likelihood), np.argmax(likelihood), INK, "largest"),
        (bottom, np.asarray(loss), np.argmin(loss), LOSS, "smallest"),
    )
    for ax, values, best, colour, word in panels:
        ax.plot(forecasts, values, color=colour)
        ax.axvline(forecasts[best], color=PREDICTION, linestyle=":")
        ax.plot(forecasts[best], values[best], "o", color=colour, markersize=8)
        ax.annotate(
            f"{word} at {forecasts[best]:g}",
            (forecasts[best], values[best]),
            (-10, 4 if word == "largest" else 14),
            textcoords="offset points",
            ha="right",
            color=colour,
        )
        ax.set_ylim(0, 1.15 * values.max())
    top.set_ylabel("likelihood")
    bottom.set_ylabel("mean loss (nats)")
    bottom.set_xlabel("probability of rain in the forecast")
    return axes
