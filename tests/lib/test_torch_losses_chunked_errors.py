"""Bad calls of the chunked linear cross entropy, each with the whole of its error."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from xent_lib.torch_losses import linear_cross_entropy

X, W, Y = torch.zeros(4, 3), torch.zeros(5, 3), torch.tensor([0, 1, 2, 3])
BAD_CALLS = {
    "input a list": (
        ([[0.0]], W, Y),
        {},
        TypeError,
        "input must be a torch.Tensor; got builtins.list",
    ),
    "input an array": (
        (np.zeros((4, 3)), W, Y),
        {},
        TypeError,
        "input must be a torch.Tensor; got numpy.ndarray",
    ),
    "integer input": (
        (X.long(), W, Y),
        {},
        TypeError,
        "input must hold real numbers; got dtype torch.int64",
    ),
    "complex weight": (
        (X, W.cfloat(), Y),
        {},
        TypeError,
        "linear_weight must hold real numbers; got dtype torch.complex64",
    ),
    "three-dimensional input": (
        (X[None], W, Y),
        {},
        ValueError,
        "input must have shape (N, D) or (D,); got shape (1, 4, 3)",
    ),
    "one-dimensional weight": (
        (X, W[0], Y),
        {},
        ValueError,
        "linear_weight must have shape (C, D) with at least one class; got shape (3,)",
    ),
    "no class": (
        (X, W[:0], Y),
        {},
        ValueError,
        "linear_weight must have shape (C, D) with at least one class; got shape (0, 3)",
    ),
    "features differ": (
        (X, W[:, :2], Y),
        {},
        ValueError,
        "linear_weight must have as many columns as input has features, 3; got shape (5, 2)",
    ),
    "bias too short": (
        (X, W, Y),
        {"linear_bias": torch.zeros(4)},
        ValueError,
        "linear_bias must have one entry per class, 5; got shape (4,)",
    ),
    "integer bias": (
        (X, W, Y),
        {"linear_bias": Y},
        TypeError,
        "linear_bias must hold real numbers; got dtype torch.int64",
    ),
    "dtypes differ": (
        (X, W.double(), Y),
        {},
        TypeError,
        "linear_weight must have the dtype of input, torch.float32; got torch.float64",
    ),
    "bias of another dtype": (
        (X, W, Y),
        {"linear_bias": torch.zeros(5).half()},
        TypeError,
        "linear_bias must have the dtype of input, torch.float32; got torch.float16",
    ),
    "weight elsewhere": (
        (X, W.to("meta"), Y),
        {},
        ValueError,
        "linear_weight must be on the device of input, cpu; got meta",
    ),
    "target a list": (
        (X, W, [0, 1, 2, 3]),
        {},
        TypeError,
        "target must be a torch.Tensor; got builtins.list",
    ),
    "float target": (
        (X, W, Y.float()),
        {},
        TypeError,
        "target must hold class indices as torch.int64; got dtype torch.float32",
    ),
    "int32 target": (
        (X, W, Y.int()),
        {},
        TypeError,
        "target must hold class indices as torch.int64; got dtype torch.int32",
    ),
    "target too short": (
        (X, W, Y[:3]),
        {},
        ValueError,
        "target must have the shape of input without its features, (4,); got (3,)",
    ),
    "target elsewhere": (
        (X, W, Y.to("meta")),
        {},
        ValueError,
        "target must be on the device of input without its features, cpu; got meta",
    ),
    "target too large": (
        (X, W, Y + 2),
        {},
        ValueError,
        "target must be between 0 and 4, or -100 to be ignored; target[3] is 5",
    ),
    "target negative": (
        (X, W, Y - 1),
        {"ignore_index": 7},
        ValueError,
        "target must be between 0 and 4, or 7 to be ignored; target[0] is -1",
    ),
    "scalar target too large": (
        (X[0], W, torch.tensor(5)),
        {},
        ValueError,
        "target must be between 0 and 4, or -100 to be ignored; target is 5",
    ),
    "unknown reduction": (
        (X, W, Y),
        {"reduction": "average"},
        ValueError,
        "reduction must be one of 'mean', 'sum', 'none'; got 'average'",
    ),
    "smoothing above 1": (
        (X, W, Y),
        {"label_smoothing": 1.5},
        ValueError,
        "label_smoothing must be between 0 and 1; got 1.5",
    ),
    "smoothing nan": (
        (X, W, Y),
        {"label_smoothing": float("nan")},
        ValueError,
        "label_smoothing must be between 0 and 1; got nan",
    ),
    "chunk of no row": (
        (X, W, Y),
        {"chunk_size": 0},
        ValueError,
        "chunk_size must be at least 1; got 0",
    ),
    "chunk of half a row": (
        (X, W, Y),
        {"chunk_size": 0.5},
        TypeError,
        "chunk_size must be an integer; got 0.5",
    ),
    "chunk of true": (
        (X, W, Y),
        {"chunk_size": True},
        TypeError,
        "chunk_size must be an integer; got True",
    ),
}


@pytest.mark.parametrize("name", BAD_CALLS)
def test_a_bad_call_names_the_argument_what_was_expected_and_what_came(
    name: str,
) -> None:
    arguments, options, error, message = BAD_CALLS[name]
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        linear_cross_entropy(*arguments, **options)
