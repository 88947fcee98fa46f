"""Bad input, one row a mistake: the error names the argument, what was expected, what came."""

import re

import numpy as np
import pytest
from numpy import nan

import xent_lib

inf = np.inf
ROWS = [[0.0, 1.0], [2.0, 3.0]]
DISTRIBUTION = [0.5, 0.5]

MISTAKES = [
    (
        "entropy([-0.5, 1.5])",
        ValueError,
        "probabilities must not be negative; p[0] is -0.5",
    ),
    ("entropy([0.3, 0.3])", ValueError, "p must sum to 1 along axis 0; p sums to 0.6"),
    (
        "entropy([[0.5, 0.5], [0.3, 0.3]])",
        ValueError,
        "p must sum to 1 along axis 1; p[1, :] sums to 0.6",
    ),
    ("entropy([nan, 1.0])", ValueError, "p must not contain NaN; p[0] is nan"),
    (
        "entropy([])",
        ValueError,
        "p must hold at least one class along axis -1; got shape (0,)",
    ),
    (
        "entropy(0.5)",
        ValueError,
        "p must have at least one axis, the classes; got a scalar",
    ),
    (
        "entropy(DISTRIBUTION, axis=1)",
        ValueError,
        "axis must be between -1 and 0 for p of shape (2,); got 1",
    ),
    ("entropy(DISTRIBUTION, axis=0.0)", TypeError, "axis must be an integer; got 0.0"),
    (
        "entropy(DISTRIBUTION, axis=True)",
        TypeError,
        "axis must be an integer; got True",
    ),
    (
        "entropy(DISTRIBUTION, base=1)",
        ValueError,
        "base must be finite and above 1; got 1",
    ),
    (
        "entropy(DISTRIBUTION, base=-2)",
        ValueError,
        "base must be finite and above 1; got -2",
    ),
    ("entropy(['a'])", TypeError, "p must hold real numbers; got dtype <U1"),
    ("entropy([1j])", TypeError, "p must hold real numbers; got dtype complex128"),
    (
        "entropy([[0.5, 0.5], [1.0]])",
        ValueError,
        "p must be an array of real numbers; got rows of unequal length",
    ),
    ("surprisal(1.5)", ValueError, "probabilities must be at most 1; p is 1.5"),
    (
        "surprisal([0.5, -0.1])",
        ValueError,
        "probabilities must not be negative; p[1] is -0.1",
    ),
    (
        "cross_entropy(DISTRIBUTION, [1, 0, 0])",
        ValueError,
        "p and q must have the same shape; got (2,) and (3,)",
    ),
    (
        "cross_entropy(DISTRIBUTION, [0.5, 0.4])",
        ValueError,
        "q must sum to 1 along axis 0",
    ),
    (
        "kl_divergence([0.5, 0.4], DISTRIBUTION)",
        ValueError,
        "p must sum to 1 along axis 0",
    ),
    (
        "kl_divergence(DISTRIBUTION, [nan, 1])",
        ValueError,
        "q must not contain NaN; q[0] is nan",
    ),
    (
        "perplexity([0.5, 0.4])",
        ValueError,
        "p must sum to 1 along axis 0; p sums to 0.9",
    ),
    ("softmax([inf, 0.0])", ValueError, "x must be finite or -inf; x[0] is inf"),
    (
        "softmax([[0.0, 0.0], [-inf, -inf]])",
        ValueError,
        "x must be above -inf for at least one class along axis 1; x[1, :] is -inf throughout",
    ),
    ("log_softmax([0.0, inf])", ValueError, "x must be finite or -inf; x[1] is inf"),
    ("log_softmax(ROWS, axis=2)", ValueError, "axis must be between -2 and 1"),
    ("logsumexp(ROWS, axis=-3)", ValueError, "axis must be between -2 and 1"),
    ("logsumexp(np.empty((2, 0)))", ValueError, "at least one class along axis -1"),
    ("log_sigmoid(None)", TypeError, "x must hold real numbers; got dtype object"),
    (
        "one_hot([0, 3], 3)",
        ValueError,
        "labels must be between 0 and 2; labels[1] is 3",
    ),
    (
        "one_hot([[0], [-1]], 3)",
        ValueError,
        "labels must be between 0 and 2; labels[1, 0] is -1",
    ),
    (
        "one_hot([0.0], 3)",
        TypeError,
        "labels must be integer class indices; got dtype float64",
    ),
    (
        "one_hot([True], 3)",
        TypeError,
        "labels must be integer class indices; got dtype bool",
    ),
    ("one_hot([0], 0)", ValueError, "num_classes must be at least 1; got 0"),
    ("one_hot([0], 2.0)", TypeError, "num_classes must be an integer; got 2.0"),
    (
        "one_hot([0], 2, dtype=int)",
        TypeError,
        "dtype must be a floating type; got int64",
    ),
    (
        "smooth_labels([1, 0], 1.5)",
        ValueError,
        "alpha must be between 0 and 1; got 1.5",
    ),
    (
        "smooth_labels([1, 0], nan)",
        ValueError,
        "alpha must be between 0 and 1; got nan",
    ),
    ("smooth_labels([1, 1], 0.1)", ValueError, "labels must sum to 1 along axis 0"),
    (
        "softmax_cross_entropy_with_integer_labels(ROWS, [0, 2])",
        ValueError,
        "labels must be between 0 and 1; labels[1] is 2",
    ),
    (
        "softmax_cross_entropy_with_integer_labels(ROWS, [0.0, 1.0])",
        TypeError,
        "got dtype float64 (labels that are distributions go to softmax_cross_entropy)",
    ),
    (
        "softmax_cross_entropy_with_integer_labels(ROWS, [0])",
        ValueError,
        "labels must have the shape of logits without the class axis, (2,); got (1,)",
    ),
    (
        "softmax_cross_entropy_with_integer_labels([[nan, 0]], [0])",
        ValueError,
        "logits must not contain NaN; logits[0, 0] is nan",
    ),
    (
        "softmax_cross_entropy_with_integer_labels([[inf, 0]], [0])",
        ValueError,
        "logits must be finite or -inf; logits[0, 0] is inf",
    ),
    (
        "softmax_cross_entropy_with_integer_labels([[-inf, -inf]], [0])",
        ValueError,
        "logits must be above -inf for at least one class",
    ),
    (
        "softmax_cross_entropy(ROWS, [[1, 0], [1, 1]])",
        ValueError,
        "labels[1, :] sums to 2",
    ),
    (
        "softmax_cross_entropy(ROWS, [[1, 0]])",
        ValueError,
        "logits and labels must have the same shape; got (2, 2) and (1, 2)",
    ),
    (
        "softmax_cross_entropy(1.0, 1.0)",
        ValueError,
        "logits must have at least one axis",
    ),
    (
        "sigmoid_binary_cross_entropy([0.0], [2.0])",
        ValueError,
        "probabilities must be at most 1; labels[0] is 2.0",
    ),
    (
        "sigmoid_binary_cross_entropy([nan], [1])",
        ValueError,
        "logits must not contain NaN",
    ),
    (
        "sigmoid_binary_cross_entropy([0.0, 1.0], [1])",
        ValueError,
        "logits and labels must have the same shape; got (2,) and (1,)",
    ),
    (
        "sigmoid_focal_loss([0.0], [1], gamma=-1)",
        ValueError,
        "gamma must be finite and at least 0",
    ),
    ("sigmoid_focal_loss([0.0], [1], gamma=nan)", ValueError, "gamma must be finite"),
    (
        "sigmoid_focal_loss([0.0], [1], alpha=2)",
        ValueError,
        "alpha must be between 0 and 1; got 2",
    ),
]


@pytest.mark.parametrize(
    ("call", "kind", "text"), MISTAKES, ids=[row[0] for row in MISTAKES]
)
def test_a_mistake_gets_an_error_that_says_what_to_mend(call, kind, text):
    names = {name: getattr(xent_lib, name) for name in xent_lib.__all__}
    names |= {
        "np": np,
        "inf": inf,
        "nan": nan,
        "ROWS": ROWS,
        "DISTRIBUTION": DISTRIBUTION,
    }
    with pytest.raises(kind, match=re.escape(text)):
        eval(call, names)


def test_every_public_function_has_its_mistakes_in_the_table():
    called = {row[0].partition("(")[0] for row in MISTAKES}
    assert set(xent_lib.__all__) - called == set()
