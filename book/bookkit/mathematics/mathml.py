"""The MathML that a screen reader speaks, with the children that each element asks for.

KaTeX writes an operator's name as two elements, the name and the invisible mark "applied to".
As a sub- or superscript, as in ``c_{\\max}``, the name is applied to nothing, and the mark would
give the script one child too many.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

# The elements whose children mean something by their place, and how many they take.
CHILDREN = {
    "mfrac": 2,
    "mover": 2,
    "mroot": 2,
    "msub": 2,
    "msubsup": 3,
    "msup": 2,
    "munder": 2,
    "munderover": 3,
}
_APPLIED_TO = "\u2061"
_NAMESPACE = "http://www.w3.org/1998/Math/MathML"
_MATH = re.compile(r"<math\b.*?</math>", re.DOTALL)

ElementTree.register_namespace("", _NAMESPACE)


def with_fitting_children(html: str) -> str:
    """Return KaTeX's HTML; in its MathML no script or fraction has a child too many."""
    return _MATH.sub(lambda found: _mended(found[0]), html)


def _mended(source: str) -> str:
    if _APPLIED_TO not in source:
        return source
    math = ElementTree.fromstring(source)
    changed = False
    for element in math.iter():
        wanted = CHILDREN.get(element.tag.removeprefix(f"{{{_NAMESPACE}}}"))
        if wanted is None or len(element) == wanted:
            continue
        for child in [child for child in element if child.text == _APPLIED_TO]:
            element.remove(child)
            changed = True
    if not changed:
        return source
    return ElementTree.tostring(math, encoding="unicode", short_empty_elements=False)
