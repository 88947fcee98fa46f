"""Single numbers: counts, rates, shares and the base of a logarithm."""

from __future__ import annotations

from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np


def check_positive_integer(name: str, value: int) -> int:
    """Return a whole number of at least 1."""
    return _check_integer(name, value, 1)


def check_not_negative_integer(name: str, value: int) -> int:
    """Return a whole number of at least 0."""
    return _check_integer(name, value, 0)


def _check_integer(name: str, value: int, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an integer; got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}; got {value}")
    return int(value)


def _check_number(name: str, value: Any) -> None:
    """Refuse what is no real number: a boolean and a string of digits among others."""
    scalar = value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value
    if isinstance(scalar, bool | np.bool_) or not isinstance(scalar, Real | Decimal):
        raise TypeError(f"{name} must be a real number; got {value!r}")


def _as_float(name: str, value: Any) -> float:
    """Return a real number as Python computes with it, beyond its format as inf."""
    _check_number(name, value)
    try:
        return float(value)
    except OverflowError:  # an integer or a fraction
        return float("inf")


def check_positive(name: str, value: float) -> float:
    """Return a finite number above 0."""
    number = _as_float(name, value)
    if not 0 < number < float("inf"):
        raise ValueError(f"{name} must be finite and above 0; got {value!r}")
    return number


def check_not_negative(name: str, value: float) -> float:
    """Return a finite number of at least 0."""
    number = _as_float(name, value)
    if not 0 <= number < float("inf"):
        raise ValueError(f"{name} must be finite and at least 0; got {value!r}")
    return number


def check_unit_interval(name: str, value: float) -> float:
    """Return a number from 0 to 1."""
    number = _as_float(name, value)
    if not 0 <= number <= 1:
        raise ValueError(f"{name} must be between 0 and 1; got {value!r}")
    return number


def check_discount(name: str, value: float) -> float:
    """Return a number above 0 and at most 1."""
    number = _as_float(name, value)
    if not 0 < number <= 1:
        raise ValueError(f"{name} must be above 0 and at most 1; got {value!r}")
    return number


def check_decay(name: str, value: float) -> float:
    """Return what is kept of a running sum: from 0 to below 1."""
    number = _as_float(name, value)
    if not 0 <= number < 1:
        raise ValueError(f"{name} must be at least 0 and below 1; got {value!r}")
    return number


def check_base(base: float, dtype: np.dtype[Any]) -> np.floating[Any]:
    """Return the base of a logarithm, finite and above 1 in the format computed with."""
    wide = base if isinstance(base, np.longdouble) else _as_float("base", base)
    with np.errstate(over="ignore"):
        number: np.floating[Any] = dtype.type(wide)
    if not 1 < number < float("inf"):
        raise ValueError(
            f"base must be finite and above 1 in {dtype.name}; got {base!r}"
        )
    return number
