"""The figure of swapped axes: each entry is drawn, and the misplaced ones are marked."""

from matplotlib.colors import to_hex

from xent_lib.plots.cells import plot_cells
from xent_lib.plots.style import FAINT, INK, LOSS
from xent_lib.show import show_figure

TABLES = {
    "in place": ("12", "AB", [["A1", "B1"], ["A2", "B2"]]),
    "swapped": ("AB", "12", [["A1", "B1"], ["A2", "B2"]]),
}


def drawn(ax):
    frames = {
        (patch.get_x() + 0.45, round(patch.get_y() + 0.42)): patch
        for patch in ax.patches
    }
    return [
        (text.get_text(), to_hex(text.get_color()), to_hex(frames[at].get_edgecolor()))
        for text in ax.texts
        if (at := text.get_position()) in frames
    ]


def test_an_entry_in_its_place_is_filled_and_one_elsewhere_is_framed():
    good, bad = plot_cells(TABLES)
    assert drawn(good) == [(name, INK, FAINT) for name in ("A1", "B1", "A2", "B2")]
    assert drawn(bad) == [
        ("A1", INK, FAINT),
        ("B1", LOSS, LOSS),
        ("A2", LOSS, LOSS),
        ("B2", INK, FAINT),
    ]
    dashed = [patch.get_linestyle() != "-" for patch in bad.patches]
    assert dashed == [False, True, True, False]


def test_rows_and_columns_carry_their_names_and_tables_their_titles():
    good, bad = plot_cells(TABLES)
    assert [ax.get_title(loc="left") for ax in (good, bad)] == list(TABLES)
    names = [text.get_text() for text in bad.texts]
    assert names[:4] == ["A", "B", "1", "2"]


def test_the_figure_follows_the_page():
    shown = show_figure(plot_cells(TABLES), alt="Two small tables of entries.")
    assert "var(--loss" in shown._repr_svg_()
