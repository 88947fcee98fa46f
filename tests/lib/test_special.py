"""logsumexp, softmax and their logarithms, against scipy, mpmath and their own laws."""

import mpmath
import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from strategies import logits, logits_and_axis
from xent_lib import log_sigmoid, log_softmax, logsumexp, softmax

TOLERANCE = {np.dtype(np.float32): 3e-6, np.dtype(np.float64): 1e-14}


def assert_close(actual, expected, dtype, scale=1.0):
    tolerance = TOLERANCE[np.dtype(dtype)]
    assert_allclose(actual, expected, rtol=tolerance, atol=tolerance * scale)


@given(logits_and_axis(), st.booleans())
def test_logsumexp_agrees_with_scipy_on_every_axis(case, keepdims):
    x, axis = case
    expected = scipy.special.logsumexp(
        x.astype(np.float64), axis=axis, keepdims=keepdims
    )
    actual = logsumexp(x, axis, keepdims)
    assert np.shape(actual) == np.shape(expected)
    assert_close(actual, expected, x.dtype, scale=10)


@given(logits_and_axis())
def test_softmax_and_its_logarithm_agree_with_scipy_on_every_axis(case):
    x, axis = case
    wide = x.astype(np.float64)
    assert_close(softmax(x, axis), scipy.special.softmax(wide, axis=axis), x.dtype)
    assert_close(
        log_softmax(x, axis), scipy.special.log_softmax(wide, axis=axis), x.dtype, 100
    )


@given(logits_and_axis())
def test_softmax_is_a_distribution(case):
    x, axis = case
    p = softmax(x, axis)
    assert p.shape == x.shape
    assert (p >= 0).all()
    assert_close(p.sum(axis=axis), 1, x.dtype)


@given(logits(dtypes=(np.float64,)), st.floats(-1e3, 1e3))
def test_a_shift_leaves_softmax_alone_and_shifts_logsumexp(x, shift):
    assert_allclose(softmax(x + shift), softmax(x), atol=1e-12)
    assert_allclose(logsumexp(x + shift), logsumexp(x) + shift, atol=1e-11)


@given(logits(dtypes=(np.float64,)))
def test_logsumexp_lies_between_the_maximum_and_the_maximum_plus_log_of_the_count(x):
    largest = x.max(axis=-1)
    assert (logsumexp(x) >= largest).all()
    assert (logsumexp(x) <= largest + np.log(x.shape[-1]) + 1e-12).all()


@given(st.lists(st.floats(-700, 700), min_size=1, max_size=8))
def test_logsumexp_agrees_with_sixty_digits(values):
    with mpmath.workdps(60):
        exact = float(mpmath.log(mpmath.fsum(mpmath.exp(v) for v in values)))
    assert_allclose(logsumexp(values), exact, rtol=4e-16, atol=4e-16)


def test_an_excess_far_below_the_maximum_keeps_its_digits():
    assert_allclose(logsumexp([0.0, -40.0]), 4.248354255291589e-18, rtol=1e-15)


@given(st.floats(-1e4, 1e4))
def test_log_sigmoid_agrees_with_scipy_and_is_the_two_class_log_softmax(x):
    assert_allclose(log_sigmoid(x), scipy.special.log_expit(x), rtol=1e-15, atol=0)
    assert_allclose(log_sigmoid(x), log_softmax([x, 0.0])[0], rtol=1e-14, atol=0)


@pytest.mark.parametrize("size", [1e4, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_scores_neither_overflow_nor_become_nan(size, dtype):
    x = np.array([size, -size, size / 2], dtype)
    assert logsumexp(x) == dtype(size)
    assert_array_equal(softmax(x), np.array([1, 0, 0], dtype))
    assert_array_equal(log_softmax(x), x - x[0])
    assert log_sigmoid(dtype(-size)) == dtype(-size)


@pytest.mark.parametrize("function", [softmax, log_softmax, logsumexp, log_sigmoid])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_width_of_the_floats_is_kept(function, dtype):
    assert function(np.ones((2, 3), dtype)).dtype == dtype


def test_half_precision_is_rounded_once_at_the_end():
    x = np.linspace(-3, 3, 1000).astype(np.float16)
    exact = scipy.special.logsumexp(x.astype(np.float64))
    assert logsumexp(x) == np.float16(exact)
    assert_array_equal(
        softmax(x), scipy.special.softmax(x.astype(np.float64)).astype(np.float16)
    )


def test_integers_count_as_float64():
    assert softmax([1, 2]).dtype == np.float64


def test_a_class_at_minus_infinity_gets_probability_zero():
    x = [[0.0, -np.inf], [-np.inf, 3.0]]
    assert_array_equal(softmax(x), [[1, 0], [0, 1]])
    assert_array_equal(log_softmax(x), [[0, -np.inf], [-np.inf, 0]])
    assert_array_equal(logsumexp(x), [0, 3])


def test_the_extended_reals_of_logsumexp():
    assert logsumexp([-np.inf, -np.inf]) == -np.inf
    assert logsumexp([np.inf, 1.0]) == np.inf
    assert np.isnan(logsumexp([np.nan, 1.0]))


def test_log_sigmoid_of_infinity():
    assert log_sigmoid(np.inf) == 0
    assert log_sigmoid(-np.inf) == -np.inf


def test_one_class_is_certain():
    assert_array_equal(softmax([[5.0], [-5.0]]), [[1], [1]])
    assert_array_equal(log_softmax([[5.0]]), [[0]])
    assert_array_equal(logsumexp([[5.0]]), [5])


def test_an_empty_batch_gives_an_empty_result():
    assert softmax(np.empty((0, 3))).shape == (0, 3)
    assert logsumexp(np.empty((0, 3))).shape == (0,)


def test_strides_do_not_matter_and_the_input_is_left_alone():
    x = np.arange(24.0).reshape(4, 6)
    view = x[::2, ::-2]
    before = x.copy()
    assert_array_equal(softmax(view), softmax(view.copy()))
    assert_array_equal(logsumexp(view, 0), logsumexp(view.copy(), 0))
    assert_array_equal(x, before)
