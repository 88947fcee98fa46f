"""Figures of chapter 3: what is drawn, where, and in which role's colour."""

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_hex

from xent_lib.plots.codes import plot_code_budget
from xent_lib.plots.formula import (
    plot_average_price,
    plot_expected_prices,
    plot_price_in_two_parts,
)
from xent_lib.plots.likelihood import (
    plot_likelihood_and_loss,
    plot_log_below_line,
    plot_logarithm_as_area,
)
from xent_lib.plots.style import LOSS, PREDICTION, TRUTH, new_axes
from xent_lib.show import show_figure

NAMES = ("rain", "snow", "sun")
PRICES = (0.3567, 1.6094, 2.3026)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def ticks(axis):
    return [tick.get_text() for tick in axis.get_ticklabels()]


def test_columns_are_as_wide_as_the_share_and_stand_side_by_side():
    ax = plot_average_price([0.5, 0.25, 0.25], PRICES, 1.1563, NAMES)
    columns = ax.patches
    assert [column.get_x() for column in columns] == [0, 0.5, 0.75]
    assert [column.get_width() for column in columns] == [0.5, 0.25, 0.25]
    assert [column.get_height() for column in columns] == list(PRICES)


def test_the_average_is_a_level_line_with_its_number():
    ax = plot_average_price([0.5, 0.25, 0.25], PRICES, 1.1563, NAMES)
    (line,) = ax.lines
    assert set(line.get_ydata()) == {1.1563}
    assert "average 1.1563" in texts(ax)


def test_a_word_owns_the_slice_that_its_digits_name():
    ax = plot_code_budget(["0", "101", "1110"], [0.7, 0.2, 0.1], "ABC")
    slices = ax.patches[3:]
    assert [slice.get_x() for slice in slices] == [0, 0.625, 0.875]
    assert [slice.get_width() for slice in slices] == [0.5, 0.125, 0.0625]


def test_the_forecast_fills_the_strip_above_the_words():
    ax = plot_code_budget(["0", "101", "1110"], [0.7, 0.2, 0.1], "ABC")
    shares, slices = ax.patches[:3], ax.patches[3:]
    assert sum(share.get_width() for share in shares) == pytest.approx(1)
    assert {to_hex(share.get_facecolor()) for share in shares} == {PREDICTION}
    assert min(s.get_y() for s in shares) > max(s.get_y() for s in slices)
    assert texts(ax) == ["A", "B", "C", "0", "101", "1110"]


def test_the_gap_is_drawn_and_written_at_the_marked_forecast():
    ax = plot_price_in_two_parts([0.2, 0.5, 0.8], [0.9, 0.7, 1.1], 0.7, 2)
    (gap,) = (c.get_segments()[0] for c in ax.collections)
    assert gap.tolist() == [[0.8, 0.7], [0.8, 1.1]]
    assert texts(ax)[-1].endswith("= 0.4000")


def test_the_floor_is_truth_and_touches_the_curve_at_its_lowest_point():
    ax = plot_price_in_two_parts([0.2, 0.5, 0.8], [0.9, 0.7, 1.1], 0.7, 2)
    curve, floor, touch = ax.lines[:3]
    assert curve.get_color() == LOSS
    assert floor.get_color() == TRUTH and set(floor.get_ydata()) == {0.7}
    assert (touch.get_xdata(), touch.get_ydata()) == ([0.5], [0.7])


def test_each_way_to_charge_has_a_named_curve_and_its_own_minimum():
    prices = {"log": [0.9, 0.6, 0.7], "line": [0.9, 0.6, 0.3]}
    ax = plot_expected_prices([0.2, 0.6, 0.9], prices, 0.6)
    truth, log, log_best, line, line_best = ax.lines
    assert set(truth.get_xdata()) == {0.6}
    assert (log_best.get_xdata(), line_best.get_xdata()) == ([0.6], [0.9])
    assert log.get_linestyle() != line.get_linestyle()
    assert log_best.get_marker() != line_best.get_marker()
    assert texts(ax) == ["log", "line", "truth 0.6"]


def test_the_rectangle_reaches_from_one_to_the_end_of_the_area():
    u = np.linspace(1, 2.5, 7)
    ax = plot_logarithm_as_area(u, 1 / u)
    (rectangle,) = ax.patches
    assert (rectangle.get_x(), rectangle.get_width(), rectangle.get_height()) == (
        1,
        1.5,
        1,
    )
    assert ax.collections[0].get_datalim(ax.transData).x1 == 2.5
    assert ticks(ax.xaxis) == ["1", "$x$"]


def test_line_and_logarithm_share_the_marked_point():
    x = np.array([0.5, 1.0, 2.0])
    ax = plot_log_below_line(x, np.log(x), x - 1)
    line, logarithm, touch = ax.lines
    assert (line.get_ydata() >= logarithm.get_ydata()).all()
    assert (touch.get_xdata(), touch.get_ydata()) == ([1], [0])
    assert line.get_linestyle() != logarithm.get_linestyle()


def test_one_line_goes_through_both_extrema():
    top, bottom = plot_likelihood_and_loss([0.4, 0.5, 0.6], [1, 2, 3], [5, 4.5, 4])
    for ax, word in ((top, "largest at 0.6"), (bottom, "smallest at 0.6")):
        _, through, best = ax.lines
        assert set(through.get_xdata()) == set(best.get_xdata()) == {0.6}
        assert texts(ax) == [word]
    assert bottom.lines[0].get_color() == LOSS
    assert (top.get_ylabel(), bottom.get_ylabel()) == ("likelihood", "mean loss (nats)")


def test_axes_that_are_given_are_drawn_on_and_returned():
    panels = new_axes(2, 1)
    top = panels[0]
    assert plot_average_price([0.5, 0.5], [1, 2], 1.5, "AB", ax=top) is top
    assert plot_code_budget(["0", "1"], [0.5, 0.5], "AB", ax=top) is top
    assert plot_likelihood_and_loss([0.4, 0.6], [1, 2], [2, 1], axes=panels) is panels
    assert len(pyplot.get_fignums()) == 1


def test_every_figure_of_the_chapter_uses_colours_that_follow_a_dark_page():
    u = np.linspace(1, 2, 5)
    drawn = [
        plot_average_price([0.5, 0.25, 0.25], PRICES, 1.1563, NAMES),
        plot_code_budget(["0", "10", "11"], [0.5, 0.25, 0.25], NAMES),
        plot_price_in_two_parts([0.2, 0.5, 0.8], [0.9, 0.7, 1.1], 0.7, 2),
        plot_expected_prices([0.2, 0.6], {"log": [0.9, 0.6]}, 0.6),
        plot_logarithm_as_area(u, 1 / u),
        plot_log_below_line(u, np.log(u), u - 1),
        plot_likelihood_and_loss([0.4, 0.5], [1, 2], [5, 4.5]),
    ]
    for axes in drawn:
        assert "prefers-color-scheme" in show_figure(axes, alt="A figure.")._repr_svg_()
