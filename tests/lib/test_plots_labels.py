"""Figures of chapter 2: what is drawn, where, and in which role's colour."""

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_hex

from xent_lib.plots.labels import (
    plot_fit_to_codes,
    plot_label_beside_forecast,
    plot_line_and_triangle,
    plot_votes,
)
from xent_lib.plots.style import PREDICTION, TRUTH
from xent_lib.show import show_figure

NAMES = ("rain", "snow", "sun")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    pyplot.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_label_bars_are_truth_and_forecast_bars_are_prediction():
    ax = plot_label_beside_forecast([1, 0, 0], [0.7, 0.2, 0.1], NAMES)
    bars = ax.patches
    assert [bar.get_height() for bar in bars] == [1, 0, 0, 0.7, 0.2, 0.1]
    assert {to_hex(bar.get_facecolor()) for bar in bars[:3]} == {TRUTH}
    assert {to_hex(bar.get_facecolor()) for bar in bars[3:]} == {PREDICTION}


def test_each_forecast_bar_stands_right_of_its_label_bar_without_overlap():
    ax = plot_label_beside_forecast([1, 0, 0], [0.7, 0.2, 0.1], NAMES)
    for label, forecast in zip(ax.patches[:3], ax.patches[3:], strict=True):
        assert label.get_x() + label.get_width() <= forecast.get_x() + 1e-12


def test_every_bar_carries_its_value_and_every_class_its_name():
    ax = plot_label_beside_forecast([0, 1, 0], [0.7, 0.2, 0.1], NAMES)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == list(NAMES)
    assert {"0", "1", "0.7", "0.2", "0.1"} <= set(texts(ax))
    assert "label" in texts(ax) and "forecast" in texts(ax)


def test_axes_that_are_given_are_drawn_on_and_returned():
    figure, ax = pyplot.subplots()
    assert plot_label_beside_forecast([1, 0], [0.5, 0.5], ("a", "b"), ax=ax) is ax
    assert plot_votes([[1.0]], ["photo"], ["a"], [""], ax=ax) is ax
    assert pyplot.get_fignums() == [figure.number]


def test_days_stand_at_the_height_of_their_code():
    temperatures, codes = np.array([8.0, -3.0, 19.0, 9.0]), np.array([0, 1, 2, 0])
    ax = plot_fit_to_codes(temperatures, codes, (0.1, 0.2), NAMES)
    days = [line for line in ax.lines if line.get_marker() in ("o", "s", "^")]
    assert [line.get_xdata().tolist() for line in days] == [[8, 9], [-3], [19]]
    assert [line.get_ydata().tolist() for line in days] == [[0, 0], [1], [2]]
    assert len({line.get_marker() for line in days}) == 3


def test_fitted_line_follows_slope_and_intercept_over_the_data():
    ax = plot_fit_to_codes([-5.0, 5.0, 20.0], [1, 0, 2], (0.1, 0.2), NAMES)
    fitted = next(line for line in ax.lines if to_hex(line.get_color()) == PREDICTION)
    assert fitted.get_xdata().tolist() == [-5, 20]
    assert fitted.get_ydata() == pytest.approx([-0.3, 2.2])


def test_bands_of_rounding_end_halfway_between_codes():
    ax = plot_fit_to_codes([0.0, 1.0, 2.0], [0, 1, 2], (1.0, 0.0), NAMES)
    dotted = [line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == ":"]
    assert dotted == [0.5, 1.5]
    assert ax.get_xlabel() == "morning temperature (°C)"
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        "0 = rain",
        "1 = snow",
        "2 = sun",
    ]


def test_the_named_answer_is_the_class_nearest_the_middle_of_the_line():
    ax = plot_fit_to_codes([0.0, 1.0, 2.0], [0, 1, 2], (0.0, 1.9), NAMES)
    assert any("sun" in text for text in texts(ax))
    assert not any("snow" in text for text in texts(ax))


def test_distances_are_written_beside_line_and_triangle():
    codes = np.array([[0, 1, 2], [1, 0, 3], [2, 3, 0]])
    corners = np.array([[0, 4.0, 5.0], [4.0, 0, 6.0], [5.0, 6.0, 0]])
    ax = plot_line_and_triangle(codes, corners, NAMES)
    assert [t for t in texts(ax) if t in set("3456")] == ["3", "4", "5", "6"]
    assert [texts(ax).count(name) for name in NAMES] == [2, 2, 2]
    assert {"(1, 0, 0)", "(0, 1, 0)", "(0, 0, 1)"} <= set(texts(ax))


def test_triangle_is_drawn_with_equal_sides():
    ax = plot_line_and_triangle(np.ones((3, 3)), np.ones((3, 3)), NAMES)
    ring = next(line.get_xydata() for line in ax.lines if len(line.get_xdata()) == 4)
    assert np.linalg.norm(np.diff(ring, axis=0), axis=1) == pytest.approx([1.6] * 3)
    assert ax.get_aspect() == 1


def test_shares_of_a_soft_label_lie_end_to_end_and_zero_has_none():
    ax = plot_votes([[0.6, 0.0, 0.4]], ["photo"], NAMES, ["0.67 nats"])
    shares = [(bar.get_x(), bar.get_width()) for bar in ax.patches]
    assert np.allclose(shares, [(0, 0.6), (0.6, 0.4)])
    assert texts(ax) == ["rain\n0.6", "sun\n0.4", "0.67 nats"]
    assert {to_hex(bar.get_facecolor()) for bar in ax.patches} == {TRUTH}


def test_first_image_of_the_votes_is_on_top():
    ax = plot_votes([[1, 0, 0], [0, 1, 0]], ["first", "second"], NAMES, ["", ""])
    bottom, top = ax.get_ylim()
    assert bottom > top
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["first", "second"]
    assert ax.get_xlabel() == "share of the votes"


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plot_label_beside_forecast([1, 0, 0], [0.7, 0.2, 0.1], NAMES),
        lambda: plot_fit_to_codes([0.0, 1.0, 2.0], [0, 1, 2], (1.0, 0.0), NAMES),
        lambda: plot_line_and_triangle(np.ones((3, 3)), np.ones((3, 3)), NAMES),
        lambda: plot_votes([[0.6, 0.4, 0]], ["photo"], NAMES, ["note"]),
    ],
)
def test_every_colour_comes_from_the_palette(draw):
    assert "<svg" in show_figure(draw(), alt="A drawing.")._repr_svg_()
