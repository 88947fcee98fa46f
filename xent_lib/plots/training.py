"""Figures of chapters 7 and 8: the loss over a step, over the steps of a run, and over runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter
from numpy.typing import ArrayLike, NDArray

from xent_lib.plots.style import (
    GRADIENT,
    GREY,
    INK,
    LOSS,
    PREDICTION,
    SMALL,
    axes_or_new,
    book_style,
    new_axes,
)

__all__ = [
    "plot_curves",
    "plot_learning_curves",
    "plot_loss_and_accuracy",
    "plot_step",
]

_STYLES: tuple[Any, ...] = (
    "-",
    (0, (5, 2)),
    (0, (1, 1.2)),
    (0, (6, 2, 1, 2)),
    (0, (9, 2)),
)
_NAME_GAP = 0.075  # of the axes' height, between the names of two curves
_SHORT = 0.5  # of the axes' width; a curve that ends before has its name at its end
_FEW_POWERS = 1e3


@book_style()
def plot_step(
    rates: ArrayLike,
    losses: ArrayLike,
    slope: float,
    taken: float,
    ax: Axes | None = None,
) -> Axes:
    """Draw the loss after one step over its length, and what the gradient promised.

    Parameters
    ----------
    rates : array_like, shape (M,)
        Learning rates, from 0.
    losses : array_like, shape (M,)
        The loss after a step with each.
    slope : float
        How fast the loss falls at first: the squared length of the gradient.
    taken : float
        The learning rate to mark; one of ``rates``.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = plot_step([0, 1], [0.4, 0.3], 0.15, taken=1)
    >>> [text.get_text() for text in ax.texts]
    ['promised by the gradient', 'the loss', '0.3000']
    """
    ax = axes_or_new(ax)
    eta, loss = np.asarray(rates, dtype=float), np.asarray(losses, dtype=float)
    promised = loss[0] - slope * eta
    shown = promised >= 0
    ax.plot(eta[shown], promised[shown], color=GRADIENT, linestyle=_STYLES[1])
    ax.plot(eta, loss, color=LOSS)
    middle = int(shown.sum() * 0.62)
    ax.annotate(
        "promised by the gradient",
        (eta[middle], promised[middle]),
        xytext=(-8, -4),
        textcoords="offset points",
        ha="right",
        va="top",
        color=GRADIENT,
    )
    late = int(0.8 * (len(eta) - 1))
    ax.annotate(
        "the loss",
        (eta[late], loss[late]),
        xytext=(4, 8),
        textcoords="offset points",
        color=LOSS,
    )
    at = int(np.abs(eta - taken).argmin())
    ax.plot(eta[at], loss[at], "o", color=LOSS)
    ax.annotate(
        f"{loss[at]:.4f}",
        (eta[at], loss[at]),
        xytext=(6, 6),
        textcoords="offset points",
    )
    ax.set(
        xlabel="learning rate of the one step",
        ylabel="loss after it (nats)",
        ylim=(0, None),
    )
    return ax


@book_style()
def plot_curves(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    xlabel: str,
    ylabel: str,
    chosen: str | None = None,
    log_x: bool = False,
    log_y: bool = True,
    colour: str = LOSS,
    ax: Axes | None = None,
) -> Axes:
    """Draw several runs in one picture, each with its name at its right end.

    Parameters
    ----------
    curves : mapping of str to (array_like, array_like)
        Name, steps and values of each run; at most five.
    xlabel, ylabel : str
        What the axes show, with units.
    chosen : str, optional
        The run to draw thicker.
    log_x, log_y : bool
        Which axes are logarithmic; only the upright one by default.
    colour : str
        One of the roles' colours.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = plot_curves({"slow": ([0, 1], [2.0, 1.9])}, xlabel="step", ylabel="loss (nats)")
    >>> [text.get_text() for text in ax.texts]
    ['slow']
    """
    ax = axes_or_new(ax)
    for (name, (steps, values)), style in zip(curves.items(), _STYLES, strict=False):
        width = 3.0 if name == chosen else 1.6
        ax.plot(steps, values, color=colour, linestyle=style, linewidth=width)
    ax.set(
        xlabel=xlabel,
        ylabel=ylabel,
        xscale="log" if log_x else "linear",
        yscale="log" if log_y else "linear",
    )
    if log_y:
        _plain_numbers(ax)
    _name_ends(ax, curves)
    return ax


@book_style()
def plot_loss_and_accuracy(
    steps: ArrayLike, losses: Mapping[str, ArrayLike], accuracies: ArrayLike
) -> NDArray[Any]:
    """Draw training and validation loss above the validation accuracy, step by step.

    Parameters
    ----------
    steps : array_like, shape (M,)
        Steps taken.
    losses : mapping of str to array_like, shape (M,)
        Named losses in nats.
    accuracies : array_like, shape (M,)
        Share of validation examples classified correctly.

    Returns
    -------
    ndarray of Axes, shape (2,)

    Examples
    --------
    >>> axes = plot_loss_and_accuracy([1, 2], {"training": [2.0, 1.0]}, [0.1, 0.5])
    >>> [ax.get_ylabel() for ax in axes]
    ['loss (nats)', 'accuracy (%)']
    """
    above, below = axes = new_axes(2, 1, height=4.6, sharex=True)
    runs = {name: (steps, values) for name, values in losses.items()}
    plot_curves(runs, xlabel="", ylabel="loss (nats)", log_y=False, ax=above)
    percent = 100 * np.asarray(accuracies)
    validation = {"validation": (steps, percent)}
    plot_curves(
        validation,
        xlabel="step",
        ylabel="accuracy (%)",
        log_y=False,
        colour=PREDICTION,
        ax=below,
    )
    above.set_ylim(0, None)
    return np.asarray(axes)


@book_style()
def plot_learning_curves(
    runs: Mapping[str, tuple[ArrayLike, ArrayLike, ArrayLike]],
    *,
    guess: float,
    best: Mapping[str, float] | None = None,
) -> NDArray[Any]:
    """Draw training and validation loss of several runs side by side, on one scale.

    Parameters
    ----------
    runs : mapping of str to (array_like, array_like, array_like)
        Title, steps, training loss, validation loss.
    guess : float
        The loss of a uniform guess, drawn as a level line.
    best : mapping of str to float, optional
        The step to mark in a run: where its validation loss is lowest.

    Returns
    -------
    ndarray of Axes

    Examples
    --------
    >>> axes = plot_learning_curves({"a run": ([0, 1], [2, 1], [2, 1.5])}, guess=2.3)
    >>> axes[0].get_title(loc="left")
    'a run'
    """
    axes = np.atleast_1d(new_axes(1, len(runs), height=3.0, sharey=True))
    for ax, (title, (steps, train, validation)) in zip(axes, runs.items(), strict=True):
        ax.axhline(guess, color=GREY, linewidth=0.8)
        ax.plot(steps, train, color=LOSS, label="training")
        ax.plot(steps, validation, color=LOSS, linestyle=_STYLES[1], label="validation")
        ax.set_title(title, fontsize=12)
        ax.set(xlabel="step", ylim=(0, guess * 1.12))
        ax.locator_params(axis="x", nbins=3)
        if best and title in best:
            ax.axvline(best[title], color=INK, linewidth=0.8)
            ax.text(best[title], guess * 0.86, " stop here", fontsize=SMALL)
    axes[0].set_ylabel("loss (nats)")
    axes[0].text(0, guess * 1.02, " uniform guess", fontsize=SMALL, color=GREY)
    axes[0].legend(loc="center right", fontsize=SMALL)
    return np.asarray(axes)


def _name_ends(ax: Axes, curves: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> None:
    """Write each curve's name right of its last point, apart from the other names."""
    ax.figure.canvas.draw()
    scale = ax.transAxes.inverted()
    ends = []
    for name, (steps, values) in curves.items():
        last = (np.asarray(steps)[-1], np.asarray(values)[-1])
        across, up = scale.transform(ax.transData.transform(last))
        if across < _SHORT:
            ax.annotate(name, last, xytext=(6, 0), textcoords="offset points")
        else:
            ends.append((float(up), name))
    lowest = -np.inf
    for height, name in sorted(ends):
        lowest = max(height, lowest + _NAME_GAP)
        ax.text(1.01, lowest, name, transform=ax.transAxes, va="center", clip_on=False)


def _plain_numbers(ax: Axes) -> None:
    """Write 0.3, 1, 3 beside a logarithmic axis that spans few powers of ten."""
    low, high = ax.get_ylim()
    if high / low < _FEW_POWERS:
        ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
        ax.yaxis.set_major_formatter(FormatStrFormatter("%g"))
        ax.yaxis.set_minor_formatter(NullFormatter())
