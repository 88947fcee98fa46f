"""Figures of chapter 1: what is drawn, where, and in which role's colour."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from xent_lib.plots.distributions import (
    plot_joint_as_areas,
    plot_running_shares,
    plot_surprisal,
)
from xent_lib.plots.simplex import (
    plot_entropy_on_simplex,
    plot_shares_on_simplex,
    plot_simplex,
)
from xent_lib.plots.style import INK, LOSS, PREDICTION, TRUTH, new_axes
from xent_lib.show import show_figure

NAMES = ("rain", "snow", "sun")
FORECAST = np.array([0.7, 0.2, 0.1])
JOINT = np.array([[0.28, 0.08, 0.04], [0.06, 0.06, 0.48]])
SIDE = 2 / np.sqrt(3)  # of the triangle of height 1


def texts(ax):
    return [text.get_text() for text in ax.texts]


def points(ax):
    """Marked single points: their places by colour."""
    return [
        (to_hex(line.get_color()), tuple(line.get_xydata()[0]))
        for line in ax.lines
        if line.get_marker() not in ("None", "", None)
    ]


def distances_from_sides(place):
    """Recover the three probabilities of a place in the triangle of height 1."""
    x, y = place
    corners = np.array([[0, -SIDE / 2, SIDE / 2], [1, 0, 0], [1, 1, 1]])
    return np.linalg.solve(corners, [x, y, 1])


def grid_of_distributions(steps):
    rows = [
        (a, b, steps - a - b) for a in range(steps + 1) for b in range(steps + 1 - a)
    ]
    return np.array(rows) / steps


def test_shares_are_drawn_against_the_number_of_days_counted():
    shares = np.array([[1, 0, 0], [0.5, 0.5, 0], [2 / 3, 1 / 3, 0]])
    ax = plot_running_shares(shares, FORECAST, NAMES)
    for k, line in enumerate(ax.lines[::2]):
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3])
        np.testing.assert_array_equal(line.get_ydata(), shares[:, k])
        assert to_hex(line.get_color()) == TRUTH


def test_the_forecast_is_a_dashed_level_line_with_name_and_value():
    ax = plot_running_shares(np.full((5, 3), 1 / 3), FORECAST, NAMES)
    for level, line in zip(FORECAST, ax.lines[1::2], strict=True):
        assert set(line.get_ydata()) == {level}
        assert line.get_linestyle() == "--"
        assert to_hex(line.get_color()) == PREDICTION
    assert texts(ax) == ["rain 0.7", "snow 0.2", "sun 0.1"]


def test_days_are_counted_on_a_logarithmic_scale_with_plain_numbers():
    ax = plot_running_shares(np.full((2000, 3), 1 / 3), FORECAST, NAMES)
    assert ax.get_xscale() == "log"
    assert ax.get_xlim() == (1, 2000)
    assert ax.xaxis.get_major_formatter()(1000) == "1,000"


def test_a_cells_area_is_its_joint_probability():
    bars = plot_joint_as_areas(JOINT, ("falling", "rising"), NAMES).patches
    areas = [bar.get_width() * bar.get_height() for bar in bars]
    np.testing.assert_allclose(areas, JOINT.ravel(), rtol=1e-12)


def test_a_row_is_as_high_as_its_marginal_and_filled_by_its_conditional():
    bars = plot_joint_as_areas(JOINT, ("falling", "rising"), NAMES).patches
    np.testing.assert_allclose(
        [bar.get_height() for bar in bars], [0.4] * 3 + [0.6] * 3
    )
    widths = [bar.get_width() for bar in bars]
    np.testing.assert_allclose(widths, [0.7, 0.2, 0.1, 0.1, 0.1, 0.8])
    np.testing.assert_allclose([bars[2].get_x() + widths[2], bars[0].get_x()], [1, 0])
    tops = [bars[0].get_y(), bars[3].get_y()]
    np.testing.assert_allclose(tops, [0, 0.4], atol=1e-12)


def test_the_first_input_is_the_top_row_and_carries_its_probability():
    ax = plot_joint_as_areas(JOINT, ("falling", "rising"), NAMES)
    assert ax.yaxis_inverted()
    labels = [tick.get_text() for tick in ax.get_yticklabels()]
    assert labels == ["falling\n0.4", "rising\n0.6"]
    np.testing.assert_allclose(ax.get_yticks(), [0.2, 0.7])


def test_a_cell_prints_its_name_and_its_probability_to_three_digits():
    independent = np.outer(JOINT.sum(axis=1), JOINT.sum(axis=0))
    ax = plot_joint_as_areas(independent, ("falling", "rising"), NAMES)
    printed = ["0.136", "0.056", "0.208", "0.204", "0.084", "0.312"]
    assert texts(ax) == [
        f"{name}\n{p}" for name, p in zip(NAMES * 2, printed, strict=True)
    ]


def test_neighbouring_cells_differ_without_colour():
    bars = plot_joint_as_areas(JOINT, ("falling", "rising"), NAMES).patches
    assert len({bar.get_alpha() for bar in bars[:3]}) == 3
    assert {to_hex(bar.get_facecolor()) for bar in bars} == {TRUTH}


def test_the_axes_of_the_first_figures_say_what_they_measure():
    days = plot_running_shares(np.full((5, 3), 1 / 3), FORECAST, NAMES)
    areas = plot_joint_as_areas(JOINT, ("falling", "rising"), NAMES)
    prices = plot_surprisal([0.5, 1], [0.69, 0], {"it": (0.5, 0.69)})
    assert [(ax.get_xlabel(), ax.get_ylabel()) for ax in (days, areas, prices)] == [
        ("number of days counted (logarithmic scale)", "share of the days"),
        (
            "width: share of the row that each class takes",
            "height: probability of the input",
        ),
        ("probability of what happened", "surprisal (nats)"),
    ]


def test_the_surprisal_curve_is_the_data_it_was_given_in_the_colour_of_loss():
    ax = plot_surprisal([0.25, 0.5, 1], [1.4, 0.7, 0], {"heads": (0.5, 0.7)})
    np.testing.assert_array_equal(
        ax.lines[0].get_xydata(), [[0.25, 1.4], [0.5, 0.7], [1, 0]]
    )
    assert to_hex(ax.lines[0].get_color()) == LOSS
    assert points(ax) == [(LOSS, (0.5, 0.7))]
    assert texts(ax) == ["heads: 0.7000"]
    assert ax.get_ylabel() == "surprisal (nats)"


@pytest.mark.parametrize("p", [FORECAST, [1, 0, 0], [0, 0.5, 0.5], [1 / 3] * 3])
def test_a_distribution_lies_as_far_from_each_side_as_its_probabilities(p):
    ax = plot_simplex({"it": p}, "it", NAMES)
    ((_, place),) = points(ax)
    np.testing.assert_allclose(distances_from_sides(place), p, atol=1e-12)


def test_the_measured_point_has_a_line_to_each_side_as_long_as_the_probability():
    ax = plot_simplex({"it": FORECAST}, "it", NAMES)
    lines = [line.get_xydata() for line in ax.lines if len(line.get_xydata()) == 2]
    lengths = [np.linalg.norm(line[1] - line[0]) for line in lines]
    np.testing.assert_allclose(lengths, FORECAST, rtol=1e-12)
    for k, line in enumerate(lines):
        assert abs(distances_from_sides(line[1])[k]) < 1e-12
    assert {"rain 0.7", "snow 0.2", "sun 0.1"} <= set(texts(ax))


def test_only_the_measured_point_is_drawn_as_a_prediction():
    ax = plot_simplex({"it": FORECAST, "even": [1 / 3] * 3}, "it", NAMES)
    assert [colour for colour, _ in points(ax)] == [PREDICTION, INK]
    assert {"it", "even"} <= set(texts(ax))


def test_equal_diaries_share_one_dot_with_an_area_in_proportion():
    shares = np.array([[1, 0, 0], [0.5, 0.5, 0], [1, 0, 0], [1, 0, 0]])
    (cloud,) = plot_shares_on_simplex(shares, FORECAST, NAMES, "2 days").collections
    np.testing.assert_allclose(
        cloud.get_offsets(), [[-SIDE / 4, 0.5], [0, 1]], atol=1e-12
    )
    small, large = cloud.get_sizes()
    assert large == 3 * small
    assert to_hex(cloud.get_facecolor()[0]) == TRUTH


def test_the_cloud_carries_its_title_and_marks_the_forecast():
    ax = plot_shares_on_simplex([[1, 0, 0]], FORECAST, NAMES, "1 day")
    assert ax.get_title(loc="center") == "1 day"
    ((colour, place),) = points(ax)
    assert colour == PREDICTION
    np.testing.assert_allclose(distances_from_sides(place), FORECAST, atol=1e-12)


def test_lines_of_equal_entropy_carry_their_values_once_each():
    grid = grid_of_distributions(30)
    hill = 1.1 * (1 - 1.5 * ((grid - 1 / 3) ** 2).sum(axis=1))
    ax = plot_entropy_on_simplex(grid, hill, FORECAST, NAMES)
    assert sorted(set(texts(ax)) - {*NAMES, "forecast"}) == [
        "0.2",
        "0.4",
        "0.6",
        "0.8",
        "1",
    ]
    assert len(ax.texts) == 3 + 5 + 1


def test_a_line_of_equal_entropy_runs_where_the_values_have_its_level():
    grid = grid_of_distributions(20)
    ax = plot_entropy_on_simplex(grid, grid[:, 0], FORECAST, NAMES)
    lines = ax.collections[-1].get_paths()
    for level, line in zip([0.2, 0.4, 0.6, 0.8], lines, strict=True):
        np.testing.assert_allclose(line.vertices[:, 1], level, atol=1e-9)


def test_a_value_stands_outside_where_its_line_meets_the_side_and_inside_otherwise():
    grid = grid_of_distributions(30)
    hill = 1.1 * (1 - 1.5 * ((grid - 1 / 3) ** 2).sum(axis=1))
    ax = plot_entropy_on_simplex(grid, hill, FORECAST, NAMES)
    written = {text.get_text(): text for text in ax.texts}
    assert abs(distances_from_sides(written["0.2"].xy)[1]) < 0.02
    assert written["0.2"].get_ha() == "left"
    assert min(distances_from_sides(written["1"].xy)) > 0.1
    assert written["1"].get_ha() == "center"


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plot_running_shares([FORECAST] * 3, FORECAST, NAMES, ax),
        lambda ax: plot_joint_as_areas(JOINT, ("falling", "rising"), NAMES, ax),
        lambda ax: plot_surprisal([0.5, 1], [0.69, 0], {"it": (0.5, 0.69)}, ax),
        lambda ax: plot_simplex({"it": FORECAST}, "it", NAMES, ax),
        lambda ax: plot_shares_on_simplex([FORECAST], FORECAST, NAMES, "x", ax),
        lambda ax: plot_entropy_on_simplex(
            grid_of_distributions(4),
            grid_of_distributions(4)[:, 0],
            FORECAST,
            NAMES,
            ax,
        ),
    ],
)
def test_figures_draw_into_the_axes_they_are_given_in_the_palettes_colours(draw):
    axes = new_axes()
    assert draw(axes) is axes
    assert show_figure(axes, alt="one of the figures")._repr_svg_().startswith("<svg")
