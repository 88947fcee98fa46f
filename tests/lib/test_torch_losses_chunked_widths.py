"""The chunked linear cross entropy in every float width, under autocast, on a GPU."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from two_liner import REDUCTIONS, assert_same, problem, two_liner, value_and_gradients
from xent_lib.torch_losses import chunked, linear_cross_entropy


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_every_float_width_is_as_near_to_exact_as_the_two_liner(
    dtype: torch.dtype, reduction: str
) -> None:
    tensors, target = problem(64, 16, 32, dtype=dtype)
    target[::5] = -100
    options = {"reduction": reduction, "label_smoothing": 0.1}
    exact_loss, exact = value_and_gradients(
        two_liner, [t.detach().double() for t in tensors], target, **options
    )
    results = [
        value_and_gradients(function, tensors, target, **options)
        for function in (linear_cross_entropy, two_liner)
    ]
    eps = torch.finfo(dtype).eps
    for position, wanted in enumerate([exact_loss, *exact]):
        ours, theirs = ([loss, *grads][position] for loss, grads in results)
        assert ours.dtype == theirs.dtype == dtype
        error, peer = ((x.double() - wanted).abs().max() for x in (ours, theirs))
        assert error <= 2 * peer + 2 * eps * wanted.abs().max()


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_autocast_gives_the_dtypes_and_nearly_the_values_of_the_two_liner(
    kind: torch.dtype, reduction: str
) -> None:
    tensors, target = problem(64, 16, 32, dtype=torch.float32)
    tensors[0] = tensors[0].detach().to(kind)
    options = {"reduction": reduction}
    with torch.autocast("cpu", dtype=kind):
        loss, gradients = value_and_gradients(
            linear_cross_entropy, tensors, target, chunk_size=10, **options
        )
        expected, wanted = value_and_gradients(two_liner, tensors, target, **options)
    assert loss.dtype == expected.dtype == torch.float32
    eps = torch.finfo(kind).eps
    torch.testing.assert_close(loss, expected, rtol=4 * eps, atol=4 * eps)
    for ours, theirs, leaf in zip(gradients, wanted, tensors, strict=True):
        assert ours.dtype == leaf.dtype
        bound = 8 * eps * theirs.abs().max().item()
        torch.testing.assert_close(ours, theirs, rtol=0, atol=bound)


def test_autocast_multiplies_in_the_narrow_dtype(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tensors, target = problem(dtype=torch.float32)
    seen = set()
    honest = chunked.multiply

    def spy(left: Tensor, right: Tensor, **options) -> Tensor:
        seen.update({left.dtype, right.dtype})
        return honest(left, right, **options)

    monkeypatch.setattr(chunked, "multiply", spy)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        linear_cross_entropy(*tensors[:2], target).backward()
    assert seen == {torch.bfloat16}


def test_autocast_leaves_float64_alone() -> None:
    tensors, target = problem()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert_same(tensors, target)


def test_gradients_of_half_precision_survive_a_batch_that_would_round_them_away() -> (
    None
):
    """1/N is far below float16's least number here; a scaled loss must still reach x."""
    rows, scale = 4096, 2.0**16
    tensors, target = problem(rows, 2, 3, bias=False, dtype=torch.float16)
    with torch.no_grad():
        tensors[1] *= 1e-3
    upstream = torch.tensor(scale)
    tensors = [tensors[0].detach(), tensors[1].detach(), None]
    with torch.autocast("cpu", dtype=torch.float16):
        _, gradients = value_and_gradients(
            linear_cross_entropy, tensors, target, upstream
        )
    _, exact = value_and_gradients(
        two_liner, [t if t is None else t.double() for t in tensors], target, upstream
    )
    for ours, wanted in zip(gradients[:2], exact[:2], strict=True):
        bound = 8 * torch.finfo(torch.float16).eps * wanted.abs().max().item()
        torch.testing.assert_close(ours.double(), wanted, rtol=0, atol=bound)


@pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs a GPU that CUDA can use"
)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_on_a_gpu(reduction: str) -> None:
    tensors, target = problem(64, 16, 32, device="cuda")
    target[3] = -100
    assert_same(tensors, target, reduction=reduction, label_smoothing=0.1, rtol=1e-9)
    narrow = [t.detach().float() for t in tensors]
    with torch.autocast("cuda", dtype=torch.bfloat16):
        loss = linear_cross_entropy(*narrow[:2], target, reduction=reduction)
        expected = two_liner(*narrow[:2], target, reduction=reduction)
    torch.testing.assert_close(loss, expected, rtol=0.03, atol=0.03)
