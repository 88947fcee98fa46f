"""What a chapter shows: source without docstrings, figures with words beside them."""

import pytest
from matplotlib import pyplot

from xent_lib.plots.style import new_axes
from xent_lib.show import show_figure, show_source


def documented(x):
    """Words for ``help``, not for the page.

    They run over several lines.
    """
    return x + 1


def bare(x):
    return x - 1


def test_source_is_shown_without_its_docstring_and_otherwise_whole():
    assert show_source(documented).data == (
        "```python\ndef documented(x):\n    return x + 1\n```"
    )


def test_source_that_has_no_docstring_is_shown_whole():
    assert show_source(bare).data == "```python\ndef bare(x):\n    return x - 1\n```"


def test_several_functions_stand_in_the_order_given_two_lines_apart():
    assert show_source(bare, documented).data == (
        "```python\ndef bare(x):\n    return x - 1\n\n\n"
        "def documented(x):\n    return x + 1\n```"
    )


@pytest.mark.parametrize("panels", [1, 2])
def test_one_axes_or_several_show_their_whole_figure_and_close_it(panels):
    axes = new_axes(1, panels)
    shown = show_figure(axes, alt="Empty  axes,\nfrom 0 to 1.")
    assert repr(shown) == "Figure: Empty axes, from 0 to 1."
    assert shown._repr_svg_().count('id="axes_') == panels
    assert shown._repr_png_().startswith(b"\x89PNG")
    assert pyplot.get_fignums() == []


def test_an_array_of_one_axes_shows_its_figure():
    shown = show_figure(new_axes(1, 1, squeeze=False), alt="Empty axes.")
    assert shown._repr_svg_().count('id="axes_') == 1


@pytest.mark.parametrize("alt", ["", " ", "curve"])
def test_a_figure_without_words_is_refused(alt):
    with pytest.raises(ValueError, match="alt must say in words"):
        show_figure(new_axes(), alt=alt)
