"""The figures of language models show the data they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from xent_lib.plots import language as plots
from xent_lib.plots.style import INK, LOSS

WORDS = ["The", " cross", " ent", "ropy", ",", "\n", " "]


def test_every_token_has_a_tint_and_a_bar_of_its_price():
    ax = plots.plot_surprisal_strip(WORDS, [6, 3, 12, 0, 1.2, 24, 6], top=12)
    assert [text.get_text() for text in ax.texts] == [
        "The", "cross", "ent", "ropy", ",", "↵", "␣"
    ]  # fmt: skip
    tints, bars = ax.patches[::2], ax.patches[1::2]
    shares = [0.5, 0.25, 1, 0, 0.1, 1, 0.5]
    strongest = tints[2].get_alpha()
    assert [t.get_alpha() / strongest for t in tints] == pytest.approx(shares)
    longest = bars[2].get_height()
    assert [b.get_height() / longest for b in bars] == pytest.approx(shares)
    assert {to_hex(patch.get_facecolor()) for patch in ax.patches} == {LOSS}
    widths = [t.get_width() for t in tints]
    assert widths == [3, 5, 3, 4, 1, 1, 1]


def test_parts_of_a_word_touch_and_words_do_not():
    ax = plots.plot_surprisal_strip(WORDS, np.ones(7))
    left = [tint.get_x() for tint in ax.patches[::2]]
    assert left == [0, 4, 10, 13, 17, 19, 21]


def test_a_word_is_not_broken_at_the_end_of_a_line():
    tokens = ["a" * 50, " " + "b" * 6, "b" * 6, " c"]
    ax = plots.plot_surprisal_strip(tokens, np.ones(4))
    tints = ax.patches[::2]
    assert [tint.get_x() for tint in tints] == [0, 0, 6, 13]
    lines = [tint.get_y() for tint in tints]
    assert lines[0] < lines[1] == lines[2] == lines[3]


def test_the_token_that_is_looked_at_has_a_frame():
    ax = plots.plot_surprisal_strip(WORDS, np.ones(7), selected=1)
    (frame,) = (patch for patch in ax.patches if not patch.get_fill())
    assert frame.get_x() == 4 and frame.get_width() == 5
    assert to_hex(frame.get_edgecolor()) == INK


def test_a_strip_is_as_high_as_its_text():
    long = ["word"] + [" word"] * 80
    few, many = (
        plots.plot_surprisal_strip(words, np.ones(len(words))).figure.get_figheight()
        for words in (long[:5], long)
    )
    assert many > 4 * few


def test_a_text_picks_the_interval_of_exact_arithmetic():
    ax = plots.plot_intervals([0.7, 0.2, 0.1], [0, 1, 2], "ABC")
    ends = [float(one.get_text()) for one in ax.texts if one.get_text() not in "ABC"]
    np.testing.assert_allclose(ends, [0, 1, 0, 0.7, 0.49, 0.63])
    chosen = [p for p in ax.patches if p.get_alpha() is not None]
    assert [(round(p.get_x(), 9), round(p.get_width(), 9)) for p in chosen] == [
        (0.0, 0.7),
        (0.7, 0.2),
        (0.9, 0.1),
    ]
