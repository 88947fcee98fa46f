"""Closed-form derivatives against torch.autograd, central differences and each other."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from strategies import distributions, integer_labels, logits_and_axis, without_axis
from xent_lib import (
    sigmoid_binary_cross_entropy,
    smooth_labels,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_with_integer_labels,
)
from xent_lib.gradients import (
    sigmoid_binary_cross_entropy_grad,
    softmax_cross_entropy_grad,
    softmax_cross_entropy_with_integer_labels_grad,
    softmax_jacobian,
)
from xent_lib.numerical import central_difference

F = torch.nn.functional
small_logits = logits_and_axis(largest=8.0, dtypes=(np.float64,), max_side=4)


@st.composite
def soft_cases(draw):
    x, axis = draw(small_logits)
    return x, draw(distributions(x.shape, axis)), axis


@st.composite
def integer_cases(draw):
    x, axis = draw(small_logits)
    return x, draw(integer_labels(without_axis(x.shape, axis), x.shape[axis])), axis


def by_autograd(loss, x):
    """The gradient of ``loss``, which takes and returns torch tensors."""
    leaf = torch.from_numpy(x.copy()).requires_grad_()
    (gradient,) = torch.autograd.grad(loss(leaf).sum(), leaf)
    return gradient.numpy()


@given(soft_cases())
def test_soft_labels_agree_with_autograd_on_every_axis(case):
    x, labels, axis = case
    target = torch.from_numpy(labels)
    expected = by_autograd(
        lambda z: -(target * F.log_softmax(z, dim=axis)).sum(axis), x
    )
    assert_allclose(softmax_cross_entropy_grad(x, labels, axis), expected, atol=1e-14)


@given(integer_cases())
def test_class_indices_agree_with_autograd_on_every_axis(case):
    x, labels, axis = case
    index = torch.from_numpy(np.expand_dims(labels, axis))
    expected = by_autograd(lambda z: -F.log_softmax(z, dim=axis).gather(axis, index), x)
    actual = softmax_cross_entropy_with_integer_labels_grad(x, labels, axis)
    assert_allclose(actual, expected, atol=1e-14)


@given(soft_cases())
def test_soft_labels_agree_with_central_differences(case):
    x, labels, axis = case
    numerical = central_difference(
        lambda z: softmax_cross_entropy(z, labels, axis).sum(), x
    )
    assert_allclose(softmax_cross_entropy_grad(x, labels, axis), numerical, atol=1e-8)


@given(integer_cases())
def test_class_indices_agree_with_central_differences(case):
    x, labels, axis = case
    numerical = central_difference(
        lambda z: softmax_cross_entropy_with_integer_labels(z, labels, axis).sum(), x
    )
    actual = softmax_cross_entropy_with_integer_labels_grad(x, labels, axis)
    assert_allclose(actual, numerical, atol=1e-8)


@given(soft_cases(), st.floats(0, 1))
def test_smoothed_labels_agree_with_torch(case, alpha):
    x, _, _ = case
    rows = x.reshape(-1, x.shape[-1])
    target = np.zeros(len(rows), dtype=np.int64)
    labels = smooth_labels(np.eye(rows.shape[1])[target], alpha)
    expected = by_autograd(
        lambda z: F.cross_entropy(
            z, torch.from_numpy(target), label_smoothing=alpha, reduction="none"
        ),
        rows,
    )
    assert_allclose(softmax_cross_entropy_grad(rows, labels), expected, atol=1e-13)


@given(soft_cases())
def test_a_gradient_sums_to_zero_and_is_at_most_root_two_long(case):
    x, labels, axis = case
    gradient = softmax_cross_entropy_grad(x, labels, axis)
    assert_allclose(gradient.sum(axis=axis), 0, atol=1e-14)
    assert (np.linalg.norm(gradient, axis=axis) <= np.sqrt(2) * (1 + 1e-15)).all()


def test_a_confident_mistake_has_a_gradient_of_length_root_two():
    gradient = softmax_cross_entropy_with_integer_labels_grad([800.0, 0.0, 0.0], 1)
    assert_allclose(gradient, [1, -1, 0])


@given(st.floats(-30, 30), st.floats(0, 1))
def test_binary_labels_agree_with_autograd(score, label):
    target = torch.tensor(label, dtype=torch.float64)
    expected = by_autograd(
        lambda z: F.binary_cross_entropy_with_logits(z, target), np.array(score)
    )
    assert_allclose(
        sigmoid_binary_cross_entropy_grad(score, label), expected, atol=1e-15
    )


@given(st.floats(-8, 8), st.floats(0, 1))
def test_binary_labels_agree_with_central_differences(score, label):
    numerical = central_difference(
        lambda z: sigmoid_binary_cross_entropy(z, label), score
    )
    assert_allclose(
        sigmoid_binary_cross_entropy_grad(score, label), numerical, atol=1e-8
    )


@given(small_logits)
def test_the_jacobian_agrees_with_autograd_on_every_axis(case):
    x, axis = case
    rows = np.moveaxis(x, axis, -1)
    flat = torch.from_numpy(rows.reshape(-1, rows.shape[-1]).copy())
    expected = [
        torch.autograd.functional.jacobian(lambda z: F.softmax(z, dim=-1), row)
        for row in flat
    ]
    actual = softmax_jacobian(x, axis).reshape(-1, rows.shape[-1], rows.shape[-1])
    assert_allclose(
        actual, np.stack([matrix.numpy() for matrix in expected]), atol=1e-15
    )


@given(soft_cases())
def test_the_jacobian_of_softmax_is_the_hessian_of_the_loss_for_every_label(case):
    x, labels, _ = case
    row, label = (
        x.reshape(-1, x.shape[-1])[0],
        softmax(labels.reshape(-1, x.shape[-1]))[0],
    )
    hessian = torch.autograd.functional.hessian(
        lambda z: -(torch.from_numpy(label) * F.log_softmax(z, dim=-1)).sum(),
        torch.from_numpy(row.copy()),
    )
    assert_allclose(softmax_jacobian(row), hessian.numpy(), atol=1e-14)


def test_the_hessian_of_the_running_example():
    eigenvalues = np.linalg.eigvalsh(softmax_jacobian(np.log([0.7, 0.2, 0.1])))
    assert_allclose(eigenvalues, [0, 0.1256, 0.3344], atol=5e-5)


@given(small_logits)
def test_the_hessian_is_flat_along_a_shift_and_nowhere_curved_downwards(case):
    x, axis = case
    hessian = softmax_jacobian(x, axis)
    assert_allclose(hessian.sum(axis=-1), 0, atol=1e-15)
    assert (np.linalg.eigvalsh(hessian) >= -1e-15).all()


def test_the_running_example():
    gradient = softmax_cross_entropy_grad(np.log([0.7, 0.2, 0.1]), [1, 0, 0])
    assert_allclose(gradient, [-0.3, 0.2, 0.1])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_width_of_the_logits_is_kept(dtype):
    x = np.zeros((2, 3), dtype)
    assert softmax_cross_entropy_grad(x, np.eye(3, dtype=int)[:2]).dtype == dtype
    assert softmax_cross_entropy_with_integer_labels_grad(x, [0, 1]).dtype == dtype
    assert sigmoid_binary_cross_entropy_grad(x, x.astype(bool)).dtype == dtype
    assert softmax_jacobian(x).dtype == dtype


MISTAKES = [
    (lambda: softmax_jacobian([np.nan, 0]), ValueError, "logits must not contain NaN"),
    (
        lambda: softmax_jacobian([0.0], axis=1),
        ValueError,
        "axis must be between -1 and 0",
    ),
    (
        lambda: softmax_cross_entropy_grad([0.0, 0.0], [1, 1]),
        ValueError,
        "labels must sum to 1 along axis 0; labels sums to 2",
    ),
    (
        lambda: softmax_cross_entropy_grad([0.0, 0.0], [[1, 0]]),
        ValueError,
        "logits and labels must have the same shape; got (2,) and (1, 2)",
    ),
    (
        lambda: softmax_cross_entropy_with_integer_labels_grad([[0.0, 0.0]], [2]),
        ValueError,
        "labels must be between 0 and 1; labels[0] is 2",
    ),
    (
        lambda: softmax_cross_entropy_with_integer_labels_grad([[0.0, 0.0]], [0.5]),
        TypeError,
        "labels must be integer class indices; got dtype float64",
    ),
    (
        lambda: sigmoid_binary_cross_entropy_grad([0.0], [1.5]),
        ValueError,
        "probabilities must be at most 1; labels[0] is 1.5",
    ),
]


@pytest.mark.parametrize(
    ("call", "kind", "text"), MISTAKES, ids=[row[2] for row in MISTAKES]
)
def test_a_mistake_gets_an_error_that_says_what_to_mend(call, kind, text):
    with pytest.raises(kind, match=re.escape(text)):
        call()
