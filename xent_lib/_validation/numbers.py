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


def check_positive(name: str, value: float) -> float:
    """Return a finite number above 0."""
    _check_number(name, value)
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} must be finite and above 0; got {value!r}")
    return float(value)


def check_not_negative(name: str, value: float) -> float:
    """Return a finite number of at least 0."""
    _check_number(name, value)
    if not 0 <= value < float("inf"):
        raise ValueError(f"{name} must be finite and at least 0; got {value!r}")
    return float(value)


def check_unit_interval(name: str, value: float) -> float:
    """Return a number from 0 to 1."""
    _check_number(name, value)
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be between 0 and 1; got {value!r}")
    return float(value)


def check_discount(name: str, value: float) -> float:
    """Return a number above 0 and at most 1."""
    _check_number(name, value)
    if not 0 < value <= 1:
        raise ValueError(f"{name} must be above 0 and at most 1; got {value!r}")
    return float(value)


def check_decay(name: str, value: float) -> float:
    """Return what is kept of a running sum: from 0 to below 1."""
    _check_number(name, value)
    if not 0 <= value < 1:
        raise ValueError(f"{name} must be at least 0 and below 1; got {value!r}")
    return float(value)


def check_base(base: float) -> float:
    """Return the base of a logarithm, which is finite and above 1."""
    _check_number("base", base)
    if not 1 < base < float("inf"):
        raise ValueError(f"base must be finite and above 1; got {base!r}")
    return base
