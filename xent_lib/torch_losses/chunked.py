"""Linear layer and cross entropy in one, a few rows at a time; for chapter 13.

The logits of a batch are a matrix of N rows and C classes, and for a large vocabulary they,
their softmax and their gradient are the largest tensors of a training step. None of them is
needed whole: a row's loss and gradients depend on that row's logits alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from xent_lib.torch_losses._checks import (
    check_label_smoothing,
    check_linear_layer,
    check_reduction,
    check_target,
    check_target_range,
    check_whole_number,
    dtypes_of,
    mean_of_kept,
    refuse_second_derivative,
)

# A matrix product of fewer rows takes more time for each row.
FEWEST_ROWS = 64


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
    chunk_size: int | None = None,
) -> Tensor:
    r"""Cross entropy of a linear layer's output, without ever holding all logits.

    Value and gradients are those of
    ``F.cross_entropy(F.linear(input, linear_weight, linear_bias), target, ...)``, up to
    rounding and but for rows that are ignored (see ``ignore_index``). With the
    logits :math:`z = W x + b` of one row and the smoothed label
    :math:`y = (1 - \varepsilon)\,\mathrm{onehot}(t) + \varepsilon / C`, the loss and its
    gradients are

    .. math::
        L = \log \sum_k e^{z_k} - \sum_k y_k z_k, \quad
        \frac{\partial L}{\partial z} = \operatorname{softmax}(z) - y =: g, \quad
        \frac{\partial L}{\partial x} = W^\top g, \quad
        \frac{\partial L}{\partial W} = g x^\top, \quad
        \frac{\partial L}{\partial b} = g.

    One buffer holds the logits of ``chunk_size`` rows, then their exponentials, then their
    gradient; what it adds to the three gradients is kept, and the next rows overwrite it.

    Parameters
    ----------
    input : Tensor, shape (N, D) or (D,)
        What the linear layer is given.
    linear_weight : Tensor, shape (C, D)
        The layer's weight, one row per class.
    target : Tensor of int64, shape (N,) or ()
        Class indices from 0 to C - 1, or ``ignore_index``.
    linear_bias : Tensor, shape (C,), optional
        The layer's bias.
    ignore_index : int, default -100
        Rows with this target are not looked at: NaN or inf in them changes nothing, their loss
        and their gradients are 0, and they are not counted in the mean. (The two-liner's
        gradients are NaN there, and so is all of the weight's.)
    label_smoothing : float, default 0.0
        The share :math:`\varepsilon` of the label that is spread over all classes, in [0, 1].
    reduction : {'mean', 'sum', 'none'}, default 'mean'
        'mean' divides by the number of rows that are not ignored; where there is none it is
        NaN and every gradient is 0, as in PyTorch.
    chunk_size : int, optional
        Rows whose logits are held at once. By default half of D, rounded down, and at least
        64, so that from D = 128 on the buffer takes at most half the memory of a float32
        weight gradient. (:func:`xent_lib.memory.loss_memory` assumes 512 where it is not told.)

    Returns
    -------
    Tensor, scalar, or shape of ``target`` for 'none'
        In nats, with the dtype of ``input``; under ``torch.autocast`` float32, but float64
        where all arguments are float64, which autocast leaves alone.

    Raises
    ------
    TypeError
        If an argument is no tensor of the right kind, the dtypes differ, outside
        ``torch.autocast`` or where one of them is float64, or ``chunk_size`` is no integer.
    ValueError
        If shapes or devices do not fit, a target is out of range, ``reduction`` is unknown,
        ``label_smoothing`` lies outside [0, 1] or ``chunk_size`` is below 1.
    RuntimeError
        From ``backward(create_graph=True)``: there is no second derivative. From a transform
        of ``torch.func`` (``grad``, ``vmap``, ``jvp``, ``jacrev``): the function works with
        ``backward`` and ``torch.autograd.grad`` only.

    See Also
    --------
    vocab_parallel_cross_entropy : for classes that are split over several processes.
    torch.nn.functional.linear_cross_entropy : PyTorch's own; its ``options`` chunk too.

    Notes
    -----
    For chapter 13. Time: three matrix products of 2·N·C·D operations each, as in the
    two-liner. 'none' computes the logits again in ``backward``, a fourth product; a second
    ``backward`` of a retained graph computes all three again. Memory beside the gradients:
    ``chunk_size`` times C numbers of at least 32 bits and, for narrower inputs, copies of them
    in the narrow format, of one addition to the weight's gradient, and at the end of all
    gradients; where rows are ignored, also ``chunk_size`` rows of ``input``. The two-liner
    holds N times C numbers several times over; :func:`xent_lib.memory.loss_memory` counts both.

    The gradients of 'mean' and 'sum' are computed with the loss, which is when the logits are
    at hand, and scaled by what ``backward`` is given. Sums over chunks are kept in float32 at
    least, whatever the dtype of the factors; autograd rounds each gradient to the dtype of what
    it belongs to. The target is checked on each call, which on a GPU waits for the device.

    References
    ----------
    .. [1] Wijmans, E., Huval, B., Hertzberg, A., Koltun, V. and Krähenbühl, P. (2024). Cut
       your losses in large-vocabulary language models. arXiv:2411.09009

    Examples
    --------
    >>> scores = torch.tensor([[0.7, 0.2, 0.1]]).log()
    >>> loss = linear_cross_entropy(scores, torch.eye(3), torch.tensor([0]))
    >>> round(loss.item(), 4)
    0.3567
    """
    check_linear_layer(input, linear_weight, linear_bias)
    check_target(target, input.shape[:-1], "input without its features", input.device)
    check_target_range(target, len(linear_weight), ignore_index)
    check_label_smoothing(label_smoothing)
    check_reduction(reduction)
    if chunk_size is None:
        chunk_size = max(FEWEST_ROWS, input.shape[-1] // 2)
    check_whole_number("chunk_size", chunk_size, least=1)
    compute, result = dtypes_of(
        input, linear_weight=linear_weight, linear_bias=linear_bias
    )
    summed = reduction != "none"
    early = summed and torch.is_grad_enabled()
    rows = input.unsqueeze(0) if input.dim() == 1 else input
    keep = (target != ignore_index).reshape(len(rows))
    loss: Tensor = LinearCrossEntropy.apply(  # type: ignore[no-untyped-call]
        Settings(
            summed, early, label_smoothing, chunk_size, compute, not bool(keep.all())
        ),
        rows,
        linear_weight,
        linear_bias,
        target.reshape(len(rows)).where(keep, 0),
        keep.to(torch.promote_types(compute, torch.float32)),
    )
    if reduction == "mean":
        loss = mean_of_kept(loss, keep)
    elif reduction == "none":
        loss = loss.reshape(target.shape)
    return loss.to(result)


class Settings(NamedTuple):
    """What `LinearCrossEntropy` is told beside its tensors."""

    summed: bool
    early: bool
    smoothing: float
    chunk_size: int
    dtype: torch.dtype
    ignores: bool


class LinearCrossEntropy(torch.autograd.Function):
    """Each row's loss, or their sum; one buffer holds the logits of chunk after chunk."""

    @staticmethod
    def forward(ctx: Any, settings: Settings, *tensors: Any) -> Any:
        """Compute the losses and, where it saves work, the gradients of their sum."""
        needs = [settings.early and need for need in ctx.needs_input_grad[1:4]]
        losses, gradients = LinearCrossEntropy.one_pass(settings, needs, *tensors)
        ctx.save_for_backward(*tensors)
        ctx.settings, ctx.gradients = settings, gradients if settings.early else None
        return losses.sum() if settings.summed else losses

    @staticmethod
    def backward(ctx: Any, grad_loss: Tensor) -> Any:
        """Scale those gradients, or compute them now that the weight of each row is known."""
        refuse_second_derivative("linear_cross_entropy")
        gradients, ctx.gradients = ctx.gradients, None
        *tensors, scale = ctx.saved_tensors
        if not ctx.settings.summed:
            scale = grad_loss.where(scale > 0, 0)
        if gradients is None:
            one_pass, needs = LinearCrossEntropy.one_pass, ctx.needs_input_grad[1:4]
            _, gradients = one_pass(ctx.settings, needs, *tensors, scale)
        if ctx.settings.summed:
            gradients = [g if g is None else g.mul_(grad_loss) for g in gradients]
        return None, *gradients, None, None

    @staticmethod
    def one_pass(settings: Settings, needs: Sequence[bool], *tensors: Any) -> Any:
        """Go over the rows once: the losses, and the gradients of their weighted sum."""
        input, weight, bias, target, scale = tensors
        gradients = [
            torch.zeros_like(tensor, dtype=scale.dtype) if need else None
            for tensor, need in zip(tensors, needs, strict=False)
        ]
        weight = weight.to(settings.dtype)
        losses = torch.zeros_like(scale)
        size = settings.chunk_size
        buffer = scale.new_empty(min(size, len(input)), len(weight))
        for start in range(0, len(input), size):
            rows = slice(start, start + size)
            x, label, factor = input[rows], target[rows, None], scale[rows, None]
            x = looked_at(x.to(settings.dtype), factor, settings)
            z = multiply(x, weight.T, into=buffer[: len(x)])
            if bias is not None:
                z += bias
            z -= z.amax(1, keepdim=True)
            share = (1 - settings.smoothing) * z.gather(1, label)
            if settings.smoothing:
                share += settings.smoothing * z.mean(1, keepdim=True)
            total = z.exp_().sum(1, keepdim=True)
            losses[rows] = (total.log() - share).where(factor != 0, 0).squeeze(1)
            if any(needs):
                z *= factor / total
                z.scatter_add_(1, label, (settings.smoothing - 1) * factor)
                if settings.smoothing:
                    z -= factor * settings.smoothing / len(weight)
                add_gradients(gradients, z, x, weight, rows)
        return losses, gradients


def looked_at(x: Tensor, factor: Tensor, settings: Settings) -> Tensor:
    """Put 0 into the rows that are ignored, whose NaN times 0 would be NaN."""
    return x.where(factor != 0, 0) if settings.ignores else x


def add_gradients(
    gradients: Sequence[Tensor | None],
    grad_logits: Tensor,
    x: Tensor,
    weight: Tensor,
    rows: slice,
) -> None:
    """Add what some rows contribute to the gradients of input, weight and bias."""
    grad_input, grad_weight, grad_bias = gradients
    g = grad_logits.to(x.dtype)
    if grad_input is not None:
        multiply(g, weight, into=grad_input[rows])
    if grad_weight is not None:
        multiply(g.T, x, into=grad_weight, add=True)
    if grad_bias is not None:
        grad_bias += grad_logits.sum(0)


def multiply(left: Tensor, right: Tensor, *, into: Tensor, add: bool = False) -> Tensor:
    """Write a matrix product into a tensor, or add it; that tensor may be wider."""
    if into.dtype == left.dtype:
        return torch.addmm(into, left, right, beta=int(add), out=into)
    product = left @ right
    return into.add_(product) if add else into.copy_(product)
