"""Figures of chapter 6: slopes, their errors, curvature, and a slope that vanishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from xent_lib.plots.style import (
    FAINT,
    GRADIENT,
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

__all__ = [
    "plot_curvature",
    "plot_difference",
    "plot_slope_of_two_losses",
    "plot_step_errors",
]


@book_style()
def plot_difference(
    prediction: ArrayLike, label: ArrayLike, gradient: ArrayLike, classes: Sequence[str]
) -> Any:
    """Draw prediction, label and gradient as three panels of bars with their numbers.

    Parameters
    ----------
    prediction, label, gradient : array_like, shape (K,)
        One bar a class in each panel.
    classes : sequence of str, length K
        Names under the bars.

    Returns
    -------
    ndarray of Axes, shape (3,)

    Examples
    --------
    >>> axes = plot_difference([0.7, 0.3], [1, 0], [-0.3, 0.3], ["A", "B"])
    >>> [ax.get_title(loc="left") for ax in axes]
    ['prediction q', 'label y', 'gradient q − y']
    """
    axes = new_axes(1, 3, height=2.7, sharey=True)
    panels = (
        ("prediction q", prediction, PREDICTION),
        ("label y", label, TRUTH),
        ("gradient q − y", gradient, GRADIENT),
    )
    for ax, (title, values, colour) in zip(axes, panels, strict=True):
        heights = np.asarray(values, dtype=float)
        ax.bar(classes, heights, width=0.6, color=colour)
        ax.axhline(0, color=GREY, linewidth=0.8)
        for k, height in enumerate(heights):
            up = height >= 0
            ax.annotate(
                f"{height:.3g}".replace("-", "−"),
                (k, height),
                xytext=(0, 3 if up else -3),
                textcoords="offset points",
                ha="center",
                va="bottom" if up else "top",
            )
        ax.set_title(title)
        ax.set(ylim=(-0.55, 1.2), yticks=[])
        ax.spines[["left", "bottom"]].set_visible(False)
        ax.tick_params(bottom=False)
    return axes


@book_style()
def plot_step_errors(
    steps: ArrayLike,
    errors: Mapping[str, ArrayLike],
    names_at: Mapping[str, tuple[float, float]],
    ax: Axes | None = None,
) -> Axes:
    """Draw the error of numerical slopes over the step, both axes logarithmic.

    Parameters
    ----------
    steps : array_like, shape (M,)
        Step sizes.
    errors : mapping of str to array_like, shape (M,)
        Method, and its largest error at each step; zeros are drawn at the lower edge.
    names_at : mapping of str to (float, float)
        Where each method's name begins: a step and an error.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> errors = {"central": [1e-7, 1e-10]}
    >>> ax = plot_step_errors([1e-3, 1e-6], errors, {"central": (1e-5, 1e-9)})
    >>> [text.get_text() for text in ax.texts]
    ['central']
    """
    ax = axes_or_new(ax)
    floor = 1e-18
    styles = ("-", (0, (5, 2)), (0, (1, 1.5)))
    for (name, values), style in zip(errors.items(), styles, strict=False):
        heights = np.maximum(np.asarray(values), floor)
        ax.plot(steps, heights, color=GRADIENT, linestyle=style)
        ax.text(*names_at[name], name)
    ax.set(
        xscale="log",
        yscale="log",
        ylim=(floor, 10),
        xlabel="step h",
        ylabel="largest error of a slope",
    )
    return ax


@book_style()
def plot_curvature(
    hessian: ArrayLike,
    distances: ArrayLike,
    losses: Mapping[str, ArrayLike],
    classes: Sequence[str],
) -> Any:
    """Draw a Hessian as tinted squares, and the loss along some directions beside it.

    Parameters
    ----------
    hessian : array_like, shape (K, K)
        Second derivatives.
    distances : array_like, shape (M,)
        How far one walks along each direction.
    losses : mapping of str to array_like, shape (M,)
        Name of a direction, and the loss along it.
    classes : sequence of str, length K
        Names of rows and columns.

    Returns
    -------
    ndarray of Axes, shape (2,)

    Examples
    --------
    >>> axes = plot_curvature([[0.2, -0.2], [-0.2, 0.2]], [0, 1], {"flat": [1, 1]}, ["A", "B"])
    >>> [text.get_text() for text in axes[0].texts]
    ['0.20', '−0.20', '−0.20', '0.20']
    """
    matrix = np.asarray(hessian)
    axes = new_axes(1, 2, height=3.0, width_ratios=[1, 1.5])
    squares, walk = axes
    largest = np.abs(matrix).max()
    for (i, j), value in np.ndenumerate(matrix):
        tint = 0.6 * abs(value) / largest
        colour = LOSS if value > 0 else GREY
        squares.add_patch(
            Rectangle(
                (j, matrix.shape[0] - 1 - i),
                1,
                1,
                color=colour,
                alpha=tint,
                linewidth=0,
            )
        )
        squares.text(
            j + 0.5,
            matrix.shape[0] - 0.5 - i,
            f"{value:.2f}".replace("-", "−"),
            ha="center",
            va="center",
        )
    middle = np.arange(len(classes)) + 0.5
    squares.set_xticks(middle, classes)
    squares.set_yticks(middle, classes[::-1])
    squares.set(xlim=(0, len(classes)), ylim=(0, len(classes)), aspect="equal")
    squares.set_title("Hessian")
    squares.spines[["left", "bottom"]].set_visible(False)
    squares.tick_params(length=0)
    styles = ((0, (1, 1.5)), (0, (5, 2)), "-")
    for (name, values), style in zip(losses.items(), styles, strict=False):
        heights = np.asarray(values)
        walk.plot(distances, heights, color=LOSS, linestyle=style)
        walk.annotate(
            name,
            (np.asarray(distances)[-1], heights[-1]),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
        )
    walk.axvline(0, color=FAINT, linewidth=1, zorder=0)
    walk.set(xlabel="distance walked", ylabel="loss (nats)")
    walk.set_title("loss along its three directions")
    return axes


@book_style()
def plot_slope_of_two_losses(
    logits: ArrayLike,
    slopes: Mapping[str, ArrayLike],
    mark: float,
    ax: Axes | None = None,
) -> Axes:
    """Draw the size of the gradient over the logit of the truth, one line a loss.

    Parameters
    ----------
    logits : array_like, shape (M,)
        Logit of the true class in a two-class problem.
    slopes : mapping of str to array_like, shape (M,)
        Name of a loss, and the size of its gradient.
    mark : float
        Logit of a confident mistake, marked by a line.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = plot_slope_of_two_losses([-8, 8], {"cross entropy": [1.0, 0.0]}, mark=-6)
    >>> len(ax.lines)
    2
    """
    ax = axes_or_new(ax)
    z = np.asarray(logits)
    for (name, values), style in zip(slopes.items(), ("-", (0, (5, 2))), strict=False):
        sizes = np.asarray(values)
        ax.plot(z, sizes, color=GRADIENT, linestyle=style)
        at = np.flatnonzero(sizes > 0.97 * sizes.max())[-1]
        ax.annotate(
            name,
            (z[at], sizes[at]),
            xytext=(0, 6),
            textcoords="offset points",
            ha="right",
            va="bottom",
        )
    ax.axvline(mark, color=FAINT, linewidth=1.2, zorder=0)
    ax.annotate(
        "a confident\nmistake",
        (mark, 0.55),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        color=INK,
    )
    ax.set(
        ylim=(0, 1.18),
        xlabel="logit of the truth (negative: the model believes the other class)",
        ylabel="size of the gradient",
    )
    return ax
