"""Data set of one's own, and its split into the tasks of a run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch

from .. import config as configs
from .. import datasets
from ..config import DEFAULT_SCENARIO, RunConfig
from ..data import examples, scenarios
from ..datasets.readers import custom
from ..errors import LifelongError, unknown_name
from . import arrays

TEST_SHARE = 5  # without test images, one in so many of each class is one


@dataclass(frozen=True)
class Dataset(examples.Dataset):
    """Training and test images with their labels, as uint8 (n, channels, height, width).

    values: what the bytes 0 and 255 stand for in the arrays it was made from.
    labels: the label of each class as people gave it, in the order of `classes`.
    """

    values: arrays.Range = (0.0, 255.0)
    labels: tuple[Any, ...] = ()

    @classmethod
    def from_arrays(
        cls,
        X: Any,
        y: Any,
        X_test: Any = None,
        y_test: Any = None,
        *,
        name: str = "arrays",
        values: arrays.Range | None = None,
    ) -> Self:
        """Returns the data set of arrays or tensors.

        X: (n, values), (n, height, width), (n, height, width, 1 or 3) or (n, channels, height,
        width). y: (n,), whole numbers or names. Without test images every fifth of each class is
        one. values: lowest and highest value of X, which is stored in 256 levels between them; by
        default 0 and 255 for bytes, 0 and 1 where all values lie in between, else those of X.
        Raises LifelongError for arrays that do not fit together.
        """
        images, labels, test_images, test_labels = _checked(X, y, X_test, y_test)
        found = np.unique(labels)
        values = values or arrays.range_of(images)
        return cls(
            name=name,
            title=name,
            source=f"{len(images):,} training and {len(test_images):,} test images given as arrays",
            classes=tuple(str(label) for label in found),
            train_images=arrays.as_bytes(images, values),
            train_labels=arrays.numbered(labels, found),
            test_images=arrays.as_bytes(test_images, values),
            test_labels=arrays.numbered(test_labels, found, "y_test"),
            values=values,
            labels=tuple(found.tolist()),
        )

    @classmethod
    def from_folder(cls, folder: str | Path) -> Self:
        """Returns the data set in a folder of images, one folder a class, or of parquet files.

        Raises LifelongError for a folder that is not laid out so, or an image that is damaged.
        """
        return cls.of(custom.load_folder(Path(folder)))

    @classmethod
    def from_torch(
        cls,
        train: "torch.utils.data.Dataset[Any]",
        test: "torch.utils.data.Dataset[Any] | None" = None,
        *,
        name: str = "torch",
    ) -> Self:
        """Returns the data set of pairs (image, label), as torchvision's data sets have them.

        An image is a tensor, an array or a picture of Pillow. See `from_arrays`.
        """
        parts = [_stacked(part) for part in (train, test) if part is not None]
        return cls.from_arrays(*(array for part in parts for array in part), name=name)

    @classmethod
    def of(cls, loaded: examples.Dataset) -> Self:
        """Returns a data set that the library loaded."""
        values = {field.name: getattr(loaded, field.name) for field in fields(examples.Dataset)}
        known = loaded.__dict__.get("digest")
        return cls(**values, labels=loaded.classes, known_digest=known)

    def split(
        self,
        scenario: str = DEFAULT_SCENARIO,
        tasks: int | Sequence[Sequence[Any]] | None = None,
        *,
        class_order: Sequence[Any] | None = None,
        task_sizes: Sequence[int] | None = None,
        images_per_class: int | None = None,
    ) -> "TaskSequence":
        """Returns the tasks of a run.

        scenario: task, domain, class or transfer. tasks: their number, or the labels of each.
        class_order: the labels in the order of arrival; by default their own for seed 0 of a run,
        else drawn from the seed. Raises LifelongError for what does not fit the classes.
        """
        if isinstance(tasks, Sequence):
            class_order = [label for task in tasks for label in task]
            task_sizes = [len(task) for task in tasks]
            tasks = len(task_sizes)
        order = None if class_order is None else tuple(self._numbers(class_order))
        given = {
            "scenario": scenario,
            "tasks": tasks,
            "class_order": order,
            "task_sizes": None if task_sizes is None else tuple(task_sizes),
            "images_per_class": images_per_class,
        }
        sequence = TaskSequence(self, {n: v for n, v in given.items() if v is not None})
        scenarios.split(sequence.config(), self)  # a task without images is refused here
        return sequence

    def _numbers(self, labels: Sequence[Any]) -> Iterator[int]:
        """Yields the number of each class; raises LifelongError for one that is not here."""
        numbers = {str(label): number for number, label in enumerate(self.classes)}
        seen: set[str] = set()
        for label in map(str, labels):
            if label not in numbers:
                raise unknown_name("class", label, numbers)
            if label in seen:
                raise LifelongError(f"The class '{label}' was given twice; each is learned once.")
            seen.add(label)
            yield numbers[label]
        if left := [label for label in numbers if label not in seen]:
            raise LifelongError(f"The class '{left[0]}' is in no task; give each class a task.")


@dataclass(frozen=True)
class TaskSequence:
    """Tasks of a run, in order. fields: of the config, those that the tasks decide."""

    dataset: Dataset
    fields: Mapping[str, Any]

    def __len__(self) -> int:
        return self.config().tasks

    def __iter__(self) -> Iterator["SequenceTask"]:
        return (SequenceTask(self, index) for index in range(len(self)))

    def config(self, **fields: Any) -> RunConfig:
        """Returns the configuration of a run on these tasks. Raises LifelongError as `make`."""
        return configs.make(dataset=self.dataset.name, **self.fields, **fields)


@dataclass(frozen=True)
class SequenceTask:
    """One task of a sequence, for `Run.partial_fit`. index: from 0."""

    sequence: TaskSequence
    index: int


def load_dataset(name: str) -> Dataset:
    """Loads a data set by its name, such as mnist or cifar10, or that of one of your folders.

    It is downloaded where it is not on this machine. Raises LifelongError for an unknown name, and
    where it cannot be had.
    """
    return Dataset.of(datasets.load(name))


def _checked(X: Any, y: Any, X_test: Any, y_test: Any) -> tuple[np.ndarray, ...]:
    """Returns training images and labels, and test images and labels, of arrays that fit together.

    Raises LifelongError for others.
    """
    images = arrays.as_images(X)
    labels = arrays.as_labels(y, len(images))
    if (X_test is None) != (y_test is None):
        raise LifelongError("Of X_test and y_test one was given; give both, or none.")
    if X_test is None:
        tested = _every_fifth_of_a_class(labels)
        return images[~tested], labels[~tested], images[tested], labels[tested]
    test_images = arrays.as_images(X_test, "X_test")
    if images.shape[1:] != test_images.shape[1:]:
        raise LifelongError(
            f"The images of X have the shape {images.shape[1:]}, those of X_test"
            f" {test_images.shape[1:]}; give both the same."
        )
    return images, labels, test_images, arrays.as_labels(y_test, len(test_images), "y_test")


def _every_fifth_of_a_class(labels: np.ndarray) -> np.ndarray:
    """Returns which images are tested on, bool (n,). Raises LifelongError for a class of one."""
    tested = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) < 2:
            raise LifelongError(
                f"The class '{label}' has one image, and one to test on is needed too; give more,"
                " or X_test and y_test."
            )
        tested[members[:: max(2, min(TEST_SHARE, len(members)))]] = True
    return tested


def _stacked(pairs: "torch.utils.data.Dataset[Any]") -> tuple[np.ndarray, np.ndarray]:
    """Returns the images and labels of a torch data set as arrays."""
    images, labels = [], []
    for index in range(len(pairs)):  # type: ignore[arg-type]  # those with a length
        image, label = pairs[index]
        images.append(np.asarray(image))
        labels.append(label)
    shapes = {image.shape for image in images}
    if len(shapes) > 1:
        raise LifelongError(
            f"The images have {len(shapes)} shapes, such as {sorted(shapes)[0]} and"
            f" {sorted(shapes)[-1]}; bring them to one with a transform."
        )
    if not images:
        raise LifelongError("A torch data set without an image was given.")
    return np.stack(images), np.asarray(labels)
