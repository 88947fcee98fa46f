"""The figures of chapter 5 on scores and forecasts show the data they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from xent_lib.plots import logits as plots
from xent_lib.plots.style import PREDICTION, new_axes


def texts(ax):
    return [text.get_text() for text in ax.texts]


def curves(ax):
    return [line for line in ax.lines if len(line.get_xdata()) > 2]


def test_the_three_stages_of_softmax_have_a_bar_and_a_number_a_class():
    axes = plots.plot_scores_to_shares(
        [1.94591, -0.5, 0], [7, 0.6, 1], [0.7, 0.2, 0.1], ["rain", "snow", "sun"]
    )
    heights = [[bar.get_height() for bar in ax.patches] for ax in axes]
    assert heights == [[1.94591, -0.5, 0], [7, 0.6, 1], [0.7, 0.2, 0.1]]
    assert [texts(ax) for ax in axes] == [
        ["1.9459", "-0.5", "0"],
        ["7", "0.6", "1"],
        ["0.7", "0.2", "0.1"],
    ]
    names = [tick.get_text() for tick in axes[2].get_xticklabels()]
    assert names == ["rain", "snow", "sun"]


def test_only_the_last_stage_of_softmax_has_the_colour_of_a_prediction():
    axes = plots.plot_scores_to_shares([0, 0], [1, 1], [0.5, 0.5], ["yes", "no"])
    has_the_colour = [
        to_hex(ax.patches[0].get_facecolor()) == PREDICTION for ax in axes
    ]
    assert has_the_colour == [False, False, True]


def test_a_negative_score_hangs_inside_its_panel():
    axes = plots.plot_scores_to_shares([1, -3], [2.7, 0.05], [0.98, 0.02], "AB")
    assert axes[0].get_ylim()[0] < -3


def test_temperature_has_a_curve_a_class_and_marks_the_forecast_at_one():
    temperatures = np.array([0.1, 1, 10])
    probabilities = np.array([[1, 0, 0], [0.7, 0.2, 0.1], [0.4, 0.31, 0.29]])
    ax = plots.plot_temperature(temperatures, probabilities, ["rain", "snow", "sun"])
    drawn = [line.get_ydata().tolist() for line in curves(ax)]
    assert drawn == probabilities.T.tolist()
    dots = [line.get_xydata().tolist() for line in ax.lines if line.get_marker() == "o"]
    assert dots == [[[1, 0.7]], [[1, 0.2]], [[1, 0.1]]]
    assert texts(ax)[:3] == ["rain", "snow", "sun"]
    assert ax.get_xscale() == "log"


def test_curves_of_temperature_differ_by_more_than_colour():
    ax = plots.plot_temperature([0.5, 1, 2], np.full((3, 3), 1 / 3), "ABC")
    assert len({str(line._dash_pattern) for line in curves(ax)}) == 3


def test_the_soft_maximum_lies_in_the_band_that_is_drawn():
    scores = np.array([-2.0, 0.0, 2.0])
    top, soft = np.maximum(scores, 0), np.logaddexp(scores, 0)
    ax = plots.plot_soft_maximum(scores, top, soft, ceiling=0.5)
    maximum, ceiling, curve = ax.lines
    assert maximum.get_ydata().tolist() == top.tolist()
    assert ceiling.get_ydata() == pytest.approx(top + 0.5)
    assert curve.get_ydata() == pytest.approx(soft)
    assert texts(ax) == ["logsumexp", "maximum", "maximum + log 2"]


def test_figures_are_drawn_on_the_axes_they_are_given():
    panels = new_axes(1, 2)
    drawn = [
        plots.plot_temperature([0.5, 1, 2], np.full((3, 2), 0.5), "AB", panels[0]),
        plots.plot_soft_maximum([-1, 0, 1], [0, 0, 1], [0.3, 0.7, 1.3], 0.7, panels[1]),
    ]
    assert drawn == list(panels)
