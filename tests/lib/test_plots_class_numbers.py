"""Classes as numbers on a line and as corners: what is drawn, where, in which colour."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from xent_lib.plots.class_numbers import plot_fit_to_codes, plot_line_and_triangle
from xent_lib.plots.style import PREDICTION
from xent_lib.show import show_figure

NAMES = ("rain", "snow", "sun")


def texts(ax):
    return [text.get_text() for text in ax.texts]


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


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plot_fit_to_codes([0.0, 1.0, 2.0], [0, 1, 2], (1.0, 0.0), NAMES),
        lambda: plot_line_and_triangle(np.ones((3, 3)), np.ones((3, 3)), NAMES),
    ],
)
def test_every_colour_comes_from_the_palette(draw):
    assert "<svg" in show_figure(draw(), alt="A drawing.")._repr_svg_()
