"""Cross entropy of classes that are split over processes; for chapter 13.

Each process (rank) holds the logits of some classes for every row. Three numbers a row have to
cross from rank to rank: the largest logit, the sum of the exponentials and the logit of the
target. The softmax and the gradient stay where the logits are.
"""

from __future__ import annotations

import hashlib
import struct
from array import array
from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from xent_lib.torch_losses._checks import (
    REDUCTIONS,
    check_floating,
    check_label_smoothing,
    check_reduction,
    check_target,
    check_target_range,
    check_whole_number,
    dtypes_of,
    mean_of_kept,
    refuse_second_derivative,
)


def vocab_parallel_cross_entropy(
    local_logits: Tensor,
    target: Tensor,
    *,
    vocab_start: int,
    group: dist.ProcessGroup | None = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    r"""Cross entropy of logits whose classes are split over the ranks of a process group.

    On every rank, what ``F.cross_entropy`` gives for the slices put side by side, up to
    rounding and but for rows that are ignored (see ``ignore_index``). With
    :math:`z` the logits of a row, :math:`y` its label (smoothed by :math:`\varepsilon`), and
    rank :math:`r` holding the classes :math:`S_r`, the ranks agree on

    .. math::
        m = \max_r \max_{k \in S_r} z_k, \quad
        s = \sum_r \sum_{k \in S_r} e^{z_k - m}, \quad
        u = \sum_r \sum_{k \in S_r} y_k (z_k - m),

    one reduction each; then the loss is :math:`\log s - u`, and a rank's part of the gradient,
    :math:`e^{z_k - m} / s - y_k` for :math:`k \in S_r`, needs no further exchange.

    Parameters
    ----------
    local_logits : Tensor, shape (..., C_r)
        The logits of this rank's classes. Ranks may hold different numbers of classes, or none.
    target : Tensor of int64, shape (...)
        Class indices from 0 to C - 1 over all ranks, or ``ignore_index``; the same examples in
        the same order on every rank, which the targets are checked for. The rows of
        ``local_logits`` have to be in that order too, which cannot be checked.
    vocab_start : int
        The index of the first class that this rank holds. The slices must cover 0 to C - 1
        without gap or overlap, in any order.
    group : ProcessGroup, optional
        The ranks that share the classes; all of them by default.
    ignore_index : int, default -100
        Rows with this target are not looked at: NaN or inf in them changes nothing, their loss
        and their gradient are 0, and they are not counted in the mean.
    label_smoothing : float, default 0.0
        The share :math:`\varepsilon` of the label that is spread over all C classes, in [0, 1].
    reduction : {'mean', 'sum', 'none'}, default 'mean'
        'mean' divides by the number of rows that are not ignored; where there is none it is
        NaN and every gradient is 0, as in PyTorch.

    Returns
    -------
    Tensor, scalar, or shape of ``target`` for 'none'
        In nats, the same on every rank, with the dtype of ``local_logits``; under
        ``torch.autocast`` float32, but float64 for float64 logits, which autocast leaves alone.

    Raises
    ------
    TypeError
        If an argument is no tensor of the right kind or ``vocab_start`` is no integer.
    ValueError
        If shapes do not fit, the slices do not make one vocabulary, the targets differ between
        ranks (in number, sum, shape, or a 64-bit hash that depends on their order) or are out
        of range, ``ignore_index``, ``label_smoothing``, ``reduction`` or a dtype differs between
        ranks, ``reduction`` is unknown, or ``label_smoothing`` lies outside [0, 1].
    RuntimeError
        If there is no process group, this process is not in ``group``, another rank ends or
        does not answer within the group's timeout, ``backward(create_graph=True)`` asks for
        a second derivative, or a transform of ``torch.func`` (``grad``, ``vmap``, ``jvp``,
        ``jacrev``) is applied: it works with ``backward`` and ``torch.autograd.grad`` only.

    See Also
    --------
    linear_cross_entropy : for one device, with the linear layer.
    torch.distributed.tensor.parallel.loss_parallel : PyTorch's own, for DTensors.

    Notes
    -----
    For chapter 13. Time on a rank: linear in the number of its logits. Memory: one
    tensor of the size of ``local_logits``, in float32 at least, while forward runs and again
    while backward runs; between them, ``local_logits`` and a few numbers a row. Exchanged: three
    numbers a row, and ten integers a rank by which settings, slices and targets are checked. No
    communication in backward. Targets on a GPU are copied to the CPU for the check.

    Every rank takes the gradient of the one shared loss. What all slices were computed from
    (the input of the last layer) receives on each rank the part of its gradient that comes
    from this rank's classes. Its whole gradient is the sum of these parts, which the caller
    has to compute, with ``torch.distributed.all_reduce``.

    A rank that ends or hangs cannot be replaced in a running group. Its peers stop with a
    RuntimeError as soon as the backend notices, at the latest after the ``timeout`` given to
    ``init_process_group`` (gloo; with NCCL set ``TORCH_NCCL_BLOCKING_WAIT=1`` for an error in
    place of an abort). A call that one rank alone refuses, for a float target say, leaves its
    peers waiting in the same way.

    References
    ----------
    .. [1] Shoeybi, M., Patwary, M., Puri, R., LeGresley, P., Casper, J. and Catanzaro, B.
       (2019). Megatron-LM: training multi-billion parameter language models using model
       parallelism. arXiv:1909.08053

    Examples
    --------
    A group of one rank, which holds all classes; ``torchrun --nproc-per-node 2 -m
    xent_lib.torch_losses.demo`` starts two.

    >>> dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    >>> logits = torch.tensor([[0.7, 0.2, 0.1]]).log()
    >>> loss = vocab_parallel_cross_entropy(logits, torch.tensor([0]), vocab_start=0)
    >>> round(loss.item(), 4)
    0.3567
    >>> dist.destroy_process_group()
    """
    check_floating("local_logits", local_logits)
    if local_logits.dim() == 0:
        raise ValueError("local_logits must have shape (..., C_r); got a scalar")
    shape = local_logits.shape[:-1]
    where = "local_logits without its classes"
    check_target(target, shape, where, local_logits.device)
    check_whole_number("vocab_start", vocab_start, least=0)
    check_whole_number("ignore_index", ignore_index, least=torch.iinfo(torch.int64).min)
    check_label_smoothing(label_smoothing)
    check_reduction(reduction)
    _, result = dtypes_of(local_logits)
    ranks = Ranks(group)
    settings = {
        "ignore_index": ignore_index,
        "label_smoothing": label_smoothing,
        "reduction": reduction,
        "the dtype of local_logits": local_logits.dtype,
        "the dtype of the loss": result,
    }
    num_classes = agree(ranks, local_logits, target, vocab_start, settings)
    check_target_range(target, num_classes, ignore_index)
    keep = target != ignore_index
    losses: Tensor = VocabParallelCrossEntropy.apply(  # type: ignore[no-untyped-call]
        local_logits, target - vocab_start, keep, label_smoothing, num_classes, ranks
    )
    loss = losses if reduction == "none" else losses.sum()
    if reduction == "mean":
        loss = mean_of_kept(loss, keep)
    return loss.to(result)


class VocabParallelCrossEntropy(torch.autograd.Function):
    """Each row's loss; backward needs the local logits and a few numbers a row."""

    @staticmethod
    def forward(
        ctx: Any,
        local_logits: Tensor,
        index: Tensor,
        keep: Tensor,
        smoothing: float,
        num_classes: int,
        ranks: Ranks,
    ) -> Tensor:
        """Agree on maximum, sum and target logit; ``index`` counts from this rank's slice."""
        wide = torch.promote_types(local_logits.dtype, torch.float32)
        maximum = local_logits.new_full(index.shape, -torch.inf, dtype=wide)
        if local_logits.shape[-1] > 0:
            maximum = local_logits.amax(-1).to(wide)
        ranks.reduce(maximum, dist.ReduceOp.MAX, "the maximum")
        shifted = local_logits - maximum.unsqueeze(-1)
        mine = (index >= 0) & (index < local_logits.shape[-1])
        paid = torch.zeros_like(maximum)
        paid[mine] = (1 - smoothing) * shifted[mine, index[mine]]
        if smoothing:
            paid += smoothing / num_classes * shifted.sum(-1)
        total = shifted.exp_().sum(-1)
        ranks.reduce(total, dist.ReduceOp.SUM, "the sum of the exponentials")
        ranks.reduce(paid, dist.ReduceOp.SUM, "the target logit")
        ctx.save_for_backward(local_logits, index, keep, mine, maximum, total)
        ctx.smoothing, ctx.num_classes = smoothing, num_classes
        return (total.log() - paid).where(keep, 0)

    @staticmethod
    def backward(ctx: Any, grad_losses: Tensor) -> Any:
        """Softmax minus label, on this rank's classes, times what each row's loss is worth."""
        refuse_second_derivative("vocab_parallel_cross_entropy")
        local_logits, index, keep, mine, maximum, total = ctx.saved_tensors
        gradient = (local_logits - maximum.unsqueeze(-1)).exp_()
        gradient /= total.unsqueeze(-1)
        gradient[mine, index[mine]] -= 1 - ctx.smoothing
        if ctx.smoothing:
            gradient -= ctx.smoothing / ctx.num_classes
        gradient *= grad_losses.unsqueeze(-1)
        gradient.masked_fill_(~keep.unsqueeze(-1), 0)
        return gradient, None, None, None, None, None


class Ranks:
    """The ranks of a process group, and what is said when one of them is lost."""

    def __init__(self, group: dist.ProcessGroup | None) -> None:
        if not dist.is_available() or not dist.is_initialized():
            raise RuntimeError(
                "vocab_parallel_cross_entropy needs a process group: start the script with "
                "torchrun and call torch.distributed.init_process_group first"
            )
        self.group = group
        if dist.get_rank(group) < 0:
            raise RuntimeError(
                f"group must hold the process that calls; rank {dist.get_rank()} is not in it"
            )
        self.members = dist.get_process_group_ranks(group or dist.group.WORLD)

    def reduce(self, values: Tensor, op: Any, what: str) -> None:
        """Reduce in place over all ranks."""
        self._together(
            lambda: dist.all_reduce(values, op=op, group=self.group),
            f"exchanging {what}",
        )

    def gather(self, values: Tensor, what: str) -> list[list[int]]:
        """Return every rank's whole numbers."""
        parts = [torch.empty_like(values) for _ in self.members]
        self._together(
            lambda: dist.all_gather(parts, values, group=self.group),
            f"exchanging {what}",
        )
        return [part.tolist() for part in parts]

    def _together(self, exchange: Callable[[], object], doing: str) -> None:
        try:
            exchange()
        except RuntimeError as error:
            me = dist.get_rank()
            others = [str(rank) for rank in self.members if rank != me]
            raise RuntimeError(
                f"vocab_parallel_cross_entropy: rank {me} of {len(self.members)} lost a rank "
                f"while {doing}: rank {' or '.join(others)} ended or did not answer in time. "
                "A lost rank cannot rejoin: end this process and start all ranks again. "
                "The one at fault is the one whose output lacks this message; one that ended "
                "by itself torchrun names under 'Root Cause'. If a rank is only slow, give "
                f"init_process_group a longer timeout. The backend says: {error}"
            ) from error


DTYPES = list(
    dict.fromkeys(
        kind
        for kind in vars(torch).values()
        if type(kind) is torch.dtype and kind.is_floating_point
    )
)


def float_as_integer(number: float) -> int:
    """Return the 64 bits of a float64."""
    return int.from_bytes(struct.pack("<d", number), "little", signed=True)


def integer_as_float(bits: int) -> float:
    """Return the float64 of these 64 bits."""
    number: float = struct.unpack("<d", bits.to_bytes(8, "little", signed=True))[0]
    return number


# How a setting crosses from rank to rank as a whole number, and back.
CODES: dict[str, tuple[Callable[[Any], int], Callable[[int], Any]]] = {
    "ignore_index": (int, int),
    "label_smoothing": (float_as_integer, integer_as_float),
    "reduction": (REDUCTIONS.index, REDUCTIONS.__getitem__),
    "the dtype of local_logits": (DTYPES.index, DTYPES.__getitem__),
    "the dtype of the loss": (DTYPES.index, DTYPES.__getitem__),
}


def agree(
    ranks: Ranks,
    local_logits: Tensor,
    target: Tensor,
    vocab_start: int,
    settings: dict[str, Any],
) -> int:
    """Return the number of classes, once all ranks hold one vocabulary, target and settings.

    Each rank sees the same numbers, so that either all of them go on or all of them raise.
    """
    size = local_logits.shape[-1]
    mine = [vocab_start, size, target.numel(), int(target.sum()), fingerprint(target)]
    mine += [CODES[name][0](value) for name, value in settings.items()]
    table = ranks.gather(
        torch.tensor(mine, device=target.device), "the slices and settings"
    )
    split = len(mine) - len(settings)
    refuse_other_settings(ranks, list(settings), [row[split:] for row in table])
    return agree_on_slices(ranks, [row[:split] for row in table])


def refuse_other_settings(
    ranks: Ranks, names: list[str], table: list[list[int]]
) -> None:
    """Refuse a setting that is not the same on every rank."""
    for rank, row in zip(ranks.members, table, strict=True):
        for name, first, other in zip(names, table[0], row, strict=True):
            here, there = (CODES[name][1](code) for code in (first, other))
            if here != there:
                raise ValueError(
                    f"{name} must be the same on every rank; rank {ranks.members[0]} has "
                    f"{here!r}, rank {rank} has {there!r}"
                )


def agree_on_slices(ranks: Ranks, table: list[list[int]]) -> int:
    """Return the number of classes, once all ranks hold one vocabulary and one target."""
    expected = 0
    held = [(*row[:2], rank) for rank, row in zip(ranks.members, table, strict=True)]
    for start, count, rank in sorted(entry for entry in held if entry[1] > 0):
        if start != expected:
            raise ValueError(
                "the slices must cover the classes without gap or overlap: vocab_start must be "
                f"{expected} on rank {rank}, where the slice before it ends; got {start}"
            )
        expected += count
    for rank, (*_, numel, total, digest) in zip(ranks.members, table, strict=True):
        if [numel, total] != table[0][2:4]:
            raise ValueError(
                f"target must be the same on every rank; rank {ranks.members[0]} holds "
                f"{table[0][2]} indices that sum to {table[0][3]}, rank {rank} holds "
                f"{numel} that sum to {total}"
            )
        if digest != table[0][4]:
            raise ValueError(
                f"target must be the same on every rank; rank {ranks.members[0]} and rank "
                f"{rank} hold {numel} indices that sum to {total}, but others or in another "
                "order"
            )
    if expected == 0:
        raise ValueError(
            "local_logits must hold a class on at least one rank; got none"
        )
    return expected


def fingerprint(target: Tensor) -> int:
    """Return 64 bits that differ, all but certainly, where targets, order or shape differ."""
    told = hashlib.blake2b(str(tuple(target.shape)).encode(), digest_size=8)
    told.update(array("q", target.flatten().tolist()).tobytes())
    return int.from_bytes(told.digest(), "little", signed=True)
