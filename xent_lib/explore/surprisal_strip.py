"""A text coloured by what each token cost, under models of several sizes; chapter 12."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from traitlets import Dict, Int, Unicode, observe, validate

from xent_lib._validation import FloatArray, check_choice
from xent_lib.explore._base import Interactive
from xent_lib.explore._checks import plain_label
from xent_lib.explore._passages import SHARES, book_texts, read_texts
from xent_lib.plots.language import plot_surprisal_strip
from xent_lib.text import BytePairTokenizer, NgramModel


class SurprisalStrip(Interactive):
    r"""A text whose tokens are tinted by their surprisal :math:`-\log q`, model by model.

    The reader chooses a text and a model, and a token: the forecast that was made in its place
    stands beside it, with the token that came. Mean loss, perplexity and bits per character
    follow.

    Parameters
    ----------
    texts : mapping of str to str, optional
        Texts by name. By default a passage of the corpus that was held out of training and
        one that was not.
    tokenizer : BytePairTokenizer, optional
        What cuts the texts; needed where ``texts`` are given.
    models : mapping of str to NgramModel, optional
        Fitted models by name; needed where ``texts`` are given. By default n-gram models of
        1, 2, 3 and 5 tokens, fitted to the corpus.
    text, model : str, optional
        What is shown first: the first text and the last model but one by default.
    position : int, default 0
        The token whose forecast is shown.

    Attributes
    ----------
    text, model, position
        Follow the reader's hand in a live notebook; setting them moves the figure.
    data : dict
        All that the figure shows, worked out beforehand.
    surprisals : ndarray, shape (N,)
        Of the tokens of the text shown under the model shown, in nats, to 4 decimals.
    loss, perplexity, bits_per_character : float
        Their mean; its exponential; their sum in bits over the number of characters.
    running_perplexity : ndarray, shape (N,)
        The perplexity of the text up to each token.
    forecast : dict of str to float
        The likeliest tokens at ``position`` and their probabilities, to 4 decimals.

    Raises
    ------
    TypeError
        If a text is no string or ``position`` no integer.
    ValueError
        If only some of ``texts``, ``tokenizer`` and ``models`` are given, one is empty, or
        ``text``, ``model`` or ``position`` names what is not there.

    Notes
    -----
    Taught in chapter 12. Time grows with the tokens of all texts times the number of
    models and the size of the vocabulary, memory with the tokens times the number of models.

    Examples
    --------
    >>> strip = SurprisalStrip()
    >>> round(strip.perplexity, 1)
    94.0
    >>> strip.text = "trained on"
    >>> round(strip.perplexity, 1)
    6.8
    """

    module = "surprisal_strip"
    state_names = ("text", "model", "position", "data")
    text = Unicode().tag(sync=True)
    model = Unicode().tag(sync=True)
    position = Int().tag(sync=True)
    data = Dict().tag(sync=True)

    def __init__(
        self,
        texts: Mapping[str, str] | None = None,
        tokenizer: BytePairTokenizer | None = None,
        models: Mapping[str, NgramModel] | None = None,
        *,
        text: str | None = None,
        model: str | None = None,
        position: int = 0,
    ) -> None:
        if texts is None and tokenizer is None and models is None:
            data = book_texts()
        elif texts is None or tokenizer is None or models is None:
            raise ValueError(
                "texts, tokenizer and models belong together: give all three or none"
            )
        else:
            data = read_texts(texts, tokenizer, models)
        names, models_read = [one["name"] for one in data["texts"]], data["models"]
        super().__init__(
            data=data,
            text=check_choice("text", names[0] if text is None else text, names),
            model=models_read[max(0, len(models_read) - 2)] if model is None else model,
            position=position,
        )

    @property
    def surprisals(self) -> FloatArray:
        """What each token shown cost under the model shown, in nats, to 4 decimals."""
        return np.array(self._shown["surprisals"][self._model])

    @property
    def loss(self) -> float:
        """The mean surprisal, in nats."""
        return float(self.surprisals.mean())

    @property
    def perplexity(self) -> float:
        """The exponential of the mean surprisal."""
        return float(np.exp(self.loss))

    @property
    def bits_per_character(self) -> float:
        """The whole surprisal in bits, shared out over the characters."""
        return float(self.surprisals.sum() / np.log(2) / self._shown["characters"])

    @property
    def running_perplexity(self) -> FloatArray:
        """The perplexity of the text up to each token."""
        costs = self.surprisals
        return np.asarray(np.exp(np.cumsum(costs) / np.arange(1, len(costs) + 1)))

    @property
    def forecast(self) -> dict[str, float]:
        """The likeliest tokens in the place shown, and their probabilities, to 4 decimals."""
        numbers = self._shown["top"][self._model][self.position]
        return {
            self.data["vocabulary"][token]: share / SHARES
            for token, share in zip(numbers[::2], numbers[1::2], strict=True)
        }

    @property
    def _shown(self) -> dict[str, Any]:
        shown: dict[str, Any] = self.data["texts"][self._names.index(self.text)]
        return shown

    @property
    def _names(self) -> list[str]:
        return [text["name"] for text in self.data["texts"]]

    @property
    def _model(self) -> int:
        number: int = self.data["models"].index(self.model)
        return number

    @property
    def _tokens(self) -> list[str]:
        return [self.data["vocabulary"][token] for token in self._shown["tokens"]]

    @validate("text")
    def _check_text(self, proposal: Any) -> str:
        name: str = check_choice("text", proposal["value"], self._names)
        return name

    @validate("model")
    def _check_model(self, proposal: Any) -> str:
        name: str = check_choice("model", proposal["value"], self.data["models"])
        return name

    @validate("position")
    def _check_position(self, proposal: Any) -> int:
        return plain_label("position", proposal["value"], len(self._shown["tokens"]))

    @observe("text")
    def _stay_inside(self, _: Any) -> None:
        self.position = min(self.position, len(self._shown["tokens"]) - 1)

    def __repr__(self) -> str:
        read = f"{len(self._names)} texts, {len(self.data['models'])} models"
        shown = f"text={self.text!r}, model={self.model!r}, position={self.position}"
        return f"{type(self).__name__}({shown}, data=<{read}>)"

    def _draw(self) -> Axes:
        return plot_surprisal_strip(self._tokens, self.surprisals, self.position)

    def _describe(self) -> str:
        tokens, costs = self._tokens, self.surprisals
        dearest = ", ".join(
            f'"{tokens[k].strip()}" {costs[k]:.2f}' for k in np.argsort(-costs)[:3]
        )
        return (
            f'The passage "{"".join(tokens)}" token by token, tinted by surprisal under '
            f"the {self.model} model, with a bar of it under each token. The dearest are "
            f"{dearest} nats. Perplexity {self.perplexity:.1f}, "
            f"{self.bits_per_character:.2f} bits per character."
        )
