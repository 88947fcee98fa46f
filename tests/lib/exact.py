"""Losses and slopes in exact arithmetic: sixty digits of mpmath, from the floats as they are."""

import mpmath
import numpy as np

DIGITS = 60
EPS = {
    np.dtype(t): float(np.finfo(t).eps) for t in (np.float16, np.float32, np.float64)
}
# Where the processor has no format wider than float64, its sums are rounded like all others.
WIDER = np.finfo(np.longdouble).eps < np.finfo(np.float64).eps


def exactly(x):
    """The numbers of an array, as mpmath has them."""
    return [mpmath.mpf(float(v)) for v in np.ravel(x)]


def one_hot_target(label, num_classes):
    return [mpmath.mpf(int(k == label)) for k in range(num_classes)]


def smoothed(target, share):
    share = mpmath.mpf(share)
    return [(1 - share) * t + share / len(target) for t in target]


def loss_and_slopes(logits, target):
    """Cross entropy of one row against a weighted label, and its slope in every logit."""
    z = exactly(logits)
    top = z.index(max(z))
    terms = [mpmath.exp(v - z[top]) for v in z]
    total, weight = mpmath.fsum(terms), mpmath.fsum(target)
    others = [total - term for term in terms]
    others[top] = mpmath.fsum(
        terms[:top] + terms[top + 1 :]
    )  # next to 1 all would cancel
    paid = mpmath.fsum(t * (z[top] - v) for t, v in zip(target, z, strict=True) if t)
    loss = paid + weight * mpmath.log1p(others[top])
    slopes = [
        (terms[k] * (weight - t) - t * others[k]) / total for k, t in enumerate(target)
    ]
    return loss, slopes


def softmax_and_jacobian(logits):
    z = exactly(logits)
    terms = [mpmath.exp(v - max(z)) for v in z]
    total = mpmath.fsum(terms)
    jacobian = [[-a * b / total**2 for b in terms] for a in terms]
    for k, term in enumerate(terms):
        others = mpmath.fsum(terms[:k] + terms[k + 1 :])
        jacobian[k][k] = term * others / total**2
    return [t / total for t in terms], jacobian


def focal_and_slope(logit, label, alpha=None, gamma=0.0):
    """Focal loss of one log odds, and its slope; the binary cross entropy by default."""
    z, y = mpmath.mpf(float(logit)), mpmath.mpf(float(label))
    yes, no = 1 / (1 + mpmath.exp(-z)), 1 / (1 + mpmath.exp(z))
    entropy = y * mpmath.log1p(mpmath.exp(-z)) + (1 - y) * mpmath.log1p(mpmath.exp(z))
    miss = yes * (1 - y) + no * y
    share = 1
    if alpha is not None:
        share = mpmath.mpf(alpha) * y + (1 - mpmath.mpf(alpha)) * (1 - y)
    scale = share * miss ** mpmath.mpf(gamma)
    turn = gamma * (1 - 2 * y) * yes * no / miss
    return scale * entropy, scale * (turn * entropy + yes * (1 - y) - no * y)


def error_in_ulp(value, exact, dtype):
    """Distance from the exact number, in the last place that ``dtype`` has there."""
    if exact == 0:
        return 0.0 if value == 0 else float("inf")
    unit = np.spacing(np.abs(np.dtype(dtype).type(float(exact))))
    return float(abs(mpmath.mpf(float(value)) - exact) / mpmath.mpf(float(unit)))


def worst_error_in_ulp(values, exact, dtype):
    return max(
        error_in_ulp(value, number, dtype)
        for value, number in zip(np.ravel(values).tolist(), exact, strict=True)
    )
