"""Data sets, examples and batches: images, labels and tasks as tensors in memory."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import InitVar, dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import LifelongError
from ..numerics.seeds import generator
from .transformation import Transformation

LUMA = (0.299, 0.587, 0.114)  # weights of red, green and blue in the brightness (ITU-R BT.601)
CHUNK = 10_000  # images that are resized at once


@dataclass(frozen=True)
class Examples:
    """Images with their labels and tasks.

    images: uint8 (n, channels, height, width). labels: int64 (n,), the correct outputs.
    tasks: int64 (n,).
    """

    images: Tensor
    labels: Tensor
    tasks: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: Tensor) -> "Examples":
        """Returns the examples at these positions, int64 (m,)."""
        indices = indices.to(self.labels.device)
        return Examples(*(tensor.index_select(0, indices) for tensor in self.tensors().values()))

    def to(self, device: torch.device) -> "Examples":
        """Returns the examples on a device."""
        return Examples(*(tensor.to(device) for tensor in self.tensors().values()))

    @property
    def nbytes(self) -> int:
        """Bytes that the images, labels and tasks take."""
        return sum(tensor.nbytes for tensor in self.tensors().values())

    def tensors(self) -> dict[str, Tensor]:
        """Returns the three tensors by name, for a checkpoint."""
        return {"images": self.images, "labels": self.labels, "tasks": self.tasks}

    def joined(self, others: "Sequence[Examples]") -> "Examples":
        """Returns these examples and after them the others, in order."""
        parts = [part.tensors() for part in (self, *others)]
        return Examples(**{name: torch.cat([part[name] for part in parts]) for name in parts[0]})


@dataclass(frozen=True)
class Batch(Examples):
    """Examples of one step.

    indices: int64 (n,), their positions among the examples of the task. step: number of the step
    within its task, from 1 to steps.
    """

    indices: Tensor
    step: int = 1
    steps: int = 1


def empty_examples() -> Examples:
    """Returns no examples; concatenated with others they take the others' image shape."""
    return Examples(
        torch.empty(0, dtype=torch.uint8),
        torch.empty(0, dtype=torch.int64),
        torch.empty(0, dtype=torch.int64),
    )


def concat(*parts: Examples) -> Examples:
    """Returns all examples of the parts, in order."""
    first, *others = [part for part in parts if len(part)] or [parts[0]]
    return first.joined(others)


def by_class(examples: Examples) -> Iterator[tuple[tuple[int, int], Tensor]]:
    """Yields each class as (task, label) and the positions of its members, int64 (m,).

    A class is a label of a task.
    """
    if not len(examples):
        return
    labels = int(examples.labels.max()) + 1
    classes = examples.tasks * labels + examples.labels
    for number in classes.unique().tolist():
        yield divmod(number, labels), (classes == number).nonzero().squeeze(1)


def subsample(examples: Examples, images: int, seed: int) -> Examples:
    """Returns up to `images` random examples of each class, in their old order.

    With one seed, a smaller sample is part of a larger one.
    """
    chosen = []
    for task_and_label, members in by_class(examples):
        order = torch.randperm(len(members), generator=generator(seed, "images", *task_and_label))
        chosen.append(members[order[:images]])
    return examples.take(torch.cat(chosen).sort().values)


@dataclass(frozen=True)
class Dataset:
    """Training and test images of a data set.

    images: uint8 (n, channels, height, width); labels: int64 (n,).
    source: origin of the images, in words that are shown beside every number made from them.
    n_source_classes: of two concatenated data sets, the number of classes of the first one.
    transformation: of the images of each task, where every task has all classes. pixel_maps: int64
    (tasks, height * width), those of a run's tasks, see `transformed.in_tasks`.
    known_digest: the digest of these images where it is known, so that they need not be read.
    """

    name: str
    title: str
    source: str
    classes: tuple[str, ...]
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    n_source_classes: int | None = None
    transformation: Transformation | None = None
    pixel_maps: Tensor | None = None
    # Not a field: `dataclasses.replace` must not give it to other images.
    known_digest: InitVar[str | None] = None

    def __post_init__(self, known_digest: str | None) -> None:
        if known_digest is not None:
            self.__dict__["digest"] = known_digest

    @cached_property
    def digest(self) -> str:
        """Hash of all images, training and test, by which cached features are found."""
        return pixel_digest(self.train_images, self.test_images)

    @property
    def label_names(self) -> tuple[str, ...]:
        """The classes that the labels number; `classes` has them once a task if it is in tasks."""
        tasks = 1 if self.pixel_maps is None else len(self.pixel_maps)
        return self.classes[: len(self.classes) // tasks]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        channels, height, width = self.train_images.shape[1:]
        return channels, height, width


def pixel_digest(*splits: Tensor) -> str:
    """Returns a hash of images uint8 (n, channels, height, width), of their shapes and values."""
    digest = hashlib.blake2b(digest_size=16)
    for images in splits:
        digest.update(str(tuple(images.shape)).encode())
        digest.update(images.contiguous().numpy().data)
    return digest.hexdigest()


def concat_datasets(source: Dataset, target: Dataset) -> Dataset:
    """Returns both data sets as one: the target's classes come after the source's.

    The target's images are resized to the source's shape; raises LifelongError as `resize` does.
    """
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
        n_source_classes=shift,
    )


def resize(images: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Returns images uint8 (n, channels, height, width) in another shape, grey or colour.

    Raises LifelongError where one of both has other channels than 1 and 3, such as features.
    """
    if tuple(images.shape[1:]) == tuple(shape):
        return images
    if {images.shape[1], shape[0]} - {1, 3}:
        raise LifelongError(
            f"Images of shape {tuple(images.shape[1:])} were to take the shape {tuple(shape)};"
            " only grey and colour pictures can be brought to each other's shape, choose another"
            " target."
        )
    return torch.cat([_resized_chunk(chunk, shape) for chunk in images.split(CHUNK)])


def _resized_chunk(images: Tensor, shape: tuple[int, int, int]) -> Tensor:
    values = images.float()
    if images.shape[1] > shape[0]:
        values = (values * torch.tensor(LUMA).view(3, 1, 1)).sum(1, keepdim=True)
    if images.shape[2:] != shape[1:]:
        values = F.interpolate(values, shape[1:], mode="bilinear", antialias=True)
    return values.round().clamp(0, 255).byte().expand(-1, shape[0], -1, -1)
