"""Figures of chapter 14: what is drawn is what was given."""

import pytest
from matplotlib.colors import to_hex

from xent_lib.plots.relatives import (
    FAMILY,
    plot_family,
    plot_fits,
    plot_named_curves,
)
from xent_lib.plots.style import LOSS, PREDICTION, TRUTH


def test_the_truth_is_bars_and_each_fit_a_line_of_its_own():
    fits = {"one": [0.2, 0.8], "other": [0.5, 0.5]}
    ax = plot_fits([0, 1], [0.4, 0.6], fits, {"truth": (0, 0.7), "one": (1, 0.9)})
    assert [bar.get_height() for bar in ax.patches] == [0.4, 0.6]
    assert {to_hex(bar.get_facecolor()) for bar in ax.patches} == {TRUTH}
    assert [list(line.get_ydata()) for line in ax.lines] == list(fits.values())
    assert {to_hex(line.get_color()) for line in ax.lines} == {PREDICTION}
    assert len({str(line.get_linestyle()) for line in ax.lines}) == 2
    named = {text.get_text(): to_hex(text.get_color()) for text in ax.texts}
    assert named == {"truth": TRUTH, "one": PREDICTION}
    assert ax.texts[1].get_position() == (1, 0.9)


def test_each_curve_has_its_name_where_it_was_asked_for():
    curves = {"one": ([1, 10], [1, 2]), "other": ([1, 10], [2, 1])}
    places = {"other": (2, 1.5), "one": (3, 1.2)}
    ax = plot_named_curves(curves, places, xlabel="x", ylabel="y", log_x=True)
    assert [(list(x), list(y)) for x, y in (line.get_data() for line in ax.lines)] == [
        (x, y) for x, y in curves.values()
    ]
    assert {text.get_text(): text.get_position() for text in ax.texts} == places
    assert {to_hex(line.get_color()) for line in ax.lines} == {LOSS}
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "linear")


def test_a_curve_without_a_place_for_its_name_is_an_error():
    with pytest.raises(KeyError, match="one"):
        plot_named_curves({"one": ([0], [0])}, {}, xlabel="x", ylabel="y")


def test_every_relative_stands_below_its_group_with_its_words_beside_it():
    ax = plot_family("root", FAMILY)
    written = [text.get_text() for text in ax.texts]
    assert written[0] == "root"
    expected = []
    for change, members in FAMILY.items():
        expected.append(change)
        for name, when in members.items():
            expected += [name, when]
    assert written[1:] == expected
    heights = [text.get_position()[1] for text in ax.texts]
    assert heights == sorted(heights)


def test_the_words_of_the_family_stay_on_the_page_and_apart():
    ax = plot_family("root", FAMILY)
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    right = ax.figure.bbox.x1
    assert max(box.x1 for box in boxes) <= right
    for one, box in enumerate(boxes):
        for other in boxes[one + 1 :]:
            assert not box.overlaps(other)
