"""What the surprisal strip shows, worked out once: texts read token by token by several models."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from xent_lib._validation import FloatArray, check_not_empty, check_text
from xent_lib.datasets import load_corpus
from xent_lib.text import BytePairTokenizer, NgramModel

TOP = 8  # likeliest tokens that are kept at each place
SHARES = 10_000  # to what part of 1 their probabilities are kept
DIGITS = 4  # of a surprisal in nats
MERGES = 1000
ORDERS = {"unigram": 1, "bigram": 2, "trigram": 3, "5-gram": 5}
HELD_OUT = "The order in which a network's derivatives are cheapest"
TRAINED_ON = "The model with the largest likelihood is the model"


def read_texts(
    texts: Mapping[str, str],
    tokenizer: BytePairTokenizer,
    models: Mapping[str, NgramModel],
) -> dict[str, Any]:
    """Read every text with every model; plain numbers, strings and lists.

    A place in a text keeps, for each model, the surprisal of its token, the token's rank
    among all, and the likeliest tokens as pairs of their index and share.
    """
    check_not_empty("texts", texts, "text")
    check_not_empty("models", models, "model")
    vocabulary: dict[int, int] = {}
    read = [
        _read(name, check_text(f"texts[{name!r}]", text), tokenizer, models, vocabulary)
        for name, text in texts.items()
    ]
    return {
        "models": list(models),
        "vocabulary": [tokenizer.decode([token]) for token in vocabulary],
        "size": len(tokenizer.vocabulary_),
        "texts": read,
    }


def _read(
    name: str,
    text: str,
    tokenizer: BytePairTokenizer,
    models: Mapping[str, NgramModel],
    vocabulary: dict[int, int],
) -> dict[str, Any]:
    tokens = tokenizer.encode(text).tolist()
    check_not_empty(f"texts[{name!r}]", tokens, "token")
    surprisals, ranks, top = [], [], []
    for model in models.values():
        prices = [-model.log_prob(tokens[:place]) for place in range(len(tokens))]
        paid = [float(p[token]) for p, token in zip(prices, tokens, strict=True)]
        # Prices that are equal on paper may differ in their last bits.
        even = [np.round(p, 9) for p in prices]
        ranks.append(
            [int((p < p[t]).sum()) + 1 for p, t in zip(even, tokens, strict=True)]
        )
        surprisals.append([round(price, DIGITS) for price in paid])
        top.append(
            [
                _shares(p, np.argsort(order, kind="stable")[:TOP].tolist(), vocabulary)
                for p, order in zip(prices, even, strict=True)
            ]
        )
    return {
        "name": name,
        "tokens": [_index(token, vocabulary) for token in tokens],
        "characters": len(text),
        "surprisals": surprisals,
        "ranks": ranks,
        "top": top,
    }


def _shares(
    prices: FloatArray, tokens: list[int], vocabulary: dict[int, int]
) -> list[int]:
    """Pairs, in one list: a token's index and its share of SHARES."""
    pairs = (
        (_index(token, vocabulary), round(SHARES * float(np.exp(-prices[token]))))
        for token in tokens
    )
    return [number for pair in pairs for number in pair]


def _index(token: int, vocabulary: dict[int, int]) -> int:
    return vocabulary.setdefault(token, len(vocabulary))


@cache
def book_texts() -> dict[str, Any]:
    """Two passages of the corpus, one held out and one trained on, read by four models."""
    corpus = load_corpus()
    train = "\n\n".join(corpus.train)
    tokenizer = BytePairTokenizer(MERGES).fit(train)
    tokens = tokenizer.encode(train)
    size = len(tokenizer.vocabulary_)
    models = {name: NgramModel(n, size).fit(tokens) for name, n in ORDERS.items()}
    texts = {
        "held out": _paragraph(corpus.held_out, HELD_OUT),
        "trained on": _paragraph(corpus.train, TRAINED_ON),
    }
    return read_texts(texts, tokenizer, models)


def _paragraph(sections: tuple[str, ...], beginning: str) -> str:
    """Return the paragraph of a corpus that begins so."""
    paragraphs = (one for section in sections for one in section.split("\n\n"))
    return next(one for one in paragraphs if one.startswith(beginning))
