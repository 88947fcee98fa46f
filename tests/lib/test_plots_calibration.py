"""The reliability diagram and the memory bars: what is drawn is what was given."""

import pytest
from matplotlib.colors import to_hex

from xent_lib.plots.calibration import plot_reliability
from xent_lib.plots.memory import GIBIBYTE, plot_memory
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


def test_memory_bars_are_stacked_in_gibibytes_and_name_each_term_once():
    held = {
        "one": {"input and weight": GIBIBYTE, "their gradients": 2 * GIBIBYTE},
        "other": {"input and weight": 0, "their gradients": GIBIBYTE},
    }
    ax = plot_memory(held, card=12)
    edges = [(bar.get_x(), bar.get_width()) for bar in ax.patches]
    assert edges == [(0, 1), (1, 2), (0, 1)]
    words = [text.get_text() for text in ax.texts]
    assert words == ["3.0 GiB", "1.0 GiB", "card: 12 GiB"]
    named = [text.get_text() for text in ax.get_legend().get_texts()]
    assert named == ["input and weight", "their gradients"]
    assert list(ax.lines[0].get_xdata()) == [12, 12]
