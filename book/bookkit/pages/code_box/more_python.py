"""What MicroPython lacks of the Python that a reader knows, as far as the tasks may want it.

Run in the page before anything else; the book's own Python has all of it.
"""

import builtins
import math as plain
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class _Math:
    """MicroPython's module with what it leaves out."""


more = _Math()
for name in dir(plain):
    setattr(more, name, getattr(plain, name))


def exp(x: float) -> float:
    try:
        return plain.exp(x)
    except ValueError:
        raise OverflowError("math range error") from None


def log1p(x: float) -> float:
    total = 1.0 + x
    if total == 1.0:
        return float(x)
    if total == plain.inf:
        return plain.inf
    # The rounding of 1 + x cancels from the quotient.
    return plain.log(total) * x / (total - 1.0)


def fsum(values: Iterable[float]) -> float:
    parts: list[float] = []
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


def prod(values: Iterable[float], start: float = 1) -> float:
    for value in values:
        start *= value
    return start


def comb(n: int, k: int) -> int:
    if k > n:
        return 0
    return plain.factorial(n) // (plain.factorial(k) * plain.factorial(n - k))


def hypot(*sides: float) -> float:
    largest = max([abs(side) for side in sides] + [0.0])
    if largest == 0.0 or largest == plain.inf:
        return largest
    return largest * plain.sqrt(sum((side / largest) ** 2 for side in sides))


for made in (exp, log1p, fsum, prod, comb, hypot):
    setattr(more, made.__name__, made)
sys.modules["math"] = more  # type: ignore[assignment]

_zip, _END = builtins.zip, object()


def strict_zip(*parts: Iterable[object], strict: bool = False) -> Iterator[object]:
    if not strict:
        return _zip(*parts)
    return _all_of(parts)


def _all_of(parts: tuple[Iterable[object], ...]) -> Iterator[object]:
    left = [iter(part) for part in parts]
    while left:
        taken = tuple([next(part, _END) for part in left])
        ended = [one is _END for one in taken]
        if all(ended):
            return
        if any(ended):
            raise ValueError("zip() arguments have different lengths")
        yield taken


builtins.zip = strict_zip  # type: ignore[assignment, misc]


def no_input(prompt: str = "") -> str:
    raise RuntimeError("nobody can answer input() here: write the value into the code")


builtins.input = no_input  # type: ignore[assignment]
