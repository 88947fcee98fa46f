"""Data to learn from, split alike for one seed; nothing is downloaded. First used in chapter 7."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from xent_lib._validation import (
    FloatArray,
    IntArray,
    check_class_labels,
    check_split,
    check_unit_interval,
)

_BRIGHTEST = 16.0  # of a pixel in scikit-learn's copy
_EVERY = 10  # sections of the corpus, of which the last is held out
HELD_OUT_LOGITS = Path(__file__).parent / "data" / "held_out_logits.json"


@dataclass(frozen=True)
class Split:
    """Examples to train on, and others kept out of training to judge the result by.

    Attributes
    ----------
    X_train, X_held_out : ndarray, shape (N, D)
        Features, one example a row.
    y_train, y_held_out : ndarray of int, shape (N,)
        Class indices.
    """

    X_train: FloatArray
    y_train: IntArray
    X_held_out: FloatArray
    y_held_out: IntArray


def digits(*, held_out: float = 0.25, seed: int = 0) -> Split:
    """Return 1,797 handwritten digits, 8 by 8 pixels each, from scikit-learn's bundled copy.

    Parameters
    ----------
    held_out : float, default 0.25
        Share of each class that is held out, rounded to whole pictures.
    seed : int, default 0
        Of the split.

    Returns
    -------
    Split
        Pixels in [0, 1] as float64, 64 a row, read line by line; labels 0 to 9.

    Raises
    ------
    ImportError
        If scikit-learn, which the pictures come with, is not installed.
    TypeError
        If ``held_out`` is no number.
    ValueError
        If ``held_out`` lies outside [0, 1] or leaves one of the two parts empty.

    Notes
    -----
    Taught in chapter 7. Time and memory: those of reading and copying 1,797 pictures, whatever
    the arguments.

    References
    ----------
    .. [1] Alpaydin, E. and Kaynak, C. (1998). Optical recognition of handwritten digits.
       UCI Machine Learning Repository. doi:10.24432/C50P49

    Examples
    --------
    >>> split = digits()
    >>> split.X_train.shape, split.X_held_out.shape
    ((1347, 64), (450, 64))
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError(
            "the digits come with scikit-learn, which is not installed: pip install scikit-learn"
        ) from error
    pixels, labels = load_digits(return_X_y=True)
    train, rest = stratified_split(labels, held_out, np.random.default_rng(seed))
    pixels = pixels / _BRIGHTEST
    return Split(pixels[train], labels[train], pixels[rest], labels[rest])


def overconfident_digits() -> tuple[FloatArray, IntArray]:
    """Return what an over-confident classifier says of the digits held out, and the truth.

    A network with one hidden layer learnt 400 digits by heart, 40 of them with a wrong label.
    Its logits for the 450 digits that :func:`digits` holds out are stored with the library,
    to one decimal.

    Returns
    -------
    logits : ndarray, shape (450, 10)
    labels : ndarray of int, shape (450,)

    Notes
    -----
    The interactive figure of chapter 11 shows it. The repository's
    ``book/bookkit/commands/held_out.py`` trains the network. Time and memory: those of reading
    4,950 numbers.

    Examples
    --------
    >>> logits, labels = overconfident_digits()
    >>> round(float((logits.argmax(axis=1) == labels).mean()), 3)
    0.838
    """
    stored = json.loads(HELD_OUT_LOGITS.read_text(encoding="utf-8"))
    return np.array(stored["logits"], dtype=float), np.array(stored["labels"])


def stratified_split(
    labels: ArrayLike, held_out: float, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Choose the rows to train on and the rows to hold out, class by class.

    Parameters
    ----------
    labels : array_like, shape (N,)
        The class of each row.
    held_out : float
        Share of each class that is held out, rounded to whole rows (a half to the even number).
    rng : numpy.random.Generator
        Chooses the rows.

    Returns
    -------
    train, rest : ndarray of int
        Row numbers in increasing order; together, every row once.

    Raises
    ------
    TypeError
        If ``labels`` hold strings and numbers or have a mask, or ``held_out`` is no number.
    ValueError
        If ``labels`` name no classes, or ``held_out`` lies outside [0, 1] or leaves one of the
        two parts empty.

    Notes
    -----
    Chapter 7 uses it. Time grows with N log N and with N for each class, memory linearly with
    N.

    Examples
    --------
    >>> train, rest = stratified_split([0, 0, 1, 1], 0.5, np.random.default_rng(0))
    >>> train.tolist(), rest.tolist()
    ([1, 3], [0, 2])
    """
    classes = check_class_labels("labels", labels)
    held_out = check_unit_interval("held_out", held_out)
    chosen = np.zeros(len(classes), bool)
    for name in np.unique(classes):
        rows = rng.permutation(np.flatnonzero(classes == name))
        chosen[rows[: round(held_out * len(rows))]] = True
    check_split(held_out, chosen)
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


@dataclass(frozen=True)
class Corpus:
    """A text to learn a language from, and other sections of it to judge the result by.

    Attributes
    ----------
    train, held_out : tuple of str
        Whole sections in the order of the book: a heading, an empty line, then paragraphs
        with an empty line between them.
    """

    train: tuple[str, ...]
    held_out: tuple[str, ...]


def load_corpus() -> Corpus:
    """Return the prose of this book as it stood once, 518 sections, split into two parts.

    It is a frozen copy, so numbers computed from it do not move when the book changes. Formulas
    with commands, code and tables are left out, and sentences that hold one.

    Returns
    -------
    Corpus
        Every tenth section is held out, the tenth first; 467 sections are left to train on.

    Notes
    -----
    Taught in chapter 12. Sections are held out whole: a sentence from between two that a
    model has read would not be new to it. The file is ``xent_lib/data/corpus.txt``, 251,004
    characters or, in UTF-8, 251,014 bytes, under CC BY 4.0 as the book's prose is. Time and
    memory: those of reading it.

    Examples
    --------
    >>> corpus = load_corpus()
    >>> len(corpus.train), len(corpus.held_out)
    (467, 51)
    >>> corpus.train[0].splitlines()[0]
    'Probability distributions'
    """
    text = files("xent_lib").joinpath("data", "corpus.txt").read_text(encoding="utf-8")
    sections = text.removeprefix("# ").rstrip("\n").split("\n\n# ")
    held_out = tuple(sections[_EVERY - 1 :: _EVERY])
    train = tuple(
        section for k, section in enumerate(sections) if k % _EVERY != _EVERY - 1
    )
    return Corpus(train, held_out)
