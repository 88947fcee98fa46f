"""One-hot vectors and smoothing, against scikit-learn, torch and their own laws."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from strategies import distributions, integer_labels
from xent_lib import one_hot, smooth_labels

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


@given(SHAPES.flatmap(lambda shape: integer_labels(shape, 5)))
def test_one_hot_agrees_with_torch(labels):
    expected = torch.nn.functional.one_hot(torch.from_numpy(labels), 5).numpy()
    assert_array_equal(one_hot(labels, 5), expected)


@given(SHAPES.flatmap(lambda shape: integer_labels(shape, 4)))
def test_one_hot_can_be_read_back(labels):
    encoded = one_hot(labels, 4)
    assert_array_equal(encoded.argmax(axis=-1), labels)
    assert_array_equal(encoded.sum(axis=-1), np.ones(labels.shape))


def test_a_class_that_a_batch_lacks_keeps_its_column():
    assert one_hot([0, 1], 3).shape == (2, 3)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_one_hot_has_the_float_type_asked_for(dtype):
    assert one_hot([1], 2, dtype=dtype).dtype == dtype


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64])
def test_every_integer_type_names_classes(dtype):
    assert_array_equal(one_hot(np.array([1], dtype), 2), [[0, 1]])


@given(distributions((3, 4)), st.floats(0, 1))
def test_smoothing_mixes_with_the_uniform_distribution(labels, alpha):
    smoothed = smooth_labels(labels, alpha)
    assert_allclose(smoothed, (1 - alpha) * labels + alpha * np.full((3, 4), 0.25))
    assert_allclose(smoothed.sum(axis=-1), 1)


def test_smoothing_by_zero_changes_nothing_and_by_one_leaves_the_uniform_distribution():
    labels = one_hot([0, 2], 3)
    assert_array_equal(smooth_labels(labels, 0), labels)
    assert_allclose(smooth_labels(labels, 1), np.full((2, 3), 1 / 3))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_smoothing_is_rounded_once_to_the_format_of_the_labels(dtype):
    labels = np.array([[1, 0, 0], [0.25, 0.25, 0.5]], dtype)
    smoothed = smooth_labels(labels, 0.1)
    assert smoothed.dtype == dtype
    alpha = np.longdouble(0.1)
    expected = (1 - alpha) * labels.astype(np.longdouble) + alpha / 3
    assert_allclose(smoothed, expected, rtol=np.finfo(dtype).eps)


def test_smoothing_reads_either_byte_order():
    labels = np.array([[1.0, 0.0]], ">f4")
    assert_array_equal(smooth_labels(labels, 0.5), np.float32([[0.75, 0.25]]))
    assert smooth_labels(labels, 0.5).dtype.isnative
    assert_array_equal(one_hot(np.array([1], ">i4"), 2), [[0, 1]])
