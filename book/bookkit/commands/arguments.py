"""What a teacher's command was given: NAME=VALUE, as make hands it on, or a folder first."""

from __future__ import annotations

from bookkit.assignments.making import AssignmentError


def by_name(arguments: list[str], names: tuple[str, ...]) -> dict[str, str]:
    """The arguments that have a value, by their names; the first may be DIR's value alone.

    Raises
    ------
    AssignmentError
        If one has none of the names.
    """
    given = {}
    for place, argument in enumerate(arguments):
        name, sign, value = argument.partition("=")
        if name not in names or not sign:
            if place or not argument:
                raise AssignmentError(
                    f'"{argument}" is no argument. Expected NAME=VALUE with one of: '
                    f"{', '.join(names)}."
                )
            name, value = "DIR", argument
        if value:
            given[name] = value
    return given
