"""Byte-pair encoding: what it learns, and that every text comes back whole."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xent_lib.datasets import load_corpus
from xent_lib.text.tokenizers import BytePairTokenizer, _Words

TEXT = "low low low lower lower newest newest newest newest widest widest"


@pytest.fixture(scope="module")
def english():
    return BytePairTokenizer(300).fit("\n\n".join(load_corpus().train[:60]))


def plain_merges(words, num_merges):
    """Counting everything anew at each merge."""
    words = {tuple(bytes([b]) for b in word.encode()): n for word, n in words.items()}
    learnt = []
    order = {bytes([b]): b for b in range(256)}
    for _ in range(num_merges):
        pairs = Counter()
        for word, times in words.items():
            for pair in pairwise(word):
                pairs[pair] += times
        best = max(pairs, key=lambda p: (pairs[p], -order[p[0]], -order[p[1]]))
        learnt.append(best[0] + best[1])
        order[learnt[-1]] = 256 + len(learnt) - 1
        merged = {}
        for word, times in words.items():
            out, rest = [], list(word)
            while rest:
                if tuple(rest[:2]) == best:
                    out.append(best[0] + best[1])
                    rest = rest[2:]
                else:
                    out.append(rest.pop(0))
            merged[tuple(out)] = merged.get(tuple(out), 0) + times
        words = merged
    return learnt


def test_merges_worked_by_hand():
    # "low" once, " low" 2, " lower" 2, " newest" 4, " widest" 2 times: so "es" stands 6 times,
    # as "st" does, whose tokens are larger; then "est" 6 times, then "lo" 5, as "ow" does.
    tokenizer = BytePairTokenizer(3).fit(TEXT)
    assert tokenizer.vocabulary_[256:] == [b"es", b"est", b"lo"]
    assert tokenizer.merges_ == [
        (ord("e"), ord("s")),
        (256, ord("t")),
        (ord("l"), ord("o")),
    ]


def test_merges_are_those_of_counting_everything_anew():
    words = Counter(
        [TEXT.split()[0], *(f" {word}" for word in TEXT.split()[1:]), *[" aaaa"] * 3]
    )
    tokenizer = BytePairTokenizer(12).fit(f"{TEXT} aaaa aaaa aaaa")
    assert tokenizer.vocabulary_[256:] == plain_merges(words, 12)


def test_without_merges_every_byte_is_a_token():
    tokenizer = BytePairTokenizer(0).fit(TEXT)
    assert tokenizer.encode("né").tolist() == [110, 0xC3, 0xA9]
    assert len(tokenizer.vocabulary_) == 256


def test_what_was_merged_first_is_merged_first():
    tokenizer = BytePairTokenizer(2).fit("ab\nab\nab\nbc\nbc")
    assert tokenizer.vocabulary_[256:] == [b"ab", b"bc"]
    assert tokenizer.encode("abc").tolist() == [256, ord("c")]


def test_learning_ends_where_no_pair_occurs_twice():
    assert BytePairTokenizer(50).fit("abc abd").vocabulary_[256:] == [b"ab"]
    assert BytePairTokenizer(5).fit("").merges_ == []


@given(st.text())
def test_every_text_comes_back(english, text):
    tokens = english.encode(text)
    assert english.decode(tokens) == text
    assert tokens.dtype == np.int64


def test_a_word_and_the_next_never_share_a_token(english):
    for token in english.vocabulary_[256:]:
        text = token.decode(errors="replace")
        assert " " not in text[1:] or text.isspace(), text


def test_more_merges_make_fewer_tokens():
    held_out = load_corpus().held_out[0]
    text = "\n\n".join(load_corpus().train[:60])
    lengths = [
        len(BytePairTokenizer(n).fit(text).encode(held_out)) for n in (0, 50, 200)
    ]
    assert lengths[0] == len(held_out.encode()) > lengths[1] > lengths[2]


def test_a_part_of_a_character_reads_as_the_replacement_character():
    assert BytePairTokenizer(0).fit("").decode([0xC3]) == "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\udc80 caf\u00e9"])
def test_half_of_a_surrogate_pair_is_refused_and_leaves_the_tokeniser(text):
    tokenizer = BytePairTokenizer(3).fit(TEXT)
    before = tokenizer.vocabulary_
    for call in (tokenizer.fit, tokenizer.encode):
        with pytest.raises(ValueError, match="is the half of a surrogate pair"):
            call(text)
    assert tokenizer.vocabulary_ is before
    assert tokenizer.decode(tokenizer.encode("low \U0001f600")) == "low \U0001f600"


@pytest.mark.parametrize("calls", [0, 1, 2])
def test_an_interrupted_fit_leaves_the_old_tokeniser_or_none(monkeypatch, calls):
    tokenizer = BytePairTokenizer(3).fit(TEXT)
    old = tokenizer.merges_, tokenizer.vocabulary_, tokenizer.encode(TEXT).tolist()
    merge, done = _Words.merge, []

    def interrupted(self, pair, token):
        if len(done) == calls:
            raise KeyboardInterrupt
        done.append(pair)
        merge(self, pair, token)

    monkeypatch.setattr(_Words, "merge", interrupted)
    fresh = BytePairTokenizer(3)
    for one in (tokenizer, fresh):
        done.clear()
        with pytest.raises(KeyboardInterrupt):
            one.fit("banana bandana banana")
    assert (tokenizer.merges_, tokenizer.vocabulary_) == old[:2]
    assert tokenizer.encode(TEXT).tolist() == old[2]
    with pytest.raises(ValueError, match="not fitted yet"):
        fresh.encode("a")


def test_a_character_may_be_spread_over_several_tokens():
    tokenizer = BytePairTokenizer(1).fit("\u20ac\u20ac")
    first, rest = tokenizer.encode("\u20ac")
    assert tokenizer.decode([first, rest]) == "\u20ac"
    assert tokenizer.decode([first]) == tokenizer.decode([rest])[0] == "\ufffd"
