"""The figures of chapter 5 on floating-point numbers show the data they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from xent_lib.plots import floats as plots
from xent_lib.plots.style import LOSS, new_axes


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_each_format_has_a_bar_between_its_two_limits():
    ax = plots.plot_safe_scores(
        {"float16": (-17.33, 11.09), "float32": (-103.97, 88.7)}
    )
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    assert ends == [pytest.approx((-17.33, 11.09)), pytest.approx((-103.97, 88.7))]
    assert texts(ax) == ["−17.3", "11.1", "−104.0", "88.7"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["float16", "float32"]


def test_the_first_format_stands_on_top():
    ax = plots.plot_safe_scores({"float16": (-1, 1), "float32": (-2, 2)})
    bottom, top = ax.get_ylim()
    assert bottom > top


def test_the_clipped_loss_says_where_it_stops():
    ax = plots.plot_clipped_loss([-40, -20, 0], [40, 20, 0.7], [16.12, 16.12, 0.7])
    exact, clipped = ax.lines
    assert exact.get_ydata().tolist() == [40, 20, 0.7]
    assert clipped.get_ydata().tolist() == [16.12, 16.12, 0.7]
    assert texts(ax) == ["the loss", "clipped: never above 16.12"]
    assert exact.get_linestyle() != clipped.get_linestyle()


def drawn_errors(errors):
    ax = plots.plot_ulp_errors([1, 10, 100], errors, {}, no_digit=1e6)
    return ax, [line.get_ydata() for line in ax.lines]


def test_errors_that_leave_digits_are_drawn_as_they_are():
    _, (curve,) = drawn_errors({"form": [0.5, 30, 9e5]})
    assert curve.tolist() == [0.5, 30, 9e5]


def test_an_error_of_zero_is_drawn_at_the_floor():
    _, (curve,) = drawn_errors({"form": [0, 1, 2]})
    assert curve[0] == 0.1


def test_useless_and_missing_numbers_have_a_ledge_each():
    ax, (curve,) = drawn_errors({"form": [1, 1e40, np.inf]})
    useless, no_number = ax.get_yticks()[-2:]
    assert curve.tolist() == [1, useless, no_number]
    labels = [tick.get_text() for tick in ax.get_yticklabels()]
    assert labels == ["1", "$10^3$", "$10^6$", "no digit\nright", "no\nnumber"]


def test_the_last_form_stands_out_by_colour_line_and_label():
    ax = plots.plot_ulp_errors(
        [1, 10],
        {"naive": [1, 2], "library": [1, 1]},
        {"naive": (2, 5), "library": (2, 0.5)},
        no_digit=1e6,
    )
    naive, library = ax.lines
    assert [to_hex(line.get_color()) == LOSS for line in (naive, library)] == [
        False,
        True,
    ]
    assert naive.get_linestyle() != library.get_linestyle()
    assert [to_hex(text.get_color()) == LOSS for text in ax.texts] == [False, True]


def test_figures_are_drawn_on_the_axes_they_are_given():
    panels = new_axes(1, 3)
    drawn = [
        plots.plot_safe_scores({"float16": (-1, 1)}, panels[0]),
        plots.plot_clipped_loss([-1, 0], [1, 0.7], [1, 0.7], panels[1]),
        plots.plot_ulp_errors([1, 10], {"a": [1, 2]}, {}, 1e6, panels[2]),
    ]
    assert drawn == panels.tolist()
