"""Compare the loss of one process with the loss that several compute together.

Start it with ``torchrun --nproc-per-node 2 -m xent_lib.torch_losses.demo``.
It uses NCCL where every process has a GPU of its own, and gloo on the CPU elsewhere.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn.functional import cross_entropy

from xent_lib.torch_losses.vocab_parallel import vocab_parallel_cross_entropy

# Two float32 sums of the same numbers in another order differ by a few units of this.
TOLERANCE = 16 * torch.finfo(torch.float32).eps


def main() -> int:
    """Run on one rank; return the exit status."""
    options = parse()
    if "RANK" not in os.environ:
        print(
            "Start this with torchrun, which tells each process its rank:\n"
            "  torchrun --nproc-per-node 2 -m xent_lib.torch_losses.demo",
            file=sys.stderr,
        )
        return 2
    device = own_device()
    dist.init_process_group(
        "nccl" if device.type == "cuda" else "gloo",
        timeout=timedelta(seconds=options.timeout),
    )
    try:
        return compare(options.rows, options.classes, device)
    finally:
        dist.destroy_process_group()


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--classes", type=int, default=1001)
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds")
    options = parser.parse_args()
    for name in ("rows", "classes", "timeout"):
        if getattr(options, name) <= 0:
            parser.error(f"--{name} must be above 0; got {getattr(options, name)}")
    return options


def own_device() -> torch.device:
    """Return this process's GPU where each process of the machine has one, else the CPU."""
    here = int(os.environ["LOCAL_RANK"])
    if torch.cuda.device_count() >= int(os.environ["LOCAL_WORLD_SIZE"]):
        torch.cuda.set_device(here)
        return torch.device("cuda", here)
    return torch.device("cpu")


def compare(rows: int, classes: int, device: torch.device) -> int:
    """Print both losses from rank 0; return 0 where values and gradients agree."""
    rank, world = dist.get_rank(), dist.get_world_size()
    generator = torch.Generator().manual_seed(0)
    logits = (4 * torch.randn(rows, classes, generator=generator)).to(device)
    target = torch.randint(classes, (rows,), generator=generator).to(device)
    whole = logits.clone().requires_grad_()
    expected = cross_entropy(whole, target)
    (expected_gradient,) = torch.autograd.grad(expected, whole)

    sizes = [len(part) for part in torch.arange(classes).tensor_split(world)]
    start = sum(sizes[:rank])
    classes_here = slice(start, start + sizes[rank])
    local = logits[:, classes_here].clone().requires_grad_()
    loss = vocab_parallel_cross_entropy(local, target, vocab_start=start)
    (gradient,) = torch.autograd.grad(loss, local)

    errors = torch.stack(
        [
            (loss - expected).abs() / expected,
            largest_difference(gradient, expected_gradient[:, classes_here]),
        ]
    ).detach()
    dist.all_reduce(errors, op=dist.ReduceOp.MAX)
    agree = bool((errors <= TOLERANCE).all())
    if rank == 0:
        print(f"one process    {expected.item():.6f} nats, {classes} classes")
        print(
            f"{world} processes    {loss.item():.6f} nats, {' + '.join(map(str, sizes))} "
            f"classes, backend {dist.get_backend()}"
        )
        print(
            f"They {'agree' if agree else 'DO NOT agree'}: the loss differs by a relative "
            f"{errors[0].item():.1e}, the gradient by at most {errors[1].item():.1e}."
        )
    return 0 if agree else 1


def largest_difference(a: Tensor, b: Tensor) -> Tensor:
    """Return the largest absolute difference; 0 for a rank that holds no class."""
    return b.new_zeros(()) if a.numel() == 0 else (a - b).abs().max()


if __name__ == "__main__":
    sys.exit(main())
