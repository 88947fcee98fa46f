"""Inputs on which losses and their parts once failed, each with others of its kind."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import xent_lib
from exact import WIDER, exactly, loss_and_slopes, one_hot_target
from xent_lib import (
    log_sigmoid,
    log_softmax,
    logsumexp,
    sigmoid,
    sigmoid_binary_cross_entropy,
    sigmoid_binary_cross_entropy_value_and_grad,
    sigmoid_focal_loss,
    sigmoid_focal_loss_value_and_grad,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_value_and_grad,
    softmax_cross_entropy_with_integer_labels,
    softmax_cross_entropy_with_integer_labels_value_and_grad,
)
from xent_lib.gradients import (
    sigmoid_binary_cross_entropy_grad,
    softmax_cross_entropy_grad,
    softmax_cross_entropy_with_integer_labels_grad,
    softmax_jacobian,
)

of_indices = softmax_cross_entropy_with_integer_labels_value_and_grad
of_distributions = softmax_cross_entropy_value_and_grad
SOFT = [[0.25, 0.5, 0.25], [0.0, 1.0, 0.0]]
# Everything that takes logits of shape (2, 3).
CALLS = {
    "logsumexp": logsumexp,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "sigmoid": sigmoid,
    "log_sigmoid": log_sigmoid,
    "indices": lambda z: softmax_cross_entropy_with_integer_labels(z, [0, 2]),
    "indices, value": lambda z: of_indices(z, [0, 2])[1],
    "indices, slopes": lambda z: softmax_cross_entropy_with_integer_labels_grad(
        z, [0, 2]
    ),
    "smoothed": lambda z: of_indices(z, [0, 2], label_smoothing=0.5)[1],
    "weighted": lambda z: of_indices(z, [0, 2], class_weights=[1, 2, 3])[1],
    "distributions": lambda z: softmax_cross_entropy(z, np.array(SOFT, z.dtype)),
    "distributions, value": lambda z: of_distributions(z, np.array(SOFT, z.dtype))[1],
    "distributions, slopes": lambda z: softmax_cross_entropy_grad(
        z, np.array(SOFT, z.dtype)
    ),
    "jacobian": softmax_jacobian,
    "binary": lambda z: sigmoid_binary_cross_entropy(z, np.array(SOFT, z.dtype)),
    "binary, value": lambda z: sigmoid_binary_cross_entropy_value_and_grad(
        z, np.array(SOFT, z.dtype)
    )[1],
    "binary, slopes": lambda z: sigmoid_binary_cross_entropy_grad(
        z, np.array(SOFT, z.dtype)
    ),
    "focal": lambda z: sigmoid_focal_loss(z, np.array(SOFT, z.dtype)),
    "focal, value": lambda z: sigmoid_focal_loss_value_and_grad(
        z, np.array(SOFT, z.dtype)
    )[1],
}
by_name = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@by_name
@pytest.mark.parametrize("width", ["2", "4", "8"])
@pytest.mark.parametrize("scale", [1, 13, 100])
def test_the_byte_order_of_an_array_does_not_matter(call, width, scale):
    z = scale * np.array([[0, 1, -0.5], [0.25, -1, 0]])
    expected, *others = (call(z.astype(order + "f" + width)) for order in "=<>")
    for found in others:
        assert found.dtype == np.dtype("=f" + width)
        assert_array_equal(found, expected)


def test_the_byte_order_of_labels_weights_and_masks_does_not_matter():
    z = np.array([[0, 100.0, 1], [2, 0, 0]], ">f4")
    y = np.array([0, 1], ">i4")
    assert_array_equal(softmax_cross_entropy_with_integer_labels(z[:1], y[:1]), [100])
    value, gradient = of_indices(z[:1], y[:1])
    assert value == 100 and gradient.tolist() == [[-1, 1, gradient[0, 2].item()]]
    weights = np.array([1, 2, 3], ">f8")
    assert_array_equal(
        of_indices(z, y, class_weights=weights)[1],
        of_indices(z, y.tolist(), class_weights=[1, 2, 3])[1],
    )


@by_name
def test_long_doubles_are_kept_and_used(call):
    z = np.array([[0, 1, -0.5], [0.25, -1, 40]], np.longdouble)
    found = call(z)
    assert found.dtype == np.longdouble
    assert_allclose(found, call(z.astype(np.float64)), rtol=1e-13)


def test_slopes_of_long_doubles_are_good_to_long_doubles():
    z = np.array([[1, 2, 3], [0, 1, 0], [4, 0, 1]], np.longdouble)
    with mpmath.workdps(40):
        exact = [
            slope / 3
            for row in z
            for slope in loss_and_slopes(row, one_hot_target(2, 3))[1]
        ]
        for gradient in (
            of_indices(z, [2, 2, 2])[1],
            of_distributions(z, [[0, 0, 1]] * 3)[1],
        ):
            for found, expected in zip(gradient.ravel(), exact, strict=True):
                digits = mpmath.mpf(np.format_float_scientific(found, 25, False))
                error = abs(digits - expected) / abs(expected)
                assert error <= 8 * float(np.finfo(np.longdouble).eps)
    value, _ = of_distributions(z[:1], [[0, 0, 1]])
    assert_allclose(value, 0.4076059644443804, rtol=1e-15)
    value, _ = of_indices(z[:1], [2], label_smoothing=0.1)
    assert_allclose(value, 0.5076059644443804, rtol=1e-15)


@pytest.mark.parametrize("order", ["C", "F"])
def test_long_sums_along_a_slow_axis_do_not_drift(order):
    z = np.full((200_000, 2), np.log(0.7), np.float32, order=order)
    z[0] = 0
    q = softmax(z, axis=0)
    assert_allclose(q.sum(axis=0, dtype=np.float64), 1, rtol=1e-7)
    expected = np.log(1 + 199_999 * np.exp(np.float64(z[1, 0])))
    assert_allclose(logsumexp(z, axis=0), np.float32([expected] * 2), rtol=1e-7)
    losses = softmax_cross_entropy_with_integer_labels(z, [0, 0], axis=0)
    assert_allclose(losses, [expected] * 2, rtol=1e-7)
    half = z.astype(np.float16)
    expected = np.log(1 + 199_999 * np.exp(np.float64(half[1, 0])))
    assert_allclose(logsumexp(half, axis=0), [expected] * 2, rtol=1e-3)


def test_infinities_beside_infinities():
    inf, nan = np.inf, np.nan
    rows = [[inf, inf], [inf, -inf], [-inf, -inf], [inf, 1000], [nan, inf], [0, 0]]
    for dtype in (np.float16, np.float32, np.float64, np.longdouble):
        found = logsumexp(np.array(rows, dtype))
        assert_array_equal(found[:5], [inf, inf, -inf, inf, nan])
        assert_allclose(found[5], np.log(2), rtol=1e-3)


@pytest.mark.parametrize(
    "call", [softmax, log_softmax, logsumexp, sigmoid, log_sigmoid]
)
def test_one_nan_disturbs_no_row_beside_it(call):
    good = np.array([[0.0, 1.0, -np.inf], [2.0, -40.0, 3.0]])
    x = np.insert(good, 1, [0, np.nan, 1], axis=0)
    assert_array_equal(call(x)[[0, 2]], call(good))
    assert np.isnan(call(x)[1]).any()


@pytest.mark.parametrize(
    ("logit", "label", "alpha"), [(-np.inf, 1, 0.0), (np.inf, 0, 1.0)]
)
def test_an_infinite_loss_of_weight_zero_is_zero(logit, label, alpha):
    assert sigmoid_focal_loss([logit], [label], alpha=alpha) == 0
    value, gradient = sigmoid_focal_loss_value_and_grad([logit], [label], alpha=alpha)
    assert value == 0 and gradient == 0
    z = [[0.0, -np.inf], [1.0, 0.0]]
    losses = softmax_cross_entropy_with_integer_labels(z, [1, 0], class_weights=[1, 0])
    assert losses[0] == 0
    assert of_indices(z, [1, 0], class_weights=[1, 0])[0] == losses[1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("lead", [20, 40, 80])
def test_the_slope_of_a_confident_hit_keeps_its_digits(dtype, lead):
    z = np.array([lead, 0], dtype)
    expected = np.array([-1, 1]) / (1 + np.exp(np.float64(lead)))
    for found in (
        softmax_cross_entropy_with_integer_labels_grad(z, 0),
        softmax_cross_entropy_grad(z, [1, 0]),
        of_indices(z, 0)[1],
        of_distributions(z[None], [[1, 0]])[1][0],
    ):
        assert found.dtype == dtype
        assert_allclose(found, expected, rtol=5e-7 if dtype == np.float32 else 1e-15)
    for found in (
        sigmoid_binary_cross_entropy_grad(z[:1], [1]),
        sigmoid_binary_cross_entropy_value_and_grad(z[:1], [1])[1],
        -sigmoid_binary_cross_entropy_grad(-z[:1], [0]),
    ):
        assert_allclose(found, expected[:1], rtol=1e-7)


def test_scales_that_leave_the_format_on_the_way():
    big = np.finfo(np.float64).max
    z = np.array([[big / 2, -big / 2], [0, 0]])
    assert_array_equal(softmax_cross_entropy_with_integer_labels(z, [1, 0])[0], big)
    # The sum of two such losses is beyond float64; their mean is not.
    assert_allclose(of_indices(z[[0, 0]], [1, 1])[0], big)
    assert_allclose(of_distributions(z[[0, 0]], [[0, 1]] * 2)[0], big)
    rows = np.array([[0.0, 1.0], [2.0, 0.0]])
    expected = of_indices(rows, [0, 1], class_weights=[1, 2])
    for scale in (1e-320, 1e-300, 5e307):
        value, gradient = of_indices(rows, [0, 1], class_weights=[scale, 2 * scale])
        assert_allclose(value, expected[0], rtol=1e-14)
        assert_allclose(gradient, expected[1], rtol=1e-14)
    half = np.array([[60_000, -60_000], [0, 0]], np.float16)
    assert of_indices(half, [1, 0])[0] == (120_000 + np.log(2)) / 2
    assert softmax_cross_entropy_with_integer_labels(half, [1, 0])[0] == np.inf


@pytest.mark.parametrize("scale", [1e307, 1e-320])
def test_weights_whose_sum_over_the_examples_leaves_the_format_give_the_mean(scale):
    z, labels = [[0.0, 0.0]] * 20, [1] * 20
    for value, gradient in (
        of_indices(z, labels, class_weights=[1, scale]),
        of_distributions(z, [[0, 1]] * 20, class_weights=[1, scale]),
    ):
        assert_allclose(value, np.log(2), rtol=1e-15)
        assert_array_equal(gradient, [[0.025, -0.025]] * 20)


@pytest.mark.skipif(not WIDER, reason="needs a format wider than float64")
def test_a_distance_beyond_float64_whose_share_is_not_has_a_finite_loss():
    far = [[1.7e308, -1.7e308], [0, 0]]
    assert_allclose(of_indices(far, [1, 1])[0], 1.7e308)
    assert_allclose(of_distributions(far, [[0, 1]] * 2)[0], 1.7e308)
    for loss, label in (
        (softmax_cross_entropy_with_integer_labels, [1]),
        (softmax_cross_entropy, [[0, 1]]),
    ):
        assert_allclose(loss(far[:1], label, class_weights=[0.1, 0.1]), 3.4e307)
        assert loss(far[:1], label) == np.inf


def test_slopes_of_tiny_weight_keep_their_digits_in_single_precision():
    z = np.array([[38, 0, -38], [0, 0, 0]], np.float32)
    weights = [1e-20, 1.0, 1.0]
    gradient = of_indices(z, [0, 1], class_weights=weights)[1]
    with mpmath.workdps(60):
        w = exactly(weights)
        target = [w[0] / (w[0] + w[1]), mpmath.mpf(0), mpmath.mpf(0)]
        exact = [float(slope) for slope in loss_and_slopes(z[0], target)[1]]
    assert_allclose(gradient[0], np.float32(exact), rtol=5e-7)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("num_classes", [3, 80])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_does_not_count_is_not_looked_at(bad, num_classes, dtype):
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(300, num_classes)).astype(dtype), rng.integers(0, 3, 300)
    soft = np.eye(num_classes, dtype=dtype)[y]
    where = np.arange(300) % 5 != 2
    clean, clean_soft = z[where], soft[where]
    z[~where] = bad
    labels = np.where(where, y, -100)
    weights = np.ones(num_classes)
    for function, given, few in (
        (softmax_cross_entropy_with_integer_labels, labels, y[where]),
        (softmax_cross_entropy, np.where(where[:, None], soft, bad), clean_soft),
    ):
        for options in (
            {},
            {"label_smoothing": 0.1},
            {"class_weights": weights + y[0]},
        ):
            losses = function(z, given, where=where, **options)
            assert_array_equal(losses[~where], 0)
            assert_allclose(losses[where], function(clean, few, **options), rtol=1e-6)
    value, gradient = of_indices(z, labels, where=where)
    expected = of_indices(clean, y[where])
    assert_allclose(value, expected[0], rtol=1e-6)
    assert_allclose(gradient[where], expected[1], rtol=1e-6)
    assert_array_equal(gradient[~where], 0)
    weights[-1], labels = 0, np.where(where, y, num_classes - 1)
    if num_classes > 3:
        losses = softmax_cross_entropy_with_integer_labels(
            z, labels, class_weights=weights
        )
        assert_array_equal(losses[~where], 0)
        value, gradient = of_indices(z, labels, class_weights=weights)
        assert_allclose(value, expected[0], rtol=1e-6)
        assert_array_equal(gradient[~where], 0)
    for function in (sigmoid_binary_cross_entropy, sigmoid_focal_loss):
        losses = function([bad, 1.0], [bad, 1.0], where=[False, True])
        assert_array_equal(losses, [0, function(1.0, 1.0)])


def test_the_losses_of_weighted_labels_add_up_to_the_mean():
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(50, 4)), rng.integers(0, 4, 50)
    weights, where = rng.uniform(0.5, 2, 4), rng.random(50) < 0.7
    options = {"class_weights": weights, "where": where}
    for smoothing in (0.0, 0.2):
        losses = softmax_cross_entropy_with_integer_labels(
            z, y, label_smoothing=smoothing, **options
        )
        value, _ = of_indices(z, y, label_smoothing=smoothing, **options)
        assert_allclose(losses.sum() / weights[y[where]].sum(), value, rtol=1e-14)
    soft = rng.dirichlet(np.ones(4), 50)
    losses = softmax_cross_entropy(z, soft, **options)
    value, _ = of_distributions(z, soft, **options)
    assert_allclose(losses.sum() / (soft @ weights)[where].sum(), value, rtol=1e-14)


def test_what_the_chapters_need_is_importable_from_the_package():
    for name in xent_lib.__all__:
        assert callable(getattr(xent_lib, name))
        assert name in dir(xent_lib)
