"""Order of the training images: which of them make up each batch."""

from collections.abc import Iterator

import torch
from torch import Tensor


def shuffled_passes(
    examples: int, batch: int, steps: int, generator: torch.Generator
) -> Iterator[Tensor]:
    """Yields the positions of so many batches, int64 (batch,): shuffled passes over all examples,
    each without its incomplete last batch.
    """
    batch = min(batch, examples)
    while steps > 0:
        complete = torch.randperm(examples, generator=generator)[: examples // batch * batch]
        for indices in complete.split(batch):
            if steps == 0:
                return
            steps -= 1
            yield indices


def one_pass(examples: int, chunks: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Yields the positions of so many chunks: one shuffled pass over all examples."""
    yield from torch.randperm(examples, generator=generator).tensor_split(chunks)
