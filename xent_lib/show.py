"""What a chapter puts on the page: a figure with its alternative text, a function's source."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from IPython.display import Markdown
from matplotlib.figure import Figure as MatplotlibFigure

from xent_lib._validation import check_description
from xent_lib.plots.style import draw_png, draw_svg


class Figure:
    """A drawn figure as a notebook shows it.

    It holds an SVG that follows the page's colour scheme, a PNG for viewers that want one, and
    the alternative text.
    """

    def __init__(self, figure: MatplotlibFigure, alt: str) -> None:
        self.alt = alt
        self._svg = draw_svg(figure, alt)
        self._png = draw_png(figure)

    def __repr__(self) -> str:
        return f"Figure: {self.alt}"

    def _repr_svg_(self) -> str:
        return self._svg

    def _repr_png_(self) -> bytes:
        return self._png


def show_figure(drawn: Any, alt: str) -> Figure:
    """Finish a drawing and return what the notebook displays.

    Parameters
    ----------
    drawn : matplotlib Figure, Axes or array of Axes
        What a ``plot_*`` function returned. The drawing is closed afterwards.
    alt : str
        What the figure shows, in one to three sentences, for a reader who cannot see it.

    Returns
    -------
    Figure
        Put it on a cell's last line.

    Raises
    ------
    ValueError
        If ``alt`` is blank or a single word, or a colour outside the palette was used.

    Notes
    -----
    Every chapter uses it. The bytes are the same on every run.

    Examples
    --------
    >>> from xent_lib.plots.style import new_axes
    >>> show_figure(new_axes(), alt="Empty axes, from 0 to 1 both ways.")
    Figure: Empty axes, from 0 to 1 both ways.
    """
    check_description("alt", alt)
    axes = drawn if hasattr(drawn, "figure") else drawn.flat[0]
    figure = (
        axes.figure if isinstance(axes.figure, MatplotlibFigure) else axes.get_figure()
    )
    shown = Figure(figure, " ".join(alt.split()))
    from matplotlib import pyplot

    pyplot.close(figure)
    return shown


def show_source(*functions: Callable[..., Any]) -> Markdown:
    """Show how functions are written, without their docstrings.

    Parameters
    ----------
    *functions : functions of this library
        Shown in the order given.

    Returns
    -------
    IPython.display.Markdown
        A fenced block of Python; put it on a cell's last line.

    Raises
    ------
    TypeError
        If something given has no Python source.

    Notes
    -----
    Every chapter uses it, so what a reader sees is what runs.

    Examples
    --------
    >>> from xent_lib import smooth_labels
    >>> "alpha" in show_source(smooth_labels).data
    True
    """
    sources = [_without_docstring(function) for function in functions]
    return Markdown("```python\n" + "\n\n\n".join(sources) + "\n```")  # type: ignore[no-untyped-call]


def _without_docstring(function: Callable[..., Any]) -> str:
    source = textwrap.dedent(inspect.getsource(function))
    lines = source.splitlines()
    definition = ast.parse(source).body[0]
    assert isinstance(definition, ast.FunctionDef | ast.ClassDef)
    if ast.get_docstring(definition) is not None:
        docstring = definition.body[0]
        del lines[docstring.lineno - 1 : docstring.end_lineno]
    return "\n".join(lines).rstrip()
