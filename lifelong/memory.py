"""Images kept from earlier tasks."""

import torch

from .examples import Examples, join


def per_class(examples: Examples, images: int, generator: torch.Generator) -> Examples:
    """Up to `images` random examples of each class, a class being a label of a task."""
    chosen = []
    for task, label in sorted({(int(t), int(y)) for t, y in torch.stack([examples.tasks, examples.labels], 1).unique(dim=0)}):
        members = ((examples.labels == label) & (examples.tasks == task)).nonzero().squeeze(1)
        chosen.append(members[torch.randperm(len(members), generator=generator)[:images]])
    return examples.take(torch.cat(chosen)) if chosen else examples


def grown(memory: Examples, examples: Examples, images: int, generator: torch.Generator) -> Examples:
    """The memory with up to `images` random examples of each new class; as it is when none are to be kept."""
    return join(memory, per_class(examples, images, generator)) if images else memory


def sample(memory: Examples, batch: int, generator: torch.Generator) -> Examples:
    """A random batch from the memory, drawn with replacement."""
    return memory.take(torch.randint(len(memory), (batch,), generator=generator))
