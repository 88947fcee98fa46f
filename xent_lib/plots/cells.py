"""Figure of chapter 9: where the entries of a table go when its axes are swapped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from xent_lib.plots.style import (
    FAINT,
    GREY,
    INK,
    LOSS,
    PAPER,
    SMALL,
    book_style,
    new_axes,
)

__all__ = ["plot_cells"]

Table = tuple[Sequence[str], Sequence[str], Sequence[Sequence[str]]]


@book_style()
def plot_cells(tables: Mapping[str, Table]) -> NDArray[Any]:
    """Draw tables of named entries side by side; those in a wrong cell are framed.

    An entry is in its place where its name is the row's name and the column's name together,
    in either order.

    Parameters
    ----------
    tables : mapping of str to (rows, columns, entries)
        Title; names of rows and of columns; the entries' names, a list for each row.

    Returns
    -------
    ndarray of Axes
        One for each table.

    Examples
    --------
    >>> axes = plot_cells({"a": (["A"], "12", [["A1", "A2"]]), "b": (["A"], "1", [["B1"]])})
    >>> [text.get_text() for text in axes[0].texts]
    ['A', '1', '2', 'A1', 'A2']
    """
    tallest = max(len(rows) for rows, _, _ in tables.values())
    widths = [len(columns) + 1 for _, columns, _ in tables.values()]
    axes = new_axes(1, len(tables), height=0.34 * tallest + 1.0, width_ratios=widths)
    for ax, (title, (rows, columns, entries)) in zip(axes, tables.items(), strict=True):
        ax.set_title(title, fontsize=12)
        for down, name in enumerate(rows):
            _write(ax, -0.6, down, name, GREY)
        for across, name in enumerate(columns):
            _write(ax, across, -0.8, name, GREY)
        for down, row in enumerate(rows):
            for across, column in enumerate(columns):
                name = entries[down][across]
                placed = name in (row + column, column + row)
                cell = Rectangle(
                    (across - 0.45, down - 0.42),
                    0.9,
                    0.84,
                    facecolor=FAINT if placed else PAPER,
                    edgecolor=FAINT if placed else LOSS,
                    linestyle="-" if placed else (0, (3, 1.5)),
                )
                ax.add_patch(cell)
                _write(ax, across, down, name, INK if placed else LOSS)
        ax.set(xlim=(-1, len(columns) - 0.4), ylim=(tallest - 0.4, -1.2))
        ax.axis("off")
    return axes  # type: ignore[no-any-return]


def _write(ax: Any, across: float, down: float, text: str, colour: str) -> None:
    ax.text(across, down, text, ha="center", va="center", color=colour, fontsize=SMALL)
