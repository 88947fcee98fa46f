"""Losses from logits, against torch, scipy, mpmath and each other."""

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from strategies import distributions, integer_labels, logits_and_axis, without_axis
from xent_lib import (
    cross_entropy,
    one_hot,
    sigmoid_binary_cross_entropy,
    sigmoid_focal_loss,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_with_integer_labels,
)

F = torch.nn.functional
SCORES = st.floats(-60, 60)


@st.composite
def integer_cases(draw):
    x, axis = draw(logits_and_axis(dtypes=(np.float64,)))
    return x, draw(integer_labels(without_axis(x.shape, axis), x.shape[axis])), axis


@st.composite
def soft_cases(draw):
    x, axis = draw(logits_and_axis(dtypes=(np.float64,)))
    return x, draw(distributions(x.shape, axis)), axis


@given(integer_cases())
def test_integer_labels_agree_with_torch_on_every_axis(case):
    x, labels, axis = case
    rows = torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, axis, -1)))
    rows = rows.reshape(-1, x.shape[axis])
    expected = F.cross_entropy(
        rows, torch.from_numpy(labels).reshape(-1), reduction="none"
    )
    actual = softmax_cross_entropy_with_integer_labels(x, labels, axis=axis)
    assert actual.shape == labels.shape
    assert_allclose(actual.reshape(-1), expected.numpy(), rtol=1e-13, atol=1e-13)


@given(soft_cases())
def test_soft_labels_agree_with_torch_on_every_axis(case):
    x, labels, axis = case
    rows, targets = (
        torch.from_numpy(np.moveaxis(a, axis, -1).copy()) for a in (x, labels)
    )
    expected = -(targets * F.log_softmax(rows, dim=-1)).sum(-1)
    actual = softmax_cross_entropy(x, labels, axis=axis)
    assert_allclose(actual, expected.numpy(), rtol=1e-12, atol=1e-13)


@given(integer_cases())
def test_a_one_hot_label_costs_what_its_index_costs(case):
    x, labels, axis = case
    encoded = np.moveaxis(one_hot(labels, x.shape[axis]), -1, axis)
    expected = softmax_cross_entropy_with_integer_labels(x, labels, axis=axis)
    assert_allclose(
        softmax_cross_entropy(x, encoded, axis=axis), expected, rtol=1e-15, atol=0
    )


@given(soft_cases())
def test_the_loss_from_logits_is_the_cross_entropy_of_their_softmax(case):
    x, labels, axis = case
    expected = cross_entropy(labels, softmax(x, axis), axis=axis)
    assert_allclose(
        softmax_cross_entropy(x, labels, axis=axis), expected, rtol=1e-11, atol=1e-12
    )


@given(st.lists(st.floats(-80, 80), min_size=2, max_size=6))
def test_the_loss_of_every_label_agrees_with_exact_arithmetic(scores):
    with mpmath.workdps(120):
        total = mpmath.log(mpmath.fsum(mpmath.exp(z) for z in scores))
        exact = [float(total - z) for z in scores]
    repeated = [scores] * len(scores)
    actual = softmax_cross_entropy_with_integer_labels(repeated, range(len(scores)))
    rounding_of_differences = np.finfo(float).eps * np.ptp(scores)
    assert_allclose(actual, exact, rtol=1e-15 + rounding_of_differences, atol=0)


def test_a_loss_far_below_the_rounding_of_its_logits_keeps_its_digits():
    loss = softmax_cross_entropy_with_integer_labels([40.0, 0.0], 0)
    assert_allclose(loss, 4.248354255291589e-18, rtol=1e-15)
    assert_allclose(softmax_cross_entropy([40.0, 0.0], [1, 0]), loss, rtol=1e-15)


@given(SCORES, st.floats(0, 1))
def test_binary_cross_entropy_agrees_with_torch(score, label):
    expected = F.binary_cross_entropy_with_logits(
        torch.tensor(score, dtype=torch.float64),
        torch.tensor(label, dtype=torch.float64),
    )
    actual = sigmoid_binary_cross_entropy(score, label)
    assert_allclose(actual, expected.item(), rtol=1e-13, atol=1e-13)


@given(SCORES, st.sampled_from([0, 1]))
def test_binary_cross_entropy_is_the_two_class_loss(score, label):
    expected = softmax_cross_entropy_with_integer_labels([0.0, score], label)
    assert_allclose(
        sigmoid_binary_cross_entropy(score, label), expected, rtol=1e-14, atol=0
    )


@given(SCORES, st.floats(0, 1), st.floats(0, 1), st.floats(0, 5))
def test_focal_loss_agrees_with_its_definition_to_sixty_digits(
    score, label, alpha, gamma
):
    with mpmath.workdps(60):
        p = 1 / (1 + mpmath.exp(-mpmath.mpf(score)))
        y = mpmath.mpf(label)
        entropy = -y * mpmath.log(p) - (1 - y) * mpmath.log(1 - p)
        miss = p * (1 - y) + (1 - p) * y
        exact = miss**gamma * entropy * (alpha * y + (1 - mpmath.mpf(alpha)) * (1 - y))
    actual = sigmoid_focal_loss(score, label, alpha=alpha, gamma=gamma)
    assert_allclose(actual, float(exact), rtol=2e-13, atol=1e-290)


@given(SCORES, st.floats(0, 1))
def test_focal_loss_without_focus_is_binary_cross_entropy(score, label):
    expected = sigmoid_binary_cross_entropy(score, label)
    assert_allclose(sigmoid_focal_loss(score, label, gamma=0), expected, rtol=1e-15)
    assert_allclose(sigmoid_focal_loss(score, label, alpha=0.5, gamma=0), expected / 2)


def test_focal_loss_turns_confident_hits_down_by_two_by_default():
    loss, full = sigmoid_focal_loss(2.0, 1), sigmoid_binary_cross_entropy(2.0, 1)
    assert_allclose(loss / full, (1 - 1 / (1 + np.exp(-2.0))) ** 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e4, 1e30])
def test_huge_scores_cost_their_distance_to_the_top(dtype, size):
    x = np.array([[size, -size, 0], [0, 0, -size]], dtype)
    assert_array_equal(
        softmax_cross_entropy_with_integer_labels(x, [1, 2]),
        np.array([size + size, np.log(2) + size], dtype),
    )
    assert sigmoid_binary_cross_entropy(dtype(size), 0) == dtype(size)


def test_minus_infinity_logit_of_a_zero_label_costs_nothing():
    assert softmax_cross_entropy([0.0, -np.inf], [1, 0]) == 0
    assert softmax_cross_entropy_with_integer_labels([0.0, -np.inf], 0) == 0
    assert sigmoid_binary_cross_entropy(np.inf, 1) == 0


def test_minus_infinity_logit_of_the_truth_costs_infinitely_much():
    assert softmax_cross_entropy([0.0, -np.inf], [0.5, 0.5]) == np.inf
    assert softmax_cross_entropy_with_integer_labels([0.0, -np.inf], 1) == np.inf
    assert sigmoid_binary_cross_entropy(-np.inf, 1) == np.inf


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_width_of_the_logits_is_kept_whatever_the_integer_labels(dtype):
    x = np.zeros((2, 3), dtype)
    assert softmax_cross_entropy_with_integer_labels(x, [0, 1]).dtype == dtype
    assert softmax_cross_entropy(x, np.eye(3, dtype=int)[:2]).dtype == dtype
    assert sigmoid_binary_cross_entropy(x, x.astype(bool)).dtype == dtype
    assert sigmoid_focal_loss(x, x.astype(int)).dtype == dtype


def test_one_class_and_an_empty_batch():
    assert_array_equal(softmax_cross_entropy_with_integer_labels([[3.0]], [0]), [0])
    assert softmax_cross_entropy_with_integer_labels(np.empty((0, 3)), []).shape == (0,)
    assert softmax_cross_entropy(np.empty((0, 3)), np.empty((0, 3))).shape == (0,)


def test_strides_do_not_matter_and_inputs_are_left_alone():
    x = np.random.default_rng(0).normal(size=(4, 6))
    before = x.copy()
    view = x[::2, ::-2]
    assert_array_equal(
        softmax_cross_entropy_with_integer_labels(view, [0, 2]),
        softmax_cross_entropy_with_integer_labels(view.copy(), [0, 2]),
    )
    assert_array_equal(x, before)
