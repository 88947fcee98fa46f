"""logsumexp, softmax and their logarithms, against scipy, mpmath and their own laws."""

import sys
import threading

import mpmath
import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from exact import WIDER, exactly
from strategies import logits, logits_and_axis
from xent_lib import log_sigmoid, log_softmax, logsumexp, sigmoid, softmax

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


@pytest.mark.parametrize("value", [-0.3, -1.234, -2.7])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_million_classes_along_any_axis_lose_no_digits(value, order):
    count = 10**6
    x = np.full((count, 2), value)
    x[0] = 0
    x = np.asarray(x, order=order)
    with mpmath.workdps(40):
        term = mpmath.exp(mpmath.mpf(value))
        total = 1 + (count - 1) * term
        share, log_total = float(term / total), float(mpmath.log(total))
    assert_allclose(softmax(x, axis=0)[1:], share, rtol=4 * 2.0**-53)
    assert_allclose(logsumexp(x, axis=0), log_total, rtol=2 * 2.0**-53)
    assert_allclose(log_softmax(x, axis=0)[1:], value - log_total, rtol=2 * 2.0**-53)


@pytest.mark.parametrize("function", [softmax, log_softmax, logsumexp])
@pytest.mark.parametrize("classes", [3, 100])
def test_how_an_array_lies_in_memory_changes_no_bit(function, classes):
    x = np.random.default_rng(2).normal(0, 5, (300, classes))
    rows = function(x)
    assert_array_equal(function(np.asfortranarray(x)), rows)
    columns = function(x.T.copy(), axis=0)
    assert_array_equal(columns.T if columns.ndim > 1 else columns, rows)


@pytest.mark.skipif(not WIDER, reason="needs a format wider than float64")
def test_a_logsumexp_near_zero_keeps_the_digits_that_a_long_double_holds():
    rng = np.random.default_rng(3)
    for distance in (0.1, 1e-2, 1e-3, 1e-4):
        x = log_softmax(rng.normal(0, 2, (50, 3, 4))) + distance * rng.uniform(
            -1, 1, (50, 3, 1)
        )
        value = logsumexp(x)
        assert_array_equal(logsumexp(x.transpose(2, 0, 1), axis=0), value)
        for row, found in zip(x.reshape(-1, 4), value.ravel(), strict=True):
            with mpmath.workdps(40):
                exact = mpmath.log(mpmath.fsum(mpmath.exp(v) for v in exactly(row)))
                error = abs(mpmath.mpf(float(found)) - exact)
                rounding = 2.0**-52 * abs(exact) + 2.0**-63 * abs(row.max())
            assert error <= rounding


@pytest.mark.parametrize(
    "function", [softmax, log_softmax, logsumexp, sigmoid, log_sigmoid]
)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_exponentials_that_underflow_are_no_error_even_to_one_who_asked_for_errors(
    function, dtype
):
    x = np.array([0.0, -1000.0, 1000.0], dtype)
    expected = function(x)
    with np.errstate(all="raise"):
        assert_array_equal(function(x), expected)


def test_threads_keep_their_own_settings_of_numpys_errors():
    interval = sys.getswitchinterval()
    wrong = []

    def work(mode):
        with np.errstate(under=mode):
            for _ in range(300):
                softmax([0.0, -1000.0])
                if np.geterr()["under"] != mode:
                    wrong.append(mode)

    threads = [
        threading.Thread(target=work, args=(mode,))
        for mode in ("raise", "ignore", "warn") * 2
    ]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []
