"""Losses and slopes against sixty digits: every regime of logits, two widths, every label."""

import json
import math
from pathlib import Path

import mpmath
import numpy as np
import pytest

from exact import (
    DIGITS,
    WIDER,
    error_in_ulp,
    exactly,
    focal_and_slope,
    loss_and_slopes,
    one_hot_target,
    smoothed,
    softmax_and_jacobian,
    worst_error_in_ulp,
)
from xent_lib import (
    log_sigmoid,
    one_hot,
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
from xent_lib.losses import _unshifted

of_indices = softmax_cross_entropy_with_integer_labels_value_and_grad
of_distributions = softmax_cross_entropy_value_and_grad
STORED = Path(__file__).parents[1] / "benchmarks" / "accuracy.json"
CLASSES = 6
REGIMES = {
    "random": lambda rng: 3 * rng.standard_normal(CLASSES),
    "nearly tied": lambda rng: 1 + 1e-6 * rng.standard_normal(CLASSES),
    "huge": lambda rng: rng.uniform(-1e30, 1e30, CLASSES),
    "tiny": lambda rng: 1e-6 * rng.standard_normal(CLASSES),
    "far from 0": lambda rng: 500 + 3 * rng.standard_normal(CLASSES),
    "mixed": lambda rng: (
        rng.choice([-1, 1], CLASSES) * 10 ** rng.uniform(-6, 4, CLASSES)
    ),
    "confident": lambda rng: np.append(20.0, rng.standard_normal(5)),
    "very confident": lambda rng: np.append(85.0, rng.standard_normal(5)),
    "with -inf": lambda rng: np.where(
        np.arange(CLASSES) % 2, 3 * rng.standard_normal(CLASSES), -np.inf
    ),
    "vocabulary": lambda rng: 3 * rng.standard_normal(5000),
}
LOSS_BOUND = {np.float32: 2, np.float64: 2 if WIDER else 4}
SLOPE_BOUND = 4  # ulp
# Slopes of soft labels are differences, which need digits that only a wider format has.
needs_wider = pytest.mark.skipif(not WIDER, reason="long double is float64 here")


@pytest.fixture(autouse=True)
def _sixty_digits():
    with mpmath.workdps(DIGITS):
        yield


def rows_of(regime, dtype, count=20):
    """Rows of one regime with labels, every other one the likeliest class."""
    rng = np.random.default_rng(1)
    for turn in range(2 if regime == "vocabulary" else count):
        row = REGIMES[regime](rng).astype(dtype)
        yield row, int(row.argmax()) if turn % 2 else 1, rng


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_loss_of_an_index_and_its_slopes_are_right_to_the_last_places(regime, dtype):
    for row, label, _ in rows_of(regime, dtype):
        target = one_hot_target(label, len(row))
        loss, slopes = loss_and_slopes(row, target)
        encoded = one_hot(label, len(row), dtype=dtype)
        value, gradient = of_indices(row, label)
        for found in (
            softmax_cross_entropy_with_integer_labels(row, label),
            softmax_cross_entropy(row, encoded),
            dtype(value),
        ):
            assert error_in_ulp(found, loss, dtype) <= LOSS_BOUND[dtype]
        for found in (
            gradient,
            softmax_cross_entropy_with_integer_labels_grad(row, label),
            softmax_cross_entropy_grad(row, encoded),
            of_distributions(row, encoded)[1],
        ):
            assert worst_error_in_ulp(found, slopes, dtype) <= SLOPE_BOUND


@needs_wider
@pytest.mark.parametrize("regime", [name for name in REGIMES if name != "vocabulary"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_soft_smoothed_and_weighted_slopes_are_right_to_the_last_places(regime, dtype):
    for row, label, rng in rows_of(regime, dtype):
        soft = rng.dirichlet(np.ones(CLASSES)) * np.isfinite(row)
        soft = (soft / soft.sum()).astype(dtype)
        weights = rng.uniform(0.1, 5, CLASSES)
        target = exactly(soft)
        weighted = [w * t for w, t in zip(exactly(weights), target, strict=True)]
        of_all = mpmath.fsum(weighted)
        cases = {
            "soft": (
                target,
                softmax_cross_entropy(row, soft),
                softmax_cross_entropy_grad(row, soft),
                of_distributions(row, soft)[1],
            ),
            "weighted": (
                weighted,
                softmax_cross_entropy(row, soft, class_weights=weights),
                of_distributions(row, soft, class_weights=weights)[1] * dtype(1),
            ),
        }
        if np.isfinite(row).all():
            options = {"label_smoothing": 0.1}
            cases["smoothed"] = (
                smoothed(one_hot_target(label, CLASSES), 0.1),
                softmax_cross_entropy_with_integer_labels(row, label, **options),
                of_indices(row, label, **options)[1],
            )
        for name, (target_of_case, loss, *gradients) in cases.items():
            exact, slopes = loss_and_slopes(row, target_of_case)
            assert error_in_ulp(loss, exact, dtype) <= LOSS_BOUND[dtype], name
            if name == "weighted":
                slopes = [slope / of_all for slope in slopes]
            for gradient in gradients:
                worst = worst_error_in_ulp(gradient, slopes, dtype)
                assert worst <= SLOPE_BOUND, name


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_slopes_of_weighted_indices_are_right_to_the_last_places(dtype):
    rng = np.random.default_rng(4)
    x = np.array([[40, 0, 1], [2, 0, -1], [-30, 20, 0]], dtype)
    for _ in range(10):
        weights = rng.uniform(0.1, 5, 3)
        labels = [0, 2, 1]
        gradient = of_indices(x, labels, class_weights=weights)[1]
        w = exactly(weights)
        total = mpmath.fsum(w[label] for label in labels)
        for row, label, slopes in zip(x, labels, gradient, strict=True):
            target = [w[label] / total * t for t in one_hot_target(label, 3)]
            exact = loss_and_slopes(row, target)[1]
            assert worst_error_in_ulp(slopes, exact, dtype) <= SLOPE_BOUND


@needs_wider
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_binary_and_focal_losses_and_slopes_are_right_to_the_last_places(dtype):
    rng = np.random.default_rng(5)
    scores = np.append(60 * rng.standard_normal(30), [40, -40, 0, 1e-9, 85, -85])
    for score in scores.astype(dtype):
        for label in (0, 1, dtype(rng.random())):
            y = dtype(label)
            loss, slope = focal_and_slope(score, y)
            found = [
                (sigmoid_binary_cross_entropy(score, y), loss),
                (sigmoid_binary_cross_entropy_grad(score, y), slope),
                (sigmoid_binary_cross_entropy_value_and_grad(score, y)[1], slope),
            ]
            for gamma in (0.5, 2.0, 5.0):
                options = {"alpha": 0.3, "gamma": gamma}
                loss, slope = focal_and_slope(score, y, **options)
                found += [
                    (sigmoid_focal_loss(score, y, **options), loss),
                    (sigmoid_focal_loss_value_and_grad(score, y, **options)[1], slope),
                ]
            for value, exact in found:
                assert error_in_ulp(value, exact, dtype) <= 2
        z = mpmath.mpf(float(score))
        exact = 1 / (1 + mpmath.exp(-z))
        assert error_in_ulp(sigmoid(score), exact, dtype) <= 2
        exact = -mpmath.log1p(mpmath.exp(-z))
        assert error_in_ulp(log_sigmoid(score), exact, dtype) <= 2


@pytest.mark.parametrize("regime", [name for name in REGIMES if name != "vocabulary"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_and_its_jacobian_are_right_to_the_last_places(regime, dtype):
    for row, _, _ in rows_of(regime, dtype, 5):
        q, jacobian = softmax_and_jacobian(row)
        assert worst_error_in_ulp(softmax(row), q, dtype) <= SLOPE_BOUND
        for found, exact in zip(softmax_jacobian(row), jacobian, strict=True):
            assert worst_error_in_ulp(found, exact, dtype) <= SLOPE_BOUND


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [0.5, 3, 10])
@pytest.mark.parametrize("num_classes", [6, 60, 300])
def test_no_way_through_a_batch_loses_the_bound(dtype, scale, num_classes, monkeypatch):
    rng = np.random.default_rng(2)
    x = (scale * rng.standard_normal((40, num_classes))).astype(dtype)
    labels = np.where(np.arange(40) % 2, 1, x.argmax(axis=1))
    exact = [
        loss_and_slopes(row, one_hot_target(label, num_classes))[0]
        for row, label in zip(x, labels.tolist(), strict=True)
    ]
    for small, fewest in ((2**13, 48), (0, 48), (0, 10**9)):
        monkeypatch.setattr(_unshifted, "SMALL_BATCH", small)
        monkeypatch.setattr(_unshifted, "FEWEST_CLASSES", fewest)
        found = softmax_cross_entropy_with_integer_labels(x, labels)
        assert worst_error_in_ulp(found, exact, dtype) <= LOSS_BOUND[dtype]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 20, 400])
@pytest.mark.parametrize("truth", [0.0, 2.0, 6.0, 14.0])
@pytest.mark.parametrize("largest", [0.0, 1e37])
def test_the_mean_of_many_rows_keeps_the_bound(
    dtype, size, truth, largest, monkeypatch
):
    monkeypatch.setattr("xent_lib.losses.softmax.LARGEST_UNSHIFTED", largest)
    rng = np.random.default_rng(3)
    x = (2 * rng.standard_normal((size, 40))).astype(dtype)
    x[:, 0] += dtype(truth)
    value = of_indices(x, np.zeros(size, int))[0]
    wide = x.astype(np.longdouble)
    exact = np.log1p(np.exp(wide[:, 1:] - wide[:, :1]).sum(axis=1)).mean()
    assert abs(value - exact) <= LOSS_BOUND[dtype] * np.spacing(dtype(exact))


def test_the_stored_table_is_what_the_book_says_of_it():
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    for table in stored.values():
        for regime, line in table["ulp"].items():
            for ours in ("xent_lib", "xent_lib, fused"):
                assert line[ours] <= 2, regime
        assert max(table["sums"].values()) <= 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_slopes_near_zero_of_soft_labels_are_off_by_the_wider_format_only(dtype):
    rng = np.random.default_rng(5)
    wider = np.float64 if dtype == np.float32 else np.longdouble
    off = 4 * float(np.finfo(wider).eps)
    z = rng.normal(size=200).astype(dtype)
    y = sigmoid(z)
    rows = rng.normal(size=(60, 5)).astype(dtype)
    soft = softmax(rows)
    with mpmath.workdps(DIGITS):
        for slopes in (
            sigmoid_binary_cross_entropy_grad(z, y),
            len(z) * sigmoid_binary_cross_entropy_value_and_grad(z, y)[1],
        ):
            for found, logit, label in zip(slopes, z, y, strict=True):
                exact = focal_and_slope(logit, label)[1]
                rounding = 2 * float(np.finfo(dtype).eps) * abs(exact)
                assert abs(mpmath.mpf(float(found)) - exact) <= rounding + off
        for found, row, label in zip(
            softmax_cross_entropy_grad(rows, soft), rows, soft, strict=True
        ):
            for slope, exact in zip(
                found, loss_and_slopes(row, exactly(label))[1], strict=True
            ):
                rounding = 2 * float(np.finfo(dtype).eps) * abs(exact)
                assert abs(mpmath.mpf(float(slope)) - exact) <= rounding + off


@pytest.mark.parametrize("num_classes", [64, 100, 257, 3000])
@pytest.mark.parametrize("first", [0, 7])
def test_many_terms_that_float32_loses_beside_one_are_in_the_loss(num_classes, first):
    logits = np.full((200, num_classes), -24.01 * math.log(2), np.float32)
    logits[:, first], logits[:, first + 1] = 0, -2.01
    labels = np.full(200, first + 1)
    losses = softmax_cross_entropy_with_integer_labels(logits, labels)
    exact, _ = loss_and_slopes(logits[0], one_hot_target(first + 1, num_classes))
    assert worst_error_in_ulp(losses, [exact] * 200, np.float32) <= 2
