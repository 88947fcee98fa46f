"""Runs a reader's program and compares what its functions give with what they should give.

This file is read twice: by the book's own Python, which works out at build time what a right
and a wrong answer give, and by MicroPython, which runs in the page. So it keeps to what both
of them know.
"""

import io
import json
import math
import sys

YOURS = "your code"
_PLACE = f'File "{YOURS}", line '
# Two ways to compute one number differ in its last digits.
_RELATIVE, _ABSOLUTE = 1e-6, 1e-12
_LONGEST = 300
CONSTANTS = {"inf": math.inf, "nan": math.nan}
# What a check gives that ends in an error, before the error's name.
RAISES = "raises "
_NO_RETURN = "A function that ends without return gives None."
_OWN_MODULES = (
    "The page has Python's own modules, such as math and random, and no other."
)
names: dict[str, object] = {}


def near(came: object, expected: object) -> bool:
    """Whether two results agree; a list and a tuple of the same numbers do."""
    if isinstance(came, (list, tuple)) and isinstance(expected, (list, tuple)):
        return len(came) == len(expected) and all(
            near(one, other)
            for one, other in zip(came, expected)  # noqa: B905 (MicroPython has no strict)
        )
    if isinstance(came, dict) and isinstance(expected, dict):
        return set(came) == set(expected) and all(
            near(came[key], expected[key]) for key in expected
        )
    if isinstance(came, (int, float)) and isinstance(expected, (int, float)):
        if came == expected or (came != came and expected != expected):
            return True
        if math.isinf(came) or math.isinf(expected):
            return False
        return abs(came - expected) <= _ABSOLUTE + _RELATIVE * abs(expected)
    return type(came) is type(expected) and came == expected


def show(value: object, digits: int = 6) -> str:
    """A result in words of a bearable length."""
    if isinstance(value, float):
        return f"{value + 0.0:.{digits}g}"  # no minus before a 0
    if isinstance(value, (list, tuple)):
        inner = ", ".join([show(one, digits) for one in value])
        if isinstance(value, list):
            return f"[{inner}]"
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, dict):
        pairs = [f"{key!r}: {show(one, digits)}" for key, one in sorted(value.items())]
        return "{" + ", ".join(pairs) + "}"
    text = repr(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."


def _trace(error: BaseException) -> str:
    if hasattr(sys, "print_exception"):
        written = io.StringIO()
        sys.print_exception(error, written)
        return written.getvalue()
    import traceback

    return "".join(traceback.format_exception(error))


def _fault(error: BaseException) -> dict[str, object]:
    """An error's name and words, and the reader's line in which it came up."""
    kind = type(error).__name__
    trace = _trace(error)
    line = 0
    if _PLACE in trace:
        digits = ""
        for sign in trace[trace.rindex(_PLACE) + len(_PLACE) :]:
            if not sign.isdigit():
                break
            digits += sign
        line = int(digits)
    said = str(error.args[0]) if error.args else ""
    remark = _OWN_MODULES if isinstance(error, ImportError) else ""
    return {
        "kind": kind,
        "text": f"{kind}: {said}" if said else kind,
        "line": line,
        "remark": remark,
    }


def start(source: str) -> str:
    """Run a program; return, as JSON, the error that ended it or null."""
    names.clear()
    names["__name__"] = "__main__"
    try:
        exec(compile(source, YOURS, "exec"), names)
    except (Exception, SystemExit) as error:
        return json.dumps(_fault(error))
    return "null"


def outcome(tried: str) -> tuple[object, dict[str, object] | None]:
    """What an expression gives in the reader's program, or the error that it ends in.

    It may use math, whether or not the program imports it.
    """
    known: dict[str, object] = {"math": math}
    known.update(names)
    try:
        return eval(tried, known), None
    except (Exception, SystemExit) as error:
        return None, _fault(error)


def _agrees(value: object, fault: object, told: str) -> bool:
    if told.startswith(RAISES):
        return isinstance(fault, dict) and fault["kind"] == told[len(RAISES) :]
    return fault is None and near(value, eval(told, dict(CONSTANTS)))


def same(told: str, other: str) -> bool:
    """Whether two results agree, both as a task writes them down."""
    if told.startswith(RAISES) or other.startswith(RAISES):
        return told == other
    return near(eval(told, dict(CONSTANTS)), eval(other, dict(CONSTANTS)))


def verdict(task: str) -> str:
    """Try every check of a task, which is JSON, on the program that was run last.

    A task is ``{"checks": [[tried, expected], ...], "wrong": [[came, ...], ...]}``: for each
    known wrong answer what it gives, check by check. The verdict is
    ``{"rows": [{"tried", "came", "expected", "right", ...}, ...], "wrong": place or -1}``.
    """
    asked = json.loads(task)
    rows = []
    outcomes = []
    for tried, told in asked["checks"]:
        value, fault = outcome(tried)
        expected = eval(told, dict(CONSTANTS))
        outcomes.append((value, fault))
        came, should = show(value), show(expected)
        row: dict[str, object] = {
            "tried": tried,
            "right": _agrees(value, fault, told),
        }
        if isinstance(fault, dict):
            came = str(fault["text"])
            row["line"], row["remark"] = fault["line"], fault["remark"]
        elif value is None:
            row["remark"] = _NO_RETURN
        elif came == should and not row["right"]:
            came, should = show(value, 15), show(expected, 15)
        row["came"], row["expected"] = came, should
        rows.append(row)
    recognised = -1
    if not all(row["right"] for row in rows):
        for place, results in enumerate(asked["wrong"]):
            pairs = zip(outcomes, results)  # noqa: B905 (MicroPython has no strict)
            if all(_agrees(value, fault, told) for (value, fault), told in pairs):
                recognised = place
                break
    return json.dumps({"rows": rows, "wrong": recognised})
