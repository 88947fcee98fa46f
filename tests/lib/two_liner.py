"""PyTorch's two lines for a linear layer and its loss, and what compares with them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from xent_lib.torch_losses import linear_cross_entropy

REDUCTIONS = ("mean", "sum", "none")


def two_liner(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    **options: object,
) -> Tensor:
    logits = functional.linear(input, linear_weight, linear_bias)
    return functional.cross_entropy(logits, target, **options)


def problem(
    rows: int = 7,
    features: int = 5,
    classes: int = 11,
    *,
    bias: bool = True,
    dtype: torch.dtype = torch.float64,
    device: str = "cpu",
) -> tuple[list[Tensor | None], Tensor]:
    generator = torch.Generator().manual_seed(rows * 100 + classes)
    shapes = [(rows, features), (classes, features), (classes,) if bias else None]
    tensors = [
        None
        if shape is None
        else torch.randn(shape, generator=generator, dtype=torch.float64)
        .to(device, dtype)
        .requires_grad_()
        for shape in shapes
    ]
    target = torch.randint(classes, (rows,), generator=generator).to(device)
    return tensors, target


def value_and_gradients(loss_function, tensors, target, upstream=None, **options):
    """Run forward and backward on fresh leaves; return the loss and each gradient."""
    leaves = [None if t is None else t.detach().requires_grad_() for t in tensors]
    loss = loss_function(leaves[0], leaves[1], target, linear_bias=leaves[2], **options)
    if upstream is None:
        generator = torch.Generator().manual_seed(1)
        upstream = torch.randn(loss.shape, generator=generator, dtype=torch.float64)
    loss.backward(upstream.to(loss))
    return loss.detach(), [None if t is None else t.grad for t in leaves]


def assert_same(tensors, target, *, chunk_size=3, rtol=1e-11, atol=1e-12, **options):
    loss, gradients = value_and_gradients(
        linear_cross_entropy, tensors, target, chunk_size=chunk_size, **options
    )
    expected, expected_gradients = value_and_gradients(
        two_liner, tensors, target, **options
    )
    torch.testing.assert_close(loss, expected, rtol=rtol, atol=atol, equal_nan=True)
    for gradient, wanted in zip(gradients, expected_gradients, strict=True):
        if wanted is None:
            assert gradient is None
        else:
            torch.testing.assert_close(
                gradient, wanted, rtol=rtol, atol=atol, equal_nan=True
            )


def assert_no_transform(
    transform: str, loss: Callable[[Tensor], Tensor], x: Tensor
) -> None:
    """Assert that a transform of ``torch.func`` refuses the loss."""
    calls = {
        "grad": lambda: torch.func.grad(loss)(x),
        "jacrev": lambda: torch.func.jacrev(loss)(x),
        "vmap": lambda: torch.func.vmap(loss)(torch.stack([x, x])),
        "jvp": lambda: torch.func.jvp(loss, (x,), (x,)),
    }
    with pytest.raises(RuntimeError, match="functorch transforms"):
        calls[transform]()
