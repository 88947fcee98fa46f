"""A language model that counts, the smallest that forecasts a token; taught in chapter 12."""

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

Context = tuple[int, ...]


class NgramModel:
    r"""Counts of what followed each context, with interpolated absolute discounting.

    Let :math:`c(h\,w)` be how often token :math:`w` followed the context :math:`h`,
    :math:`c(h)` how often :math:`h` was followed by anything, and :math:`T(h)` by how many
    different tokens. A discount :math:`d` is taken off every count. The share of the whole that
    this frees, :math:`d\,T(h) / c(h)`, goes to all tokens in proportion to the forecast of a
    shorter context :math:`h'`, which is :math:`h` without its first token:

    .. math::
        q(w \mid h) = \frac{\max(c(h\,w) - d, 0)}{c(h)}
            + \frac{d\,T(h)}{c(h)}\, q(w \mid h').

    The shortest context is empty; the forecast below it is the uniform distribution over the
    vocabulary. A context that nothing followed in the text is left out: the forecast is that of
    the longest one that something followed.

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
    Taught in chapter 12. Every forecast is a distribution over the whole vocabulary, so
    cross entropy and perplexity apply to it as to any other. For each position of the text,
    fitting copies a context of each length below ``n``, so its time and memory grow with
    n² times the length of the text, and so does the time of pricing a text. Time and memory of
    one forecast grow linearly with ``vocab_size``, with n² and with the length of the context
    given, all of which is checked although at most ``n - 1`` tokens of it are used. Changing
    ``n``, ``vocab_size`` or ``discount`` has no effect until ``fit`` is called again.

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

    counts_: list[dict[Context, Counter[int]]]
    num_ngrams_: int
    _totals: list[dict[Context, int]]
    _fitted_with: tuple[int, float]

    def __init__(self, n: int, vocab_size: int, *, discount: float = 0.75) -> None:
        self.n = n
        self.vocab_size = vocab_size
        self.discount = discount

    def fit(self, tokens: ArrayLike) -> Self:
        """Count the n-grams of a text.

        A fit that fails or is interrupted leaves the model as it was.

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
            If ``tokens``, ``n`` or ``vocab_size`` are no integers, ``tokens`` have a mask, or
            ``discount`` is no number.
        ValueError
            If a token is out of range, there is none, or a parameter makes no sense.
        """
        n = check_positive_integer("n", self.n)
        discount = check_discount("discount", self.discount)
        vocab_size = check_positive_integer("vocab_size", self.vocab_size)
        text = _checked("tokens", tokens, vocab_size)
        check_not_empty("tokens", text, "token")
        counts: list[dict[Context, Counter[int]]] = [{} for _ in range(n)]
        for length, table in enumerate(counts):
            for end in range(length, len(text)):
                context = text[end - length : end]
                table.setdefault(context, Counter())[text[end]] += 1
        totals = [
            {context: followers.total() for context, followers in table.items()}
            for table in counts
        ]
        different = sum(
            len(followers) for table in counts for followers in table.values()
        )
        # All at once, so that an interruption cannot leave half of it.
        vars(self).update(
            counts_=counts,
            num_ngrams_=different,
            _totals=totals,
            _fitted_with=(vocab_size, discount),
        )
        return self

    def log_prob(self, context: ArrayLike) -> FloatArray:
        """Forecast the next token.

        Parameters
        ----------
        context : array_like of int, shape (M,)
            The tokens before it, of which at most the last ``n - 1`` are used; there may be
            fewer.

        Returns
        -------
        ndarray, shape (vocab_size,)
            Log-probabilities in nats, float64; finite unless a probability rounds to 0.

        Raises
        ------
        TypeError
            If ``context`` does not hold integers or has a mask.
        ValueError
            If a token is out of range, or the model is not fitted yet.
        """
        check_fitted(self, "counts_")
        vocab_size, discount = self._fitted_with
        q = np.full(vocab_size, 1 / vocab_size)
        for followers, total in self._known(_checked("context", context, vocab_size)):
            q *= discount * len(followers) / total
            counts = np.array(list(followers.values()))
            q[list(followers)] += (counts - discount) / total
        with np.errstate(divide="ignore"):
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
            In nats; inf where a probability rounds to 0. Their mean is the cross entropy of
            the text, and the exponential of that its perplexity.

        Raises
        ------
        TypeError
            If ``tokens`` are no integers or have a mask.
        ValueError
            If one is out of range, or the model is not fitted yet.

        Notes
        -----
        Entry i is ``-log_prob(tokens[:i])[tokens[i]]`` up to rounding, without the forecasts
        of what did not come.
        """
        check_fitted(self, "counts_")
        vocab_size, discount = self._fitted_with
        text = _checked("tokens", tokens, vocab_size)
        shares = np.empty(len(text))
        longest = len(self.counts_) - 1
        for end, token in enumerate(text):
            q = 1 / vocab_size
            for followers, total in self._known(text[max(0, end - longest) : end]):
                kept = max(followers[token] - discount, 0.0)
                q = (kept + discount * len(followers) * q) / total
            shares[end] = q
        with np.errstate(divide="ignore"):
            return np.asarray(-np.log(shares))

    def _known(self, context: Sequence[int]) -> Iterator[tuple[Counter[int], int]]:
        """Yield what followed the end of ``context``, from nothing to the longest end seen."""
        for length in range(min(len(context), len(self.counts_) - 1) + 1):
            end = tuple(context[len(context) - length :])
            followers = self.counts_[length].get(end)
            if followers is None:
                return
            yield followers, self._totals[length][end]


def _checked(name: str, tokens: ArrayLike, vocab_size: int) -> Context:
    return tuple(check_tokens(name, tokens, vocab_size).tolist())
