"""The memory bars: what is drawn is what was given."""

from xent_lib.plots.memory_terms import GIBIBYTE, plot_memory


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
