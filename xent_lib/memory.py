r"""What the loss of a language model holds in memory at its peak; for chapter 13.

Pure counting, without NumPy or PyTorch. A test holds each count to the tensors that PyTorch
makes.
"""

from __future__ import annotations

from xent_lib._validation import check_choice, check_positive_integer

METHODS = ("two-liner", "chunked", "vocabulary-parallel")
TERMS = (
    "input and weight",
    "their gradients",
    "logits",
    "log-softmax",
    "gradient of log-softmax",
    "gradient of logits",
    "copies in another width",
)
_FLOAT32 = 4  # bytes; sums and chunks are kept in it whatever the input's width

Terms = dict[str, int]


def loss_memory(
    num_tokens: int,
    num_features: int,
    num_classes: int,
    *,
    bytes_per_number: int = 4,
    chunk_size: int = 512,
    ranks: int = 1,
) -> dict[str, Terms]:
    r"""Count the bytes that three ways to the loss and its gradients hold at their peak.

    A linear layer turns :math:`N` inputs of :math:`D` features into logits over :math:`V`
    classes, with :math:`b` bytes a number. Every way holds input and weight,
    :math:`b (N + V) D`, and ends with as much again for their gradients. Beside these:

    *two-liner*, ``logits = F.linear(x, w); F.cross_entropy(logits, y).backward()``. Forward
    leaves the logits, which have a name, and the log-softmax, which backward needs. Backward
    makes the gradient of the log-softmax and from it that of the logits: :math:`4 b N V` in
    all, before any gradient of input and weight exists. When these are made, logits and their
    gradient are left, :math:`2 b N V`. The larger moment is the peak.

    *chunked*, :func:`xent_lib.torch_losses.linear_cross_entropy`. One float32 buffer of
    :math:`c` rows, :math:`4 c V`, beside gradients in float32, :math:`4 (N + V) D`. Narrower
    inputs need copies besides: of the buffer, :math:`b c V`, and of what one chunk adds
    to the weight's gradient, :math:`b V D`; at the end, when these are gone, of both gradients,
    which autograd rounds, :math:`b (N + V) D`.

    *vocabulary-parallel*, the two-liner's first line on each of :math:`R` ranks, then
    :func:`xent_lib.torch_losses.vocab_parallel_cross_entropy`. A rank has :math:`V_R =
    \lceil V / R \rceil` classes: :math:`b (N + V_R) D` for input and weight, :math:`b N V_R`
    for logits, and as much for their gradient when the gradients of input and weight are made.
    For narrower logits the gradient is computed in float32 first, :math:`4 N V_R`, and then
    rounded; for a moment both copies exist, before the gradients of input and weight.

    Parameters
    ----------
    num_tokens, num_features, num_classes : int
        :math:`N`, :math:`D` and :math:`V`.
    bytes_per_number : {4, 2}, default 4
        4 for float32, 2 for bfloat16 and float16.
    chunk_size : int, default 512
        Rows whose logits the chunked way holds at once; at most N are counted.
        ``linear_cross_entropy`` itself takes half of D by default, and at least 64.
    ranks : int, default 1
        Processes that share the classes in the vocabulary-parallel way.

    Returns
    -------
    dict of str to dict of str to int
        For each way, the bytes of every term, 0 where it has none; their sum is the peak. Of
        the vocabulary-parallel way, the bytes of the rank with most classes.

    Raises
    ------
    TypeError
        If an argument is no integer; 2.0 is none.
    ValueError
        If an argument is below 1, or ``bytes_per_number`` is neither 4 nor 2.

    Notes
    -----
    For chapter 13. Not counted: a few numbers a token, what a matrix product needs
    inside itself, the memory that an allocator keeps in reserve, and whatever belongs to the
    rest of the model, its optimiser's state first of all. It is a formula, so its own time and
    memory do not depend on the sizes.

    Examples
    --------
    A batch of 8,192 tokens over a vocabulary of 128,256, in GiB:

    >>> held = loss_memory(8192, 4096, 128256)
    >>> {way: round(sum(terms.values()) / 2**30, 1) for way, terms in held.items()}
    {'two-liner': 17.7, 'chunked': 4.4, 'vocabulary-parallel': 12.0}
    """
    sizes = [
        check_positive_integer(name, value)
        for name, value in (
            ("num_tokens", num_tokens),
            ("num_features", num_features),
            ("num_classes", num_classes),
        )
    ]
    chunk_size = check_positive_integer("chunk_size", chunk_size)
    ranks = check_positive_integer("ranks", ranks)
    bytes_per_number = check_positive_integer("bytes_per_number", bytes_per_number)
    check_choice("bytes_per_number", bytes_per_number, (4, 2))
    tokens, features, classes = sizes
    share = -(-classes // ranks)
    ways = (
        _two_liner(tokens, features, classes, bytes_per_number),
        _chunked(tokens, features, classes, bytes_per_number, min(chunk_size, tokens)),
        _vocabulary_parallel(tokens, features, share, bytes_per_number),
    )
    return dict(zip(METHODS, ways, strict=True))


def _two_liner(n: int, d: int, v: int, b: int) -> Terms:
    logits, layer = b * n * v, b * (n + v) * d
    return _largest(
        _terms(layer, 0, logits, logits, logits, logits),
        _terms(layer, layer, logits, 0, 0, logits),
    )


def _chunked(n: int, d: int, v: int, b: int, rows: int) -> Terms:
    layer, gradients = b * (n + v) * d, _FLOAT32 * (n + v) * d
    buffer = _FLOAT32 * rows * v
    narrow = b < _FLOAT32
    return _largest(
        _terms(layer, gradients, buffer, 0, 0, 0, narrow * b * v * (rows + d)),
        _terms(layer, gradients, 0, 0, 0, 0, narrow * layer),
    )


def _vocabulary_parallel(n: int, d: int, v: int, b: int) -> Terms:
    logits, layer = b * n * v, b * (n + v) * d
    narrow = b < _FLOAT32
    return _largest(
        _terms(layer, 0, logits, 0, 0, logits, narrow * _FLOAT32 * n * v),
        _terms(layer, layer, logits, 0, 0, logits),
    )


def _terms(*held: int) -> Terms:
    padded = [*held, *[0] * (len(TERMS) - len(held))]
    return dict(zip(TERMS, padded, strict=True))


def _largest(*moments: Terms) -> Terms:
    return max(moments, key=lambda terms: sum(terms.values()))
