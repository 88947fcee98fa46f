"""The memory bars: what is drawn is what was given."""

import pytest

from xent_lib.plots.memory_terms import GIBIBYTE, plot_cuts, plot_memory


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


def test_one_table_is_cut_between_tokens_and_one_between_classes():
    left, right = plot_cuts(rows=4, ranks=3)
    places = [(bar.get_y(), bar.get_width(), bar.get_height()) for bar in left.patches]
    assert places == [(row / 4, 1, 1 / 4) for row in range(4)]
    filled = [bar.get_facecolor()[3] > 0 for bar in left.patches]
    assert filled == [False, True, False, False]
    (held,) = left.texts
    assert held.get_text() == "held now"
    assert 1 / 4 < held.xy[1] < 2 / 4
    places = [(bar.get_x(), bar.get_width(), bar.get_height()) for bar in right.patches]
    assert places == [(rank / 3, 1 / 3, 1) for rank in range(3)]
    assert [text.get_text() for text in right.texts] == ["rank 0", "rank 1", "rank 2"]
    assert [ax.get_xlabel() for ax in (left, right)] == ["classes", "classes"]


@pytest.mark.parametrize("sizes", [{"rows": 1, "ranks": 2}, {"rows": 2, "ranks": 1}])
def test_one_slice_is_no_cut(sizes):
    (name,) = [name for name, size in sizes.items() if size == 1]
    with pytest.raises(ValueError, match=f"^{name} must be at least 2; got 1$"):
        plot_cuts(**sizes)
