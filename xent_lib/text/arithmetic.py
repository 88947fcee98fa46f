"""A text as one number: an arithmetic coder whose price list is a language model; chapter 12."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from xent_lib._validation import (
    IntArray,
    check_bytes,
    check_callable,
    check_code,
    check_forecast,
    check_not_negative_integer,
    check_tokens,
    check_vocabulary_has,
)

Forecast = Callable[[list[int]], ArrayLike]

_SLOTS = 1 << 32  # that the tokens of a forecast share
_MARK = (
    0x9E3779B1  # the slot behind the text; not an end, where rows of 0 or 1 would lead
)
_BYTE = 8
_BITS = 64  # of the interval that are kept at hand
_NARROWEST = 1 << (_BITS - _BYTE)


def arithmetic_encode(tokens: ArrayLike, log_prob: Forecast) -> bytes:
    r"""Write a text as one number, in about as many bits as its summed surprisal.

    The number is a binary fraction. The text starts with the interval from 0 to 1. Each token
    keeps its share of the interval and gives up the rest, so after the text
    :math:`w_1, \dots, w_N` the interval is as wide as the probability of the whole text. The
    code is the shortest fraction in it, counted in bytes, and so has, up to the rounding of the
    shares, at most

    .. math::
        4 + \left\lceil \frac{1}{8} \sum_{i=1}^{N} -\log_2 q(w_i \mid w_1, \dots, w_{i-1})
            \right\rceil

    bytes. The 4 are those of a mark behind the text, one slot of :math:`2^{32}`, by which the
    decoder can notice a damaged code.

    Parameters
    ----------
    tokens : array_like of int, shape (N,)
        The text.
    log_prob : callable
        Takes the tokens so far, a list that it must not change, and returns the
        log-probabilities of the next one in nats, shape ``(vocab_size,)``.

    Returns
    -------
    bytes
        The code. It holds neither the model nor N; who decodes it needs both.

    Raises
    ------
    TypeError
        If ``tokens`` are no integers or have a mask, ``log_prob`` cannot be called, or what it
        returns are no real numbers.
    ValueError
        If a token is out of range, or what ``log_prob`` returns is no distribution.

    Notes
    -----
    Chapter 12 builds it. The interval is cut into about :math:`2^{32}` slots, of which each
    token gets a whole number, one at least, so a token of probability 0 costs about 32 bits.
    Time grows with N times the size of the vocabulary, plus the time of the forecasts, memory
    linearly with N.

    References
    ----------
    .. [1] Witten, I. H., Neal, R. M. and Cleary, J. G. (1987). Arithmetic coding for data
       compression. Communications of the ACM 30, 520-540. doi:10.1145/214762.214771

    Examples
    --------
    Eighteen letters of probability 0.7, and one each of 0.2 and 0.7, cost 12.1 bits, which fit
    into two bytes; with the mark it is six.

    >>> def always_the_same(context):
    ...     return np.log([0.7, 0.2, 0.1])
    >>> len(arithmetic_encode([0] * 18 + [1, 0], always_the_same))
    6
    """
    text = check_tokens("tokens", tokens, np.iinfo(np.int64).max).tolist()
    check_callable("log_prob", log_prob)
    seen: list[int] = []
    interval = _Interval()
    for token in text:
        ends = _ends(log_prob(seen))
        check_vocabulary_has("tokens", len(seen), token, len(ends) - 1)
        interval.narrow(ends[token], ends[token + 1], ends[-1])
        seen.append(token)
    interval.narrow(_MARK, _MARK + 1, _SLOTS)
    return interval.shortest_fraction()


def arithmetic_decode(code: bytes, log_prob: Forecast, num_tokens: int) -> IntArray:
    """Read the text that ``arithmetic_encode`` wrote as one number.

    Parameters
    ----------
    code : bytes
        What ``arithmetic_encode`` returned.
    log_prob : callable
        The forecasts that it was given, equal to the last bit: with one that differs by
        rounding, what is read may go wrong from some token on, and then nearly always ends
        in the error below.
    num_tokens : int
        N, the number of tokens to read.

    Returns
    -------
    ndarray of int, shape (num_tokens,)

    Raises
    ------
    TypeError
        If ``code`` is not bytes, ``num_tokens`` no integer, ``log_prob`` cannot be called, or
        what it returns are no real numbers.
    ValueError
        If ``num_tokens`` is negative, what ``log_prob`` returns is no distribution, or
        ``code`` is not the code of a text of ``num_tokens`` tokens under these forecasts.

    Notes
    -----
    Chapter 12 builds it. After the text the mark has to follow, and what was read has to have
    this code and no other. A code that was cut short leads to the mark by chance alone,
    about once in :math:`2^{32}` times, and so does a changed one, if the change moves all that
    is read behind it. It need not: under a uniform forecast over 256 tokens each byte of the
    text's code is one token, and with one of them changed it is the code of another text. A
    code that is read with another number of tokens leads to the mark by chance too, unless the
    forecasts are all but certain: texts of one token alone, which had probability 1 each time,
    may share a code at different lengths.
    Time and memory are those of ``arithmetic_encode``, whatever the code is.

    Examples
    --------
    >>> def always_the_same(context):
    ...     return np.log([0.7, 0.2, 0.1])
    >>> code = arithmetic_encode([0, 2, 1, 0], always_the_same)
    >>> arithmetic_decode(code, always_the_same, 4).tolist()
    [0, 2, 1, 0]
    """
    rest = iter(check_bytes("code", code))
    check_callable("log_prob", log_prob)
    num_tokens = check_not_negative_integer("num_tokens", num_tokens)
    seen: list[int] = []
    interval = _Interval()
    # How far the number lies above the lower end of the interval.
    above = int.from_bytes(next(rest, 0) for _ in range(_BITS // _BYTE))
    for _ in range(num_tokens):
        ends = _ends(log_prob(seen))
        slot = interval.width // ends[-1]
        check_code("code", above < slot * ends[-1], num_tokens)
        token = bisect_right(ends, above // slot) - 1
        above -= slot * ends[token]
        for _ in range(interval.narrow(ends[token], ends[token + 1], ends[-1])):
            above = above << _BYTE | next(rest, 0)
        seen.append(token)
    interval.narrow(_MARK, _MARK + 1, _SLOTS)
    check_code("code", interval.shortest_fraction() == code, num_tokens)
    return np.array(seen, dtype=np.int64)


class _Interval:
    """From ``low`` to ``low + width``, behind the bytes that are set aside."""

    def __init__(self) -> None:
        self.width = 1 << _BITS
        self._low = 0
        self._bytes = bytearray()

    def narrow(self, start: int, end: int, slots: int) -> int:
        """Keep the slots from ``start`` to ``end``; say how many bytes were set aside."""
        slot = self.width // slots
        self._low += slot * start
        self.width = slot * (end - start)
        if self._low >> _BITS:
            self._carry()
        moved = 0
        while self.width < _NARROWEST:
            self._bytes.append(self._low >> (_BITS - _BYTE))
            self._low = (self._low << _BYTE) % (1 << _BITS)
            self.width <<= _BYTE
            moved += 1
        return moved

    def shortest_fraction(self) -> bytes:
        """Return the bytes of the shortest number in the interval, without zeros at its end."""
        for zeros in range(_BITS, -1, -_BYTE):
            number = -(-self._low >> zeros) << zeros  # the first with so many zero bits
            if number < self._low + self.width:
                break
        whole = (int.from_bytes(self._bytes) << _BITS) + number
        return whole.to_bytes(len(self._bytes) + _BITS // _BYTE).rstrip(b"\0")

    def _carry(self) -> None:
        """Add 1 to the bytes set aside, as in 1999 + 1."""
        self._low %= 1 << _BITS
        place = len(self._bytes) - 1
        while self._bytes[place] == (1 << _BYTE) - 1:
            self._bytes[place] = 0
            place -= 1
        self._bytes[place] += 1


def _ends(log_prob: ArrayLike) -> list[int]:
    """Share out the slots: where each token's begin, and where the last one's end."""
    q = check_forecast("log_prob", log_prob)
    shares = np.floor(q / q.sum() * (_SLOTS - len(q))).astype(np.int64) + 1
    return [0, *np.cumsum(shares).tolist()]
