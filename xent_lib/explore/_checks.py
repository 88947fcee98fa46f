"""Checks that several figures share; each returns plain Python values."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from xent_lib._validation import check_distribution, check_integer_labels


def plain_distribution(
    name: str, p: ArrayLike, num_classes: int | None = None
) -> list[float]:
    """Return one distribution as a list, of ``num_classes`` where that is given."""
    array, _ = check_distribution(name, p, -1)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one distribution; got shape {array.shape}")
    if num_classes not in (None, len(array)):
        raise ValueError(f"{name} must hold {num_classes} classes; got {len(array)}")
    values: list[float] = array.tolist()
    return values


def plain_label(name: str, label: int, num_classes: int) -> int:
    """Return one class index."""
    return int(check_integer_labels(name, [label], num_classes)[0])


def plain_names(names: Sequence[str] | None, num_classes: int) -> list[str]:
    """Return one name a class: those given, else A, B, C and so on."""
    if names is None:
        return [chr(ord("A") + k) for k in range(num_classes)]
    if len(names) != num_classes:
        raise ValueError(
            f"names must hold one name a class; got {len(names)} for {num_classes}"
        )
    return list(names)
