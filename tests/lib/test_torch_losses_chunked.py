"""The chunked linear cross entropy against PyTorch's two-liner, in value and gradients."""

from __future__ import annotations

import inspect
import itertools
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from two_liner import (
    REDUCTIONS,
    assert_no_transform,
    assert_same,
    problem,
    two_liner,
    value_and_gradients,
)
from xent_lib.torch_losses import linear_cross_entropy
from xent_lib.torch_losses.chunked import LinearCrossEntropy


def test_running_example_costs_0_3567_nats() -> None:
    loss = linear_cross_entropy(
        torch.tensor([[0.7, 0.2, 0.1]]).log(), torch.eye(3), torch.tensor([0])
    )
    assert round(loss.item(), 4) == 0.3567


@pytest.mark.parametrize(
    ("reduction", "bias", "smoothing", "ignored"),
    [
        *itertools.product(
            REDUCTIONS, (False, True), (0.0, 0.1, 1.0), ((), (0, 4), (3,))
        )
    ],
)
def test_value_and_all_gradients_equal_the_two_liner(
    reduction: str, bias: bool, smoothing: float, ignored: tuple[int, ...]
) -> None:
    tensors, target = problem(bias=bias)
    target[list(ignored)] = -100
    assert_same(tensors, target, reduction=reduction, label_smoothing=smoothing)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("chunk_size", [1, 2, 6, 7, 8, 1000, None])
def test_any_chunk_size_gives_the_same(chunk_size: int | None, reduction: str) -> None:
    tensors, target = problem()
    assert_same(tensors, target, chunk_size=chunk_size, reduction=reduction)


@pytest.mark.parametrize("ignore_index", [0, 4, -1, 11, 99])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_ignore_index_may_be_a_class_or_any_other_number(
    ignore_index: int, reduction: str
) -> None:
    tensors, target = problem()
    target[2:5] = ignore_index
    assert_same(tensors, target, ignore_index=ignore_index, reduction=reduction)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_batch_with_every_row_ignored_has_mean_nan_and_gradients_zero(
    smoothing: float,
) -> None:
    tensors, target = problem()
    target[:] = -100
    options = {"label_smoothing": smoothing}
    loss, gradients = value_and_gradients(
        linear_cross_entropy, tensors, target, **options
    )
    assert loss.isnan()
    assert all(gradient.count_nonzero() == 0 for gradient in gradients)
    for reduction in REDUCTIONS:
        assert_same(tensors, target, reduction=reduction, **options)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_an_empty_batch_gives_what_pytorch_gives(reduction: str) -> None:
    tensors, target = problem(rows=0)
    assert_same(tensors, target, reduction=reduction)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_one_class_no_features_and_one_unbatched_row(reduction: str) -> None:
    assert_same(*problem(classes=1), reduction=reduction)
    assert_same(*problem(features=0), reduction=reduction)
    tensors, target = problem(rows=1)
    tensors[0] = tensors[0].detach()[0]
    assert_same(tensors, target[0], reduction=reduction)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_weight_of_zeros_costs_the_logarithm_of_the_number_of_classes(
    reduction: str,
) -> None:
    tensors, target = problem(bias=False)
    tensors[1] = torch.zeros_like(tensors[1])
    assert_same(tensors, target, reduction=reduction)
    losses = linear_cross_entropy(tensors[0], tensors[1], target, reduction="none")
    np.testing.assert_allclose(losses.detach(), np.log(11), rtol=1e-14)


def test_inputs_that_are_not_contiguous_give_the_same() -> None:
    tensors, target = problem(rows=6, features=6, classes=6)
    strided = torch.stack([target, target], dim=1)[:, 0]
    transposed = [tensors[0].detach().T, tensors[1].detach().T, tensors[2]]
    assert not transposed[0].is_contiguous() and not strided.is_contiguous()
    assert_same(transposed, strided)
    expanded = [tensors[0].detach()[:1].expand(6, 6), *transposed[1:]]
    assert_same(expanded, strided)


@pytest.mark.parametrize("size", [1e3, 1e30])
def test_huge_logits_neither_overflow_nor_lose_the_gradient(size: float) -> None:
    tensors, target = problem(dtype=torch.float32)
    tensors[0] = tensors[0].detach() * size
    assert_same(tensors, target, rtol=1e-5, atol=1e-6 * size)
    assert linear_cross_entropy(*tensors[:2], target).isfinite()


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_classes_excluded_by_a_bias_of_minus_infinity(smoothing: float) -> None:
    tensors, target = problem()
    with torch.no_grad():
        tensors[2][3] = -torch.inf
    target[target == 3] = 4
    assert_same(tensors, target, reduction="none", label_smoothing=smoothing)


def test_nan_stays_in_its_own_row_and_an_ignored_row_costs_nothing() -> None:
    tensors, target = problem(bias=False)
    with torch.no_grad():
        tensors[0][2] = torch.nan
        tensors[0][5] = torch.inf
    target[5] = -100
    losses = linear_cross_entropy(*tensors[:2], target, reduction="none", chunk_size=2)
    assert losses.isnan().nonzero().tolist() == [[2]]
    assert losses[5] == 0


@pytest.mark.parametrize("worth", [torch.nan, torch.inf])
def test_what_an_ignored_row_is_worth_reaches_no_gradient(worth: float) -> None:
    tensors, target = problem()
    target[3] = -100
    upstream = torch.ones(7)
    upstream[3] = worth
    _, gradients = value_and_gradients(
        linear_cross_entropy, tensors, target, upstream, reduction="none"
    )
    _, expected = value_and_gradients(
        two_liner, tensors, target, torch.ones(()), reduction="sum"
    )
    for gradient, wanted in zip(gradients, expected, strict=True):
        torch.testing.assert_close(gradient, wanted, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("learning", [*itertools.product((False, True), repeat=3)])
def test_only_what_asks_for_a_gradient_gets_one(
    learning: tuple[bool, ...], reduction: str
) -> None:
    tensors, target = problem()
    given = [
        t.detach().requires_grad_(on) for t, on in zip(tensors, learning, strict=True)
    ]
    loss = linear_cross_entropy(
        given[0], given[1], target, linear_bias=given[2], reduction=reduction
    )
    assert loss.requires_grad == any(learning)
    if any(learning):
        loss.sum().backward()
        _, expected = value_and_gradients(
            two_liner, tensors, target, torch.ones_like(loss), reduction=reduction
        )
        for leaf, on, wanted in zip(given, learning, expected, strict=True):
            if on:
                torch.testing.assert_close(leaf.grad, wanted, rtol=1e-11, atol=1e-12)
            else:
                assert leaf.grad is None


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_without_gradients_none_is_computed(
    reduction: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tensors, target = problem()
    expected = two_liner(*tensors[:2], target, reduction=reduction)
    monkeypatch.setattr(
        "xent_lib.torch_losses.chunked.add_gradients",
        lambda *_: pytest.fail("a gradient was computed"),
    )
    with torch.no_grad():
        loss = linear_cross_entropy(*tensors[:2], target, reduction=reduction)
    assert not loss.requires_grad
    torch.testing.assert_close(loss, expected.detach())


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_retained_graph_can_be_run_backward_again(reduction: str) -> None:
    tensors, target = problem()
    target[1] = -100
    loss = linear_cross_entropy(
        *tensors[:2], target, linear_bias=tensors[2], reduction=reduction, chunk_size=2
    )
    first = torch.autograd.grad(loss.sum(), tensors, retain_graph=True)
    kept = [gradient.clone() for gradient in first]
    second = torch.autograd.grad(2 * loss.sum(), tensors, retain_graph=True)
    for once, twice, before in zip(first, second, kept, strict=True):
        torch.testing.assert_close(twice, 2 * before, rtol=1e-12, atol=1e-14)
        assert once.equal(before)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_gradcheck(reduction: str, smoothing: float) -> None:
    tensors, target = problem(rows=4, features=3, classes=5)
    target[1] = -100

    def loss(input: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return linear_cross_entropy(
            input,
            weight,
            target,
            linear_bias=bias,
            reduction=reduction,
            label_smoothing=smoothing,
            chunk_size=3,
        )

    assert torch.autograd.gradcheck(loss, tensors)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_second_derivative_is_refused(reduction: str) -> None:
    tensors, target = problem()
    loss = linear_cross_entropy(*tensors[:2], target, reduction=reduction).sum()
    with pytest.raises(RuntimeError, match=r"no second derivative.*create_graph=True"):
        torch.autograd.grad(loss, tensors[0], create_graph=True)


def test_gradients_add_up_with_those_of_other_terms() -> None:
    tensors, target = problem(bias=False)
    input, weight, _ = tensors
    (linear_cross_entropy(input, weight, target) + weight.square().sum()).backward()
    got = weight.grad
    weight.grad = None
    (two_liner(input, weight, target) + weight.square().sum()).backward()
    torch.testing.assert_close(got, weight.grad)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(0, 9),
    features=st.integers(0, 6),
    classes=st.integers(1, 9),
    chunk_size=st.integers(1, 10),
    smoothing=st.sampled_from([0.0, 0.3]),
    reduction=st.sampled_from(REDUCTIONS),
    bias=st.booleans(),
    data=st.data(),
)
def test_any_shape_equals_the_two_liner(
    rows, features, classes, chunk_size, smoothing, reduction, bias, data
) -> None:
    tensors, _ = problem(rows, features, classes, bias=bias)
    labels = st.sampled_from([-100, *range(classes)])
    target = torch.tensor(
        data.draw(st.lists(labels, min_size=rows, max_size=rows)), dtype=torch.int64
    )
    assert_same(
        tensors,
        target,
        chunk_size=chunk_size,
        label_smoothing=smoothing,
        reduction=reduction,
    )


def test_the_logits_of_one_chunk_are_the_largest_tensor_and_its_memory_is_used_again() -> (
    None
):
    rows, classes, chunk_size = 256, 512, 32
    tensors, target = problem(rows, 8, classes, bias=False, dtype=torch.float32)
    created = []

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            made = func(*args, **(kwargs or {}))
            before = {a.data_ptr() for a in args if isinstance(a, Tensor)}
            if isinstance(made, Tensor) and made.data_ptr() not in before:
                created.append(made.untyped_storage().nbytes())
            return made

    with Watch():
        linear_cross_entropy(*tensors[:2], target, chunk_size=chunk_size).backward()
    one_chunk = chunk_size * classes * 4
    assert max(created) == one_chunk
    assert created.count(one_chunk) == 1
    assert tensors[1].grad is not None


def test_the_autograd_function_is_short_enough_to_be_shown() -> None:
    assert len(inspect.getsource(LinearCrossEntropy).splitlines()) <= 60


def test_importing_the_library_does_not_import_torch() -> None:
    code = "import sys, xent_lib; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("chunk_size", [1, 2, 7])
def test_what_stands_in_an_ignored_row_reaches_nothing(
    reduction: str, smoothing: float, chunk_size: int
) -> None:
    tensors, target = problem()
    target[1] = target[5] = -100
    results = []
    for nan, inf in ((0.0, 1.0), (torch.nan, -torch.inf)):
        with torch.no_grad():
            tensors[0][1, 0], tensors[0][5] = nan, inf
        for tensor in tensors:
            tensor.grad = None
        loss = linear_cross_entropy(
            *tensors[:2],
            target,
            linear_bias=tensors[2],
            reduction=reduction,
            label_smoothing=smoothing,
            chunk_size=chunk_size,
        )
        loss.sum().backward()
        results.append([loss.detach(), *(tensor.grad for tensor in tensors)])
    for clean, spoilt in zip(*results, strict=True):
        assert clean.equal(spoilt)
    assert results[1][1][[1, 5]].count_nonzero() == 0


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is:DeprecationWarning")
@pytest.mark.parametrize("transform", ["grad", "jacrev", "vmap", "jvp"])
def test_transforms_of_torch_func_are_refused(transform: str) -> None:
    tensors, target = problem(bias=False)
    x, weight = (tensor.detach() for tensor in tensors[:2])
    assert_no_transform(transform, lambda x: linear_cross_entropy(x, weight, target), x)


def test_autocast_leaves_float64_alone() -> None:
    tensors, target = problem()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = linear_cross_entropy(*tensors[:2], target, linear_bias=tensors[2])
    assert loss.dtype == tensors[0].dtype == torch.float64
    torch.testing.assert_close(
        loss, two_liner(*tensors[:2], target, linear_bias=tensors[2])
    )
