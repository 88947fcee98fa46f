"""The memory of a language model's loss, its sizes to move; for chapter 13."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from traitlets import Enum, Float, Int, validate

from xent_lib._validation import check_positive, check_positive_integer
from xent_lib.explore._base import Interactive
from xent_lib.memory import Terms, loss_memory
from xent_lib.plots.memory_terms import GIBIBYTE, plot_memory

WIDTHS = {"float32": 4, "bfloat16": 2}


class Memory(Interactive):
    """Sizes of a batch to move, and what three ways to its loss hold at their peak.

    Parameters
    ----------
    num_tokens, num_features, num_classes : int
        Tokens in the batch, width of the last layer, size of the vocabulary.
    precision : {"float32", "bfloat16"}
        Of input, weight and logits.
    chunk_size : int, default 512
        Rows whose logits the chunked way holds at once.
    ranks : int, default 1
        Processes that share the vocabulary in the vocabulary-parallel way.
    card : float, default 24.0
        Memory of one card, in GiB.

    Attributes
    ----------
    num_tokens, num_features, num_classes, precision, chunk_size, ranks, card
        Follow the reader's hand in a live notebook; setting them moves the figure.
    terms : dict of str to dict of str to int
        Bytes by way and term, as :func:`xent_lib.memory.loss_memory` counts them.
    peaks : dict of str to int
        Bytes by way.

    Raises
    ------
    TypeError
        If a size is no integer.
    ValueError
        If a size is below 1 or ``card`` is not positive.

    Notes
    -----
    For chapter 13. Time and memory are the same for every size.

    Examples
    --------
    >>> figure = Memory(16384, 4096, 128256, precision="bfloat16")
    >>> figure.peaks["two-liner"] > 16 * 2**30
    True
    >>> figure.num_tokens = 8192
    >>> figure.peaks["two-liner"] > 16 * 2**30
    False
    """

    module = "memory"
    state_names = (
        "num_tokens",
        "num_features",
        "num_classes",
        "precision",
        "chunk_size",
        "ranks",
        "card",
    )
    num_tokens = Int().tag(sync=True)
    num_features = Int().tag(sync=True)
    num_classes = Int().tag(sync=True)
    precision = Enum(tuple(WIDTHS), default_value="float32").tag(sync=True)
    chunk_size = Int(512).tag(sync=True)
    ranks = Int(1).tag(sync=True)
    card = Float(24.0).tag(sync=True)

    def __init__(
        self,
        num_tokens: int = 16384,
        num_features: int = 4096,
        num_classes: int = 128256,
        *,
        precision: str = "float32",
        chunk_size: int = 512,
        ranks: int = 1,
        card: float = 24.0,
    ) -> None:
        super().__init__(
            num_tokens=check_positive_integer("num_tokens", num_tokens),
            num_features=check_positive_integer("num_features", num_features),
            num_classes=check_positive_integer("num_classes", num_classes),
            precision=precision,
            chunk_size=check_positive_integer("chunk_size", chunk_size),
            ranks=check_positive_integer("ranks", ranks),
            card=check_positive("card", card),
        )

    @property
    def terms(self) -> dict[str, Terms]:
        """The bytes of each term of each way.

        They are as :func:`xent_lib.memory.loss_memory` counts them.
        """
        return loss_memory(
            self.num_tokens,
            self.num_features,
            self.num_classes,
            bytes_per_number=WIDTHS[self.precision],
            chunk_size=self.chunk_size,
            ranks=self.ranks,
        )

    @property
    def peaks(self) -> dict[str, int]:
        """The bytes that each way holds at its peak."""
        return {way: sum(terms.values()) for way, terms in self.terms.items()}

    @validate("num_tokens", "num_features", "num_classes", "chunk_size", "ranks")
    def _check_size(self, proposal: Any) -> int:
        return check_positive_integer(proposal["trait"].name, proposal["value"])

    @validate("card")
    def _check_card(self, proposal: Any) -> float:
        return check_positive("card", proposal["value"])

    def _draw(self) -> Axes:
        return plot_memory(self.terms, self.card)

    def _describe(self) -> str:
        peaks = ", ".join(
            f"{way} {size / GIBIBYTE:.1f} GiB" for way, size in self.peaks.items()
        )
        return (
            f"Stacked bars of the memory that three ways to the loss of {self.num_tokens:,} "
            f"tokens over {self.num_classes:,} classes hold at their peak in "
            f"{self.precision}: {peaks}. A line marks a card of {self.card:g} GiB."
        )
