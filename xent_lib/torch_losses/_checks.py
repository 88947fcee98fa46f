"""Checks at the public edge of the PyTorch losses, and the reductions that they share."""

from __future__ import annotations

from numbers import Real

import torch
from torch import Tensor

REDUCTIONS = ("mean", "sum", "none")


def check_tensor(name: str, value: object) -> None:
    """Refuse what is no tensor: an array or a list would fail later and say less."""
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{name} must be a torch.Tensor; got {type(value).__module__}.{type(value).__name__}"
        )


def check_floating(name: str, value: Tensor) -> None:
    """Refuse a tensor that is missing or holds no real numbers."""
    check_tensor(name, value)
    if not value.is_floating_point():
        raise TypeError(f"{name} must hold real numbers; got dtype {value.dtype}")


def check_reduction(reduction: str) -> None:
    """Refuse the name of a reduction that does not exist."""
    if reduction not in REDUCTIONS:
        raise ValueError(
            f"reduction must be one of {', '.join(map(repr, REDUCTIONS))}; got {reduction!r}"
        )


def check_whole_number(name: str, value: object, least: int) -> int:
    """Return a whole number that is at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer; got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}; got {value}")
    return value


def check_label_smoothing(label_smoothing: float) -> None:
    """Refuse a share of the label that is no number or lies outside [0, 1]."""
    if isinstance(label_smoothing, bool) or not isinstance(label_smoothing, Real):
        raise TypeError(
            f"label_smoothing must be a real number; got {label_smoothing!r}"
        )
    if not 0 <= label_smoothing <= 1:
        raise ValueError(
            f"label_smoothing must be between 0 and 1; got {label_smoothing!r}"
        )


def check_target(
    target: Tensor, shape: torch.Size, where: str, device: torch.device
) -> None:
    """Refuse a target that is no tensor of class indices of the given shape, on the device."""
    check_tensor("target", target)
    if target.dtype != torch.int64:
        raise TypeError(
            f"target must hold class indices as torch.int64; got dtype {target.dtype}"
        )
    if target.shape != shape:
        raise ValueError(
            f"target must have the shape of {where}, {tuple(shape)}; got {tuple(target.shape)}"
        )
    if target.device != device:
        raise ValueError(
            f"target must be on the device of {where}, {device}; got {target.device}"
        )


def check_target_range(target: Tensor, num_classes: int, ignore_index: int) -> None:
    """Refuse a class index that is neither a class nor ``ignore_index``."""
    bad = (target != ignore_index) & ((target < 0) | (target >= num_classes))
    if bool(bad.any()):
        index = tuple(bad.nonzero()[0].tolist())
        spelled = f"target[{', '.join(map(str, index))}]" if index else "target"
        raise ValueError(
            f"target must be between 0 and {num_classes - 1}, or {ignore_index} to be ignored; "
            f"{spelled} is {int(target[index])}"
        )


def check_linear_layer(
    input: Tensor, linear_weight: Tensor, linear_bias: Tensor | None
) -> None:
    """Refuse a linear layer whose parts do not fit each other."""
    check_floating("input", input)
    check_floating("linear_weight", linear_weight)
    if input.dim() not in (1, 2):
        raise ValueError(
            f"input must have shape (N, D) or (D,); got shape {tuple(input.shape)}"
        )
    if linear_weight.dim() != 2 or len(linear_weight) == 0:
        raise ValueError(
            "linear_weight must have shape (C, D) with at least one class; "
            f"got shape {tuple(linear_weight.shape)}"
        )
    if linear_weight.shape[1] != input.shape[-1]:
        raise ValueError(
            f"linear_weight must have as many columns as input has features, "
            f"{input.shape[-1]}; got shape {tuple(linear_weight.shape)}"
        )
    if linear_bias is not None:
        check_floating("linear_bias", linear_bias)
        if linear_bias.shape != linear_weight.shape[:1]:
            raise ValueError(
                f"linear_bias must have one entry per class, {len(linear_weight)}; "
                f"got shape {tuple(linear_bias.shape)}"
            )
    for name, tensor in (
        ("linear_weight", linear_weight),
        ("linear_bias", linear_bias),
    ):
        if tensor is not None and tensor.device != input.device:
            raise ValueError(
                f"{name} must be on the device of input, {input.device}; got {tensor.device}"
            )


def mean_of_kept(total: Tensor, keep: Tensor) -> Tensor:
    """Divide a total by the number of rows kept: NaN where none is, as in PyTorch.

    Dividing by a count of 0 would make the gradients NaN as well; PyTorch's are 0.
    """
    count = keep.sum()
    return torch.where(count > 0, total / count.clamp(min=1), float("nan"))


def dtypes_of(
    input: Tensor, **others: Tensor | None
) -> tuple[torch.dtype, torch.dtype]:
    """Return the dtype of the matrix products and that of the loss.

    ``torch.autocast`` leaves float64 alone, and computes cross entropy in float32.
    """
    kind = input.device.type
    tensors = {name: tensor for name, tensor in others.items() if tensor is not None}
    wide = any(t.dtype == torch.float64 for t in (input, *tensors.values()))
    if torch.is_autocast_enabled(kind) and not wide:
        return torch.get_autocast_dtype(kind), torch.float32
    for name, tensor in tensors.items():
        if tensor.dtype != input.dtype:
            raise TypeError(
                f"{name} must have the dtype of input, {input.dtype}; got {tensor.dtype}"
            )
    return input.dtype, input.dtype


def refuse_second_derivative(function: str) -> None:
    """Refuse to be differentiated again, which autograd would do without the second term."""
    if torch.is_grad_enabled():
        raise RuntimeError(
            f"{function} has no second derivative, which create_graph=True asks for; "
            "F.cross_entropy has one"
        )
