"""Labels beside forecasts and soft labels: what is drawn, where, and in which role's colour."""

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_hex

from xent_lib.plots.label_bars import plot_label_beside_forecast, plot_votes
from xent_lib.plots.style import PREDICTION, TRUTH
from xent_lib.show import show_figure

NAMES = ("rain", "snow", "sun")


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
        lambda: plot_votes([[0.6, 0.4, 0]], ["photo"], NAMES, ["note"]),
    ],
)
def test_every_colour_comes_from_the_palette(draw):
    assert "<svg" in show_figure(draw(), alt="A drawing.")._repr_svg_()
