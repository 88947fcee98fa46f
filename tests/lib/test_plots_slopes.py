"""The figures of chapter 6 show the data they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from xent_lib.plots import slopes as plots
from xent_lib.plots.style import GRADIENT, PREDICTION, TRUTH


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_a_difference_is_drawn_in_the_colours_of_its_parts():
    axes = plots.plot_difference([0.7, 0.3], [1, 0], [-0.3, 0.3], ["A", "B"])
    heights = [[bar.get_height() for bar in ax.patches] for ax in axes]
    assert heights == [[0.7, 0.3], [1, 0], [-0.3, 0.3]]
    colours = [to_hex(ax.patches[0].get_facecolor()) for ax in axes]
    assert colours == [PREDICTION, TRUTH, GRADIENT]
    assert texts(axes[2]) == ["−0.3", "0.3"]


def test_an_error_of_zero_is_drawn_at_the_lower_edge():
    ax = plots.plot_step_errors([1e-3, 1e-6], {"a": [1e-7, 0.0]}, {"a": (1e-5, 1e-9)})
    (line,) = ax.lines
    assert line.get_ydata() == pytest.approx([1e-7, ax.get_ylim()[0]], abs=0)
    assert (ax.texts[0].get_text(), ax.texts[0].get_position()) == ("a", (1e-5, 1e-9))
    assert ax.get_xscale() == ax.get_yscale() == "log"


def test_a_hessian_is_written_row_by_row_from_the_top():
    axes = plots.plot_curvature(
        [[0.2, -0.2], [-0.1, 0.3]], [0, 1], {"flat": [1, 1], "bent": [1, 2]}, ["A", "B"]
    )
    assert texts(axes[0]) == ["0.20", "−0.20", "−0.10", "0.30"]
    assert axes[0].texts[0].get_position() == (0.5, 1.5)
    assert texts(axes[1]) == ["flat", "bent"]
    assert axes[1].lines[1].get_ydata().tolist() == [1, 2]


def test_a_confident_mistake_is_marked_where_it_is_said_to_be():
    z = np.array([-8.0, 0.0, 8.0])
    ax = plots.plot_slope_of_two_losses(z, {"one": [1.0, 0.5, 0.0]}, mark=-6)
    assert ax.lines[0].get_ydata().tolist() == [1.0, 0.5, 0.0]
    assert ax.lines[1].get_xdata() == [-6, -6]
    assert texts(ax)[0] == "one"
