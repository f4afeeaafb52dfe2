"""Tasks of one data set, each with all its classes under a transformation of its own.

All tasks share the images of the data set: those of a task are made where they are read, a batch at
a time, so that a hundred tasks take as much memory as one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import RunConfig
from .examples import Dataset, Examples

CHUNK = 2000  # images that are transformed at once


@dataclass(frozen=True)
class SharedImages:
    """Images uint8 (n, channels, height, width) that all tasks share, and what each makes of them.

    pixel_maps: int64 (tasks, height * width), see `Transformation.pixel_map`.
    """

    images: Tensor
    pixel_maps: Tensor
    _copies: "dict[torch.device, SharedImages]" = field(default_factory=dict, repr=False)

    def of_tasks(self, positions: Tensor, tasks: Tensor) -> Tensor:
        """Returns the images at these positions, int64 (n,), as their tasks, int64 (n,), see them:
        uint8 (n, channels, height, width).
        """
        parts = zip(positions.split(CHUNK), tasks.split(CHUNK))
        return torch.cat([self._chunk(*part) for part in parts])

    def _chunk(self, positions: Tensor, tasks: Tensor) -> Tensor:
        images = self.images.index_select(0, positions)
        if len(tasks) and bool((tasks == tasks[0]).all()):  # one map, which takes a tenth as long
            tasks = tasks[:1]
        return move_pixels(images, self.pixel_maps.index_select(0, tasks))

    def to(self, device: torch.device) -> "SharedImages":
        """Returns the images on a device, the same for every task."""
        if self.images.device == device:
            return self
        if device not in self._copies:
            moved = SharedImages(self.images.to(device), self.pixel_maps.to(device))
            self._copies[device] = moved
        return self._copies[device]


def move_pixels(images: Tensor, pixel_maps: Tensor) -> Tensor:
    """Returns images with their pixels moved; pixel_maps: int64 (n, height * width), or (1, ...).

    images and result: (n, channels, height, width) of any number type.
    """
    count, channels, height, width = images.shape
    black = height * width  # the position of one pixel more, which is 0
    pixels = F.pad(images.flatten(2), (0, 1))
    taken = pixel_maps.masked_fill(pixel_maps < 0, black).unsqueeze(1)
    return pixels.gather(2, taken.expand(count, channels, black)).view_as(images)


class TransformedExamples(Examples):
    """Examples whose images are made from shared ones whenever they are read.

    shared: the images of all tasks. positions: int64 (n,), of the examples' images among them.
    """

    def __init__(
        self, shared: SharedImages, positions: Tensor, labels: Tensor, tasks: Tensor
    ) -> None:
        self.__dict__.update(shared=shared, positions=positions, labels=labels, tasks=tasks)

    shared: SharedImages
    positions: Tensor

    @property
    def images(self) -> Tensor:
        """The images as their tasks see them, uint8 (n, channels, height, width)."""
        return self.shared.of_tasks(self.positions, self.tasks)

    @property
    def nbytes(self) -> int:
        """Bytes that the images, labels and tasks would take if each were stored."""
        image = self.shared.images[0].nbytes
        return len(self) * image + self.labels.nbytes + self.tasks.nbytes

    def take(self, indices: Tensor) -> Examples:
        """Returns the examples at these positions, int64 (m,), with their images made."""
        indices = indices.to(self.labels.device)
        positions, tasks = self.positions[indices], self.tasks[indices]
        return Examples(self.shared.of_tasks(positions, tasks), self.labels[indices], tasks)

    def to(self, device: torch.device) -> Examples:
        """Returns the examples on a device."""
        moved = (tensor.to(device) for tensor in (self.positions, self.labels, self.tasks))
        return TransformedExamples(self.shared.to(device), *moved)

    def joined(self, others: Sequence[Examples]) -> Examples:
        """Returns these examples and the others; of the same shared images, none is made."""
        parts = [self]
        for other in others:
            if not isinstance(other, TransformedExamples) or other.shared is not self.shared:
                return super().joined(others)
            parts.append(other)
        tensors = zip(*((part.positions, part.labels, part.tasks) for part in parts))
        return TransformedExamples(self.shared, *map(torch.cat, tensors))


def in_tasks(dataset: Dataset, config: RunConfig) -> Dataset:
    """Returns the data set with the classes of every task of a run and the tasks' pixel maps.

    The first task's classes have the data set's names, those of later ones name their task, too,
    unless the tasks share the outputs. A data set without transformation is returned as it is.
    """
    rule = dataset.transformation
    if rule is None:
        return dataset
    _, height, width = dataset.shape
    maps = [
        rule.pixel_map(height, width, task, config.tasks, config.seed)
        for task in range(config.tasks)
    ]
    classes = tuple(
        class_name(config, name, task)
        for task in range(config.tasks)
        for name in dataset.label_names
    )
    return replace(dataset, classes=classes, pixel_maps=torch.stack(maps))


def class_name(config: RunConfig, name: str, task: int) -> str:
    """Returns what a class of the data set is called as a class of a task.

    >>> class_name(RunConfig(scenario="class"), "3", 0)
    '3'
    >>> class_name(RunConfig(scenario="class"), "3", 1)
    '3 in task 2'
    >>> class_name(RunConfig(scenario="domain"), "3", 1)
    '3'
    """
    return name if task == 0 or config.rules.shared_outputs else f"{name} in task {task + 1}"
