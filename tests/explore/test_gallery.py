"""The page of all figures: none is missing, and what is stored is what its code makes."""

import json
import re

import numpy as np
import pytest

import xent_lib.explore
from bookkit.commands import gallery
from bookkit.reading.contents import pages

TEXT = gallery.PAGE.read_text("utf-8")
BLOCKS = gallery.blocks(TEXT)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
PATH_NAME = re.compile(r'(?<=[#"])[mp][0-9a-f]{10}(?=[")])')  # a digest of its points
SECTIONS = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]


def test_every_class_has_its_place_on_the_page():
    made = {type(block.make()).__name__ for block in BLOCKS}
    # A quiz is no figure: it stands on its chapter's page of exercises.
    missing = set(xent_lib.explore.__all__) - {"Quiz"} - made
    assert missing == set(), (
        f"give {missing} a section in book/interactive.md, then `make refresh`"
    )


def test_a_section_a_figure_with_a_question_an_answer_and_its_chapter():
    assert len(SECTIONS) == len(BLOCKS)
    for section in SECTIONS:
        assert len(gallery.blocks(section)) == 1
        assert section.count("**A question to play with.** ") == 1
        assert section.count(":::{dropdown} Answer") == 1
        assert re.search(r"\b[Cc]hapter", section)
        assert re.search(r"<!-- = ", section.partition("dropdown} Answer")[2])


def test_the_page_is_in_the_table_of_contents():
    assert gallery.PAGE in pages()


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.name)
def test_what_is_stored_is_what_the_code_makes(block):
    made = gallery.files(block.make())
    for suffix, text in made.items():
        stored = (gallery.STORED / f"{block.name}{suffix}").read_text("utf-8")
        old = f"{block.name}{suffix} is old: run `make refresh`"
        one, other = (PATH_NAME.sub("", part) for part in (stored, text))
        assert NUMBER.sub("", one) == NUMBER.sub("", other), old
        # Another processor's last bits may round a coordinate the other way.
        places = [list(map(float, NUMBER.findall(part))) for part in (one, other)]
        np.testing.assert_allclose(*places, atol=0.011, err_msg=old)


def test_nothing_else_is_stored():
    expected = {
        f"{block.name}{suffix}" for block in BLOCKS for suffix in (".json", ".svg")
    }
    assert {path.name for path in gallery.STORED.iterdir()} == expected


def test_a_block_ends_in_the_figure_as_a_cell_does():
    (block,) = gallery.blocks(
        "```{interactive} one-half\n:caption: A caption.\n"
        "from xent_lib.explore import LossCurve\n\n"
        "figure = LossCurve([0.5, 0.5])\nfigure\n```\n"
    )
    assert block.name == "one-half"
    figure = block.make()
    assert figure.q == [0.5, 0.5]
    stored = json.loads(gallery.files(figure)[".json"])
    assert stored["module"] == "loss_curve" and stored["state"] == figure.state
    assert stored["alt"] == figure.still().alt
