"""Entropy and its relatives, against scipy, exact values and their own laws."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose

from strategies import distributions
from xent_lib import cross_entropy, entropy, kl_divergence, perplexity, surprisal

Q = np.array([0.7, 0.2, 0.1])


@st.composite
def pairs(draw):
    """Two batches of distributions of one shape, and their axis."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=5))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    p = draw(distributions(shape, axis))
    return p, draw(distributions(shape, axis, zeros=False)), axis


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (surprisal(0.7), 0.3567),
        (surprisal(0.7, base=2), 0.5146),
        (surprisal(0.2), 1.6094),
        (surprisal(0.1), 2.3026),
        (entropy([1 / 3] * 3), 1.0986),
        (entropy(Q), 0.8018),
        (entropy(Q, base=2), 1.1568),
        (perplexity([1, 0, 0], Q), 1.4286),
        (cross_entropy([1, 0, 0], Q), 0.3567),
    ],
)
def test_the_running_example(value, printed):
    assert round(float(value), 4) == printed


@given(pairs())
def test_entropy_and_divergence_agree_with_scipy_on_every_axis(case):
    p, q, axis = case
    assert_allclose(
        entropy(p, axis=axis), scipy.stats.entropy(p, axis=axis), atol=1e-13
    )
    expected = scipy.stats.entropy(p, q, axis=axis)
    assert_allclose(kl_divergence(p, q, axis=axis), expected, atol=1e-13)


@given(pairs())
def test_cross_entropy_is_entropy_plus_divergence(case):
    p, q, axis = case
    parts = entropy(p, axis=axis) + kl_divergence(p, q, axis=axis)
    assert_allclose(cross_entropy(p, q, axis=axis), parts, atol=1e-13)


@given(pairs())
def test_gibbs_inequality(case):
    p, q, axis = case
    assert (kl_divergence(p, q, axis=axis) >= 0).all()
    assert (cross_entropy(p, q, axis=axis) >= entropy(p, axis=axis) - 1e-13).all()


@given(pairs(), st.floats(1.1, 20))
def test_the_base_divides_by_its_logarithm(case, base):
    p, q, axis = case
    for function, arguments in (
        (entropy, (p,)),
        (cross_entropy, (p, q)),
        (kl_divergence, (p, q)),
    ):
        nats = function(*arguments, axis=axis)
        assert_allclose(function(*arguments, base=base, axis=axis), nats / np.log(base))


@given(st.floats(1e-300, 1), st.floats(1e-3, 1))
def test_surprises_add_where_probabilities_multiply(a, b):
    assert_allclose(
        surprisal(a * b), surprisal(a) + surprisal(b), rtol=1e-12, atol=1e-12
    )


@given(pairs())
def test_perplexity_is_the_exponential_of_cross_entropy(case):
    p, q, axis = case
    assert_allclose(perplexity(p, q, axis=axis), np.exp(cross_entropy(p, q, axis=axis)))
    assert_allclose(perplexity(p, axis=axis), np.exp(entropy(p, axis=axis)))


def test_divergence_is_not_symmetric():
    assert_allclose(kl_divergence([0.5, 0.5], [0.9, 0.1]), 0.5108256237659907)
    assert_allclose(kl_divergence([0.9, 0.1], [0.5, 0.5]), 0.3680642071684971)


def test_an_event_that_never_happens_costs_nothing_whatever_its_forecast():
    assert cross_entropy([1, 0], [1, 0]) == 0
    assert kl_divergence([1, 0], [1, 0]) == 0
    assert entropy([1, 0]) == 0


def test_ruling_out_what_happens_costs_infinitely_much():
    assert cross_entropy([0.5, 0.5], [1, 0]) == np.inf
    assert kl_divergence([0.5, 0.5], [1, 0]) == np.inf
    assert surprisal(0) == np.inf


def test_certainty_costs_plus_zero():
    for value in (
        surprisal(1.0),
        entropy([1.0, 0.0]),
        cross_entropy([0.0, 1.0], [0.0, 1.0]),
    ):
        assert not np.signbit(value)


def test_divergence_of_a_distribution_from_itself_is_exactly_zero():
    p = np.random.default_rng(0).dirichlet(np.ones(7), size=100)
    assert (kl_divergence(p, p) == 0).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_width_of_the_floats_is_kept(dtype):
    p = np.array([0.5, 0.25, 0.25], dtype)
    for value in (surprisal(p), entropy(p), cross_entropy(p, p), kl_divergence(p, p)):
        assert value.dtype == dtype
    assert perplexity(p).dtype == dtype


def test_rounded_probabilities_are_accepted_and_forgotten_normalisation_is_not():
    entropy(np.float32([0.1] * 10))
    entropy([0.1] * 10)
    with pytest.raises(ValueError, match=r"sums to 1\.0001"):
        entropy([0.7880, 0.1366, 0.0755])


def test_an_empty_batch_gives_an_empty_result():
    assert entropy(np.empty((0, 3))).shape == (0,)
