"""Train the over-confident classifier whose held-out logits the library keeps.

``python -m bookkit.commands.held_out`` writes them again. The model has seen 400 digits, 40
of them with a wrong label, and has learnt all 400 by heart.
"""

from __future__ import annotations

import json

import numpy as np

from xent_lib.datasets import HELD_OUT_LOGITS, digits
from xent_lib.models import TwoLayerNetwork

EXAMPLES, WRONG = 400, 40
EPOCHS = 400
DECIMALS = 1


def train() -> tuple[np.ndarray, np.ndarray]:
    """Return the logits of the digits held out, rounded, and their labels."""
    split = digits()
    rng = np.random.default_rng(10)
    rows = rng.permutation(len(split.y_train))[:EXAMPLES]
    labels = split.y_train[rows].copy()
    labels[:WRONG] = (labels[:WRONG] + rng.integers(1, 10, WRONG)) % 10
    model = TwoLayerNetwork(hidden_size=32, l2=0.0, epochs=EPOCHS)
    model.fit(split.X_train[rows], labels)
    logits = model.decision_function(split.X_held_out)
    return logits.round(DECIMALS) + 0.0, split.y_held_out


def main() -> None:
    """Write the file, one example a line."""
    logits, labels = train()
    rows = ",\n".join(json.dumps(row) for row in logits.tolist())
    HELD_OUT_LOGITS.write_text(
        f'{{"labels": {json.dumps(labels.tolist())},\n"logits": [\n{rows}\n]}}\n',
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
