"""The reliability diagram: what is drawn is what was given."""

import pytest
from matplotlib.colors import to_hex

from xent_lib.plots.calibration import plot_reliability
from xent_lib.plots.style import LOSS, TRUTH


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
