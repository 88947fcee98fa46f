"""Figures of chapter 10: what is drawn, where, and in which role's colour."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from xent_lib.plots.binary import plot_cost, plot_maps, plot_ranking, plot_said
from xent_lib.plots.style import GREY, INK, LOSS, PREDICTION, TRUTH
from xent_lib.show import show_figure


def texts(ax):
    return [text.get_text() for text in ax.texts]


def lines(ax, colour):
    return [line for line in ax.lines if to_hex(line.get_color()) == colour]


def test_a_ranking_is_drawn_by_its_rates_and_by_its_precision():
    roc = [0, 0.1, 1], [0, 0.8, 1]
    curves = {"half": ([1, 0], [0.5, 1]), "rare": ([1, 0.2], [0.05, 0.9])}
    left, right = plot_ranking(roc, curves, {"half": (0.5, 0.8), "rare": (0.1, 0.2)})
    (curve,) = lines(left, PREDICTION)
    np.testing.assert_allclose(curve.get_xydata(), np.transpose(roc))
    (chance,) = lines(left, GREY)
    assert chance.get_xydata().tolist() == [[0, 0], [1, 1]]
    for line, given in zip(lines(right, PREDICTION), curves.values(), strict=True):
        np.testing.assert_allclose(line.get_xydata(), np.transpose(given))
    assert len({str(line.get_linestyle()) for line in right.lines}) == 2
    assert texts(right) == ["half", "rare"]
    assert [text.get_position() for text in right.texts] == [(0.5, 0.8), (0.1, 0.2)]
    assert (left.get_xlabel(), left.get_ylabel()) == (
        "false alarms per negative",
        "recall",
    )
    assert (right.get_xlabel(), right.get_ylabel()) == ("recall", "precision")


def test_what_is_said_stands_over_what_is_true():
    honest = np.linspace(0, 1, 5)
    said = {"weighted": honest**0.5, "pulled": 0.5 + (honest - 0.5) / 2}
    ax = plot_said(honest, said, {"weighted": (0.1, 0.7), "pulled": (0.6, 0.4)})
    (diagonal,) = lines(ax, TRUTH)
    assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]
    for line, values in zip(lines(ax, PREDICTION), said.values(), strict=True):
        np.testing.assert_allclose(line.get_xydata(), np.transpose([honest, values]))
    assert texts(ax) == ["what is true", "weighted", "pulled"]


def test_a_cost_is_marked_at_the_threshold_that_is_named():
    thresholds = [0.01, 0.05, 0.25, 0.5]
    costs = {"honest": [4, 1, 2, 3], "weighted": [4, 3, 2, 1]}
    ax = plot_cost(thresholds, costs, {"honest": 0.05, "weighted": 0.5})
    for line, values in zip(lines(ax, LOSS), costs.values(), strict=True):
        np.testing.assert_allclose(
            line.get_xydata(), np.transpose([thresholds, values])
        )
    marks = [line.get_xydata()[0].tolist() for line in lines(ax, INK)]
    assert marks == [[0.05, 1], [0.5, 1]]
    assert texts(ax) == ["honest: 0.05", "weighted: 0.5"]
    assert ax.get_xscale() == "log"
    assert ax.get_ylim()[0] == 0


def test_a_mark_sits_at_the_nearest_threshold_by_ratio():
    ax = plot_cost([0.1, 0.4, 0.9], {"a": [1, 2, 3]}, {"a": 0.21})
    (mark,) = lines(ax, INK)
    assert mark.get_xydata()[0].tolist() == [0.4, 2]


def test_a_map_has_a_square_for_each_entry_as_opaque_as_it_is_large():
    table = np.array([[0.0, 0.25], [1.0, 2.0]])
    (ax,) = plot_maps({"ink": (table, TRUTH)})
    faces = ax.collections[0].get_facecolor()
    assert [to_hex(face) for face in faces] == [TRUTH] * 4
    np.testing.assert_allclose(faces[:, 3], [0, 0.25, 1, 1])
    corners = [path.get_extents().p0.tolist() for path in ax.collections[0].get_paths()]
    assert corners == [[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]]
    assert ax.get_ylim() == (1.5, -0.5)
    assert ax.get_title(loc="left") == "ink"


def test_maps_stand_side_by_side_in_their_own_colours():
    one, other = plot_maps({"a": ([[1.0]], TRUTH), "b": ([[-1.0]], PREDICTION)})
    assert one.get_position().x1 <= other.get_position().x0
    assert to_hex(other.collections[0].get_facecolor()[0]) == PREDICTION
    assert other.collections[0].get_facecolor()[0, 3] == 0


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plot_ranking(([0, 1], [0, 1]), {"a": ([0, 1], [1, 0])}, {"a": (0, 0)}),
        lambda: plot_said([0, 1], {"a": [0, 1]}, {"a": (0, 0)}),
        lambda: plot_cost([0.1, 0.5], {"a": [1, 2]}, {"a": 0.5}),
        lambda: plot_maps({"a": ([[1.0]], TRUTH)}),
    ],
)
def test_every_figure_follows_the_palette(draw):
    assert "var(--" in show_figure(draw(), alt="a drawing")._repr_svg_()
