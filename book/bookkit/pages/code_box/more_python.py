"""What MicroPython lacks of the Python that a reader knows, as far as the tasks may want it.

Run in the page before anything else; the book's own Python has all of it.
"""

import builtins
import math
import sys


class _Math:
    """MicroPython's module with what it leaves out."""


more = _Math()
for name in dir(math):
    setattr(more, name, getattr(math, name))


def exp(x):
    try:
        return math.exp(x)
    except ValueError:
        raise OverflowError("math range error")


def log1p(x):
    total = 1.0 + x
    if total == 1.0:
        return float(x)
    if total == math.inf:
        return math.inf
    # The rounding of 1 + x cancels from the quotient.
    return math.log(total) * x / (total - 1.0)


def fsum(values):
    parts = []
    for value in values:
        kept = []
        for part in parts:
            if abs(value) < abs(part):
                value, part = part, value
            high = value + part
            low = part - (high - value)
            if low:
                kept.append(low)
            value = high
        kept.append(value)
        parts = kept
    return sum(reversed(parts), 0.0)


def prod(values, start=1):
    for value in values:
        start *= value
    return start


def comb(n, k):
    if k > n:
        return 0
    return math.factorial(n) // (math.factorial(k) * math.factorial(n - k))


def hypot(*sides):
    largest = max([abs(side) for side in sides] + [0.0])
    if largest == 0.0 or largest == math.inf:
        return largest
    return largest * math.sqrt(sum((side / largest) ** 2 for side in sides))


for made in (exp, log1p, fsum, prod, comb, hypot):
    setattr(more, made.__name__, made)
sys.modules["math"] = more

_zip, _END = builtins.zip, object()


def strict_zip(*parts, strict=False):
    if not strict:
        return _zip(*parts)
    return _all_of(parts)


def _all_of(parts):
    parts = [iter(part) for part in parts]
    while parts:
        taken = tuple([next(part, _END) for part in parts])
        ended = [one is _END for one in taken]
        if all(ended):
            return
        if any(ended):
            raise ValueError("zip() arguments have different lengths")
        yield taken


builtins.zip = strict_zip
