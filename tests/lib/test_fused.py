"""Mean losses with their gradients, against the plain version, torch and finite differences."""

import os
import subprocess
import sys
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from strategies import distributions, integer_labels, logits_and_axis, without_axis
from xent_lib import (
    _blocks,
    _kernels,
    fused,
    one_hot,
    sigmoid_binary_cross_entropy,
    sigmoid_focal_loss,
    smooth_labels,
    softmax_cross_entropy,
    softmax_cross_entropy_with_integer_labels,
)
from xent_lib.fused import (
    sigmoid_binary_cross_entropy_value_and_grad,
    sigmoid_focal_loss_value_and_grad,
    softmax_cross_entropy_value_and_grad,
    softmax_cross_entropy_with_integer_labels_value_and_grad,
)
from xent_lib.gradients import central_difference
from xent_lib.plain import (
    plain_losses,
    plain_losses_of_distributions,
    plain_value_and_grad,
)

of_indices = softmax_cross_entropy_with_integer_labels_value_and_grad
of_distributions = softmax_cross_entropy_value_and_grad
TOLERANCE = {np.dtype(np.float32): 3e-6, np.dtype(np.float64): 1e-14}


@st.composite
def options(draw, shape, num_classes):
    """Class weights, a mask that keeps something, and a share of smoothing."""
    weights = draw(
        st.none()
        | st.lists(st.floats(0.1, 5), min_size=num_classes, max_size=num_classes)
    )
    where = None
    if draw(st.booleans()):
        where = np.asarray(
            draw(st.lists(st.booleans(), min_size=1, max_size=40)), dtype=bool
        )
        where = np.resize(where, shape)
        where = np.where(where.any(), where, True)
    return {
        "weights": weights,
        "where": where,
        "label_smoothing": draw(st.sampled_from([0.0, 0.1, 1.0])),
    }


def plain_mean(x, labels, axis, weights, where, label_smoothing):
    """The readable version, with the weights of a mean worked out step by step."""
    rows = np.moveaxis(x, axis, -1).reshape(-1, x.shape[axis])
    labels = np.moveaxis(labels, axis, -1).reshape(rows.shape)
    weights = np.ones(rows.shape[1]) if weights is None else np.asarray(weights)
    counts = np.ones(len(rows)) if where is None else where.reshape(-1).astype(float)
    divisor = ((labels * weights).sum(axis=1) * counts).sum()
    targets = smooth_labels(labels, label_smoothing) * weights * counts[:, None]
    value, gradient = plain_value_and_grad(rows, targets / divisor)
    moved = np.moveaxis(x, axis, -1).shape
    return value, np.moveaxis(gradient.reshape(moved), -1, axis)


@st.composite
def cases(draw):
    x, axis = draw(logits_and_axis())
    shape = without_axis(x.shape, axis)
    chosen = draw(options(shape, x.shape[axis]))
    labels = draw(integer_labels(shape, x.shape[axis]))
    return x, labels, draw(distributions(x.shape, axis)), axis, chosen


def take(way, patch):
    """Send every block one way: all in float64, from rounded sums, or with a shift."""
    if way != "small":
        patch.setattr(fused, "SMALL", 0)
        patch.setattr(_kernels, "SMALL_LOSS", 0)
    if way in ("no shift", "shifted"):
        patch.setattr(_kernels, "FEW_CLASSES", 0)
    if way == "shifted":
        patch.setattr(_kernels, "MOST", 0)


WAYS = ("small", "few classes", "no shift", "shifted")


# A busy machine can make one example slow; that says nothing about the values.
@pytest.mark.parametrize("way", WAYS)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases())
def test_the_fast_versions_equal_the_plain_one_on_every_axis(way, case):
    x, labels, soft, axis, chosen = case
    tolerance = TOLERANCE[x.dtype]
    encoded = np.moveaxis(one_hot(labels, x.shape[axis]), -1, axis)
    with pytest.MonkeyPatch.context() as patch:
        take(way, patch)
        patch.setattr(_blocks, "BLOCK_BYTES", 2 * x.shape[axis] * x.itemsize)
        losses = softmax_cross_entropy_with_integer_labels(x, labels, axis=axis)
        hard = of_indices(x, labels, axis=axis, **chosen)
        mixed = of_distributions(x, soft, axis=axis, **chosen)
        of_soft = softmax_cross_entropy(x, soft, axis=axis)
    rows = np.moveaxis(x, axis, -1).reshape(-1, x.shape[axis])
    expected = plain_losses_of_distributions(
        rows, np.moveaxis(soft, axis, -1).reshape(rows.shape)
    )
    assert_allclose(of_soft.reshape(-1), expected, rtol=1e-14, atol=0)
    expected = plain_losses(rows, labels.reshape(-1)).reshape(labels.shape)
    grid = np.finfo(x.dtype).smallest_subnormal
    assert_allclose(losses, expected, rtol=tolerance, atol=grid)
    assert losses.dtype == x.dtype
    for (value, gradient), given_labels in ((hard, encoded), (mixed, soft)):
        expected, slopes = plain_mean(
            x.astype(np.float64), given_labels, axis, **chosen
        )
        assert_allclose(value, expected, rtol=10 * tolerance, atol=tolerance)
        assert_allclose(gradient, slopes, rtol=10 * tolerance, atol=10 * tolerance)
        assert gradient.shape == x.shape


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weighted", [False, True])
def test_class_indices_agree_with_torch(smoothing, weighted):
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(50, 7)), rng.integers(0, 7, 50)
    weights = rng.uniform(0, 3, 7) if weighted else None
    where = rng.random(50) < 0.7
    z = torch.tensor(x, requires_grad=True)
    expected = torch.nn.functional.cross_entropy(
        z,
        torch.from_numpy(np.where(where, labels, -100)),
        weight=torch.from_numpy(weights) if weighted else None,
        label_smoothing=smoothing,
    )
    expected.backward()
    value, gradient = of_indices(
        x, labels, weights=weights, where=where, label_smoothing=smoothing
    )
    assert_allclose(value, expected.item(), rtol=1e-14)
    assert_allclose(gradient, z.grad.numpy(), rtol=1e-12, atol=1e-17)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_no_way_lets_a_bad_logit_pass(way, bad, monkeypatch):
    take(way, monkeypatch)
    for column in (0, 1):
        x = np.ones((3, 4), np.float32)
        x[1, column] = bad
        for loss in (of_indices, softmax_cross_entropy_with_integer_labels):
            with pytest.raises(ValueError, match=rf"logits\[1, {column}\] is {bad}"):
                loss(x, [0, 0, 0])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("offset", [-1e30, -300.0, 300.0, 1e30])
def test_logits_far_from_zero_give_the_numbers_of_those_near_it(
    way, offset, monkeypatch
):
    take(way, monkeypatch)
    x = np.array([[0, 1, -np.inf], [0, 0, 2]], np.float32)
    shifted = x + np.float32(offset)
    if abs(offset) > 1e9:
        x = np.where(np.isinf(x), x, 0)
    losses = softmax_cross_entropy_with_integer_labels
    assert_allclose(losses(shifted, [0, 2]), losses(x, [0, 2]), rtol=1e-6)
    value, gradient = of_indices(shifted, [0, 2])
    expected, slopes = of_indices(x, [0, 2])
    assert_allclose(value, expected, rtol=1e-6)
    assert_allclose(gradient, slopes, rtol=1e-6)


@pytest.mark.parametrize("shape", [(7, 5), (300, 70), (2000, 900), (3, 200_000)])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_blocks_and_threads_change_nothing(shape, threads, monkeypatch):
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape).astype(np.float32)
    labels = rng.integers(0, shape[1], shape[0])
    monkeypatch.setattr(_blocks, "available_cores", lambda: threads)
    value, gradient = of_indices(x, labels)
    targets = one_hot(labels, shape[1]) / shape[0]
    expected, slopes = plain_value_and_grad(x.astype(np.float64), targets)
    losses = softmax_cross_entropy_with_integer_labels(x, labels)
    assert_allclose(losses, plain_losses(x, labels), rtol=1e-6)
    assert_allclose(value, expected, rtol=1e-6)
    assert_allclose(gradient, slopes, rtol=2e-5, atol=1e-12)
    soft = one_hot(labels, shape[1], dtype=np.float32)
    assert_allclose(softmax_cross_entropy(x, soft), losses, rtol=1e-6)
    value, again = of_distributions(x, targets * shape[0])
    assert_allclose(value, expected, rtol=1e-6)
    assert_allclose(again, slopes, rtol=2e-5, atol=1e-9)


@pytest.fixture
def started(monkeypatch):
    """The sizes of the pools that are started from here on."""
    sizes = []

    class Pool(_blocks.ThreadPoolExecutor):
        def __init__(self, workers, **options):
            sizes.append(workers)
            super().__init__(workers, **options)

    monkeypatch.setattr(_blocks, "ThreadPoolExecutor", Pool)
    monkeypatch.setattr(_blocks, "available_cores", lambda: 3)
    _blocks._helpers.cache_clear()
    yield sizes
    _blocks._helpers.cache_clear()


def test_helpers_start_with_the_first_large_batch_and_stay(started):
    of_indices(np.zeros((100, 10)), np.zeros(100, int))
    assert started == []
    for _ in range(2):
        of_indices(np.zeros((60_000, 10)), np.zeros(60_000, int))
    assert started == [2]


@pytest.mark.usefixtures("started")
def test_an_error_in_a_block_reaches_the_caller_and_ends_the_work():
    rows = np.zeros((40_000, 100), np.float32)
    done = []

    def block(part, room):
        done.append(part.start)
        if part.start:
            raise ZeroDivisionError
        return 0.0

    with pytest.raises(ZeroDivisionError):
        _blocks.sum_over_blocks(block, len(rows), rows)
    assert len(done) <= 4


def test_a_loss_within_a_block_of_another_has_a_room_of_its_own(monkeypatch):
    batch = next(large_batches(1))
    alone = of_indices(*batch)
    inner = []
    exact = _kernels._true_terms

    def interrupted(*arguments):
        monkeypatch.setattr(_kernels, "_true_terms", exact)
        inner.append(of_indices(*batch))
        return exact(*arguments)

    monkeypatch.setattr(_kernels, "_true_terms", interrupted)
    for value, gradient in (of_indices(*batch), *inner):
        assert value == alone[0]
        assert_array_equal(gradient, alone[1])


@pytest.mark.parametrize(
    "shape", [(1024, 10), (65_536, 10), (6_000, 100), (40, 32_000)]
)
def test_little_more_is_held_than_the_gradient(shape):
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=shape).astype(np.float32), rng.integers(0, 10, shape[0])
    of_indices(x, labels)
    tracemalloc.start()
    _, gradient = of_indices(x, labels)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= 1.2 * gradient.nbytes


def large_batches(count):
    """Batches that are worth a pool of threads."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        x = rng.normal(size=(6_000, 100)).astype(np.float32)
        yield x, rng.integers(0, 100, len(x))


def test_calls_from_several_threads_at_once_do_not_disturb_each_other(monkeypatch):
    batches = list(large_batches(4))
    monkeypatch.setattr(_blocks, "available_cores", lambda: 1)
    alone = [of_indices(*batch) for batch in batches]
    monkeypatch.setattr(_blocks, "available_cores", lambda: 2)
    start = threading.Barrier(len(batches), timeout=60)

    def call(batch):
        start.wait()
        return [of_indices(*batch) for _ in range(3)]

    with ThreadPoolExecutor(len(batches)) as callers:
        together = list(callers.map(call, batches))
    for (value, gradient), again in zip(alone, together, strict=True):
        for repeated, slopes in again:
            assert_allclose(repeated, value, rtol=1e-13)
            assert_array_equal(slopes, gradient)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_process_forked_after_the_first_call_computes_as_its_parent_does():
    # In a process of its own: a fork beside the threads of other libraries may hang by itself.
    code = """
import os, sys
import numpy as np
from xent_lib import _blocks
from xent_lib.fused import softmax_cross_entropy_with_integer_labels_value_and_grad as f

_blocks.available_cores = lambda: 2
x, labels = np.eye(6_000, 100), np.arange(6_000) % 100
value, gradient = f(x, labels)
child = os.fork()
if child == 0:
    again, slopes = f(x, labels)
    os._exit(0 if again == value and (slopes == gradient).all() else 3)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    finished = subprocess.run([sys.executable, "-c", code], timeout=120, check=False)
    assert finished.returncode == 0


@pytest.mark.parametrize(
    ("asked", "cores"), [("1", 1), ("0", 4), ("", 4), ("9", 4), ("two", 4)]
)
def test_the_environment_can_lower_the_number_of_threads(monkeypatch, asked, cores):
    monkeypatch.setattr(
        _blocks.os, "sched_getaffinity", lambda pid: set(range(4)), raising=False
    )
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert _blocks.available_cores() == cores


def test_without_an_affinity_every_core_is_available(monkeypatch):
    monkeypatch.delattr(_blocks.os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(_blocks.os, "cpu_count", lambda: None)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert _blocks.available_cores() == 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("num_classes", [3, 80])
def test_what_stands_at_a_masked_example_is_not_looked_at(bad, num_classes):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, num_classes))
    soft = one_hot([0, 1, 2, 0], num_classes)
    where = np.array([True, True, False, True])
    clean = of_indices(x[where], [0, 1, 0])
    x[2], soft[2] = bad, bad
    for value, gradient in (
        of_indices(x, [0, 1, -100, 0], where=where),
        of_distributions(x, soft, where=where),
        of_indices(x, [0, 1, 2, 0], weights=1.0 * (np.arange(num_classes) != 2)),
    ):
        assert_allclose(value, clean[0], rtol=1e-15)
        assert_allclose(gradient[where], clean[1], rtol=1e-13, atol=1e-16)
        assert_array_equal(gradient[2], 0)


@pytest.mark.parametrize("num_classes", [5, 100])
def test_a_label_that_counts_nothing_costs_nothing_at_minus_infinity(num_classes):
    x = np.zeros((1, num_classes))
    x[0, 1] = -np.inf
    soft = np.zeros((1, num_classes))
    soft[0, :2] = 0.5
    weights = np.ones(num_classes)
    weights[1] = 0
    value, gradient = of_distributions(x, soft, weights=weights)
    assert_allclose(value, np.log(num_classes - 1))
    assert gradient[0, 1] == 0
    value, gradient = of_distributions(x, soft)
    assert value == np.inf
    assert not np.isnan(gradient).any()
    assert of_indices(x, [1])[0] == np.inf


@pytest.mark.parametrize("num_classes", [2, 80])
def test_a_slope_far_below_one_keeps_its_digits(num_classes):
    x = np.full((1, num_classes), -40.0)
    x[0, 0] = 0
    value, gradient = of_indices(x, [0])
    assert_allclose(value, (num_classes - 1) * np.exp(-40), rtol=1e-14)
    assert_allclose(gradient[0, 0], -(num_classes - 1) * np.exp(-40), rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_width_of_the_logits_is_kept_and_the_input_is_left_alone(dtype):
    for shape in ((1, 3), (3, 1), (4, 3), (2, 80)):
        x = np.linspace(-3, 3, shape[0] * shape[1]).astype(dtype).reshape(shape)
        before = x.copy()
        labels = np.zeros(shape[0], int)
        assert of_indices(x, labels)[1].dtype == dtype
        assert (
            of_distributions(x, one_hot(labels, shape[1]).astype(int))[1].dtype == dtype
        )
        assert sigmoid_focal_loss_value_and_grad(x, x > 0)[1].dtype == dtype
        assert_array_equal(x, before)


def test_strides_do_not_matter():
    x = np.random.default_rng(0).normal(size=(8, 12))
    view = x[::2, ::-2]
    expected = of_indices(view.copy(), [0, 2, 1, 5])
    value, gradient = of_indices(view, [0, 2, 1, 5])
    assert value == expected[0]
    assert_array_equal(gradient, expected[1])


def test_the_value_is_the_mean_of_the_losses():
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(3, 4, 5)), rng.integers(0, 5, (3, 4))
    mean = softmax_cross_entropy_with_integer_labels(x, labels).mean()
    assert_allclose(of_indices(x, labels)[0], mean, rtol=1e-15)
    soft = smooth_labels(one_hot(labels, 5), 0.3)
    assert_allclose(
        of_distributions(x, soft)[0], softmax_cross_entropy(x, soft).mean(), rtol=1e-15
    )
    yes = rng.random((3, 4, 5))
    mean = sigmoid_binary_cross_entropy(x, yes).mean()
    assert_allclose(sigmoid_binary_cross_entropy_value_and_grad(x, yes)[0], mean)
    mean = sigmoid_focal_loss(x, yes, alpha=0.3, gamma=1.5).mean()
    assert_allclose(
        sigmoid_focal_loss_value_and_grad(x, yes, alpha=0.3, gamma=1.5)[0], mean
    )


@pytest.mark.parametrize("alpha", [None, 0.25])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_the_slopes_of_the_focal_loss_are_those_of_its_differences(alpha, gamma):
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(3, 4)) * 3, rng.random((3, 4))
    labels[0] = [0, 1, 0, 1]
    where = np.arange(12).reshape(3, 4) % 5 != 2

    def value(z):
        return sigmoid_focal_loss_value_and_grad(
            z, labels, alpha=alpha, gamma=gamma, where=where
        )[0]

    _, gradient = sigmoid_focal_loss_value_and_grad(
        x, labels, alpha=alpha, gamma=gamma, where=where
    )
    assert_allclose(gradient, central_difference(value, x), atol=1e-9)
    assert_array_equal(gradient[~where], 0)


def test_binary_slopes_are_prediction_minus_label_over_the_number_of_entries():
    x = np.array([[0.0, np.log(3)], [np.nan, -np.log(3)]])
    labels = np.array([[1.0, 0.0], [7.0, 0.5]])
    where = np.array([[True, True], [False, True]])
    value, gradient = sigmoid_binary_cross_entropy_value_and_grad(
        x, labels, where=where
    )
    assert_allclose(gradient, np.array([[-0.5, 0.75], [0, -0.25]]) / 3)
    assert_allclose(
        value, (np.log(2) + np.log(4) + (np.log(4) + np.log(4 / 3)) / 2) / 3
    )


@pytest.mark.parametrize("gamma", [0.0, 2.0])
def test_infinite_log_odds_have_slopes_and_no_nan(gamma):
    value, gradient = sigmoid_focal_loss_value_and_grad(
        [np.inf, -np.inf], [1, 0], gamma=gamma
    )
    assert value == 0
    assert_array_equal(gradient, [0, 0])
    value, gradient = sigmoid_focal_loss_value_and_grad(
        [np.inf, -np.inf], [0, 1], gamma=gamma
    )
    assert value == np.inf
    assert_array_equal(gradient, [0.5, -0.5])


def test_a_label_of_weight_zero_costs_nothing_however_wrong_its_forecast():
    value, gradient = sigmoid_focal_loss_value_and_grad(
        [-np.inf, 0.0], [1, 0], alpha=0.0, gamma=0.0
    )
    assert_allclose(value, np.log(2) / 2)
    assert_allclose(gradient, [0, 0.25])
