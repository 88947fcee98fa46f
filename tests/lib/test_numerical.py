"""Numerical slopes against derivatives known in closed form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from xent_lib.numerical import central_difference, complex_step


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=4))
def test_complex_step_is_exact_to_rounding_where_central_differences_are_not(values):
    x = np.array(values)
    exact = np.cos(x) * np.exp(np.sin(x))
    assert_allclose(
        complex_step(lambda z: np.exp(np.sin(z)).sum(), x), exact, rtol=1e-14
    )
    numerical = central_difference(lambda z: np.exp(np.sin(z)).sum(), x)
    assert_allclose(numerical, exact, atol=1e-8)


def test_the_step_of_a_central_difference_can_be_chosen():
    slope = central_difference(lambda x: x[0] ** 3, [1.0], step=0.5)
    assert_allclose(slope, [3.25])


@pytest.mark.parametrize("slopes", [central_difference, complex_step])
@pytest.mark.parametrize("shape", [(), (3,), (2, 2)])
def test_a_slope_has_the_shape_of_the_point_which_stays_as_it_was(slopes, shape):
    point = np.full(shape, 2.0)
    found = slopes(lambda x: (x * x).sum(), point)
    assert_allclose(found, np.full(shape, 4.0))
    assert found.shape == shape
    assert (point == 2.0).all()


@pytest.mark.parametrize("size", [1.0, 1e3, 1e6, 1e10, 1e15, 1e20, 1e100])
@pytest.mark.parametrize("slopes", [central_difference, complex_step])
def test_slopes_at_large_inputs_keep_their_digits(slopes, size):
    x = np.array([size, -3 * size])
    assert_allclose(slopes(lambda z: (z * z).sum() / size, x), 2 * x / size, rtol=1e-9)
    assert_allclose(slopes(lambda z: np.log(z[0]), x)[0] * size, 1, rtol=1e-9)


@pytest.mark.parametrize("size", [1e6, 1e12, 1e100])
@pytest.mark.parametrize("slopes", [central_difference, complex_step])
def test_each_entry_has_a_step_of_its_own_size(slopes, size):
    found = slopes(lambda z: np.sin(z[1]) + z[0] / size, np.array([size, 0.5]))
    assert_allclose(found * [size, 1], [1, np.cos(0.5)], rtol=1e-9)


@pytest.mark.parametrize("step", [None, 1e-20, 1e-30, 1e-100, 1e-200])
def test_a_complex_step_loses_nothing_to_a_smaller_step(step):
    found = complex_step(lambda z: np.exp(z).sum(), [1.0], step=step)
    assert_allclose(found, np.e, rtol=1e-15)


def test_below_the_smallest_normal_number_a_complex_step_loses_digits():
    found = complex_step(lambda z: np.exp(z).sum(), [1.0], step=1e-320)
    assert abs(found[0] / np.e - 1) > 1e-6


def test_a_step_given_is_the_step_for_every_entry():
    found = central_difference(lambda x: (x**3).sum(), [1.0, 100.0], step=0.5)
    assert_allclose(found, [3.25, 30000.25])
