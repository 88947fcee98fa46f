"""Pictures of digits and the table of mistakes: what is drawn, and in which role's colour."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from xent_lib.plots.digits import plot_confusion, plot_images
from xent_lib.plots.style import INK, PREDICTION, TRUTH
from xent_lib.show import show_figure

COUNTS = [[5, 0, 1], [0, 4, 0], [3, 0, 7]]


def test_an_image_is_drawn_from_its_first_row_down_and_full_ink_is_1():
    axes = plot_images([[0.0, 0.25, 1.0, 0.5]], ["a caption"])
    ax = axes[0, 0]
    faces = ax.collections[0].get_facecolor()
    assert faces[:, 3].tolist() == [0.0, 0.25, 1.0, 0.5]
    assert {to_hex(face) for face in faces} == {INK}
    corners = [path.vertices.min(axis=0) for path in ax.collections[0].get_paths()]
    np.testing.assert_allclose(
        corners, [[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]]
    )
    assert ax.yaxis_inverted()
    assert ax.get_xlabel() == "a caption"


def test_places_without_an_image_stay_empty():
    axes = plot_images(np.zeros((3, 4)), ["a", "b", "c"], columns=2)
    assert axes.shape == (2, 2)
    assert [ax.axison for ax in axes.flat] == [True, True, True, False]


def test_a_confusion_matrix_numbers_hits_in_truth_and_mistakes_in_prediction():
    ax = plot_confusion(COUNTS)
    placed = {text.get_position(): text.get_text() for text in ax.texts}
    assert placed == {(0, 0): "5", (2, 0): "1", (1, 1): "4", (0, 2): "3", (2, 2): "7"}
    hits, mistakes = (collection.get_facecolor() for collection in ax.collections)
    assert {to_hex(face) for face in hits} == {TRUTH}
    assert {to_hex(face) for face in mistakes} == {PREDICTION}
    assert (hits[:, 3].reshape(3, 3) > 0).tolist() == np.eye(3, dtype=bool).tolist()
    tints = mistakes[:, 3].reshape(3, 3)
    assert tints[2, 0] > tints[0, 2] > 0 == tints[0, 0] == tints[1, 0]


@pytest.mark.parametrize(
    "draw",
    [lambda: plot_images(np.eye(4), list("abcd")), lambda: plot_confusion(COUNTS)],
)
def test_every_figure_follows_the_palette(draw):
    assert "--loss" in show_figure(draw(), alt="a drawing")._repr_svg_()
