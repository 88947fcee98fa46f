"""The still picture of a walk: what is drawn, and where."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from xent_lib.plots.descent import plot_descent
from xent_lib.plots.style import PREDICTION, TRUTH

SIDE = np.linspace(-2, 2, 41)
ABOVE = (SIDE**2 + SIDE[:, None] ** 2) / 2
PATH = np.array([[-1.5, 1.0], [1.0, 1.5], [0.5, 0.25]])
FEATURES = [[-1.0, -2.0], [1.0, 0.5], [2.0, 1.0]]


@pytest.fixture
def axes():
    return plot_descent(
        SIDE,
        ABOVE,
        PATH,
        [0, 0],
        FEATURES,
        [0, 1, 1],
        ["barometer", "humidity"],
        ["dry", "rain"],
    )


def test_the_walk_goes_from_the_start_to_the_last_weights(axes):
    walk, bottom, start, end = axes[0].get_lines()
    np.testing.assert_array_equal(walk.get_xydata(), PATH)
    np.testing.assert_array_equal(bottom.get_xydata(), [[0, 0]])
    np.testing.assert_array_equal(start.get_xydata(), PATH[:1])
    np.testing.assert_array_equal(end.get_xydata(), PATH[-1:])
    assert to_hex(end.get_color()) == PREDICTION


def test_level_lines_lie_at_their_level(axes):
    lines = axes[0].collections[0]
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        above = (path.vertices**2).sum(axis=1) / 2
        np.testing.assert_allclose(above, level, atol=0.01)
    assert list(lines.levels) == [0.01, 0.03, 0.1, 0.3, 1.0, 3.0]


def test_the_boundary_is_where_both_classes_are_as_likely(axes):
    boundary = next(
        line for line in axes[1].get_lines() if to_hex(line.get_color()) == PREDICTION
    )
    here, there = boundary.get_xy1(), boundary.get_xy2()
    for point in (here, there):
        assert np.dot(point, PATH[-1]) == pytest.approx(0)
    assert not np.allclose(here, there)


def test_filled_and_hollow_points_tell_the_classes_apart(axes):
    filled, hollow = axes[1].get_lines()[:2]
    np.testing.assert_array_equal(filled.get_xydata(), FEATURES[1:])
    np.testing.assert_array_equal(hollow.get_xydata(), FEATURES[:1])
    assert to_hex(filled.get_color()) == TRUTH != to_hex(hollow.get_color())
    legend = [text.get_text() for text in axes[1].get_legend().get_texts()]
    assert legend == ["rain", "dry"]


def test_a_class_is_named_on_its_side_of_the_boundary(axes):
    sides = {text.get_text(): text.get_position() for text in axes[1].texts}
    assert np.dot(sides["rain"], PATH[-1]) > 0 > np.dot(sides["dry"], PATH[-1])


def test_weights_of_zero_have_no_boundary():
    axes = plot_descent(
        SIDE, ABOVE, [[0, 0]], [0, 0], FEATURES, [0, 1, 1], ["a", "b"], ["c", "d"]
    )
    assert PREDICTION not in {to_hex(line.get_color()) for line in axes[1].get_lines()}
    assert len(axes[1].patches) == 0
