"""Losses against 60 digits: every regime of logits, two widths, ours and the peers'."""

import json
from pathlib import Path

import mpmath
import numpy as np
import pytest

from xent_lib import softmax_cross_entropy_with_integer_labels
from xent_lib.fused import softmax_cross_entropy_with_integer_labels_value_and_grad

of_indices = softmax_cross_entropy_with_integer_labels_value_and_grad
STORED = Path(__file__).parents[1] / "benchmarks" / "accuracy.json"
CLASSES = 6
REGIMES = {
    "random": lambda rng: 3 * rng.standard_normal(CLASSES),
    "nearly tied": lambda rng: 1 + 1e-6 * rng.standard_normal(CLASSES),
    "huge": lambda rng: rng.uniform(-1e30, 1e30, CLASSES),
    "tiny": lambda rng: 1e-6 * rng.standard_normal(CLASSES),
    "confident": lambda rng: np.append(20.0, rng.standard_normal(5)),
    "with -inf": lambda rng: np.where(
        np.arange(CLASSES) % 2, 3 * rng.standard_normal(CLASSES), -np.inf
    ),
    "vocabulary": lambda rng: 3 * rng.standard_normal(5000),
}


def error_in_ulp(value, row, label):
    """Distance from the exact loss, in the last place of the exact loss."""
    with mpmath.workdps(60):
        gaps = [mpmath.mpf(float(v)) - mpmath.mpf(float(row[label])) for v in row]
        top = max(gaps)
        rest = [gap - top for gap in gaps]
        rest.remove(max(rest))
        exact = top + mpmath.log1p(mpmath.fsum(mpmath.exp(g) for g in rest))
        unit = mpmath.mpf(float(np.spacing(row.dtype.type(float(exact)))))
        return float(abs(mpmath.mpf(float(value)) - exact) / unit)


def allowed(row, label):
    """2 ulp, and for a hit what the rounding of the gap to the next class has to cost."""
    finite = np.sort(row[np.isfinite(row)])
    if row[label] < finite[-1]:
        return 2
    eps = np.finfo(row.dtype).eps
    return 2 + float(np.spacing(finite[-1] - finite[-2]) / eps)


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_loss_is_within_two_units_and_the_rounding_of_its_gap(regime, dtype):
    rng = np.random.default_rng(1)
    for turn in range(3 if regime == "vocabulary" else 30):
        row = REGIMES[regime](rng).astype(dtype)
        label = int(row.argmax()) if turn % 2 else 1
        loss = softmax_cross_entropy_with_integer_labels(row, label)
        assert error_in_ulp(loss, row, label) <= allowed(row, label)
        value, gradient = of_indices(row, label)
        assert error_in_ulp(dtype(value), row, label) <= allowed(row, label)
        bound = len(row) * np.finfo(dtype).eps
        assert abs(gradient.sum(dtype=np.float64)) <= bound


def test_the_stored_table_is_what_the_book_says_of_it():
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    for table in stored.values():
        for regime, line in table["ulp"].items():
            peers = min(line[name] for name in ("PyTorch", "JAX", "SciPy"))
            for ours in ("xent_lib", "xent_lib, fused"):
                assert line[ours] <= max(2, peers), regime
                assert line[ours] <= 2 or regime in ("mixed", "confident")
        assert max(table["sums"].values()) <= 1
