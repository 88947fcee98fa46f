"""The figure of time ratios, by its artists."""

import numpy as np
from matplotlib import pyplot
from numpy.testing import assert_array_equal

from xent_lib.plots.performance import plot_time_ratios


def test_each_peer_has_its_marks_at_its_ratios():
    ax = plot_time_ratios(
        [(64, 10), (1024, 32000)], {"PyTorch": [0.5, 0.25], "JAX": [2.0, 0.75]}
    )
    marked = {
        line.get_label(): line for line in ax.lines if line.get_marker() != "None"
    }
    assert_array_equal(marked["PyTorch"].get_xdata(), [0.5, 0.25])
    assert_array_equal(marked["JAX"].get_xdata(), [2.0, 0.75])
    assert_array_equal(np.asarray(marked["JAX"].get_ydata()), [0, 1])
    assert marked["PyTorch"].get_marker() != marked["JAX"].get_marker()
    assert [t.get_text() for t in ax.get_yticklabels()] == ["64 × 10", "1,024 × 32,000"]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["PyTorch", "JAX"]
    pyplot.close(ax.figure)


def test_the_line_of_equal_times_and_the_first_shape_on_top():
    ax = plot_time_ratios([(64, 10)], {"PyTorch": [0.5]})
    assert_array_equal(ax.lines[0].get_xdata(), [1, 1])
    assert ax.get_xscale() == "log"
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    pyplot.close(ax.figure)
