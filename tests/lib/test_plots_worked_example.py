"""The figures of chapter 4 show the data they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from xent_lib.plots import worked_example as plots
from xent_lib.plots.style import TRUTH


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_the_forecast_marks_the_class_that_happened():
    ax = plots.plot_forecast([0.7, 0.2, 0.1], ["A", "B", "C"], truth=1)
    assert [bar.get_height() for bar in ax.patches] == [0.7, 0.2, 0.1]
    assert [to_hex(bar.get_edgecolor()) == TRUTH for bar in ax.patches] == [
        False,
        True,
        False,
    ]
    assert texts(ax)[:3] == ["0.7", "0.2", "0.1"]


def test_marks_lie_where_they_are_said_to():
    ax = plots.plot_prices([0.5, 1.0], [0.69, 0.0], {"rain": (0.7, 0.36)})
    points = [line.get_xydata().tolist() for line in ax.lines]
    assert [[0.7, 0.36]] in points
    assert texts(ax) == ["rain"]


def test_every_forecaster_gets_a_panel_with_its_days_and_mean():
    axes = plots.plot_daily_losses(
        {"careful": [0.5, 1.5], "bold": [0.1, 4.0]},
        {"careful": [True, False], "bold": [True, True]},
    )
    assert [ax.get_title(loc="left") for ax in axes] == [
        "careful\nmean 1.000",
        "bold\nmean 2.050",
    ]
    assert [tick.get_text() for tick in axes[0].get_xticklabels()] == [
        "1\nright",
        "2\nwrong",
    ]
    assert [bar.get_height() for bar in axes[1].patches] == [0.1, 4.0]
    assert axes[0].lines[0].get_ydata() == pytest.approx([1.0, 1.0])


def test_the_uniform_guess_is_labelled_with_classes_and_loss():
    ax = plots.plot_uniform_guess([2, 50_000], np.log([2, 50_000]))
    assert texts(ax) == ["2 classes\n0.693", "50,000 classes\n10.820"]
