"""The reliability diagram: what is drawn is what was given."""

import pytest
from matplotlib.colors import to_hex

from xent_lib.plots.calibration import plot_confidence, plot_maps, plot_reliability
from xent_lib.plots.style import LOSS, PREDICTION, TRUTH


def test_a_bin_has_a_bar_to_what_came_true_and_a_gap_to_what_was_said():
    ax = plot_reliability([0, 0.5, 1], [2, 4], [0.5, 0.75], [0.25, 0.9])
    bars, gaps = ax.patches[:2], ax.patches[2:]
    assert [bar.get_height() for bar in bars] == [0.5, 0.75]
    assert [to_hex(bar.get_facecolor()) for bar in bars] == [TRUTH] * 2
    assert [gap.get_height() for gap in gaps] == pytest.approx([-0.25, 0.15])
    assert [to_hex(gap.get_facecolor()) for gap in gaps] == [LOSS] * 2
    assert [line[0][1] for line in ax.collections[0].get_segments()] == [0.25, 0.9]


def test_an_empty_bin_has_a_count_and_no_bar():
    ax = plot_reliability([0, 0.25, 0.5, 0.75, 1], [0, 3, 0, 1], [0.5, 1.0], [0.4, 0.8])
    assert [text.get_text() for text in ax.texts][:4] == ["0", "3", "0", "1"]
    assert [bar.get_x() + bar.get_width() / 2 for bar in ax.patches[:2]] == (
        pytest.approx([0.375, 0.875])
    )


def test_a_band_stands_in_the_middle_of_its_bar():
    ax = plot_reliability([0, 0.5, 1], [0, 4], [0.5], [0.9], bands=([0.75], [1.0]))
    (band,) = ax.containers[-1].lines[2][0].get_segments()
    assert band.tolist() == [[0.75, 0.75], [0.75, 1.0]]


def test_confidence_and_accuracy_stand_below_the_losses_in_their_colours():
    losses = {"training": [2.0, 1.0], "validation": [2.1, 1.4]}
    above, below = plot_confidence([1, 2], losses, [0.4, 0.9], [0.5, 0.7], mark=2)
    assert [line.get_ydata().tolist() for line in above.lines[:2]] == list(
        losses.values()
    )
    assert [text.get_text() for text in above.texts] == ["training", "validation"]
    drawn = {
        to_hex(line.get_color()): line.get_ydata().tolist() for line in below.lines[:2]
    }
    assert drawn == {PREDICTION: [0.4, 0.9], TRUTH: [0.5, 0.7]}
    named = {text.get_text(): to_hex(text.get_color()) for text in below.texts}
    assert named == {"confidence": PREDICTION, "accuracy": TRUTH}
    assert all(list(ax.lines[-1].get_xdata()) == [2, 2] for ax in (above, below))


def test_maps_are_drawn_beside_the_diagonal_and_named():
    ax = plot_maps(
        {"halved": ([0, 1], [0, 0.5]), "flat": ([0, 1], [0.3, 0.3])},
        names_at={"halved": (0.6, 0.2), "flat": (0.1, 0.4)},
        xlabel="before",
        ylabel="after",
    )
    diagonal, *curves = ax.lines
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata()) == [0, 1]
    assert [list(curve.get_ydata()) for curve in curves] == [[0, 0.5], [0.3, 0.3]]
    assert len({str(curve.get_linestyle()) for curve in curves}) == 2
    assert [(text.get_text(), text.get_position()) for text in ax.texts] == [
        ("halved", (0.6, 0.2)),
        ("flat", (0.1, 0.4)),
    ]


def test_maps_without_places_for_names_have_a_legend():
    maps = {"one": ([0, 1], [0, 1]), "other": ([0, 1], [0.1, 0.9])}
    ax = plot_maps(maps, xlabel="before", ylabel="after")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(maps)
    assert list(ax.texts) == []
