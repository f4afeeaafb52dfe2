"""Images, labels and tasks as tensors in memory."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Examples:
    """images: uint8 (n, channels, height, width); labels: int64 (n,), the output that should win; tasks: int64 (n,)."""

    images: Tensor
    labels: Tensor
    tasks: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: Tensor) -> "Examples":
        """The examples at these positions, int64 (m,)."""
        return Examples(*(tensor.index_select(0, indices) for tensor in self.tensors().values()))

    @property
    def nbytes(self) -> int:
        """How much memory the images and their labels take."""
        return sum(tensor.nbytes for tensor in self.tensors().values())

    def tensors(self) -> dict[str, Tensor]:
        """The three tensors by name, for a checkpoint."""
        return {"images": self.images, "labels": self.labels, "tasks": self.tasks}


def nothing() -> Examples:
    """No examples at all; takes the image shape of whatever it is joined with."""
    return Examples(torch.empty(0, dtype=torch.uint8), torch.empty(0, dtype=torch.int64), torch.empty(0, dtype=torch.int64))


def join(*parts: Examples) -> Examples:
    """All examples of the parts, in order."""
    parts = tuple(p for p in parts if len(p)) or parts[:1]
    return Examples(*(torch.cat([getattr(p, name) for p in parts]) for name in ("images", "labels", "tasks")))


@dataclass(frozen=True)
class Dataset:
    """A whole data set. images: uint8 (n, channels, height, width); labels: int64 (n,).

    source: where the images came from, in words that are shown beside every number made from them.
    """

    name: str
    title: str
    source: str
    classes: tuple[str, ...]
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        return tuple(self.train_images.shape[1:])
