"""Entropy and its relatives, against scipy, exact values and their own laws."""

import mpmath
import numpy as np
import pytest
import scipy.spatial.distance
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from strategies import distributions
from xent_lib import (
    cross_entropy,
    entropy,
    jensen_shannon_divergence,
    kl_divergence,
    perplexity,
    surprisal,
)

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


def exact_divergence(p, q):
    """60 digits of sum p log(p / q) - p + q, of the numbers as they are stored."""
    with mpmath.workdps(60):
        pairs = [
            (mpmath.mpf(float(a)), mpmath.mpf(float(b)))
            for a, b in zip(p, q, strict=True)
        ]
        terms = [(a * mpmath.log(a / b) if a else 0) - a + b for a, b in pairs]
        return float(mpmath.fsum(terms))


@pytest.mark.parametrize("distance", [1e-15, 1e-12, 1e-9, 1e-6, 1e-3, 0.1, 0.3, 1.0])
def test_a_small_divergence_keeps_its_digits(distance):
    rng = np.random.default_rng(4)
    for classes in (2, 3, 7):
        for _ in range(40):
            p = rng.dirichlet(np.ones(classes))
            q = p * (1 + distance * rng.uniform(-1, 1, classes))
            q /= q.sum()
            assert_allclose(kl_divergence(p, q), exact_divergence(p, q), rtol=1e-13)


def test_a_divergence_that_rounding_alone_would_drown_is_right():
    # D = (1 + d) / 2 log(1 + d) + (1 - d) / 2 log(1 - d) = d² / 2 + ..., with d = 2^-29.
    value = kl_divergence([0.5 + 2.0**-30, 0.5 - 2.0**-30], [0.5, 0.5])
    assert value == 2.0**-59
    narrow = np.float32([0.5 + 2.0**-12, 0.5 - 2.0**-12])
    assert kl_divergence(narrow, np.float32([0.5, 0.5])) == np.float32(2.0**-23)


def test_a_divergence_is_at_least_zero_for_the_smallest_probabilities():
    for p, q in (
        ([1e-320, 1.0], [1e-300, 1.0]),
        ([1e-300, 1.0], [0.5, 0.5]),
        ([0.5, 0.5], [1e-320, 1.0]),
        ([0.0, 1.0], [1e-17, 1.0]),
    ):
        value = kl_divergence(p, q)
        assert np.isfinite(value) and value >= 0
        assert_allclose(value, exact_divergence(p, q), rtol=1e-13)


LONG = 50257


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
def test_sums_along_an_axis_that_is_not_the_fast_one_keep_their_digits(dtype, order):
    u = np.asarray(np.full((LONG, 3), 1 / LONG, dtype), order=order)
    v = u.copy(order="K")
    v[::2], v[1::2] = 0.5 / LONG, 1.5 / LONG
    v /= v.sum(axis=0, dtype=np.float64).astype(dtype)
    # A rounded result, or a sum of LONG terms in float64, one after the other.
    rtol = max(2 * np.finfo(dtype).eps, LONG * np.finfo(float).eps)
    for arrays, axis in (((u, v), 0), ((u.T, v.T), 1), ((u.T, v.T), -1)):
        one, other = arrays
        p, q = (np.moveaxis(a, axis, -1)[0].astype(float) for a in arrays)
        assert_allclose(entropy(one, axis=axis), -(p * np.log(p)).sum(), rtol=rtol)
        crossed = -(p * np.log(q)).sum()
        assert_allclose(cross_entropy(one, other, axis=axis), crossed, rtol=rtol)
        apart = (p * np.log(p / q) - p + q).sum()
        assert_allclose(kl_divergence(one, other, axis=axis), apart, rtol=1e2 * rtol)
        assert_allclose(perplexity(one, other, axis=axis), np.exp(crossed), rtol=rtol)


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_million_float64_terms_lose_no_digits_along_any_axis(order):
    count = 10**6
    u = np.asarray(np.full((count, 2), 1 / count), order=order)
    # Sums in pairs: a rounding for each of twenty levels, and in blocks of 128 terms.
    assert_allclose(entropy(u, axis=0), np.log(count), rtol=8e-15)
    assert_allclose(cross_entropy(u, u, axis=0), np.log(count), rtol=8e-15)
    assert_allclose(perplexity(u, axis=0), count, rtol=1e-13)
    v = u.copy(order="K")
    v[::2] *= 1 + 2.0**-10
    v[1::2] *= 1 - 2.0**-10
    expected = count / 2 * exact_divergence(v[:2, 0], u[:2, 0])
    assert_allclose(kl_divergence(v, u, axis=0), expected, rtol=8e-15)


@pytest.mark.parametrize("classes", [3, 10, 100])
def test_how_an_array_lies_in_memory_changes_no_bit(classes):
    p, q = np.random.default_rng(1).dirichlet(np.ones(classes), (2, 500))
    for function, arrays in (
        (entropy, (p,)),
        (perplexity, (p,)),
        (cross_entropy, (p, q)),
        (kl_divergence, (p, q)),
    ):
        rows = function(*arrays)
        assert_array_equal(function(*map(np.asfortranarray, arrays)), rows)
        assert_array_equal(function(*(a.T.copy() for a in arrays), axis=0), rows)


@pytest.mark.parametrize("small", [1e-300, 1e-100, 1e-16, 1e-9])
@pytest.mark.parametrize("factor", [1e-7, 0.5, 0.8, 0.85, 1.25, 1.3, 3.0])
def test_a_single_improbable_class_adds_its_digits_to_a_divergence(small, factor):
    p, q = [small, 1.0], [small * factor, 1.0]
    assert_allclose(kl_divergence(p, q), exact_divergence(p, q), rtol=1e-14)


def test_ratios_beyond_the_format_have_finite_divergences():
    for p, q in (([1.0, 0.0], [5e-324, 1.0]), ([5e-324, 1.0], [1.0, 0.0])):
        finite = np.where(np.array(q) == 0, 5e-324, q)
        assert_allclose(kl_divergence(p, finite), exact_divergence(p, finite))
        assert (kl_divergence(p, q) == np.inf) == (0.0 in q)


@pytest.mark.parametrize("k", range(1, 64))
def test_powers_of_two_and_ten_have_whole_surprisals_in_bits_and_digits(k):
    assert surprisal(2.0**-k, base=2) == k
    rare = [2.0**-k, 1 - 2.0**-k]
    assert cross_entropy([1.0, 0.0], rare, base=2) == k
    # 1e-k is rounded, so its surprisal may miss k by that.
    assert_allclose(surprisal(10.0**-k, base=10), k, rtol=2.3e-16)


def test_a_perplexity_beyond_the_format_is_infinite_without_a_warning():
    for dtype in (np.float16, np.float32, np.float64):
        tiny = np.finfo(dtype).smallest_subnormal
        wide = perplexity(np.array([1, 0], dtype), np.array([tiny, 1], dtype))
        assert wide == np.inf and wide.dtype == dtype


def test_float16_is_worked_out_wide_and_rounded_once():
    p = np.full((4096, 2), 2.0**-12, np.float16)
    assert (entropy(p, axis=0) == np.float16(12 * np.log(2))).all()
    assert (perplexity(p, axis=0) == 4096).all()
    assert (cross_entropy(p, p, axis=0, base=2) == 12).all()
    assert surprisal(np.float16(2.0**-24), base=2) == 24


def test_long_doubles_keep_their_digits_in_every_base():
    p = np.array([1, 2, 5], np.longdouble) / 8
    q = np.array([3, 1, 4], np.longdouble) / 8
    rtol = 4 * np.finfo(np.longdouble).eps
    for base in (None, 2, 10.5):
        unit = 1 if base is None else np.log(np.longdouble(base))
        h = entropy(p, base=base)
        assert h.dtype == np.longdouble
        assert_allclose(h, -(p * np.log(p)).sum() / unit, rtol=rtol)
        apart = (p * np.log(p / q)).sum() / unit
        assert_allclose(kl_divergence(p, q, base=base), apart, rtol=rtol)
        assert_allclose(surprisal(p, base=base), -np.log(p) / unit, rtol=rtol)
    near = q * (1 + np.array([3, 1, -2.5], np.longdouble) * 2.0**-40)
    d = near - q
    expected = (d**2 / (2 * q) - d**3 / (6 * q**2)).sum()
    assert_allclose(kl_divergence(near, q), expected, rtol=1e3 * rtol)


@pytest.mark.parametrize("dtype", [">f2", ">f4", ">f8", "<f4"])
def test_byte_order_changes_nothing(dtype):
    p = np.array([0.5, 0.25, 0.25], dtype)
    native = p.astype(p.dtype.newbyteorder("="))
    for function in (surprisal, entropy, perplexity):
        assert function(p).dtype == native.dtype
        assert (function(p) == function(native)).all()
    for function in (cross_entropy, kl_divergence):
        assert function(p, native[::-1]) == function(native, p[::-1])


def test_results_have_the_widest_format_given_and_integers_count_as_float64():
    narrow, wide = np.float16([0.5, 0.5]), np.float32([0.5, 0.5])
    assert cross_entropy(narrow, wide).dtype == kl_divergence(wide, narrow).dtype
    assert cross_entropy(narrow, wide).dtype == np.float32
    assert entropy([1, 0]).dtype == surprisal(1).dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_tolerance_of_a_sum_is_the_root_of_machine_epsilon(dtype):
    tolerance = float(np.sqrt(np.finfo(dtype).eps))
    p = np.array([0.5, 0.5], dtype)
    p[0] += dtype(0.75 * tolerance)
    assert entropy(p) > 0
    p[0] += dtype(0.75 * tolerance)
    with pytest.raises(ValueError, match="p must sum to 1"):
        entropy(p)


@given(pairs())
def test_jensen_shannon_is_scipys_divergences_from_the_mixture(case):
    p, q, axis = case
    # scipy.spatial.distance.jensenshannon takes a root, of a sum that may be negative.
    halves = [scipy.stats.entropy(side, (p + q) / 2, axis=axis) for side in (p, q)]
    expected = sum(halves) / 2
    assert_allclose(jensen_shannon_divergence(p, q, axis=axis), expected, atol=1e-13)
    in_bits = jensen_shannon_divergence(p, q, axis=axis, base=2)
    assert_allclose(in_bits * np.log(2), expected, atol=1e-13)


@given(pairs())
def test_jensen_shannon_is_symmetric_and_between_zero_and_log_two(case):
    p, q, axis = case
    value = jensen_shannon_divergence(p, q, axis=axis)
    assert_array_equal(jensen_shannon_divergence(q, p, axis=axis), value)
    assert (value >= 0).all() and (value <= np.log(2) * (1 + 1e-14)).all()
    assert (jensen_shannon_divergence(p, p, axis=axis) == 0).all()


def exact_jensen_shannon(p, q):
    with mpmath.workdps(80):
        terms = []
        for a, b in zip(p, q, strict=True):
            a, b = mpmath.mpf(float(a)), mpmath.mpf(float(b))
            m = (a + b) / 2
            terms += [x * mpmath.log(x / m) for x in (a, b) if x]
        return float(mpmath.fsum(terms) / 2)


@pytest.mark.parametrize(
    "distance", [1e-15, 1e-12, 1e-9, 1e-6, 1e-3, 0.1, 0.19, 0.21, 1.0]
)
def test_a_small_jensen_shannon_divergence_keeps_its_digits(distance):
    rng = np.random.default_rng(14)
    for classes in (2, 3, 7):
        for _ in range(40):
            p = rng.dirichlet(np.ones(classes))
            q = p * (1 + distance * rng.uniform(-1, 1, classes))
            q /= q.sum()
            value = jensen_shannon_divergence(p, q)
            assert_allclose(value, exact_jensen_shannon(p, q), rtol=3e-14)


def test_jensen_shannon_of_classes_that_only_one_allows():
    for p, q in (
        ([1.0, 0.0, 0.0], [0.7, 0.2, 0.1]),
        ([0.5, 0.5, 0.0], [0.0, 0.5, 0.5]),
        ([5e-324, 1.0], [0.0, 1.0]),
        ([1e-300, 1.0], [1e-9, 1.0]),
    ):
        value = jensen_shannon_divergence(p, q)
        assert_allclose(value, exact_jensen_shannon(p, q), rtol=1e-14)
    assert jensen_shannon_divergence([1, 0], [0, 1], base=2) == 1
    assert jensen_shannon_divergence(np.float32([1, 0]), np.float16([0, 1])).dtype == (
        np.float32
    )


def test_long_doubles_keep_the_digits_of_a_jensen_shannon_divergence():
    q = np.array([3, 1, 4], np.longdouble) / 8
    step = np.array([3, 1, -2.5], np.longdouble) * 2.0**-40
    near = q * (1 + step)
    s = (near - q) / (near + q)
    expected = ((near + q) / 2 * (s**2 / 2 + s**4 / 12)).sum()
    rtol = 1e3 * np.finfo(np.longdouble).eps
    assert_allclose(jensen_shannon_divergence(near, q), expected, rtol=rtol)


def test_jensen_shannon_is_the_square_of_scipys_distance():
    p, q = np.random.default_rng(14).dirichlet(np.ones(4), (2, 50))
    distance = scipy.spatial.distance.jensenshannon(p, q, axis=1)
    assert_allclose(jensen_shannon_divergence(p, q), distance**2, rtol=1e-12)
