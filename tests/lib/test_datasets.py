"""The data: what they are, and that the split is fair, complete and always the same."""

import hashlib
import sys
from importlib.resources import files

import numpy as np
import pytest
from sklearn.datasets import load_digits

from xent_lib.datasets import digits, load_corpus, stratified_split


def rows(array):
    return {tuple(row) for row in array}


def test_every_digit_is_in_one_of_the_two_parts():
    split = digits()
    pixels, labels = load_digits(return_X_y=True)
    together = np.concatenate([split.X_train, split.X_held_out]) * 16
    assert together.shape == (1797, 64)
    assert rows(together) == rows(pixels)
    assert sorted(np.concatenate([split.y_train, split.y_held_out])) == sorted(labels)
    assert rows(split.X_train).isdisjoint(rows(split.X_held_out))


def test_labels_stay_with_their_pictures():
    split = digits()
    pixels, labels = load_digits(return_X_y=True)
    known = {tuple(p): k for p, k in zip(pixels, labels, strict=True)}
    for X, y in ((split.X_train, split.y_train), (split.X_held_out, split.y_held_out)):
        assert [known[tuple(x)] for x in X * 16] == y.tolist()


def test_pixels_fill_the_range_from_0_to_1():
    split = digits()
    assert split.X_train.min() == 0 and split.X_train.max() == 1
    assert split.X_train.dtype == np.float64


def test_each_class_gives_the_same_share():
    split = digits(held_out=0.25)
    train, rest = np.bincount(split.y_train), np.bincount(split.y_held_out)
    assert (np.abs(rest - 0.25 * (train + rest)) <= 0.5).all()


def test_a_seed_fixes_the_split_and_another_changes_it():
    first, again, other = digits(), digits(), digits(seed=1)
    assert (first.X_held_out == again.X_held_out).all()
    assert rows(first.X_held_out) != rows(other.X_held_out)


def test_split_rows_are_complete_sorted_and_fair_for_named_classes():
    names = np.array(["sun"] * 6 + ["rain"] * 4)
    train, rest = stratified_split(names, 0.5, np.random.default_rng(3))
    assert sorted([*train, *rest]) == list(range(10))
    assert (np.diff(train) > 0).all() and (np.diff(rest) > 0).all()
    assert sorted(names[rest]) == ["rain"] * 2 + ["sun"] * 3


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "held_out=0 of 1797 examples leaves none to hold out"),
        (1.0, "held_out=1 of 1797 examples leaves none to train on"),
        (1.5, "held_out must be between 0 and 1; got 1.5"),
    ],
)
def test_a_share_that_leaves_a_part_empty_is_refused(share, text):
    with pytest.raises(ValueError, match=text):
        digits(held_out=share)


def test_a_missing_scikit_learn_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        digits()


def test_the_corpus_is_frozen():
    text = files("xent_lib").joinpath("data", "corpus.txt").read_bytes()
    assert len(text) == 251014
    assert hashlib.sha256(text).hexdigest().startswith("8ebdb9f4a26dc148")
    beside = files("xent_lib").joinpath("data", "README.md").read_text("utf-8")
    assert "CC BY 4.0" in beside and "251,004 characters" in beside


def test_whole_sections_are_held_out_every_tenth_of_them():
    corpus = load_corpus()
    text = files("xent_lib").joinpath("data", "corpus.txt").read_text("utf-8")
    headings = [line[2:] for line in text.splitlines() if line.startswith("# ")]
    assert [one.split("\n")[0] for one in corpus.held_out] == headings[9::10]
    together = list(corpus.train)
    for k, section in enumerate(corpus.held_out):
        together.insert(10 * k + 9, section)
    assert "".join(f"# {one}\n\n" for one in together).rstrip() == text.rstrip()
    assert set(corpus.train).isdisjoint(corpus.held_out)


def test_the_corpus_is_plain_prose():
    corpus = load_corpus()
    for section in corpus.train + corpus.held_out:
        heading, empty, *paragraphs = section.split("\n")
        assert heading and empty == "" and paragraphs, section
        assert not set("`$\\|*\0") & set(section), section
        assert "<!--" not in section and "](" not in section
