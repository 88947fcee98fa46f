"""Checks at the public edge of the library.

Every public function calls these once and then runs a short kernel. Every error text lives
here, and each one names the argument, what was expected, and what came instead.
"""

from xent_lib._validation.arrays import (
    FloatArray,
    IntArray,
    check_axis,
    check_distribution,
    check_finite,
    check_logits,
    check_no_nan,
    check_probabilities,
    check_real,
    check_same_shape,
    check_shape,
    check_softmax_exists,
)
from xent_lib._validation.examples import (
    check_choice,
    check_class_labels,
    check_features,
    check_fitted,
    check_integer_labels,
    check_not_empty,
    check_same_length,
    check_several_classes,
    check_table,
    check_text,
    check_tokens,
    check_yes_or_no,
)
from xent_lib._validation.numbers import (
    check_base,
    check_decay,
    check_discount,
    check_not_negative,
    check_not_negative_integer,
    check_positive,
    check_positive_integer,
    check_unit_interval,
)

__all__ = [
    "FloatArray",
    "IntArray",
    "check_axis",
    "check_base",
    "check_choice",
    "check_class_labels",
    "check_decay",
    "check_discount",
    "check_distribution",
    "check_features",
    "check_finite",
    "check_fitted",
    "check_integer_labels",
    "check_logits",
    "check_no_nan",
    "check_not_empty",
    "check_not_negative",
    "check_not_negative_integer",
    "check_positive",
    "check_positive_integer",
    "check_probabilities",
    "check_real",
    "check_same_length",
    "check_same_shape",
    "check_several_classes",
    "check_shape",
    "check_softmax_exists",
    "check_table",
    "check_text",
    "check_tokens",
    "check_unit_interval",
    "check_yes_or_no",
]
