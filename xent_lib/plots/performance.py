"""Time beside the peers' time, shape by shape, for chapter 6's losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from xent_lib.plots.style import FAINT, GREY, INK, LOSS, axes_or_new, book_style

_MARKS = ("o", "s", "^", "D")


@book_style()
def plot_time_ratios(
    shapes: Sequence[tuple[int, int]],
    ratios: Mapping[str, Sequence[float]],
    ax: Axes | None = None,
) -> Axes:
    """Draw this library's time divided by each peer's, one row a shape.

    Parameters
    ----------
    shapes : sequence of (int, int)
        Examples and classes.
    ratios : mapping of str to sequence of float
        Peer, and one ratio a shape; below 1 the library is faster.
    ax : Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    Axes
        The ratio on a logarithmic axis; one mark a peer.

    Examples
    --------
    >>> ax = plot_time_ratios([(64, 10)], {"PyTorch": [0.5]})
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['64 × 10']
    """
    ax = axes_or_new(ax, height=3.8)
    ax.axvline(1, color=INK, linewidth=1)
    rows = range(len(shapes))
    for row in rows:
        ax.axhline(row, color=FAINT, linewidth=0.8, zorder=0)
    for i, (name, values) in enumerate(ratios.items()):
        ax.plot(
            values,
            rows,
            _MARKS[i % len(_MARKS)],
            color=LOSS if i == 0 else GREY,
            markersize=7,
            label=name,
        )
    ax.set_xscale("log")
    ticks = [0.1, 0.2, 0.5, 1, 2, 5]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_yticks(rows, [f"{n:,} × {k:,}" for n, k in shapes])
    ax.set(
        ylim=(len(shapes) - 0.5, -0.5),
        xlabel="time of xent_lib / time of the peer",
        ylabel="examples × classes",
    )
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    return ax
