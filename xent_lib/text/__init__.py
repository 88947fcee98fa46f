"""Text as tokens, a language model that forecasts them, and a coder; taught in chapter 12.

A byte-pair encoding starts from the 256 bytes, so that every text that UTF-8 can write has
tokens and no part of it is unknown. Each merge then makes one token of the pair that stands
side by side most often inside a word.

An n-gram model looks at the ``n - 1`` tokens before and asks what followed them in the text
that it was fitted to. Where it has seen little it leans on what shorter contexts say, so that
nothing is impossible.

The arithmetic coder writes tokens as one number, which is the shorter, the more probable
the forecasts make them, and reads them back.
"""

from xent_lib.text.arithmetic import arithmetic_decode, arithmetic_encode
from xent_lib.text.ngrams import NgramModel
from xent_lib.text.tokenizers import BytePairTokenizer

__all__ = [
    "BytePairTokenizer",
    "NgramModel",
    "arithmetic_decode",
    "arithmetic_encode",
]
