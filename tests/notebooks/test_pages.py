"""Pages under book/: their checked numbers hold in a namespace of numpy and the library."""

import math

import numpy as np
import pytest

import xent_lib.explore
from bookkit.reading.contents import pages
from bookkit.reading.prose import audit, checks


def namespace():
    public = {name: getattr(xent_lib, name) for name in xent_lib.__all__}
    return {"np": np, "math": math, "explore": xent_lib.explore, **public}


def value_of(expression):
    try:
        value = np.ravel(np.asarray(eval(expression, namespace())))
    except (
        Exception
    ) as error:  # a claim may fail in any way; the message is the finding
        return f"{type(error).__name__}: {error}"
    return [bool(v) if value.dtype.kind == "b" else float(v) for v in value]


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.stem)
def test_every_claim_in_the_prose_holds(path):
    text = path.read_text("utf-8")
    assert (
        audit(text, [value_of(check.expression) for check in checks(text)]).failures
        == []
    )
