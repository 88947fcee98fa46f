"""Figures of steps and runs: what is drawn, where, and in which role's colour."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from xent_lib.plots.style import GRADIENT, INK, LOSS, PREDICTION
from xent_lib.plots.training import (
    plot_curves,
    plot_learning_curves,
    plot_loss_and_accuracy,
    plot_step,
)
from xent_lib.show import show_figure


def texts(ax):
    return [text.get_text() for text in ax.texts]


def lines(ax, colour):
    return [line for line in ax.lines if to_hex(line.get_color()) == colour]


def test_a_step_shows_the_loss_and_the_promise_that_it_breaks():
    rates, losses = np.linspace(0, 3, 7), np.linspace(0.36, 0.12, 7) ** 1.0
    ax = plot_step(rates, losses, 0.14, taken=1.0)
    promised, loss = lines(ax, GRADIENT)[0], lines(ax, LOSS)[0]
    np.testing.assert_allclose(loss.get_xydata(), np.column_stack([rates, losses]))
    x, y = promised.get_xydata().T
    np.testing.assert_allclose(y, losses[0] - 0.14 * x)
    assert y.min() >= 0 and len(x) < len(rates)
    marked = lines(ax, LOSS)[1].get_xydata()[0]
    np.testing.assert_allclose(marked, [1.0, losses[2]])
    assert f"{losses[2]:.4f}" in texts(ax)


def test_curves_carry_their_names_and_the_chosen_one_is_thicker():
    runs = {"slow": ([0, 1, 2], [2.0, 1.9, 1.8]), "fast": ([0, 1, 2], [2.0, 1.0, 0.5])}
    ax = plot_curves(runs, xlabel="step", ylabel="loss (nats)", chosen="fast")
    for line, (steps, values) in zip(ax.lines, runs.values(), strict=True):
        np.testing.assert_allclose(line.get_xydata(), np.column_stack([steps, values]))
    assert ax.lines[1].get_linewidth() > ax.lines[0].get_linewidth()
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()
    assert sorted(texts(ax)) == ["fast", "slow"]
    assert ax.get_yscale() == "log" and ax.get_xscale() == "linear"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "loss (nats)")


def test_names_of_curves_that_end_together_do_not_cover_each_other():
    runs = {name: ([0, 1], [2.0, 1.0 + 1e-3 * k]) for k, name in enumerate("abcd")}
    ax = plot_curves(runs, xlabel="step", ylabel="loss", log_y=False)
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    for below, above in zip(boxes, boxes[1:], strict=False):
        assert above.y0 >= below.y1
    assert texts(ax) == list("abcd")


def test_a_curve_that_ends_early_has_its_name_at_its_end():
    runs = {"long": ([0, 100], [2.0, 1.0]), "short": ([0, 4], [2.0, 0.1])}
    ax = plot_curves(runs, xlabel="step", ylabel="loss")
    short = next(text for text in ax.texts if text.get_text() == "short")
    assert short.xy == (4, 0.1)


def test_a_logarithmic_axis_of_few_powers_has_plain_numbers():
    few = plot_curves({"a": ([0, 1], [2.0, 0.2])}, xlabel="step", ylabel="loss")
    many = plot_curves({"a": ([0, 1], [2.0, 1e-6])}, xlabel="step", ylabel="loss")
    assert few.yaxis.get_major_formatter()(0.3, 0) == "0.3"
    assert "10^" in many.yaxis.get_major_formatter()(1e-3, 0)


def test_accuracy_in_percent_stands_below_the_losses_it_belongs_to():
    losses = {"training": [2.0, 0.1], "validation": [2.0, 0.6]}
    above, below = plot_loss_and_accuracy([0, 100], losses, [0.1, 0.8])
    assert sorted(texts(above)) == ["training", "validation"]
    assert [line.get_ydata().tolist() for line in above.lines] == list(losses.values())
    np.testing.assert_allclose(lines(below, PREDICTION)[0].get_ydata(), [10, 80])
    assert above.get_ylim()[0] == 0
    assert above.get_position().y0 > below.get_position().y0


def test_learning_curves_share_a_scale_and_mark_where_to_stop():
    runs = {
        "healthy": ([0, 10], [2.3, 0.1], [2.3, 0.2]),
        "overfitting": ([0, 20], [2.3, 0.5], [2.3, 1.5]),
    }
    one, other = plot_learning_curves(runs, guess=2.3, best={"overfitting": 7.0})
    assert [ax.get_title(loc="left") for ax in (one, other)] == list(runs)
    assert one.get_ylim() == other.get_ylim()
    for ax, (_, train, validation) in zip((one, other), runs.values(), strict=True):
        solid, dashed = lines(ax, LOSS)
        assert solid.get_ydata().tolist() == train
        assert dashed.get_ydata().tolist() == validation
        assert solid.get_linestyle() == "-" != dashed.get_linestyle()
        assert ax.lines[0].get_ydata() == [2.3, 2.3]
    assert lines(other, INK)[0].get_xdata() == [7.0, 7.0]
    assert not lines(one, INK)
    legend = [text.get_text() for text in one.get_legend().get_texts()]
    assert legend == ["training", "validation"]


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plot_step([0, 1, 2], [0.4, 0.3, 0.25], 0.14, taken=1),
        lambda: plot_curves(
            {"a": ([1, 2], [2, 1])}, xlabel="s", ylabel="l", log_x=True
        ),
        lambda: plot_loss_and_accuracy([0, 1], {"training": [2, 1]}, [0.1, 0.5]),
        lambda: plot_learning_curves({"a": ([0, 1], [2, 1], [2, 1])}, guess=2.3),
    ],
)
def test_every_figure_follows_the_palette(draw):
    assert "--loss" in show_figure(draw(), alt="a drawing")._repr_svg_()
