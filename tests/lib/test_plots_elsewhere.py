"""Figures of chapter 15: what is drawn is what was given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from xent_lib.plots.elsewhere import (
    plot_floor,
    plot_grades,
    plot_leaf,
    plot_panels,
)
from xent_lib.plots.style import FAINT, GREY, INK, LOSS, TRUTH


def test_a_leaf_has_its_curves_and_a_mark_at_each_bottom():
    ax = plot_leaf(
        [0, 1, 2, 3],
        {"loss": [4, 3, 2, 1], "bowl": [4, 1, 0, 9]},
        {"bowl": 1.5},
        {"loss": (0, 1), "bowl": (2, 1)},
    )
    loss, bowl, mark = ax.lines[:3]
    assert list(loss.get_ydata()) == [4, 3, 2, 1]
    assert list(bowl.get_ydata()) == [4, 1, 0, 9]
    assert loss.get_linestyle() != bowl.get_linestyle()
    assert [list(mark.get_xdata()), list(mark.get_ydata())] == [[1.5], [0.5]]
    assert [text.get_text() for text in ax.texts] == ["loss", "bowl", "1.50"]
    assert [ax.texts[k].get_position() for k in (0, 1)] == [(0, 1), (2, 1)]


def test_the_axis_of_a_leaf_ends_at_the_loss_and_not_at_its_parabolas():
    ax = plot_leaf(
        [0, 1], {"loss": [4, 1], "bowl": [4, 900]}, {}, {"loss": (0, 1), "bowl": (0, 2)}
    )
    assert ax.get_ylim() == pytest.approx((0, 4.2))
    assert ax.get_xlim() == (0, 1)


def test_a_floor_lies_under_the_losses_with_a_named_mark_at_each_lowest_point():
    q = np.array([0.0, 0.25, 0.5, 0.75])
    losses = {"0": [0.0, 0.3, 0.7, 1.4], "0.5": [2.0, 0.8, 0.7, 0.8]}
    ax = plot_floor(q, losses, [0.0, 0.6, 0.7, 0.6])
    floor, *rest = ax.lines
    assert to_hex(floor.get_color()) == GREY
    assert list(floor.get_ydata()) == [0.0, 0.6, 0.7, 0.6]
    assert [list(line.get_ydata()) for line in rest[::2]] == list(losses.values())
    marks = [(mark.get_xdata()[0], mark.get_ydata()[0]) for mark in rest[1::2]]
    assert marks == [(0.0, 0.0), (0.5, 0.7)]
    assert {to_hex(line.get_color()) for line in rest} == {LOSS}
    assert [text.get_text() for text in ax.texts] == ["0", "0.5", "the floor"]


def test_a_grade_is_filled_between_its_cuts_and_the_truth_in_its_colour():
    x = np.linspace(-2, 2, 9)
    ax = plot_grades(x, 2 - np.abs(x), [-1.0, 0.75], [0.2, 0.5, 0.3], truth=2)
    colours = [to_hex(area.get_facecolor()[0]) for area in ax.collections]
    assert colours == [FAINT, TRUTH, FAINT]
    ends = [
        (
            area.get_paths()[0].vertices[:, 0].min(),
            area.get_paths()[0].vertices[:, 0].max(),
        )
        for area in ax.collections
    ]
    assert ends == [(-2, -1), (-1, 0.75), (0.75, 2)]
    # The bell is cut between two of its points, at the height that lies there.
    assert ax.collections[1].get_paths()[0].vertices[:, 1].max() == 2
    corner = ax.collections[2].get_paths()[0].vertices
    assert corner[corner[:, 0] == 0.75][:, 1].max() == 1.25
    assert [line.get_xdata()[0] for line in ax.lines[1:]] == [-1.0, 0.75]
    assert [text.get_text() for text in ax.texts] == [
        *("1", "0.20"),
        *("2", "0.50"),
        *("3", "0.30"),
    ]


def test_panels_stand_in_order_with_their_own_curves_names_and_axes():
    above, below = ("x", "y"), ("u", "v")
    axes = plot_panels(
        {
            above: {"up": ([0, 1], [2, 3]), "down": ([0, 1], [3, 2])},
            below: {"once": ([1, 10], [5, 6])},
        },
        logarithmic=[below],
        colours={below: INK},
    )
    assert [(ax.get_xlabel(), ax.get_ylabel()) for ax in axes] == [above, below]
    assert [ax.get_xscale() for ax in axes] == ["linear", "log"]
    assert [ax.get_yscale() for ax in axes] == ["linear", "linear"]
    assert [to_hex(ax.lines[0].get_color()) for ax in axes] == [LOSS, INK]
    drawn = [[list(line.get_ydata()) for line in ax.lines] for ax in axes]
    assert drawn == [[[2, 3], [3, 2]], [[5, 6]]]
    assert {text.get_text() for text in axes[0].texts} == {"up", "down"}
    assert axes[0].get_position().y0 > axes[1].get_position().y1
