"""Cross entropy for vocabularies too large to hold at once; for chapter 13.

``linear_cross_entropy`` computes the logits of a few rows at a time on one device;
``vocab_parallel_cross_entropy`` splits the classes over several. Both need PyTorch, which
``import xent_lib`` alone never loads.
"""

from xent_lib.torch_losses.chunked import linear_cross_entropy
from xent_lib.torch_losses.vocab_parallel import vocab_parallel_cross_entropy

__all__ = ["linear_cross_entropy", "vocab_parallel_cross_entropy"]
