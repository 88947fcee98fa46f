"""Text as a sequence of tokens, each one of a fixed vocabulary; taught in chapter 12."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from xent_lib._validation import (
    IntArray,
    check_fitted,
    check_not_negative_integer,
    check_text,
    check_tokens,
)

NUM_BYTES = 256
# A word with the space before it; digits and signs likewise; blank space between lines.
_PIECE = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\w\s]|_)+|\s+(?!\S)|\s")

Pair = tuple[int, int]


class BytePairTokenizer:
    """Byte-pair encoding: frequent neighbours become one token, again and again.

    A text is cut into words first, each with the space before it, and into runs of digits and
    of signs. Merges stay inside them, so no token holds more than one word.

    Parameters
    ----------
    num_merges : int
        How many merges to learn; the vocabulary has 256 tokens more. With 0 every byte is a
        token.

    Attributes
    ----------
    merges_ : list of tuple of int
        The pairs in the order in which they were learnt; pair ``k`` makes token ``256 + k``.
        Fewer than ``num_merges`` where no pair is left that occurs twice.
    vocabulary_ : list of bytes
        What each token stands for.

    Notes
    -----
    Taught in chapter 12. A fit counts the words in time and memory that grow linearly with
    the text. Each merge then takes time that grows with the number of different pairs and with
    the length of the words that hold the pair. Decoding takes time and memory that grow
    linearly with the text. So does encoding while words are short; the time for a word grows
    at most with the square of its length.

    References
    ----------
    .. [1] Sennrich, R., Haddow, B. and Birch, A. (2016). Neural machine translation of rare
       words with subword units. Proceedings of ACL, 1715-1725. doi:10.18653/v1/P16-1162

    Examples
    --------
    >>> tokenizer = BytePairTokenizer(num_merges=2).fit("banana bandana")
    >>> tokenizer.vocabulary_[256:]
    [b'an', b'ban']
    >>> tokenizer.encode("banana").tolist()
    [257, 256, 97]
    """

    merges_: list[Pair]
    vocabulary_: list[bytes]

    def __init__(self, num_merges: int) -> None:
        self.num_merges = num_merges

    def fit(self, text: str) -> Self:
        """Learn the merges from a text.

        A fit that fails or is interrupted leaves the tokeniser as it was.

        Parameters
        ----------
        text : str
            Where pairs are counted. Of pairs equally frequent, the one whose first token is
            smaller comes first, and of those the one whose second is.

        Returns
        -------
        BytePairTokenizer
            Itself.

        Raises
        ------
        TypeError
            If ``text`` is no string or ``num_merges`` no integer.
        ValueError
            If ``num_merges`` is negative, or ``text`` holds half of a surrogate pair, which no
            encoding of Unicode can write.
        """
        num_merges = check_not_negative_integer("num_merges", self.num_merges)
        pieces = Counter(_PIECE.findall(check_text("text", text)))
        words = _Words(pieces)
        merges: list[Pair] = []
        vocabulary = [bytes([value]) for value in range(NUM_BYTES)]
        while len(merges) < num_merges:
            pair = words.most_frequent_pair()
            if pair is None:
                break
            words.merge(pair, len(vocabulary))
            merges.append(pair)
            vocabulary.append(b"".join(vocabulary[one] for one in pair))
        # All at once, so that an interruption cannot leave half of it.
        vars(self).update(merges_=merges, vocabulary_=vocabulary)
        return self

    def encode(self, text: str) -> IntArray:
        """Write a text as tokens.

        Parameters
        ----------
        text : str
            Any text that UTF-8 can write, in whatever alphabet.

        Returns
        -------
        ndarray of int, shape (N,)
            From 0 to ``len(vocabulary_) - 1``.

        Raises
        ------
        TypeError
            If ``text`` is no string.
        ValueError
            If the tokeniser is not fitted yet, or ``text`` holds half of a surrogate pair.
        """
        check_fitted(self, "merges_")
        made = {pair: NUM_BYTES + k for k, pair in enumerate(self.merges_)}
        known: dict[str, list[int]] = {}
        tokens: list[int] = []
        for piece in _PIECE.findall(check_text("text", text)):
            if piece not in known:
                known[piece] = _merged_in_order(list(piece.encode()), made)
            tokens += known[piece]
        return np.array(tokens, dtype=np.int64)

    def decode(self, tokens: ArrayLike) -> str:
        """Write tokens as text.

        Parameters
        ----------
        tokens : array_like of int, shape (N,)
            From 0 to ``len(vocabulary_) - 1``.

        Returns
        -------
        str
            Of all the tokens that ``encode`` returned, the text it was given. A character may
            be spread over several tokens; where some of its bytes are missing, those that are
            there read as the replacement character, U+FFFD.

        Raises
        ------
        TypeError
            If ``tokens`` are no integers or have a mask.
        ValueError
            If one is out of range, or the tokeniser is not fitted yet.
        """
        check_fitted(self, "merges_")
        checked = check_tokens("tokens", tokens, len(self.vocabulary_))
        return b"".join(self.vocabulary_[one] for one in checked).decode(
            errors="replace"
        )


class _Words:
    """The different words of a text as tokens, and the pairs of neighbours in them."""

    def __init__(self, pieces: Counter[str]) -> None:
        self._words = [list(piece.encode()) for piece in pieces]
        self._times = list(pieces.values())
        self._pairs: Counter[Pair] = Counter()
        self._where: defaultdict[Pair, set[int]] = defaultdict(set)
        for index in range(len(self._words)):
            self._count(index, 1)

    def most_frequent_pair(self) -> Pair | None:
        """Return the pair to merge next, or None where none occurs twice."""
        best = max(
            self._pairs, key=lambda p: (self._pairs[p], -p[0], -p[1]), default=None
        )
        return best if best is not None and self._pairs[best] > 1 else None

    def merge(self, pair: Pair, token: int) -> None:
        """Put ``token`` where ``pair`` stands."""
        for index in self._where.pop(pair):
            self._count(index, -1)
            self._words[index] = _replaced(self._words[index], pair, token)
            self._count(index, 1)
        del self._pairs[pair]

    def _count(self, index: int, sign: int) -> None:
        word = self._words[index]
        for pair in pairwise(word):
            self._pairs[pair] += sign * self._times[index]
            if sign > 0:
                self._where[pair].add(index)


def _replaced(word: list[int], pair: Pair, token: int) -> list[int]:
    """``word`` with ``token`` for every ``pair``, from the left."""
    result: list[int] = []
    position = 0
    while position < len(word):
        found = tuple(word[position : position + 2]) == pair
        result.append(token if found else word[position])
        position += 2 if found else 1
    return result


def _merged_in_order(word: list[int], made: dict[Pair, int]) -> list[int]:
    """Merge the pairs of a word in the order in which they were learnt."""
    while True:
        pairs = [pair for pair in pairwise(word) if pair in made]
        if not pairs:
            return word
        first = min(pairs, key=made.__getitem__)
        word = _replaced(word, first, made[first])
