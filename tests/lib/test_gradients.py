"""Closed-form derivatives against exact arithmetic, torch.autograd and central differences."""

import re

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from exact import DIGITS, exactly, focal_and_slope, loss_and_slopes, one_hot_target
from strategies import distributions, integer_labels, logits_and_axis, without_axis
from xent_lib import (
    sigmoid_binary_cross_entropy,
    smooth_labels,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_with_integer_labels,
)
from xent_lib.gradients import (
    central_difference,
    complex_step,
    sigmoid_binary_cross_entropy_grad,
    softmax_cross_entropy_grad,
    softmax_cross_entropy_with_integer_labels_grad,
    softmax_jacobian,
)

F = torch.nn.functional
LONG_EPS = float(np.finfo(np.longdouble).eps)
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


def assert_exact(actual, expected, shared=0.0):
    """Within 4 units in the last place, and what long doubles lose of digits that are shared."""
    for value, number in zip(np.ravel(actual), expected, strict=True):
        error = abs(mpmath.mpf(float(value)) - number)
        assert error <= 4 * mpmath.mpf(float(np.spacing(abs(value)))) + shared


@given(soft_cases())
def test_soft_labels_are_exact_on_every_axis(case):
    x, labels, axis = case
    actual = np.moveaxis(softmax_cross_entropy_grad(x, labels, axis=axis), axis, -1)
    rows, targets = (np.moveaxis(a, axis, -1) for a in (x, labels))
    with mpmath.workdps(DIGITS):
        for index in np.ndindex(rows.shape[:-1]):
            expected = loss_and_slopes(rows[index], exactly(targets[index]))[1]
            assert_exact(actual[index], expected, 4 * LONG_EPS)


@given(integer_cases())
def test_class_indices_are_exact_on_every_axis(case):
    x, labels, axis = case
    actual = softmax_cross_entropy_with_integer_labels_grad(x, labels, axis=axis)
    actual, rows = (np.moveaxis(a, axis, -1) for a in (actual, x))
    with mpmath.workdps(DIGITS):
        for index in np.ndindex(rows.shape[:-1]):
            target = one_hot_target(labels[index], rows.shape[-1])
            assert_exact(actual[index], loss_and_slopes(rows[index], target)[1])


@given(st.floats(-60, 60), st.floats(0, 1))
def test_binary_labels_are_exact(score, label):
    with mpmath.workdps(DIGITS):
        expected = focal_and_slope(score, label)[1]
        actual = sigmoid_binary_cross_entropy_grad(score, label)
        assert_exact(actual, [expected], 4 * LONG_EPS)


@pytest.fixture(params=[0, 1, -1])
def drawn(request):
    """Logits, indices and soft labels along an axis, none close to its prediction."""
    axis, rng = request.param, np.random.default_rng(0)
    x = 2 * rng.normal(size=(4, 5, 3))
    return x, rng.integers(0, 3, without_axis(x.shape, axis)), softmax(-x, axis), axis


def test_closed_forms_agree_with_autograd(drawn):
    x, labels, soft, axis = drawn
    target, index = (torch.from_numpy(a) for a in (soft, np.expand_dims(labels, axis)))
    expected = by_autograd(
        lambda z: -(target * F.log_softmax(z, dim=axis)).sum(axis), x
    )
    assert_allclose(
        softmax_cross_entropy_grad(x, soft, axis=axis), expected, rtol=1e-11
    )
    expected = by_autograd(lambda z: -F.log_softmax(z, dim=axis).gather(axis, index), x)
    actual = softmax_cross_entropy_with_integer_labels_grad(x, labels, axis=axis)
    assert_allclose(actual, expected, rtol=1e-11)
    expected = by_autograd(
        lambda z: F.binary_cross_entropy_with_logits(z, target, reduction="none"), x
    )
    assert_allclose(sigmoid_binary_cross_entropy_grad(x, soft), expected, rtol=1e-11)


def test_closed_forms_agree_with_central_differences(drawn):
    x, labels, soft, axis = drawn
    for loss, closed_form, given_labels in (
        (
            lambda z: softmax_cross_entropy(z, soft, axis=axis),
            lambda z, y: softmax_cross_entropy_grad(z, y, axis=axis),
            soft,
        ),
        (
            lambda z: softmax_cross_entropy_with_integer_labels(z, labels, axis=axis),
            lambda z, y: softmax_cross_entropy_with_integer_labels_grad(
                z, y, axis=axis
            ),
            labels,
        ),
        (
            lambda z: sigmoid_binary_cross_entropy(z, soft),
            sigmoid_binary_cross_entropy_grad,
            soft,
        ),
    ):
        numerical = central_difference(lambda z, f=loss: f(z).sum(), x)
        assert_allclose(closed_form(x, given_labels), numerical, rtol=1e-5)


@pytest.mark.parametrize("alpha", [0.0, 0.1, 1.0])
def test_smoothed_labels_agree_with_torch(alpha):
    x = 2 * np.random.default_rng(1).normal(size=(6, 4))
    target = np.zeros(6, dtype=np.int64)
    labels = smooth_labels(np.eye(4)[target], alpha)
    expected = by_autograd(
        lambda z: F.cross_entropy(
            z, torch.from_numpy(target), label_smoothing=alpha, reduction="none"
        ),
        x,
    )
    assert_allclose(softmax_cross_entropy_grad(x, labels), expected, rtol=1e-11)


@given(soft_cases())
def test_a_gradient_sums_to_zero_and_is_at_most_root_two_long(case):
    x, labels, axis = case
    gradient = softmax_cross_entropy_grad(x, labels, axis=axis)
    bound = 4 * np.finfo(float).eps * np.abs(gradient).sum(axis=axis)
    bound += 4 * labels.shape[axis] * LONG_EPS  # digits that prediction and label share
    assert (np.abs(gradient.sum(axis=axis)) <= bound).all()
    assert (np.linalg.norm(gradient, axis=axis) <= np.sqrt(2) * (1 + 1e-15)).all()


def test_a_confident_mistake_has_a_gradient_of_length_root_two():
    gradient = softmax_cross_entropy_with_integer_labels_grad([800.0, 0.0, 0.0], 1)
    assert_allclose(gradient, [1, -1, 0])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_the_jacobian_agrees_with_autograd_on_every_axis(axis):
    x = 2 * np.random.default_rng(2).normal(size=(3, 4, 2))
    rows = np.moveaxis(x, axis, -1)
    flat = torch.from_numpy(rows.reshape(-1, rows.shape[-1]).copy())
    expected = [
        torch.autograd.functional.jacobian(lambda z: F.softmax(z, dim=-1), row)
        for row in flat
    ]
    actual = softmax_jacobian(x, axis)
    assert actual.shape == (*rows.shape, rows.shape[-1])
    assert_allclose(
        actual.reshape(-1, *actual.shape[-2:]),
        np.stack([matrix.numpy() for matrix in expected]),
        rtol=1e-12,
    )


def test_the_jacobian_of_softmax_is_the_hessian_of_the_loss_for_every_label():
    rng = np.random.default_rng(3)
    for row, label in zip(
        2 * rng.normal(size=(5, 4)), rng.dirichlet(np.ones(4), 5), strict=True
    ):
        hessian = torch.autograd.functional.hessian(
            lambda z, y=label: -(torch.from_numpy(y) * F.log_softmax(z, dim=-1)).sum(),
            torch.from_numpy(row.copy()),
        )
        assert_allclose(softmax_jacobian(row), hessian.numpy(), rtol=1e-12)


def test_the_hessian_of_the_running_example():
    eigenvalues = np.linalg.eigvalsh(softmax_jacobian(np.log([0.7, 0.2, 0.1])))
    assert_allclose(eigenvalues.round(4), [0, 0.1256, 0.3344], rtol=1e-12)


@given(small_logits)
def test_the_hessian_is_flat_along_a_shift_and_nowhere_curved_downwards(case):
    x, axis = case
    hessian = softmax_jacobian(x, axis)
    size = np.abs(hessian).sum(axis=-1)
    assert (np.abs(hessian.sum(axis=-1)) <= 4 * np.finfo(float).eps * size).all()
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


def test_the_jacobian_of_an_empty_batch_is_empty():
    assert softmax_jacobian(np.zeros((0, 3))).shape == (0, 3, 3)
    assert softmax_jacobian(np.zeros((3, 0)), axis=0).shape == (0, 3, 3)
    assert softmax_jacobian(np.zeros((2, 0, 3), np.float32)).shape == (2, 0, 3, 3)


@pytest.mark.parametrize(
    ("size", "step"),
    [(1e9, 6e-6), (1e8, 1e-7), (3e11, 1e-3), (-7e5, 1e-9), (0.1, 1e-16)],
)
def test_a_step_that_rounding_changes_is_divided_by_as_it_is(size, step):
    slope = central_difference(lambda x: x[0], [size, 0.0], step=step)
    assert_array_equal(slope, [1, 0])


def test_whole_numbers_that_a_function_returns_do_not_wrap():
    found = central_difference(
        lambda x: np.asarray(100 - 50 * x[0]).astype(np.uint8), [1.0], step=1.0
    )
    assert found == -50
