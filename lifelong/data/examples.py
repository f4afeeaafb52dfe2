"""Images, labels and tasks as tensors in memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import LifelongError
from ..numerics.seeds import generator

GREY = (0.299, 0.587, 0.114)  # what red, green and blue add to brightness (ITU-R BT.601)
CHUNK = 10_000  # images at once


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
        indices = indices.to(self.labels.device)
        return Examples(*(tensor.index_select(0, indices) for tensor in self.tensors().values()))

    def to(self, device: torch.device) -> "Examples":
        """The same on a device, or themselves if they are there."""
        return Examples(*(tensor.to(device) for tensor in self.tensors().values()))

    @property
    def nbytes(self) -> int:
        """How much memory the images and their labels take."""
        return sum(tensor.nbytes for tensor in self.tensors().values())

    def tensors(self) -> dict[str, Tensor]:
        """The three tensors by name, for a checkpoint."""
        return {"images": self.images, "labels": self.labels, "tasks": self.tasks}


def empty_examples() -> Examples:
    """No examples at all; takes the image shape of whatever it is joined with."""
    return Examples(
        torch.empty(0, dtype=torch.uint8),
        torch.empty(0, dtype=torch.int64),
        torch.empty(0, dtype=torch.int64),
    )


def concat(*parts: Examples) -> Examples:
    """All examples of the parts, in order."""
    parts = tuple(p for p in parts if len(p)) or parts[:1]
    return Examples(
        *(torch.cat([getattr(p, name) for p in parts]) for name in ("images", "labels", "tasks"))
    )


def by_class(examples: Examples) -> Iterator[tuple[tuple[int, int], Tensor]]:
    """Each class, a label of a task, as (task, label), and the positions of its members, int64 (m,)."""
    if not len(examples):
        return
    most = int(examples.labels.max()) + 1
    classes = examples.tasks * most + examples.labels
    for number in classes.unique().tolist():
        yield divmod(number, most), (classes == number).nonzero().squeeze(1)


def subsample(examples: Examples, images: int, seed: int) -> Examples:
    """Up to `images` random examples of each class in their old order; of one seed, the fewer are among the more."""
    chosen = []
    for label, members in by_class(examples):
        drawn = torch.randperm(len(members), generator=generator(seed, "images", *label))
        chosen.append(members[drawn[:images]])
    return examples.take(torch.cat(chosen).sort().values)


@dataclass(frozen=True)
class Dataset:
    """A whole data set. images: uint8 (n, channels, height, width); labels: int64 (n,).

    source: where the images came from, in words that are shown beside every number made from them.
    own: of two data sets that were joined, how many classes are the first one's.
    """

    name: str
    title: str
    source: str
    classes: tuple[str, ...]
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    own: int | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        return tuple(self.train_images.shape[1:])


def concat_datasets(source: Dataset, target: Dataset) -> Dataset:
    """Both data sets as one, the target's classes after the source's and its images in the shape of the source's."""
    shift = len(source.classes)
    return Dataset(
        name=f"{source.name} and {target.name}",
        title=f"{source.title}, then {target.title}",
        source=f"{source.source}; then {target.source}",
        classes=(*source.classes, *target.classes),
        train_images=torch.cat([source.train_images, resize(target.train_images, source.shape)]),
        train_labels=torch.cat([source.train_labels, target.train_labels + shift]),
        test_images=torch.cat([source.test_images, resize(target.test_images, source.shape)]),
        test_labels=torch.cat([source.test_labels, target.test_labels + shift]),
        own=shift,
    )


def resize(images: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Images uint8 (n, channels, height, width) in another shape (channels, height, width): grey or colour, larger or smaller.

    Raises LifelongError for other channels than 1 and 3, and where only one of both is features and not pictures.
    """
    if tuple(images.shape[1:]) == tuple(shape):
        return images
    if {images.shape[1], shape[0]} - {1, 3}:
        raise LifelongError(
            f"Images of shape {tuple(images.shape[1:])} were to take the shape {tuple(shape)}; "
            "only grey and colour pictures can be brought to each other's shape, choose another target."
        )
    return torch.cat([_fitted(part, shape) for part in images.split(CHUNK)])


def _fitted(images: Tensor, shape: tuple[int, int, int]) -> Tensor:
    pictures = images.float()
    if images.shape[1] > shape[0]:
        pictures = (pictures * torch.tensor(GREY).view(3, 1, 1)).sum(1, keepdim=True)
    if images.shape[2:] != shape[1:]:
        pictures = F.interpolate(pictures, shape[1:], mode="bilinear", antialias=True)
    return pictures.round().clamp(0, 255).byte().expand(-1, shape[0], -1, -1)


@dataclass
class Batch:
    """images: uint8 (n, channels, height, width); labels, tasks: int64 (n,).

    indices: int64 (n,), where they stand among the examples of the task.
    """

    images: Tensor
    labels: Tensor
    tasks: Tensor
    indices: Tensor
