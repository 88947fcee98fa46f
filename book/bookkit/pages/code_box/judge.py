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
_LONGEST, _MOST_SHOWN, _DEEPEST = 300, 20, 5
CONSTANTS = {"inf": math.inf, "nan": math.nan}
# What a check gives that ends in an error, before the error's name.
RAISES = "raises "
_NO_RETURN = "A function that ends without return gives None."
_OWN_MODULES = (
    "The page runs MicroPython, a small Python. It has math, random and a few more of "
    "Python's own modules, and no others."
)
_TASKS_NAME = (
    "The check uses this name and your code does not define it: is it spelt so?"
)
_COLON = "Such a line ends with a colon."
_AT_THE_END = (
    "Python came to the end of the code and waited for more: is a bracket not closed, or "
    "a block empty?"
)
_NOT_HERE = (
    "The page runs MicroPython, a small Python, which knows neither match nor [*a, b]."
)
_OPEN_A_BLOCK = ("def", "for", "if", "elif", "else", "while", "try", "except", "class")
# What a copied page puts in the place of the signs that Python reads.
_SET_IN_TYPE = {
    "\u201c": '"',
    "\u201d": '"',
    "\u2018": "'",
    "\u2019": "'",
    "\u2212": "-",
    "\u2013": "-",
    "\u00d7": "*",
}
_FIXED_SPACE = "\u00a0"
_NATS_IN_A_BIT = math.log(2)
_ROUNDED_TO = (2, 3, 4, 5)  # places
_CLOSE = 1e-5
TYPE_CHECKING = False
if TYPE_CHECKING:
    Outcomes = list[tuple[object, dict[str, object] | None]]
names: dict[str, object] = {}
_lines: list[str] = []


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


def show(value: object, digits: int = 6, depth: int = 0) -> str:
    """A result in words of a bearable length."""
    if isinstance(value, float):
        return f"{value + 0.0:.{digits}g}"  # no minus before a 0
    if isinstance(value, (list, tuple, dict)):
        if depth == _DEEPEST:
            return "..."
        cut = ["..."] if len(value) > _MOST_SHOWN else []
        if isinstance(value, dict):
            keys = list(value) if cut else sorted(value, key=repr)
            pairs = [
                f"{key!r}: {show(value[key], digits, depth + 1)}"
                for key in keys[:_MOST_SHOWN]
            ]
            return "{" + ", ".join(pairs + cut) + "}"
        parts = [show(one, digits, depth + 1) for one in value[:_MOST_SHOWN]]
        inner = ", ".join(parts + cut)
        if isinstance(value, list):
            return f"[{inner}]"
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, str):
        value = value[:_LONGEST]
    text = repr(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."


def _trace(error: BaseException) -> str:
    if hasattr(sys, "print_exception"):
        written = io.StringIO()
        sys.print_exception(error, written)
        return written.getvalue()
    import traceback

    return "".join(traceback.format_exception(error))


def _of_the_signs(text: str) -> str:
    for sign, meant in _SET_IN_TYPE.items():
        if sign in text:
            return f"The line holds {sign}, a sign of printed text. Python reads {meant} there."
    if _FIXED_SPACE in text:
        return (
            "The line holds a space of fixed width, as copied pages do. Type it again."
        )
    return ""


def _of_the_line(line: int, said: str) -> str:
    """What may be wrong with a line that Python cannot read."""
    if line == 0:
        return ""
    if not "".join(_lines[line - 1 :]).strip():
        return _AT_THE_END
    code = _lines[line - 1].split("#")[0].strip()
    first = code.split(" ")[0].split("(")[0]
    if first in _OPEN_A_BLOCK and ":" not in code:
        return _COLON
    return _NOT_HERE if first == "match" or said.startswith("*x") else ""


def _of_the_name(name: str, line: int) -> str:
    """What a name that is not defined may have been meant to be."""
    if line == 0:
        return _TASKS_NAME
    if name == "math":
        return "The line import math is missing at the top."
    return f"Is it math.{name}?" if hasattr(math, name) else ""


def _of_a_value_called() -> str:
    """Which of Python's own functions the program's own value hides."""
    for name in ("sum", "max", "min", "len", "abs", "list", "range", "zip", "round"):
        if name in names and not callable(names[name]):
            return (
                f"In your code {name} is a value, so Python's function {name} is out of "
                "reach. Give the value another name."
            )
    return ""


def _remark(error: BaseException, said: str, line: int) -> str:
    text = _lines[line - 1] if 0 < line <= len(_lines) else ""
    if isinstance(error, ImportError):
        return _OWN_MODULES
    if isinstance(error, SyntaxError):
        return _of_the_signs(text) or _of_the_line(line, said)
    if isinstance(error, NameError):
        quoted = said.split("'")
        name = quoted[1] if len(quoted) > 1 else ""
        return _of_the_signs(name) or _of_the_name(name, line)
    if isinstance(error, TypeError) and "callable" in said:
        return _of_a_value_called()
    return ""


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
    return {
        "kind": kind,
        "text": f"{kind}: {said}" if said else kind,
        "line": line,
        "remark": _remark(error, said, line),
    }


def start(source: str) -> str:
    """Run a program; return, as JSON, the error that ended it or null."""
    names.clear()
    names["__name__"] = "__main__"
    _lines[:] = source.split("\n")
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
        value = eval(tried, known)
        show(value)  # which an object of the reader's own may refuse
    except (Exception, SystemExit) as error:
        return None, _fault(error)
    return value, None


def _agrees(value: object, fault: object, told: str) -> bool:
    if told.startswith(RAISES):
        return isinstance(fault, dict) and fault["kind"] == told[len(RAISES) :]
    return fault is None and near(value, eval(told, dict(CONSTANTS)))


def same(told: str, other: str) -> bool:
    """Whether two results agree, both as a task writes them down."""
    if told.startswith(RAISES) or other.startswith(RAISES):
        return told == other
    return near(eval(told, dict(CONSTANTS)), eval(other, dict(CONSTANTS)))


def _recognised(
    outcomes: "Outcomes", wrong: list[list[str]], right: list[bool], expected: list[str]
) -> list[int]:
    """The known wrong answers that explain what came, at most two.

    One that agrees at every check explains all. Else an error may hide what another mistake
    does: then one has to agree wherever a value came, and one, which does nothing but raise,
    wherever an error did.
    """
    agreeing = [
        [
            _agrees(value, fault, told)
            for (value, fault), told in zip(outcomes, results)  # noqa: B905
        ]
        for results in wrong
    ]
    for place, agrees in enumerate(agreeing):
        if all(agrees):
            return [place]
    found = []
    broke = [fault is not None for _, fault in outcomes]
    values = [place for place in range(len(broke)) if not broke[place]]
    if not all(right[place] for place in values):
        for place, agrees in enumerate(agreeing):
            if all(agrees[check] for check in values):
                found.append(place)
                break
    for place, agrees in enumerate(agreeing):
        raising = [told.startswith(RAISES) for told in wrong[place]]
        alone = all(
            told.startswith(RAISES) or same(told, expected[check])
            for check, told in enumerate(wrong[place])
        )
        if (
            alone
            and raising == broke
            and all(agrees[n] for n, b in enumerate(broke) if b)
        ):
            found.append(place)
            break
    return found


def _numbers(value: object) -> list[float] | None:
    """A number, or the numbers of a list; None for anything else."""
    if isinstance(value, (list, tuple)):
        held = [_numbers(one) for one in value]
        if any(one is None for one in held):
            return None
        return [number for one in held for number in one or []]
    if isinstance(value, (int, float)):
        return [value]
    return None


def _scaled(numbers: list[float], factor: float) -> list[float]:
    return [number * factor for number in numbers]


def _rounded(numbers: list[float], places: int) -> list[float]:
    return [round(x, places) if math.isfinite(x) else x for x in numbers]


def _close(numbers: list[float], wanted: list[float]) -> bool:
    return all(
        abs(one - two) <= _CLOSE * (1 + abs(two))
        for one, two in zip(numbers, wanted)  # noqa: B905
        if one != two
    )


def _by_its_form(came: object, expected: object) -> str:
    """What is wrong with a result of another kind than the expected one."""
    listed = (list, tuple)
    if isinstance(expected, listed):
        if isinstance(came, (int, float)):
            return "One number came, and the task asks for a list."
        if _is_iterator(came):
            return (
                "What came gives its numbers to a loop, one by one. Put list(...) around "
                "it to return them."
            )
        if isinstance(came, listed) and len(came) != len(expected):
            return f"The lists differ in length: {len(came)} came, {len(expected)} expected."
    elif isinstance(expected, (int, float)) and isinstance(came, listed):
        return "A list came, and the task asks for one number."
    if isinstance(came, (dict, str)) and not isinstance(expected, (dict, str)):
        kind = "A dict" if isinstance(came, dict) else "A string"
        asked = "a list" if isinstance(expected, listed) else "a number"
        return f"{kind} came, and the task asks for {asked}."
    return ""


def _is_iterator(value: object) -> bool:
    try:
        return iter(value) is value  # type: ignore[call-overload]
    except TypeError:
        return False


def _by_its_size(failed: list[tuple[object, object]]) -> str:
    """What all the numbers that came have to do with those expected."""
    pairs = []
    for came, expected in failed:
        numbers, wanted = _numbers(came), _numbers(expected)
        if numbers is None or wanted is None or len(numbers) != len(wanted):
            return ""
        pairs.append((numbers, wanted))
    if all(near(one, _scaled(two, -1)) for one, two in pairs):
        return "The sign is turned: every number is right but for its sign."
    if all(near(one, _scaled(two, 1 / _NATS_IN_A_BIT)) for one, two in pairs):
        return (
            "These are bits: the logarithm is taken to the base 2. With math.log the unit "
            "is the nat."
        )
    if all(two == [math.inf] and math.isfinite(one[0]) for one, two in pairs):
        return "A finite number came where infinity is due. Was a 0 replaced by a small number?"
    for places in _ROUNDED_TO:
        if all(near(one, _rounded(two, places)) for one, two in pairs):
            return "The numbers are rounded. Return them with all their digits."
    if all(_close(one, two) for one, two in pairs):
        return (
            "The numbers are close, and further off than rounding makes them. Was a small "
            "number added somewhere?"
        )
    return ""


def _hint(outcomes: "Outcomes", told: list[tuple[bool, object]]) -> str:
    """One sentence on results that no known wrong answer explains."""
    failed = []
    for (value, fault), (right, expected) in zip(outcomes, told):  # noqa: B905
        if not right and fault is None and value is not None:
            failed.append((value, expected))
    if not failed:
        return ""
    return _by_its_form(*failed[0]) or _by_its_size(failed)


def verdict(task: str) -> str:
    """Try every check of a task, which is JSON, on the program that was run last.

    A task is ``{"checks": [[tried, expected], ...], "wrong": [[came, ...], ...]}``: for each
    known wrong answer what it gives, check by check. The verdict is
    ``{"rows": [{"tried", "came", "expected", "right", ...}, ...], "wrong": [place, ...],
    "hint": sentence}``.
    """
    asked = json.loads(task)
    rows = []
    outcomes: Outcomes = []
    told_of = []
    for tried, told in asked["checks"]:
        value, fault = outcome(tried)
        expected = eval(told, dict(CONSTANTS))
        right = _agrees(value, fault, told)
        outcomes.append((value, fault))
        told_of.append((right, expected))
        row: dict[str, object] = {"tried": tried, "right": right}
        came, should = show(value), show(expected)
        if isinstance(fault, dict):
            came = str(fault["text"])
            row["line"], row["remark"] = fault["line"], fault["remark"]
        elif value is None:
            row["remark"] = _NO_RETURN
        elif came == should and not right:
            came, should = show(value, 15), show(expected, 15)
        row["came"], row["expected"] = came, should
        rows.append(row)
    held = [right for right, _ in told_of]
    wrong = (
        []
        if all(held)
        else _recognised(
            outcomes, asked["wrong"], held, [told for _, told in asked["checks"]]
        )
    )
    hint = "" if wrong or all(held) else _hint(outcomes, told_of)
    return json.dumps({"rows": rows, "wrong": wrong, "hint": hint})
