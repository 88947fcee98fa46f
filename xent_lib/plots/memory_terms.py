"""Figure for the planned chapter 13: where the memory goes."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

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
    For the planned chapter 13.

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
