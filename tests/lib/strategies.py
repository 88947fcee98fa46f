"""What hypothesis draws for the library's tests: logits, labels, distributions."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

FLOATS = (np.float32, np.float64)


@st.composite
def logits(draw, largest=50.0, dtypes=FLOATS, max_dims=3, max_side=6):
    """Arrays of finite scores with at least one axis and one class."""
    dtype = draw(st.sampled_from(dtypes))
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=max_dims, max_side=max_side))
    elements = st.floats(-largest, largest, width=np.finfo(dtype).bits)
    return draw(hnp.arrays(dtype, shape, elements=elements))


@st.composite
def logits_and_axis(draw, **options):
    """Scores, and any of their axes counted from either end."""
    array = draw(logits(**options))
    return array, draw(st.integers(-array.ndim, array.ndim - 1))


def normalised(weights, axis):
    """Positive weights as distributions along ``axis``."""
    return weights / weights.sum(axis=axis, keepdims=True)


@st.composite
def distributions(draw, shape, axis=-1, zeros=True):
    """Distributions of ``shape`` along ``axis``; some entries may be exactly 0."""
    smallest = 0.0 if zeros else 1e-3
    weights = draw(hnp.arrays(np.float64, shape, elements=st.floats(smallest, 1.0)))
    weights = np.where(weights < 1e-9, 0.0, weights)
    empty = weights.sum(axis=axis, keepdims=True) == 0
    return normalised(np.where(empty, 1.0, weights), axis)


def integer_labels(shape, num_classes):
    """Class indices of ``shape``."""
    return hnp.arrays(np.int64, shape, elements=st.integers(0, num_classes - 1))


def without_axis(shape, axis):
    """The shape of one value per example."""
    axis %= len(shape)
    return shape[:axis] + shape[axis + 1 :]
