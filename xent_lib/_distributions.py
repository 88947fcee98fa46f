"""Losses of labels that are distributions, a block of rows at a time; ``fused`` calls them."""

from __future__ import annotations

import numpy as np

from xent_lib._validation import FloatArray


def distributions_block(
    logits: FloatArray, targets: FloatArray, out: FloatArray
) -> float:
    """Write the gradient of the cross entropy of ``targets`` into ``out``; return its sum.

    Targets are labels times the weight of their row. The value is NaN where a row that counts
    has no softmax.
    """
    rows = np.arange(len(logits))
    top = logits.argmax(axis=1)
    maximum = logits[rows, top]
    np.subtract(logits, maximum[:, None], out=out)
    paid = np.where(targets == 0, 0, targets * out).sum(axis=1)
    np.exp(out, out=out)
    out[rows, top] = 0
    others = out.sum(axis=1)
    out[rows, top] = 1
    weights = targets.sum(axis=1)
    out *= (weights / (1 + others))[:, None]
    out -= targets
    losses = np.log1p(others) - paid / weights
    counts = weights != 0
    out[~counts] = 0
    if not np.isfinite(maximum[counts]).all():
        return float("nan")
    return float((weights[counts] * losses[counts]).sum(dtype=np.float64))
