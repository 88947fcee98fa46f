"""Bad input, one row a mistake: the error names the argument, what was expected, what came."""

import ast
import inspect
import itertools
import re
from decimal import Decimal

import numpy as np
import pytest

import mistakes
from bookkit.pages.library import read_library

ROWS = [[0.0, 1.0], [2.0, 3.0]]
DISTRIBUTION = [0.5, 0.5]

HARD = "softmax_cross_entropy_with_integer_labels_value_and_grad"
SOFT = "softmax_cross_entropy_value_and_grad"
BINARY = "sigmoid_binary_cross_entropy_value_and_grad"
FOCAL = "sigmoid_focal_loss_value_and_grad"

MISTAKES = [
    (f"{HARD}(ROWS, [0, 2])", ValueError, "labels[1] is 2"),
    (f"{HARD}(ROWS, [0, 0.5])", TypeError, "labels must be integer class indices"),
    (
        f"{HARD}([[0, 1], [nan, 1]], [0, 1])",
        ValueError,
        "logits must not contain NaN; logits[1, 0] is nan",
    ),
    (f"{HARD}([[0, inf]], [0])", ValueError, "logits[0, 1] is inf"),
    (f"{HARD}([[-inf, -inf]], [0])", ValueError, "logits[0, :] is -inf throughout"),
    (f"{HARD}([[0], [nan]], [0], axis=0)", ValueError, "logits[1, 0] is nan"),
    (
        f"{HARD}([[nan, 0], [nan, 0]], [0, 0], where=np.array([False, True]))",
        ValueError,
        "logits[1, 0] is nan",
    ),
    (
        f"{HARD}(ROWS, [0, 1], where=[1, 0])",
        TypeError,
        "where must hold booleans; got dtype int64",
    ),
    (
        f"{HARD}(ROWS, [0, 1], where=[True])",
        ValueError,
        "where must have the shape of the losses, (2,); got (1,)",
    ),
    (
        f"{HARD}(ROWS, [0, 1], where=[False, False])",
        ValueError,
        "where must keep at least one example; all 2 are masked out",
    ),
    (
        f"{HARD}(np.empty((0, 3)), [])",
        ValueError,
        "logits must hold at least one example to take a mean of; got none",
    ),
    (
        f"{HARD}(ROWS, [0, 1], class_weights=[1, 2, 3])",
        ValueError,
        "class_weights must have one entry a class, shape (2,); got (3,)",
    ),
    (
        f"{HARD}(ROWS, [0, 1], class_weights=[0, -2])",
        ValueError,
        "class_weights must not be negative; class_weights[1] is -2.0",
    ),
    (
        f"{HARD}(ROWS, [0, 1], class_weights=[1, inf])",
        ValueError,
        "class_weights must be finite, without NaN and inf; class_weights[1] is inf",
    ),
    (
        f"{HARD}(ROWS, [0, 0], class_weights=[0, 1])",
        ValueError,
        "class_weights must be above 0 for at least one label that counts; all of them are 0",
    ),
    (
        f"{HARD}(ROWS, [0, 1], label_smoothing=1.5)",
        ValueError,
        "label_smoothing must be between 0 and 1; got 1.5",
    ),
    (
        f"{HARD}(ROWS, [0, 1], label_smoothing=True)",
        TypeError,
        "label_smoothing must be a real number; got True",
    ),
    (
        f"{HARD}(ROWS, [0, 1], class_weights=[True, False])",
        TypeError,
        "class_weights must hold real numbers; got dtype bool",
    ),
    (
        f"{HARD}(np.ma.masked_array(ROWS), [0, 1])",
        TypeError,
        "logits must be an array without a mask",
    ),
    (
        f"{SOFT}(ROWS, np.ma.masked_array([[1, 0], [0, 1]]))",
        TypeError,
        "labels must be an array without a mask",
    ),
    (
        f"{HARD}(ROWS, np.ma.masked_array([0, 1]), where=[True, False])",
        TypeError,
        "labels must be an array without a mask",
    ),
    (f"{HARD}(ROWS, [True, False])", TypeError, "got dtype bool"),
    (f"{HARD}(ROWS, [[0, 1]], where=[True, False])", ValueError, "labels must have"),
    (
        f"{HARD.removesuffix('_value_and_grad')}(ROWS, [0, 1], where=[1, 0])",
        TypeError,
        "where must hold booleans; got dtype int64",
    ),
    (f"{FOCAL}([0.0], [1], gamma='2')", TypeError, "gamma must be a real number"),
    (f"{HARD}(ROWS, [0, 1], axis=2)", ValueError, "axis must be between -2 and 1"),
    (f"{SOFT}(ROWS, [[1, 0], [1, 1]])", ValueError, "labels[1, :] sums to 2"),
    (f"{SOFT}(ROWS, [[1, 0]])", ValueError, "logits and labels must have the same"),
    (f"{SOFT}([[0, nan]], [[1, 0]])", ValueError, "logits[0, 1] is nan"),
    (
        f"{SOFT}(ROWS, [[1, 0], [0, 1]], label_smoothing=-1)",
        ValueError,
        "label_smoothing must be between 0 and 1; got -1",
    ),
    (
        f"{SOFT}(ROWS, [[1, 0], [0, 1]], where=[False, False])",
        ValueError,
        "where must keep at least one example",
    ),
    (f"{BINARY}([nan], [1])", ValueError, "logits must not contain NaN"),
    (f"{BINARY}([], [])", ValueError, "logits must hold at least one example"),
    (f"{BINARY}([0.0], [1], where=[False])", ValueError, "all 1 are masked out"),
    (
        f"{BINARY}([0.0, 1.0], [1], where=[True, True])",
        ValueError,
        "logits and labels must have the same shape; got (2,) and (1,)",
    ),
    (f"{FOCAL}([0.0], [1], gamma=-1)", ValueError, "gamma must be finite"),
    (f"{FOCAL}([0.0], [1], alpha=2)", ValueError, "alpha must be between 0 and 1"),
    (f"{FOCAL}([0.0], [-1])", ValueError, "labels[0] is -1.0"),
    ("softmax_jacobian([0.0, nan])", ValueError, "logits[1] is nan"),
    ("softmax_cross_entropy_grad(ROWS, [[1, 0]])", ValueError, "the same shape"),
    (
        "softmax_cross_entropy_with_integer_labels_grad(ROWS, [0, -1])",
        ValueError,
        "labels[1] is -1",
    ),
    ("sigmoid_binary_cross_entropy_grad([0.0], [2])", ValueError, "labels[0] is 2.0"),
    (
        f"{HARD}(ROWS, [[0], [0, 1]])",
        ValueError,
        "labels must be an array; got rows of",
    ),
    (
        f"{HARD}(ROWS, [0, 1], where=[[True], [True, False]])",
        ValueError,
        "where must be an array; got rows of unequal length",
    ),
    (
        "accuracy(np.array([0.5], object), [0])",
        ValueError,
        "y_true must hold class labels, not measurements; y_true[0] is 0.5",
    ),
    ("accuracy(np.array([nan, 1], object), [1, 1])", ValueError, "y_true[0] is nan"),
    ("accuracy([0], [None])", ValueError, "y_pred[0] is None"),
    ("accuracy(np.array([1j], object), [1])", ValueError, "y_true[0] is 1j"),
    (
        "accuracy(np.array(['NaT'], 'M8[D]'), np.array(['NaT'], 'M8[D]'))",
        ValueError,
        "y_true must hold whole numbers, strings or booleans; got dtype datetime64[D]",
    ),
    (
        "accuracy([-1, 2**63], [-1, 2**63 + 1])",
        ValueError,
        "y_true must name classes by numbers of one integer format",
    ),
    (
        "calibration_curve(np.array([1, np.ma.masked], object), [0.5, 0.5])",
        ValueError,
        "y_true must hold 0 or 1; y_true[1] is masked",
    ),
    (
        "calibration_curve([1 + 0j], [0.5])",
        ValueError,
        "y_true must hold 0 or 1; y_true[0] is (1+0j)",
    ),
    ("accuracy([], [])", ValueError, "y_true must hold at least one example"),
    (
        "confusion_matrix([0, 3], [0, 0], 3)",
        ValueError,
        "y_true must be between 0 and 2; y_true[1] is 3",
    ),
    ("brier_score([0], [[0.5, 0.4]])", ValueError, "y_prob must sum to 1"),
    (
        "calibration_curve([0, 2], [0.5, 0.5])",
        ValueError,
        "y_true must hold 0 or 1; y_true[1] is 2",
    ),
    (
        "expected_calibration_error([0, 1], [0.5, 0.5], n_bins=0)",
        ValueError,
        "n_bins must be at least 1; got 0",
    ),
    (
        "entropy([-0.5, 1.5])",
        ValueError,
        "probabilities must not be negative; p[0] is -0.5",
    ),
    ("entropy([0.3, 0.3])", ValueError, "p must sum to 1 along axis 0; p sums to 0.6"),
    ("entropy([0.700001, 0.2, 0.1])", ValueError, "p sums to 1.000001"),
    ("entropy([0.5, 0.49999998])", ValueError, "p sums to 0.99999998"),
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
        "base must be finite and above 1 in float64; got 1",
    ),
    (
        "entropy(DISTRIBUTION, base=-2)",
        ValueError,
        "base must be finite and above 1 in float64; got -2",
    ),
    (
        "surprisal(0.5, base=Decimal('1.00000000000000000001'))",
        ValueError,
        "1 in float64; got Decimal('1.00000000000000000001')",
    ),
    (
        "surprisal(0.5, base=10**400)",
        ValueError,
        "base must be finite and above 1 in float64; got 1000",
    ),
    (f"{FOCAL}([0.0], [1], gamma=10**400)", ValueError, "gamma must be finite"),
    ("entropy(['a'])", TypeError, "p must hold real numbers; got dtype <U1"),
    ("entropy([1j])", TypeError, "p must hold real numbers; got dtype complex128"),
    (
        "entropy([[0.5, 0.5], [1.0]])",
        ValueError,
        "p must be an array; got rows of unequal length",
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
        "jensen_shannon_divergence(DISTRIBUTION, [0.5, 0.4])",
        ValueError,
        "q must sum to 1 along axis 0",
    ),
    (
        "jensen_shannon_divergence(DISTRIBUTION, [1, 0, 0])",
        ValueError,
        "p and q must have the same shape; got (2,) and (3,)",
    ),
    (
        "jensen_shannon_divergence(DISTRIBUTION, DISTRIBUTION, base=1)",
        ValueError,
        "base must be finite and above 1",
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
    ("sigmoid(['1'])", TypeError, "x must hold real numbers; got dtype <U1"),
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
MISTAKES += mistakes.MISTAKES

LIBRARY = [
    module for module in read_library() if not module.name.startswith("xent_lib.plots")
]
# The readable versions, which the checked functions call when their checks are done.
UNCHECKED = {
    "plain_losses",
    "plain_losses_of_distributions",
    "plain_value_and_grad",
}


PUBLIC = {name: thing for module in LIBRARY for name, thing in module.entries.items()}


def can_go_wrong(name):
    """Whether somebody calls it with arguments; data holders and errors are made inside."""
    thing = PUBLIC[name]
    if inspect.isclass(thing) and ">>>" not in inspect.getdoc(thing):
        return False
    return bool(inspect.signature(thing).parameters) and name not in UNCHECKED


def wanted():
    """Every public function, class and method that takes arguments, as a row would call it."""
    names = [name for name in PUBLIC if can_go_wrong(name)]
    # A rule's step is called by minimise, which has checked what it passes on.
    methods = {
        (name, method)
        for name in names
        if inspect.isclass(PUBLIC[name])
        for method, function in vars(PUBLIC[name]).items()
        if inspect.isfunction(function)
        and function.__doc__
        and method != "step"
        and not method.startswith("_")
    }
    return {(name,) for name in names} | methods


def called(row):
    """What a row calls: functions, classes, and methods on the class that it makes."""
    calls = [
        node.func for node in ast.walk(ast.parse(row)) if isinstance(node, ast.Call)
    ]
    names = {func.id for func in calls if isinstance(func, ast.Name)}
    methods = {func.attr for func in calls if isinstance(func, ast.Attribute)}
    return {(name,) for name in names} | set(itertools.product(names, methods))


@pytest.mark.parametrize(
    ("call", "kind", "text"), MISTAKES, ids=[row[0] for row in MISTAKES]
)
def test_a_mistake_gets_an_error_that_says_what_to_mend(call, kind, text):
    names = PUBLIC | mistakes.NAMES
    names |= {
        "np": np,
        "Decimal": Decimal,
        "ROWS": ROWS,
        "DISTRIBUTION": DISTRIBUTION,
    }
    with pytest.raises(kind, match=re.escape(text)):
        eval(call, names)


def test_everything_public_has_its_mistakes_in_the_table():
    assert wanted() - set().union(*(called(row[0]) for row in MISTAKES)) == set()
