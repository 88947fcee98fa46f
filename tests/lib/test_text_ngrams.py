"""The n-gram model: distributions over everything, worked by hand and by plain loops."""

import numpy as np
import pytest

from xent_lib import cross_entropy, one_hot, perplexity
from xent_lib.text import NgramModel, ngrams


@pytest.fixture
def text():
    """Skewed tokens 0 to 6 of a vocabulary of 8, so that token 7 is never seen."""
    return np.random.default_rng(3).binomial(6, 0.4, 400)


def forecast_by_loops(tokens, context, n, vocab_size, discount):
    """The formula for every token, counting in the text each time."""
    tokens, context = list(tokens), list(context)

    def q(word, length):
        if length < 0:
            return 1 / vocab_size
        head = context[len(context) - length :]
        followers = [
            tokens[k + length]
            for k in range(len(tokens) - length)
            if tokens[k : k + length] == head
        ]
        if not followers:
            return q(word, length - 1)
        kept = max(followers.count(word) - discount, 0)
        lent = discount * len(set(followers))
        return (kept + lent * q(word, length - 1)) / len(followers)

    longest = min(n - 1, len(context))
    return np.array([q(word, longest) for word in range(vocab_size)])


def test_a_bigram_worked_by_hand():
    # 0 1 0 2: token 0 twice, 1 and 2 once. Half an occurrence is taken off each count.
    model = NgramModel(2, vocab_size=4, discount=0.5).fit([0, 1, 0, 2])
    lent = 0.5 * 3 / 4 * 1 / 4
    unigram = np.array([1.5 / 4, 0.5 / 4, 0.5 / 4, 0]) + lent
    np.testing.assert_allclose(np.exp(model.log_prob([])), unigram)
    # After 0 came 1 and 2, once each: half of the whole is lent to the unigram.
    after_0 = np.array([0, 0.25, 0.25, 0]) + 0.5 * unigram
    np.testing.assert_allclose(np.exp(model.log_prob([0])), after_0)
    # Nothing ever followed 2, so the unigram speaks alone.
    np.testing.assert_allclose(np.exp(model.log_prob([2])), unigram)
    assert model.num_ngrams_ == 3 + 3


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("discount", [0.1, 0.75, 1.0])
def test_forecasts_are_those_of_plain_loops(text, n, discount):
    model = NgramModel(n, 8, discount=discount).fit(text)
    for context in ([], [2], [7], [2, 3], [7, 2, 3], text[5:12]):
        np.testing.assert_allclose(
            np.exp(model.log_prob(context)),
            forecast_by_loops(text, context, n, 8, discount),
            rtol=1e-12,
        )


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_every_forecast_is_a_distribution_in_which_nothing_is_impossible(text, n):
    model = NgramModel(n, 8).fit(text)
    contexts = [text[:k] for k in range(40)] + [[7] * 5, [0, 7, 0]]
    forecasts = np.exp([model.log_prob(context) for context in contexts])
    np.testing.assert_allclose(forecasts.sum(-1), 1, rtol=1e-12)
    assert (forecasts > 0).all()


@pytest.mark.parametrize("n", [1, 3])
def test_prices_are_the_forecasts_looked_up(text, n):
    model = NgramModel(n, 8).fit(text)
    other = np.array([3, 7, 7, 2, 3, 1, 2, 2, 4, 0])
    looked_up = [-model.log_prob(other[:k])[token] for k, token in enumerate(other)]
    np.testing.assert_allclose(model.surprisal(other), looked_up, rtol=1e-12)


def test_the_perplexity_of_a_text_is_the_exponential_of_its_mean_price(text):
    model = NgramModel(3, 8).fit(text)
    prices = model.surprisal(text[:50])
    forecasts = np.exp([model.log_prob(text[:k]) for k in range(50)])
    labels = one_hot(text[:50], 8)
    np.testing.assert_allclose(prices, cross_entropy(labels, forecasts))
    np.testing.assert_allclose(
        np.exp(prices.mean()), perplexity(labels, forecasts).prod() ** (1 / 50)
    )


def test_only_the_last_tokens_of_a_context_matter(text):
    model = NgramModel(3, 8).fit(text)
    short, long = model.log_prob([2, 3]), model.log_prob([5, 0, 1, 2, 3])
    np.testing.assert_array_equal(short, long)
    assert (NgramModel(1, 8).fit(text).log_prob([2]) == model.log_prob([])).all()


def test_a_longer_memory_always_fits_the_training_text_better(text):
    losses = [NgramModel(n, 8).fit(text).surprisal(text).mean() for n in (1, 2, 4, 6)]
    assert (np.diff(losses) < 0).all()


def test_a_text_without_tokens_costs_nothing_to_price(text):
    assert NgramModel(2, 8).fit(text).surprisal([]).shape == (0,)


def test_a_fit_that_fails_leaves_the_old_model_or_none(text):
    model, fresh = NgramModel(3, 8).fit(text), NgramModel(3, 8)
    before = model.log_prob([2, 3]), model.counts_, model.num_ngrams_
    for one in (model, fresh):
        with pytest.raises(ValueError, match="tokens must be between"):
            one.fit([1, 2, 99])
    np.testing.assert_array_equal(model.log_prob([2, 3]), before[0])
    assert model.counts_ is before[1] and model.num_ngrams_ == before[2]
    with pytest.raises(ValueError, match="not fitted yet"):
        fresh.log_prob([1])


def test_an_interrupted_fit_leaves_the_old_model_or_none(text, monkeypatch):
    model, fresh = NgramModel(3, 8).fit(text), NgramModel(3, 8)
    before = model.log_prob([2, 3]), model.counts_

    class Interrupting(ngrams.Counter):
        def total(self):
            raise KeyboardInterrupt

    monkeypatch.setattr(ngrams, "Counter", Interrupting)
    for one in (model, fresh):
        with pytest.raises(KeyboardInterrupt):
            one.fit([1, 1, 1, 2])
    np.testing.assert_array_equal(model.log_prob([2, 3]), before[0])
    assert model.counts_ is before[1]
    with pytest.raises(ValueError, match="not fitted yet"):
        fresh.surprisal([1])


def test_a_parameter_changed_after_the_fit_waits_for_the_next_one(text):
    model, same = NgramModel(2, 8).fit(text), NgramModel(2, 8).fit(text)
    model.n, model.vocab_size, model.discount = 6, 20, 0.1
    np.testing.assert_array_equal(model.log_prob([2]), same.log_prob([2]))
    np.testing.assert_array_equal(model.surprisal(text), same.surprisal(text))
    assert model.fit(text).log_prob([2]).shape == (20,)


def test_the_longest_context_seen_is_the_one_that_speaks():
    model = NgramModel(3, 4).fit([0, 1, 2, 0, 1, 3])
    # Nothing ever followed 3, with 1 before it or not: the unigram speaks.
    np.testing.assert_array_equal(model.log_prob([1, 3]), model.log_prob([]))
    # 3 was never before 0, but 0 alone was: the bigram speaks.
    np.testing.assert_array_equal(model.log_prob([3, 0]), model.log_prob([0]))


def test_a_probability_that_rounds_to_zero_has_an_infinite_price_and_no_warning():
    model = NgramModel(2, 5, discount=5e-324).fit([0, 1, 0])
    assert model.log_prob([0]).tolist()[1] == 0
    assert model.log_prob([0]).min() == -np.inf
    assert model.surprisal([0, 4]).tolist()[1] == np.inf
