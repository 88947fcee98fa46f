"""Errors of the losses, ours and the peers', against 60 digits.

The loss of every example is compared with what mpmath finds for the same logits, and the
difference is counted in units in the last place of the exact value. Prints one table for
each width of float; ``--store`` keeps the figures for the book.
"""

from __future__ import annotations

import argparse
import json
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import mpmath
import numpy as np
import optax
import torch
from scipy.special import log_softmax

from xent_lib import (
    softmax_cross_entropy_with_integer_labels,
    softmax_cross_entropy_with_integer_labels_value_and_grad,
)

RESULTS = Path(__file__).with_name("accuracy.json")
DIGITS = 60
ROWS, CLASSES, VOCABULARY = 60, 10, 32000
SEED = 0
WIDTHS = ("float32", "float64")

Loss = Callable[[Any, Any], Any]


def regimes(dtype: str) -> dict[str, Any]:
    """Return logits of every kind, one row an example."""
    rng = np.random.default_rng(SEED)
    shape = (ROWS, CLASSES)
    normal = rng.standard_normal(shape)
    some = rng.random(shape) < 0.3
    some[:, 0] = False
    made = {
        "random": 3 * normal,
        "nearly tied": 1 + 1e-6 * normal,
        "huge": rng.uniform(-1e30, 1e30, shape),
        "tiny": 1e-6 * normal,
        "mixed": np.sign(normal) * 10 ** rng.uniform(-6, 4, shape),
        "confident": np.where(np.arange(CLASSES) == 0, 20.0, normal),
        "with -inf": np.where(some, -np.inf, 3 * normal),
        "vocabulary": 3 * rng.standard_normal((4, VOCABULARY)),
    }
    return {name: z.astype(dtype) for name, z in made.items()}


def labels_for(z: Any) -> Any:
    """Return the likeliest class for every other row, and any finite one for the rest."""
    rng = np.random.default_rng(SEED)
    drawn = np.where(np.isneginf(z), -1, rng.random(z.shape)).argmax(axis=1)
    return np.where(np.arange(len(z)) % 2, drawn, z.argmax(axis=1))


def exact_losses(z: Any, y: Any) -> list[mpmath.mpf]:
    """Return the losses with 60 digits beyond those that the largest logit takes."""
    found = []
    for row, label in zip(z.astype(float).tolist(), y.tolist(), strict=True):
        with mpmath.workdps(DIGITS):
            gaps = [mpmath.mpf(v) - mpmath.mpf(row[label]) for v in row]
            top = max(gaps)
            # log1p keeps the digits of an excess far below 1.
            near = [gap - top for gap in gaps]
            near.remove(max(near))
            excess = mpmath.fsum(mpmath.exp(gap) for gap in near if gap > -1500)
            found.append(top + mpmath.log1p(excess))
    return found


def jax_loss(z: Any, y: Any) -> Any:
    """Return optax's losses."""
    with jax.enable_x64(True):
        return np.asarray(
            jax.jit(optax.softmax_cross_entropy_with_integer_labels)(z, y)
        )


def torch_loss(z: Any, y: Any) -> Any:
    """Return PyTorch's losses."""
    return torch.nn.functional.cross_entropy(
        torch.from_numpy(z), torch.from_numpy(y), reduction="none"
    ).numpy()


def scipy_loss(z: Any, y: Any) -> Any:
    """Return the entry of SciPy's log softmax."""
    return -log_softmax(z, axis=1)[np.arange(len(y)), y]


def fused_loss(z: Any, y: Any) -> Any:
    """Return the fused loss of each row by itself."""
    function = softmax_cross_entropy_with_integer_labels_value_and_grad
    return np.array(
        [function(z[i : i + 1], y[i : i + 1])[0] for i in range(len(y))], z.dtype
    )


LOSSES: dict[str, Loss] = {
    "xent_lib": softmax_cross_entropy_with_integer_labels,
    "xent_lib, fused": fused_loss,
    "PyTorch": torch_loss,
    "JAX": jax_loss,
    "SciPy": scipy_loss,
}


def error_in_ulp(value: float, exact: mpmath.mpf, dtype: str) -> float:
    """Return the distance to the exact value in its own last place."""
    nearest = np.dtype(dtype).type(float(exact))
    with mpmath.workdps(DIGITS):
        unit = mpmath.mpf(float(np.spacing(nearest)))
        return float(abs(mpmath.mpf(float(value)) - exact) / unit)


def worst_errors(dtype: str) -> dict[str, dict[str, float]]:
    """Return the worst error of every loss in every regime."""
    table = {}
    for name, z in regimes(dtype).items():
        y = labels_for(z)
        exact = exact_losses(z, y)
        table[name] = {
            peer: max(
                error_in_ulp(value, truth, dtype)
                for value, truth in zip(loss(z, y).tolist(), exact, strict=True)
            )
            for peer, loss in LOSSES.items()
        }
    return table


def gradient_sums(dtype: str) -> dict[str, float]:
    """Return how far slopes are from summing to 0, over K times the machine epsilon."""
    found = {}
    for name, z in regimes(dtype).items():
        y = labels_for(z)
        one = softmax_cross_entropy_with_integer_labels_value_and_grad
        slopes = np.concatenate(
            [one(z[i : i + 1], y[i : i + 1])[1] for i in range(len(y))]
        )
        bound = z.shape[1] * float(np.finfo(dtype).eps)
        sums = [abs(math.fsum(row)) for row in slopes.astype(float).tolist()]
        found[name] = max(sums) / bound
    return found


def main() -> None:
    """Print the tables; store them where asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--store", type=Path, help="a JSON file for the results")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    stored: dict[str, Any] = {}
    for dtype in WIDTHS:
        stored[dtype] = {"ulp": worst_errors(dtype), "sums": gradient_sums(dtype)}
        print(f"\n{dtype}, worst error in ulp")
        print(
            f"{'':14}" + "".join(f"{peer:>17}" for peer in LOSSES) + "     sum/(K eps)"
        )
        for name, line in stored[dtype]["ulp"].items():
            figures = "".join(f"{line[peer]:17.3g}" for peer in LOSSES)
            print(f"{name:14}{figures}{stored[dtype]['sums'][name]:16.3g}")
    if options.store:
        options.store.write_text(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
