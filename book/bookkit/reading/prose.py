"""Checked prose: numbers in sentences, each followed by the expression that gives it.

``about 0.3567<!-- = surprisal(0.7) -->`` claims that the expression, evaluated where the
sentence stands, gives 0.3567 at the printed precision. An expression with several values
checks the several numbers before it; one whose value is a boolean must be true and checks
the words. A number without an expression is a bare fact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

Value = float | bool

CHECK = re.compile(r"<!--\s*=\s*(?P<expression>.*?)\s*-->", re.DOTALL)
_NUMBER = re.compile(
    r"""
    (?<![\w.^])                                       # not inside a word, a version, an exponent
    (?P<sign>(?<![\w)}\]])[-−+])?
    (?P<digits>\d{1,3}(?:(?:,|\{,\}|\\,)\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)
    (?:\^\{?(?P<raised_to>[-−]?\d+)\}?
      |[eE](?P<exponent>[-+−]?\d+)
      |\s?(?:×|\\times|\\cdot)\s?10(?:\^\{?(?P<power>[-−]?\d+)\}?|(?P<raised>[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)))?
    (?P<percent>(?:\s|\\,|~|\u00a0|\u202f)?\\?%)?
    (?![\w]|\.\d)
    """,
    re.VERBOSE | re.MULTILINE,
)
_NOT_PROSE = re.compile(
    r"""
    ^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)             # fenced code
    |(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)       # code spans
    |\]\([^)]*\)                                      # link targets
    |\\tag\{[^}]*\}                                   # equation numbers
    |\*\*(?:Figure|Table)\s[\d.]+\*\*                 # caption numbers
    |\*\*Time:\*\*\sabout\s\d+\sminutes              # written by the rule of reading times
    |\b(?:[Cc]hapters?|[Ff]igures?|[Tt]ables?|[Ee]quations?|[Ss]ections?|[Ee]xercises?|[Qq]uestions?|Step|Part)
       \s\(?\d+(?:\.\d+)?(?:(?:\sto\s|\sand\s|,\s|–|-)\(?\d+(?:\.\d+)?\)?)*
    |^\#+\s\d+(?:\.\d+)*                              # a heading's own number
    |^\d+\.\s                                         # list numbers
    |(?<=_)\{?\d+\}?                                  # indices
    |(?<=[A-Za-z)}\]]\^)\{?[-−]?\d+\}?               # exponents of symbols
    |\bfloat(?:16|32|64)|\bint(?:8|16|32|64)
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_RUNNING_EXAMPLE = {"0.7", "0.2", "0.1"}
_LARGEST_COUNTING_NUMBER = 10


@dataclass(frozen=True)
class Number:
    """A number as printed: its value, and half a unit of its last printed place."""

    text: str
    start: int
    end: int
    value: float
    half_unit: float

    def agrees(self, value: float) -> bool:
        """Whether ``value`` rounds to what is printed."""
        return abs(value - self.value) <= self.half_unit * (1 + 1e-6)


@dataclass(frozen=True)
class Check:
    """An expression in prose, and where the text that it speaks of begins and ends."""

    expression: str
    start: int
    end: int


@dataclass
class Audit:
    """What is wrong in a text, and which of its numbers are bare facts."""

    failures: list[str] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)


def checks(text: str) -> list[Check]:
    """The checks of a text, in order."""
    found = []
    begin = 0
    for match in CHECK.finditer(text):
        found.append(Check(match["expression"], begin, match.start()))
        begin = match.end()
    return found


def numbers(text: str) -> list[Number]:
    """The numbers of a text, code, links and labels left out."""
    blanked = _blank(_NOT_PROSE, CHECK.sub(lambda m: " " * len(m[0]), text))
    return [_number(match) for match in _NUMBER.finditer(blanked)]


def audit(text: str, values: list[list[Value] | str]) -> Audit:
    """Hold a text to the values of its checks; a string among them is an error message."""
    result = Audit()
    printed = numbers(text)
    covered: set[int] = set()
    for check, value in zip(checks(text), values, strict=True):
        if isinstance(value, str):
            result.failures.append(f"{check.expression}: {value}")
        elif value and all(isinstance(v, bool) for v in value):
            if not all(value):
                result.failures.append(
                    f"{_context(text, check.end)}: {check.expression} is False"
                )
        else:
            before = [
                n for n in printed if check.start <= n.start and n.end <= check.end
            ]
            claimed = before[-len(value) :] if value else []
            covered.update(n.start for n in claimed)
            result.failures += _disagreements(text, check, claimed, value)
    result.bare = [
        f"{n.text} | {_context(text, n.end)}"
        for n in printed
        if n.start not in covered and not _is_counting(n)
    ]
    return result


def _disagreements(
    text: str, check: Check, claimed: list[Number], value: list[Value]
) -> list[str]:
    where = _context(text, check.end)
    if not value or len(claimed) < len(value):
        problem = f"has {len(value)} values, but {len(claimed)} numbers stand before it"
        return [f"{where}: {check.expression} {problem}"]
    return [
        f"{where}: printed {number.text}, but {check.expression} gives {v!r}"
        for number, v in zip(claimed, value, strict=True)
        if not number.agrees(v)
    ]


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def _number(match: re.Match[str]) -> Number:
    digits = re.sub(r"\{,\}|\\,|,", "", match["digits"])
    if match["raised_to"]:
        digits = str(Decimal(digits) ** int(match["raised_to"].replace("−", "-")))
    power = (
        match["exponent"]
        or match["power"]
        or (match["raised"] or "0").translate(_SUPERSCRIPTS)
    )
    shift = int(power.replace("−", "-")) - (2 if match["percent"] else 0)
    decimals = len(digits.partition(".")[2])
    sign = -1 if match["sign"] in ("-", "−") else 1
    return Number(
        text=match[0].strip(),
        start=match.start(),
        end=match.end(),
        value=float(sign * Decimal(digits).scaleb(shift)),
        half_unit=float(Decimal(5).scaleb(shift - decimals - 1)),
    )


def _is_counting(number: Number) -> bool:
    return number.text in _RUNNING_EXAMPLE or (
        number.half_unit == 0.5 and abs(number.value) <= _LARGEST_COUNTING_NUMBER
    )


def _context(text: str, position: int) -> str:
    clean = CHECK.sub("", text[:position])
    return " ".join(clean.split())[-60:]
