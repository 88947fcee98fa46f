"""A language model that counts: the smallest one that forecasts the next token.

An n-gram model looks at the ``n - 1`` tokens before and asks what followed them in the text
that it was fitted to. Where it has seen little it leans on what shorter contexts say, so that
nothing is impossible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from xent_lib._validation import (
    FloatArray,
    check_discount,
    check_fitted,
    check_not_empty,
    check_positive_integer,
    check_tokens,
)

__all__ = ["NgramModel"]

Context = tuple[int, ...]


class NgramModel:
    r"""Counts of what followed each context, with interpolated absolute discounting.

    Let :math:`c(h\,w)` be how often token :math:`w` followed the context :math:`h`,
    :math:`c(h)` how often :math:`h` was followed by anything, and :math:`T(h)` by how many
    different tokens. A discount :math:`d` is taken off every count, and what that saves is
    shared out as the context without its first token, :math:`h'`, forecasts:

    .. math::
        q(w \mid h) = \frac{\max(c(h\,w) - d, 0)}{c(h)}
            + \frac{d\,T(h)}{c(h)}\, q(w \mid h').

    The shortest context is empty; below it stands the uniform distribution over the vocabulary.
    A context that was never seen is left out.

    Parameters
    ----------
    n : int
        Length of the longest n-gram: 1 for a unigram model, which ignores the context, 2 for
        a bigram model, and so on.
    vocab_size : int
        Number of tokens, seen or not.
    discount : float, default 0.75
        :math:`d`, above 0 and at most 1.

    Attributes
    ----------
    counts_ : list of dict
        ``counts_[m][context][token]``, with contexts of ``m`` tokens.
    num_ngrams_ : int
        How many different n-grams of all lengths were counted: the size of the model.

    Notes
    -----
    For the planned chapter 11. Every forecast is a distribution over the whole vocabulary, so
    cross entropy and perplexity apply to it as to any other. Time and memory of fitting grow
    with ``n`` times the length of the text, time and memory of a forecast linearly with
    ``vocab_size``, and time of pricing a text with ``n`` times its length.

    References
    ----------
    .. [1] Ney, H., Essen, U. and Kneser, R. (1994). On structuring probabilistic dependences
       in stochastic language modelling. Computer Speech and Language 8, 1-38.
       doi:10.1006/csla.1994.1001

    Examples
    --------
    >>> model = NgramModel(2, vocab_size=3, discount=0.5).fit([0, 1, 0, 2])
    >>> np.exp(model.log_prob([0])).round(4).tolist()
    [0.25, 0.375, 0.375]
    """

    def __init__(self, n: int, vocab_size: int, *, discount: float = 0.75) -> None:
        self.n = n
        self.vocab_size = vocab_size
        self.discount = discount

    def fit(self, tokens: ArrayLike) -> Self:
        """Count the n-grams of a text.

        Parameters
        ----------
        tokens : array_like of int, shape (N,)
            From 0 to ``vocab_size - 1``.

        Returns
        -------
        NgramModel
            Itself.

        Raises
        ------
        TypeError
            If ``tokens``, ``n`` or ``vocab_size`` are no integers.
        ValueError
            If a token is out of range, there is none, or a parameter makes no sense.
        """
        n = check_positive_integer("n", self.n)
        check_discount("discount", self.discount)
        text = self._checked("tokens", tokens)
        check_not_empty("tokens", text, "token")
        self.counts_: list[dict[Context, Counter[int]]] = [{} for _ in range(n)]
        for length, table in enumerate(self.counts_):
            for end in range(length, len(text)):
                context = text[end - length : end]
                table.setdefault(context, Counter())[text[end]] += 1
        self._totals = [
            {context: followers.total() for context, followers in table.items()}
            for table in self.counts_
        ]
        self.num_ngrams_ = sum(
            len(followers) for table in self.counts_ for followers in table.values()
        )
        return self

    def log_prob(self, context: ArrayLike) -> FloatArray:
        """Forecast the next token.

        Parameters
        ----------
        context : array_like of int, shape (M,)
            The tokens before it. The last ``n - 1`` of them matter, and there may be fewer.

        Returns
        -------
        ndarray, shape (vocab_size,)
            Log-probabilities in nats, all of them finite.

        Raises
        ------
        TypeError
            If ``context`` does not hold integers.
        ValueError
            If a token is out of range, or the model is not fitted yet.
        """
        check_fitted(self, "counts_")
        q = np.full(self.vocab_size, 1 / self.vocab_size)
        for followers, total in self._known(self._checked("context", context)):
            q *= self.discount * len(followers) / total
            counts = np.array(list(followers.values()))
            q[list(followers)] += (counts - self.discount) / total
        return np.asarray(np.log(q))

    def surprisal(self, tokens: ArrayLike) -> FloatArray:
        """Price every token of a text by the forecast made from those before it.

        Parameters
        ----------
        tokens : array_like of int, shape (N,)
            From 0 to ``vocab_size - 1``. The first is forecast from an empty context.

        Returns
        -------
        ndarray, shape (N,)
            In nats. Their mean is the cross entropy of the text, and the exponential of
            that its perplexity.

        Raises
        ------
        TypeError
            If ``tokens`` are no integers.
        ValueError
            If one is out of range, or the model is not fitted yet.

        Notes
        -----
        The same numbers as ``-log_prob(tokens[:i])[tokens[i]]``, without the forecasts of
        what did not come.
        """
        check_fitted(self, "counts_")
        text = self._checked("tokens", tokens)
        shares = np.empty(len(text))
        for end, token in enumerate(text):
            q = 1 / self.vocab_size
            for followers, total in self._known(text[max(0, end - self.n + 1) : end]):
                kept = max(followers[token] - self.discount, 0.0)
                q = (kept + self.discount * len(followers) * q) / total
            shares[end] = q
        return np.asarray(-np.log(shares))

    def _checked(self, name: str, tokens: ArrayLike) -> Context:
        vocab_size = check_positive_integer("vocab_size", self.vocab_size)
        return tuple(check_tokens(name, tokens, vocab_size).tolist())

    def _known(self, context: Sequence[int]) -> Iterator[tuple[Counter[int], int]]:
        """Yield what followed the end of ``context``, from nothing to the longest end seen."""
        for length in range(min(len(context), self.n - 1) + 1):
            end = tuple(context[len(context) - length :])
            followers = self.counts_[length].get(end)
            if followers is None:
                return
            yield followers, self._totals[length][end]
