"""Losses against 60 digits: every regime of logits, two widths, ours and the peers'."""

import json
from pathlib import Path

import mpmath
import numpy as np
import pytest

from xent_lib import (
    _kernels,
    fused,
    one_hot,
    softmax_cross_entropy,
    softmax_cross_entropy_with_integer_labels,
)
from xent_lib.fused import softmax_cross_entropy_with_integer_labels_value_and_grad
from xent_lib.plain import plain_losses

of_indices = softmax_cross_entropy_with_integer_labels_value_and_grad
STORED = Path(__file__).parents[1] / "benchmarks" / "accuracy.json"
CLASSES = 6
REGIMES = {
    "random": lambda rng: 3 * rng.standard_normal(CLASSES),
    "nearly tied": lambda rng: 1 + 1e-6 * rng.standard_normal(CLASSES),
    "huge": lambda rng: rng.uniform(-1e30, 1e30, CLASSES),
    "tiny": lambda rng: 1e-6 * rng.standard_normal(CLASSES),
    "mixed": lambda rng: (
        rng.choice([-1, 1], CLASSES) * 10 ** rng.uniform(-6, 4, CLASSES)
    ),
    "confident": lambda rng: np.append(20.0, rng.standard_normal(5)),
    "very confident": lambda rng: np.append(85.0, rng.standard_normal(5)),
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


# Where the processor has no format wider than float64, its sums are rounded like all others.
WIDER = np.finfo(np.longdouble).eps < np.finfo(np.float64).eps
BOUND = {np.float32: 2, np.float64: 2 if WIDER else 4}


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_loss_is_within_two_units_in_the_last_place(regime, dtype):
    rng = np.random.default_rng(1)
    for turn in range(3 if regime == "vocabulary" else 30):
        row = REGIMES[regime](rng).astype(dtype)
        label = int(row.argmax()) if turn % 2 else 1
        value, gradient = of_indices(row, label)
        encoded = one_hot(label, len(row), dtype=dtype)
        for loss in (
            softmax_cross_entropy_with_integer_labels(row, label),
            softmax_cross_entropy(row, encoded),
            plain_losses(row[None], [label]).astype(dtype)[0],
            dtype(value),
        ):
            assert error_in_ulp(loss, row, label) <= BOUND[dtype]
        bound = len(row) * np.finfo(dtype).eps
        assert abs(gradient.sum(dtype=np.float64)) <= bound


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [0.5, 3, 10])
@pytest.mark.parametrize("few", [0, 24])
def test_a_block_of_many_rows_keeps_the_bound(dtype, scale, few, monkeypatch):
    monkeypatch.setattr(_kernels, "SMALL_LOSS", 0)
    monkeypatch.setattr(_kernels, "FEW_CLASSES", few)
    rng = np.random.default_rng(2)
    x = (scale * rng.standard_normal((60, CLASSES))).astype(dtype)
    labels = np.where(np.arange(60) % 2, 1, x.argmax(axis=1))
    losses = softmax_cross_entropy_with_integer_labels(x, labels)
    for row, label, loss in zip(x, labels.tolist(), losses, strict=True):
        assert error_in_ulp(loss, row, label) <= BOUND[dtype]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 20, 400])
@pytest.mark.parametrize("truth", [0.0, 2.0, 6.0, 14.0])
def test_the_mean_of_many_rows_keeps_the_bound(dtype, size, truth, monkeypatch):
    monkeypatch.setattr(fused, "SMALL", 0)
    rng = np.random.default_rng(3)
    x = (2 * rng.standard_normal((size, 40))).astype(dtype)
    x[:, 0] += dtype(truth)
    value = of_indices(x, np.zeros(size, int))[0]
    wide = x.astype(np.longdouble)
    exact = np.log1p(np.exp(wide[:, 1:] - wide[:, :1]).sum(axis=1)).mean()
    assert abs(value - exact) <= BOUND[dtype] * np.spacing(dtype(exact))


def test_the_stored_table_is_what_the_book_says_of_it():
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    for table in stored.values():
        for regime, line in table["ulp"].items():
            for ours in ("xent_lib", "xent_lib, fused"):
                assert line[ours] <= 2, regime
        assert max(table["sums"].values()) <= 1
