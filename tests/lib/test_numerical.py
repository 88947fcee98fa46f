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
