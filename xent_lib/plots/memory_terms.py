"""Figures for chapter 13: where the memory goes, and how a table of logits is cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from xent_lib._validation import check_positive_integer
from xent_lib.plots.style import (
    FAINT,
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

_COLOURS = (GREY, FAINT, PREDICTION, PREDICTION, GRADIENT, GRADIENT, INK)
_OPACITIES = (1, 1, 1, 0.55, 0.55, 1, 0.55)
GIBIBYTE = 2**30


@book_style()
def plot_memory(
    held: Mapping[str, Mapping[str, int]], card: float, ax: Axes | None = None
) -> Axes:
    """Draw what each way to the loss holds as a stacked bar, and a card's size as a line.

    Parameters
    ----------
    held : mapping of str to mapping of str to int
        Bytes by way and term, as :func:`xent_lib.memory.loss_memory` counts them.
    card : float
        The card's memory in GiB.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes

    Notes
    -----
    For chapter 13.

    Examples
    --------
    >>> ax = plot_memory({"whole": {"logits": 2**30}}, card=16)
    >>> [text.get_text() for text in ax.texts]
    ['1.0 GiB', 'card: 16 GiB']
    """
    ax = axes_or_new(ax, height=3.4)
    named: set[str] = set()
    for row, terms in enumerate(held.values()):
        left = 0.0
        for (name, size), colour, alpha in zip(
            terms.items(), _COLOURS, _OPACITIES, strict=False
        ):
            if size == 0:
                continue
            ax.barh(
                row,
                size / GIBIBYTE,
                left=left,
                height=0.55,
                color=colour,
                alpha=alpha,
                label="" if name in named else name,
            )
            named.add(name)
            left += size / GIBIBYTE
        ax.annotate(
            f"{left:.1f} GiB",
            (left, row),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
        )
    ax.axvline(card, color=LOSS, linestyle=(0, (4, 3)))
    ax.annotate(
        f"card: {card:g} GiB",
        (card, -0.45),
        xytext=(5, 0),
        textcoords="offset points",
        va="bottom",
        color=LOSS,
    )
    ax.set_yticks(range(len(held)), list(held))
    ax.set(ylim=(len(held) - 0.5, -0.8), xlabel="memory at the peak (GiB)")
    ax.margins(x=0.2)
    ax.legend(fontsize=SMALL, ncols=3, loc="upper center", bbox_to_anchor=(0.4, -0.22))
    return ax


@book_style()
def plot_cuts(rows: int, ranks: int) -> NDArray[Any]:
    """Draw the table of logits twice: cut between tokens, and cut between classes.

    Parameters
    ----------
    rows : int
        How many slices of tokens to draw; the second is the one at work.
    ranks : int
        How many slices of classes to draw, one a process.

    Returns
    -------
    ndarray of Axes, shape (2,)

    Raises
    ------
    ValueError
        If ``rows`` or ``ranks`` is below 2.

    Notes
    -----
    For chapter 13.

    Examples
    --------
    >>> left, right = plot_cuts(rows=6, ranks=2)
    >>> [text.get_text() for text in right.texts]
    ['rank 0', 'rank 1']
    """
    for name, value in (("rows", rows), ("ranks", ranks)):
        if check_positive_integer(name, value) < 2:
            raise ValueError(f"{name} must be at least 2; got {value}")
    panels: NDArray[Any] = new_axes(1, 2, height=2.9)
    left, right = panels
    for row in range(rows):
        held = row == 1
        left.add_patch(
            Rectangle(
                (0, row / rows),
                1,
                1 / rows,
                facecolor=PREDICTION if held else "none",
                alpha=0.55 if held else 1,
                edgecolor=INK,
                linewidth=1,
            )
        )
    left.annotate("held now", (0.5, 1.5 / rows), ha="center", va="center")
    for rank in range(ranks):
        right.add_patch(
            Rectangle(
                (rank / ranks, 0),
                1 / ranks,
                1,
                facecolor=PREDICTION,
                alpha=0.55 if rank % 2 else 0.3,
                edgecolor=INK,
                linewidth=1,
            )
        )
        right.annotate(
            f"rank {rank}", ((rank + 0.5) / ranks, 0.5), ha="center", va="center"
        )
    for ax, title in (
        (left, "cut between tokens"),
        (right, "cut between classes"),
    ):
        ax.set(xlim=(-0.01, 1.01), ylim=(1.01, -0.01), xlabel="classes", title=title)
        ax.set_xticks([])
        ax.set_yticks([])
        for side in ax.spines.values():
            side.set_visible(False)
    left.set_ylabel("tokens")
    return panels
