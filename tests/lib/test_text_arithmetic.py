"""The arithmetic coder: every text comes back, at the price of its surprisal; garbage does not."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xent_lib.datasets import load_corpus
from xent_lib.text import (
    BytePairTokenizer,
    NgramModel,
    arithmetic,
    arithmetic_decode,
    arithmetic_encode,
)

PRICES = np.log([0.7, 0.2, 0.1])
MARK = 4  # bytes behind every text


def always(context):
    return PRICES


def uniform_bytes(context):
    return np.full(256, -math.log(256))


def skewed_by_the_last(context):
    """Forecasts of 256 bytes that depend on the last one, some of them 0."""
    last = context[-1] if context else 0
    q = 1.0 / (1 + (np.arange(256) - last) % 256) ** 3
    q[(last + 7) % 256] = 0
    with np.errstate(divide="ignore"):
        return np.log(q / q.sum())


def by_fractions(tokens, q, mark=Fraction(0x9E3779B1, 2**32)):
    """The shortest byte fraction in the interval, by exact arithmetic."""
    low, width = Fraction(0), Fraction(1)
    q = [Fraction(share) for share in q]
    for token in tokens:
        low, width = low + width * sum(q[:token]), width * q[token]
    low, width = low + width * mark, width / 2**32
    length = 0
    while True:
        unit = Fraction(1, 256**length)
        number = math.ceil(low / unit)
        if number * unit < low + width:
            return number.to_bytes(length, "big")
        length += 1


@pytest.mark.parametrize("forecast", [uniform_bytes, skewed_by_the_last])
@given(text=st.binary(max_size=300))
def test_any_bytes_come_back(forecast, text):
    code = arithmetic_encode(list(text), forecast)
    assert bytes(arithmetic_decode(code, forecast, len(text)).tolist()) == text


@settings(deadline=None)
@given(text=st.text(max_size=100))
def test_any_text_comes_back_through_a_tokenizer_and_a_count_model(text):
    tokenizer = BytePairTokenizer(20).fit("banana bandana, a banner and ananas")
    model = NgramModel(3, 276).fit(tokenizer.encode("a banana and a bandana"))

    def forecast(context):
        return model.log_prob(context[-2:])

    tokens = tokenizer.encode(text)
    code = arithmetic_encode(tokens, forecast)
    decoded = arithmetic_decode(code, forecast, len(tokens))
    assert tokenizer.decode(decoded).encode() == text.encode()


@given(text=st.lists(st.integers(0, 1), max_size=100))
def test_the_code_is_that_of_exact_fractions_where_no_share_is_rounded(text):
    # Two equal shares are equally many slots, so nothing is rounded.
    code = arithmetic_encode(text, lambda context: np.log([0.5, 0.5]))
    assert code == by_fractions(text, [0.5, 0.5])


def test_codes_are_as_long_as_those_of_exact_fractions():
    """One text may have luck, a round number in its interval; all together have none."""
    q = [Fraction(7, 10), Fraction(2, 10), Fraction(1, 10)]
    texts = [text for n in range(7) for text in product(range(3), repeat=n)]
    exact = sum(len(by_fractions(text, q)) for text in texts)
    total = sum(len(arithmetic_encode(text, always)) for text in texts)
    assert total == pytest.approx(exact, rel=0.01)


@settings(deadline=None)
@given(
    text=st.lists(st.integers(0, 2), max_size=400),
    q=st.tuples(*[st.floats(0.001, 1)] * 3),
)
def test_a_code_has_no_more_bytes_than_its_price(text, q):
    log_q = np.log(np.array(q) / sum(q))
    bits = -sum(log_q[token] for token in text) / math.log(2)
    code = arithmetic_encode(text, lambda context: log_q)
    assert len(code) <= MARK + math.ceil(bits / 8 + 1e-4)
    assert arithmetic_decode(code, lambda context: log_q, len(text)).tolist() == text


def test_the_codes_of_texts_of_one_length_differ():
    texts = [
        [a, b, c, d]
        for a in range(3)
        for b in range(3)
        for c in range(3)
        for d in range(3)
    ]
    assert len({arithmetic_encode(text, always) for text in texts}) == 81


@pytest.mark.parametrize(("token", "share"), [(0, 0.7), (1, 0.2), (2, 0.1)])
def test_a_long_text_has_the_length_of_its_price(token, share):
    length = math.ceil(-1000 * math.log2(share) / 8)
    code = arithmetic_encode([token] * 1000, always)
    assert len(code) - MARK in (length - 1, length)


def test_a_carry_runs_through_a_row_of_full_bytes():
    # The token 1 alone begins just below one half. What comes after it decides, as late as it
    # comes, on which side of one half the number lies: 0.0111... or 0.1000...
    log_q = np.log([0.5 - 2**-20, 2**-19, 0.5 - 2**-20])
    for n in range(80):
        for text in (
            [1] + [2] * n,
            [1] + [0] * n,
            [1, 0] + [2] * n + [0],
            [1, 2] + [0] * n,
        ):
            code = arithmetic_encode(text, lambda context: log_q)
            decoded = arithmetic_decode(code, lambda context: log_q, len(text))
            assert decoded.tolist() == text


def test_carries_happen_and_are_passed_on(monkeypatch):
    carried = []
    carry = arithmetic._Interval._carry

    def counted(self):
        full = bytes(self._bytes).endswith(b"\xff")
        carry(self)
        carried.append(full)

    monkeypatch.setattr(arithmetic._Interval, "_carry", counted)
    rng = np.random.default_rng(0)
    text = rng.choice(3, 20_000, p=[0.7, 0.2, 0.1])
    code = arithmetic_encode(text, always)
    assert sum(carried) > 0 and len(carried) > sum(carried)
    np.testing.assert_array_equal(arithmetic_decode(code, always, len(text)), text)


def test_a_token_of_probability_zero_costs_about_four_bytes():
    with np.errstate(divide="ignore"):
        log_q = np.log([0.5, 0.5, 0.0])
    code = arithmetic_encode([2] * 100, lambda context: log_q)
    assert len(code) - MARK in (399, 400)
    assert arithmetic_decode(code, lambda context: log_q, 100).tolist() == [2] * 100


def test_a_text_without_tokens_and_a_vocabulary_of_one_cost_the_mark_alone():
    mark = (0x9E3779B1).to_bytes(4, "big")
    assert arithmetic_encode([], always) == mark
    assert arithmetic_decode(mark, always, 0).tolist() == []
    assert arithmetic_encode([0] * 50, lambda context: [0.0]) == mark
    assert arithmetic_decode(mark, lambda context: [0.0], 50).tolist() == [0] * 50


@pytest.mark.parametrize("merges", [0, 200])
def test_the_corpus_comes_back_byte_for_byte(merges):
    corpus = load_corpus()
    train, held_out = ("\n\n".join(part) for part in (corpus.train, corpus.held_out))
    tokenizer = BytePairTokenizer(merges).fit(train)
    model = NgramModel(3, 256 + merges).fit(tokenizer.encode(train))

    def forecast(context):
        return model.log_prob(context[-2:])

    tokens = tokenizer.encode(held_out)
    code = arithmetic_encode(tokens, forecast)
    bits = model.surprisal(tokens).sum() / math.log(2)
    assert len(code) - MARK in (math.ceil(bits / 8) - 1, math.ceil(bits / 8))
    decoded = arithmetic_decode(code, forecast, len(tokens))
    assert tokenizer.decode(decoded).encode() == held_out.encode()


def test_the_whole_corpus_file_comes_back_byte_for_byte():
    corpus = load_corpus()
    text = "\n\n".join(corpus.train + corpus.held_out).encode()
    shares = np.bincount(list(text), minlength=256) + 1
    log_q = np.log(shares / shares.sum())
    code = arithmetic_encode(list(text), lambda context: log_q)
    length = math.ceil(-log_q[list(text)].sum() / math.log(2) / 8)
    assert len(code) - MARK in (length - 1, length)
    decoded = arithmetic_decode(code, lambda context: log_q, len(text))
    assert bytes(decoded.tolist()) == text


CODE = arithmetic_encode([0, 1, 2, 0, 2, 2, 1, 0, 1, 2], always)
GARBAGE = "code must be what arithmetic_encode returns"


@pytest.mark.parametrize(
    ("code", "num_tokens"),
    [
        (CODE + b"\0", 10),
        (CODE + b"x", 10),
        (CODE[:-1], 10),
        (CODE[:-4], 10),
        (CODE[::-1], 10),
        (bytes([CODE[0] ^ 1]) + CODE[1:], 10),
        (CODE, 9),
        (CODE, 11),
        (CODE, 0),
        (CODE, 100_000),
        (b"", 10),
        (b"", 100_000),
        (b"\0", 0),
        (b"\0" * 50, 10),
        (b"\xff" * 50, 10),
        (b"\xff" * 50, 100_000),
    ],
)
def test_garbage_is_an_error(code, num_tokens):
    with pytest.raises(ValueError, match=GARBAGE):
        arithmetic_decode(code, always, num_tokens)


@settings(deadline=None)
@given(code=st.binary(max_size=60), num_tokens=st.integers(0, 200))
def test_any_bytes_are_the_code_of_what_is_read_from_them_or_an_error(code, num_tokens):
    calls = []

    def counted(context):
        calls.append(1)
        return PRICES

    try:
        tokens = arithmetic_decode(code, counted, num_tokens)
    except ValueError:
        with pytest.raises(ValueError, match=GARBAGE):
            arithmetic_decode(code, always, num_tokens)
    else:
        assert arithmetic_encode(tokens, always) == code
    assert len(calls) <= num_tokens


@given(place=st.integers(0), bit=st.integers(0, 7))
def test_a_bit_that_was_turned_is_noticed(place, bit):
    damaged = bytearray(CODE)
    damaged[place % len(CODE)] ^= 1 << bit
    with pytest.raises(ValueError, match=GARBAGE):
        arithmetic_decode(bytes(damaged), always, 10)


def test_where_each_byte_is_a_token_a_changed_one_is_another_text():
    def even(context):
        return np.full(256, -np.log(256))

    code = arithmetic_encode([7, 8, 9], even)
    assert code[:3] == bytes([7, 8, 9])
    damaged = bytes([7, 80, 9]) + code[3:]
    assert arithmetic_decode(damaged, even, 3).tolist() == [7, 80, 9]


def test_tokens_that_are_all_but_certain_may_share_a_code_at_different_lengths():
    def sure(context):
        return np.log([1 - 1e-12, 1e-12])

    assert arithmetic_decode(arithmetic_encode([0, 0], sure), sure, 1).tolist() == [0]
    code = arithmetic_encode([0, 0], always)
    for num_tokens in (0, 1, 3, 4):
        with pytest.raises(ValueError, match="no text has this code"):
            arithmetic_decode(code, always, num_tokens)


def test_a_list_that_the_forecast_sees_is_the_text_so_far():
    seen = []

    def forecast(context):
        seen.append(list(context))
        return PRICES

    arithmetic_encode(np.array([2, 0, 1]), forecast)
    assert seen == [[], [2], [2, 0]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_narrow_forecasts_are_accepted_as_they_are(dtype):
    log_q = PRICES.astype(dtype)
    code = arithmetic_encode([0, 1, 2], lambda context: log_q)
    assert arithmetic_decode(code, lambda context: log_q, 3).tolist() == [0, 1, 2]
