"""Figures of what floating-point numbers do to a loss: range, rounding, clipping; chapter 5."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from xent_lib.plots.style import (
    FAINT,
    GREY,
    INK,
    LOSS,
    axes_or_new,
    book_style,
)

_LINES = ((0, (1.5, 1.5)), (0, (5, 2)), (0, (6, 2, 1.5, 2)), "-")


@book_style()
def plot_safe_scores(
    ranges: Mapping[str, tuple[float, float]], ax: Axes | None = None
) -> Axes:
    """Draw, for each float format, the scores whose exponential is neither 0 nor infinite.

    Parameters
    ----------
    ranges : mapping of str to (float, float)
        Format, and the smallest and largest such score.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes
        The score on an axis that is linear near 0 and logarithmic further out.

    Examples
    --------
    >>> ax = plot_safe_scores({"float16": (-17.3, 11.1)})
    >>> [text.get_text() for text in ax.texts]
    ['−17.3', '11.1']
    """
    ax = axes_or_new(ax, height=2.2)
    for row, (low, high) in enumerate(ranges.values()):
        ax.barh(row, high - low, left=low, height=0.5, color=GREY)
        for end, side, align in ((low, -6, "right"), (high, 6, "left")):
            ax.annotate(
                f"{end:.1f}".replace("-", "−"),
                (end, row),
                xytext=(side, 0),
                textcoords="offset points",
                ha=align,
                va="center",
            )
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set_xscale("symlog", linthresh=10)
    ticks = [-1000, -100, -10, 0, 10, 100, 1000]
    ax.set_xticks(ticks, [f"{t:,}".replace("-", "−") for t in ticks])
    ax.minorticks_off()
    ax.set_yticks(range(len(ranges)), list(ranges))
    ax.set(
        xlim=(-15_000, 15_000),
        ylim=(len(ranges) - 0.5, -0.5),
        xlabel="score $z$",
    )
    ax.spines["left"].set_visible(False)
    ax.tick_params(left=False)
    return ax


@book_style()
def plot_clipped_loss(
    true_scores: ArrayLike, exact: ArrayLike, clipped: ArrayLike, ax: Axes | None = None
) -> Axes:
    """Draw the loss over the score of the truth, as it is and after clipping.

    Parameters
    ----------
    true_scores : array_like, shape (M,)
        Score of the true class; the others stay where they are.
    exact, clipped : array_like, shape (M,)
        The loss, and the loss of a probability that was kept away from 0 and 1, in nats.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = plot_clipped_loss([-40, -20, 0], [40, 20, 0.7], [16.12, 16.12, 0.7])
    >>> [text.get_text() for text in ax.texts]
    ['the loss', 'clipped: never above 16.12']
    """
    ax = axes_or_new(ax)
    x, line, flat = (np.asarray(a, float) for a in (true_scores, exact, clipped))
    ax.plot(x, line, color=LOSS)
    ax.plot(x, flat, color=INK, linestyle=_LINES[1])
    place = int(0.22 * len(x))
    ax.annotate(
        "the loss",
        (x[place], line[place]),
        xytext=(8, 4),
        textcoords="offset points",
        color=LOSS,
    )
    ax.annotate(
        f"clipped: never above {flat.max():.2f}",
        (x[0], flat[0]),
        xytext=(4, -6),
        textcoords="offset points",
        va="top",
    )
    ax.set(
        xlim=(x[0], x[-1]),
        ylim=(0, None),
        xlabel="score of the truth (the other class has 0)",
        ylabel="loss (nats)",
    )
    return ax


@book_style()
def plot_ulp_errors(
    sizes: ArrayLike,
    errors: Mapping[str, ArrayLike],
    labels: Mapping[str, tuple[float, float]],
    no_digit: float,
    ax: Axes | None = None,
) -> Axes:
    """Draw the error of several forms of the loss over the size of the scores.

    Parameters
    ----------
    sizes : array_like, shape (M,)
        Largest score of each group.
    errors : mapping of str to array_like, shape (M,)
        Form, and its error in units in the last place; inf where it gave no number. The last
        form is drawn as the one to look at.
    labels : mapping of str to (float, float)
        Names of one form or of several, and where they stand.
    no_digit : float
        The error from which no digit is right. Errors at or above it are drawn on a ledge of
        their own, infinite ones on a higher one, and errors below one tenth at one tenth.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = plot_ulp_errors([1, 10], {"naive": [1, np.inf]}, {"naive": (2, 5)}, 2**23)
    >>> ax.texts[0].get_text()
    'naive'
    """
    ax = axes_or_new(ax)
    x = np.asarray(sizes, float)
    floor, useless, no_number = 0.1, no_digit * 30, no_digit * 3e4
    ax.axhspan(no_digit * 3, no_digit * 1e6, color=FAINT, alpha=0.4, linewidth=0)
    for i, values in enumerate(errors.values()):
        heights = np.asarray(values, float)
        drawn = np.where(heights < no_digit, np.maximum(heights, floor), useless)
        drawn = np.where(np.isfinite(heights), drawn, no_number)
        last = i == len(errors) - 1
        ax.plot(
            x,
            drawn,
            color=LOSS if last else INK,
            linestyle="-" if last else _LINES[i % 3],
            linewidth=2.4 if last else 1.6,
        )
    for name, (size, error) in labels.items():
        ax.text(size, error, name, color=LOSS if name == list(errors)[-1] else INK)
    powers = (0, 3, 6)
    ax.set_yscale("log")
    ax.set_yticks(
        [10.0**k for k in powers] + [useless, no_number],
        [f"$10^{k}$" if k else "1" for k in powers] + ["no digit\nright", "no\nnumber"],
    )
    ax.minorticks_off()
    ax.set(
        xscale="log",
        xlim=(x[0], x[-1]),
        ylim=(floor / 2, no_digit * 1e6),
        ylabel="worst error (ulp)",
    )
    return ax
