"""Thousands of drawn batches: a number or a clear error, and never NaN from good input."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose

from xent_lib import (
    log_softmax,
    logsumexp,
    sigmoid_focal_loss_value_and_grad,
    softmax,
    softmax_cross_entropy_with_integer_labels,
    softmax_cross_entropy_with_integer_labels_value_and_grad,
)

of_indices = softmax_cross_entropy_with_integer_labels_value_and_grad
THOROUGH = settings(
    max_examples=10_000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def anything(draw):
    """Logits that may hold every float there is, and labels that may not fit."""
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=3, max_side=5, min_side=1))
    elements = st.floats(width=np.finfo(dtype).bits) | st.sampled_from(
        [0.0, -0.0, 1.0, -np.inf]
    )
    x = draw(hnp.arrays(dtype, shape, elements=elements))
    labels = draw(hnp.arrays(np.int64, shape[:-1], elements=st.integers(-1, 5)))
    return x, labels


@pytest.mark.slow
@THOROUGH
@given(anything())
def test_a_batch_gives_numbers_or_an_error_that_names_its_argument(case):
    x, labels = case
    top = x.max(axis=-1)
    good = (
        np.isfinite(top).all() and (labels >= 0).all() and (labels < x.shape[-1]).all()
    )
    with np.errstate(over="ignore"):
        if not good:
            with pytest.raises(ValueError, match=r"^(logits|labels) must "):
                of_indices(x, labels)
            with pytest.raises(ValueError, match=r"^(logits|labels) must "):
                softmax_cross_entropy_with_integer_labels(x, labels)
            return
        value, gradient = of_indices(x, labels)
        losses = softmax_cross_entropy_with_integer_labels(x, labels)
        results = (softmax(x), log_softmax(x), logsumexp(x), losses, gradient)
    assert not any(np.isnan(result).any() for result in results)
    assert value >= 0 and (losses >= 0).all()
    eps = np.finfo(x.dtype).eps
    sums = gradient.sum(axis=-1, dtype=np.float64)
    assert (np.abs(sums) <= x.shape[-1] * eps).all()
    # Divided before they are added: the sum of losses near the largest float overflows.
    mean = (losses.astype(np.float64) / losses.size).sum()
    assert_allclose(value, mean, rtol=10 * eps)


@pytest.mark.slow
@THOROUGH
@given(
    st.lists(st.floats(allow_nan=False), min_size=1, max_size=5),
    st.floats(0, 1),
    st.floats(0, 5),
)
def test_the_focal_loss_of_any_log_odds_is_a_number(scores, label, gamma):
    labels = np.full(len(scores), label)
    with np.errstate(under="ignore", over="ignore"):
        value, gradient = sigmoid_focal_loss_value_and_grad(scores, labels, gamma=gamma)
    assert value >= 0
    assert (
        np.isfinite(gradient).all() or np.isinf(value) or max(map(abs, scores)) > 1e300
    )
    assert not np.isnan(gradient).any()
