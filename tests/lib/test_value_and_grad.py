"""Mean losses with their gradients, against torch, finite differences and exact arithmetic."""

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
    one_hot,
    sigmoid_binary_cross_entropy,
    sigmoid_binary_cross_entropy_value_and_grad,
    sigmoid_focal_loss,
    sigmoid_focal_loss_value_and_grad,
    smooth_labels,
    softmax_cross_entropy,
    softmax_cross_entropy_value_and_grad,
    softmax_cross_entropy_with_integer_labels,
    softmax_cross_entropy_with_integer_labels_value_and_grad,
)
from xent_lib.gradients import (
    central_difference,
    sigmoid_binary_cross_entropy_grad,
    softmax_cross_entropy_grad,
    softmax_jacobian,
)
from xent_lib.losses import _blocks, _unshifted

of_indices = softmax_cross_entropy_with_integer_labels_value_and_grad
of_distributions = softmax_cross_entropy_value_and_grad
TOLERANCE = {np.dtype(np.float32): 4e-7, np.dtype(np.float64): 1e-15}


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
        "class_weights": weights,
        "where": where,
        "label_smoothing": draw(st.sampled_from([0.0, 0.1, 1.0])),
    }


def plain_losses_and_slopes(logits, targets):
    """Weighted losses and slopes by the textbook, with the true class in no sum; longdouble."""
    z, targets = logits.astype(np.longdouble), targets.astype(np.longdouble)
    terms = np.exp(z - z.max(axis=1, keepdims=True))
    others = np.stack([np.delete(terms, k, 1).sum(1) for k in range(z.shape[1])], 1)
    rest = np.stack([np.delete(targets, k, 1).sum(1) for k in range(z.shape[1])], 1)
    weight, total = targets.sum(axis=1), terms.sum(axis=1)
    top = np.arange(len(z)), z.argmax(axis=1)
    paid = (targets * (z[top][:, None] - z)).sum(axis=1)
    slopes = (terms * rest - others * targets) / total[:, None]
    return paid + weight * np.log1p(others[top]), slopes


def plain_mean(x, labels, axis, class_weights, where, label_smoothing):
    """The mean, with the weights of its parts worked out step by step."""
    rows = np.moveaxis(x, axis, -1).reshape(-1, x.shape[axis])
    labels = np.moveaxis(labels, axis, -1).reshape(rows.shape).astype(np.longdouble)
    weights = np.ones(rows.shape[1]) if class_weights is None else class_weights
    counts = np.ones(len(rows)) if where is None else where.reshape(-1).astype(float)
    divisor = ((labels * weights).sum(axis=1) * counts).sum()
    share = np.longdouble(label_smoothing)
    targets = (1 - share) * labels + share / rows.shape[1]
    targets *= np.asarray(weights) * counts[:, None]
    loss, slopes = plain_losses_and_slopes(rows, targets)
    moved = np.moveaxis(x, axis, -1).shape
    slopes = np.moveaxis(slopes.reshape(moved), -1, axis)
    shape = without_axis(x.shape, axis)
    return loss.reshape(shape), loss.sum() / divisor, slopes / divisor


@st.composite
def cases(draw):
    x, axis = draw(logits_and_axis())
    shape = without_axis(x.shape, axis)
    chosen = draw(options(shape, x.shape[axis]))
    labels = draw(integer_labels(shape, x.shape[axis]))
    return x, labels, draw(distributions(x.shape, axis)), axis, chosen


def use_kernel(kernel, patch):
    """Send every block through one kernel: unshifted exponentials where these do, or shifted."""
    if kernel != "small":
        patch.setattr(_unshifted, "SMALL_BATCH", 0)
    if kernel == "rounded sums":
        patch.setattr(_unshifted, "FEWEST_CLASSES", 0)
    if kernel == "shifted":
        patch.setattr("xent_lib.losses.softmax.LARGEST_UNSHIFTED", 0)


KERNELS = ("small", "rounded sums", "no shift", "shifted")


# A busy machine can make one example slow; that says nothing about the values.
@pytest.mark.parametrize("kernel", KERNELS)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases())
def test_losses_and_slopes_equal_the_plain_ones_on_every_axis(kernel, case):
    x, labels, soft, axis, chosen = case
    tolerance = TOLERANCE[x.dtype]
    encoded = np.moveaxis(one_hot(labels, x.shape[axis]), -1, axis)
    with pytest.MonkeyPatch.context() as patch:
        use_kernel(kernel, patch)
        patch.setattr(_blocks, "BLOCK_ENTRIES", 2 * x.shape[axis])
        found = softmax_cross_entropy_with_integer_labels(x, labels, axis=axis)
        weighted = softmax_cross_entropy_with_integer_labels(
            x, labels, axis=axis, **chosen
        )
        hard = of_indices(x, labels, axis=axis, **chosen)
        mixed = of_distributions(x, soft, axis=axis, **chosen)
        of_soft = softmax_cross_entropy(x, soft, axis=axis, **chosen)
    plainly = {"class_weights": None, "where": None, "label_smoothing": 0.0}
    expected = plain_mean(x, encoded, axis, **plainly)[0]
    grid = np.finfo(x.dtype).smallest_subnormal
    assert_allclose(found, expected, rtol=tolerance, atol=grid)
    assert found.dtype == x.dtype
    for (value, gradient), some, given_labels in (
        (hard, weighted, encoded),
        (mixed, of_soft, soft),
    ):
        expected, mean, slopes = plain_mean(x, given_labels, axis, **chosen)
        assert_allclose(some, expected, rtol=2 * tolerance, atol=grid)
        assert_allclose(value, mean, rtol=2 * tolerance)
        # Digits that prediction and label share are lost from a slope; see the docstring.
        work = np.float64 if x.dtype == np.float32 else np.longdouble
        shared = 4 * np.finfo(work).eps * np.max(chosen["class_weights"] or 1)
        assert_allclose(gradient, slopes, rtol=2 * tolerance, atol=max(grid, shared))
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
        x, labels, class_weights=weights, where=where, label_smoothing=smoothing
    )
    assert_allclose(value, expected.item(), rtol=1e-14)
    assert_allclose(gradient, z.grad.numpy(), rtol=1e-11)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_no_kernel_lets_a_bad_logit_pass(kernel, bad, monkeypatch):
    use_kernel(kernel, monkeypatch)
    for column in (0, 1):
        x = np.ones((3, 4), np.float32)
        x[1, column] = bad
        for loss in (of_indices, softmax_cross_entropy_with_integer_labels):
            with pytest.raises(ValueError, match=rf"logits\[1, {column}\] is {bad}"):
                loss(x, [0, 0, 0])


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("offset", [-1e30, -300.0, 300.0, 1e30])
def test_logits_far_from_zero_give_the_numbers_of_those_near_it(
    kernel, offset, monkeypatch
):
    use_kernel(kernel, monkeypatch)
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
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_blocks_and_threads_change_nothing(shape, dtype, monkeypatch):
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape).astype(dtype)
    labels = rng.integers(0, shape[1], shape[0])
    soft = one_hot(labels, shape[1], dtype=dtype)
    if dtype == np.float64:
        x, labels, soft = x[:50], labels[:50], soft[:50]  # long doubles take their time
    found = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(_blocks, "available_cores", lambda n=threads: n)
        found.append(
            (
                *of_indices(x, labels),
                *of_distributions(x, soft),
                softmax_cross_entropy_with_integer_labels(x, labels),
                softmax_cross_entropy(x, soft),
            )
        )
    for others in found[1:]:
        for one, other in zip(found[0], others, strict=True):
            assert_array_equal(one, other)
    value, gradient, again, slopes, each, of_soft = found[0]
    few = [0, 1, len(x) - 1]
    expected, exact = (
        plain_losses_and_slopes(x[few], soft[few])
        if shape[1] < 1000
        else (of_soft[few], slopes[few] * len(x))
    )
    tolerance = TOLERANCE[x.dtype]
    assert_allclose(each[few], expected, rtol=tolerance)
    assert_allclose(gradient[few] * len(x), exact, rtol=2 * tolerance)
    assert_allclose(slopes, gradient, rtol=2 * tolerance)
    assert_allclose(each, of_soft, rtol=2 * tolerance)
    assert_allclose([value, again], each.mean(dtype=np.float64), rtol=tolerance)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("num_classes", [2, 10, 100])
@pytest.mark.parametrize("share", [0.0, 0.1])
def test_what_stands_beside_a_row_changes_no_bit_of_its_slopes(
    dtype, num_classes, share
):
    rng = np.random.default_rng(0)
    size = 257
    x = (5 * rng.normal(size=(size, num_classes))).astype(dtype)
    labels = rng.integers(0, num_classes, size)
    soft = rng.dirichlet(np.ones(num_classes), size).astype(dtype)
    changed = x.copy()
    changed[::3] += dtype(200)  # beyond what float64 sums without a shift
    changed[1::3] -= dtype(300)
    weights = np.ones(num_classes)
    weights[0] = 1e-40  # of a slope that float32 multiplies in the wider format
    stays = slice(2, None, 3)
    order = rng.permutation(size)
    for function, of in ((of_indices, labels), (of_distributions, soft)):
        for chosen in (None, weights):

            def slopes(z, labels, function=function, chosen=chosen):
                options = {"class_weights": chosen, "label_smoothing": share}
                return function(z, labels, **options)[1]

            found = slopes(x, of)
            assert_array_equal(slopes(changed, of)[stays], found[stays])
            # The divisor of a mean of weighted distributions is a sum, which order may round.
            if chosen is None:
                assert_array_equal(slopes(x[order], of[order]), found[order])


@pytest.mark.parametrize("num_classes", [2, 10, 100, 1000])
def test_batch_mates_move_a_float32_loss_by_two_units_at_most(num_classes):
    rng = np.random.default_rng(1)
    x = (5 * rng.normal(size=(3000, num_classes))).astype(np.float32)
    labels = rng.integers(0, num_classes, len(x))
    loss = softmax_cross_entropy_with_integer_labels
    whole = loss(x, labels)
    backwards = loss(x[::-1], labels[::-1])[::-1]
    few = [loss(x[i : i + 7], labels[i : i + 7]) for i in range(0, len(x), 7)]
    for other in (backwards, np.concatenate(few)):
        assert (np.abs(other - whole) <= 2 * np.spacing(whole)).all()


@pytest.mark.parametrize("num_classes", [2, 10, 100])
def test_batch_mates_change_no_bit_of_other_losses(num_classes):
    rng = np.random.default_rng(2)
    x = 5 * rng.normal(size=(301, num_classes))
    labels = rng.integers(0, num_classes, len(x))
    soft = rng.dirichlet(np.ones(num_classes), len(x))
    narrow = x.astype(np.float32), soft.astype(np.float32)
    for loss, z, of in (
        (softmax_cross_entropy_with_integer_labels, x, labels),
        (softmax_cross_entropy, x, soft),
        (softmax_cross_entropy, *narrow),
    ):
        whole = loss(z, of)
        assert_array_equal(loss(z[::-1], of[::-1])[::-1], whole)
        few = [loss(z[i : i + 7], of[i : i + 7]) for i in range(0, len(z), 7)]
        assert_array_equal(np.concatenate(few), whole)


def test_losses_of_many_shapes_leave_little_behind():
    tracemalloc.start()
    for num_classes in range(1, 3000):
        z = np.zeros((1, num_classes), np.float32)
        softmax_cross_entropy_with_integer_labels(z, [0])
    left, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert left <= 2**21


def test_threads_start_for_large_batches_only(monkeypatch):
    started = []
    start = threading.Thread.start
    monkeypatch.setattr(
        threading.Thread, "start", lambda self: (started.append(self), start(self))
    )
    monkeypatch.setattr(_blocks, "available_cores", lambda: 3)
    of_indices(np.zeros((100, 10)), np.zeros(100, int))
    assert started == []
    of_indices(np.zeros((60_000, 10)), np.zeros(60_000, int))
    assert len(started) == 2
    assert not any(helper.is_alive() for helper in started)


def test_where_no_thread_can_start_the_caller_does_the_work(monkeypatch):
    x, labels = next(large_batches(1))
    expected = of_indices(x, labels)

    def refuse(self):
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(_blocks, "available_cores", lambda: 3)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    value, gradient = of_indices(x, labels)
    assert value == expected[0]
    assert_array_equal(gradient, expected[1])


def test_a_thread_that_outlives_the_main_one_gets_its_losses():
    code = """
import threading, time
import numpy as np
from xent_lib import softmax_cross_entropy_with_integer_labels as loss
from xent_lib.losses import _blocks

_blocks.available_cores = lambda: 2
z, y = np.zeros((3000, 400), np.float32), np.zeros(3000, int)
def train():
    threading.main_thread().join()
    print(loss(z, y).mean().round(4))
threading.Thread(target=train).start()
"""
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert finished.stderr == "" and finished.stdout == "5.9915\n"


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_in_a_block_reaches_the_caller_and_ends_the_work(threads, monkeypatch):
    monkeypatch.setattr(_blocks, "available_cores", lambda: threads)
    done = []

    def block(part):
        done.append(part.start)
        if part.start:
            raise ZeroDivisionError
        return 0.0

    with pytest.raises(ZeroDivisionError):
        _blocks.sum_over_blocks(block, 40_000, 100)
    assert len(done) <= 1 + threads


def test_a_call_leaves_numpys_settings_as_they_are():
    before = np.getbufsize(), np.geterr()
    of_indices(*next(large_batches(1)))
    assert (np.getbufsize(), np.geterr()) == before


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_settings_that_raise_do_not_reach_into_a_call(dtype):
    x = np.array([[0, 200, -np.inf], [-200, 0, 3]], dtype)
    with np.errstate(all="raise"):
        of_indices(x, [1, 0])
        of_distributions(x, [[1, 0, 0], [0.5, 0.5, 0]])
        softmax_cross_entropy_with_integer_labels(x, [2, 0])
        softmax_cross_entropy_with_integer_labels(x, [1, 1])
        softmax_cross_entropy_grad(x, [[0, 0, 1], [0.5, 0.5, 0]])
        softmax_jacobian(x)
        sigmoid_binary_cross_entropy_grad(x, np.zeros_like(x))
        sigmoid_focal_loss(x, np.zeros_like(x))
        sigmoid_focal_loss_value_and_grad([-800.0, np.inf], [1, 0])


@pytest.mark.parametrize("shape", [(400_000, 10), (40_000, 100), (120, 32_000)])
def test_little_more_is_held_than_the_gradient(shape, monkeypatch):
    monkeypatch.setattr(_blocks, "available_cores", lambda: 1)
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape, np.float32)
    labels = rng.integers(0, 10, shape[0])
    tracemalloc.start()
    _, gradient = of_indices(x, labels)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= gradient.nbytes + 2**21


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
            assert repeated == value
            assert_array_equal(slopes, gradient)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_process_forked_after_the_first_call_computes_as_its_parent_does():
    # In a process of its own: a fork beside the threads of other libraries may hang by itself.
    code = """
import os, sys
import numpy as np
from xent_lib.losses import _blocks
from xent_lib import softmax_cross_entropy_with_integer_labels_value_and_grad as f

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
    ("asked", "cores"), [("1", 1), ("0", 4), ("", 4), ("9", 4), ("two", 4), ("²", 4)]
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
        of_indices(x, [0, 1, 2, 0], class_weights=1.0 * (np.arange(num_classes) != 2)),
    ):
        assert_allclose(value, clean[0], rtol=1e-15)
        assert_allclose(gradient[where], clean[1], rtol=1e-13)
        assert_array_equal(gradient[2], 0)


@pytest.mark.parametrize("num_classes", [5, 100])
def test_a_label_that_counts_nothing_costs_nothing_at_minus_infinity(num_classes):
    x = np.zeros((1, num_classes))
    x[0, 1] = -np.inf
    soft = np.zeros((1, num_classes))
    soft[0, :2] = 0.5
    weights = np.ones(num_classes)
    weights[1] = 0
    value, gradient = of_distributions(x, soft, class_weights=weights)
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
    assert_allclose(gradient, central_difference(value, x), rtol=1e-6, atol=1e-11)
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
