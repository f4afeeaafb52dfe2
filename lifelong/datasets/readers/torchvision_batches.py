"""Reads CIFAR-10 and CIFAR-100 from torchvision's folders.

Torchvision's files are pickles: it compares the MD5 of every one of them with those it knows before
it opens the first, and nothing else here opens them.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import LifelongError
from ..base import DatasetSpec, Source
from . import arrays, locations

if TYPE_CHECKING:
    from ...data.examples import Dataset


@dataclass(frozen=True)
class TorchvisionBatches(Source):
    """Folder of a data set as torchvision has it.

    title: of the data set. dataset: name of torchvision's class. folder, files: names on disk.
    """

    title: str
    dataset: str
    folder: str
    files: tuple[str, ...]

    def location(self) -> Path | None:
        return locations.first_complete(self.folder, lambda folder: not self._missing(folder))

    def load(self, location: Path, spec: DatasetSpec) -> "Dataset":
        train, test = (self._batches(location, train) for train in (True, False))
        return arrays.make_dataset(spec.name, spec.title, spec.classes, train, test)

    def incomplete(self) -> LifelongError | None:
        begun = locations.first_complete(self.folder, os.path.isdir)
        if begun is None or len(self._missing(begun)) == len(self.files):
            return None
        return LifelongError(
            f"The folder {self.folder} lacks {', '.join(self._missing(begun))}; "
            f"fetch {self.title} again."
        )

    def _missing(self, folder: Path) -> list[str]:
        return [name for name in self.files if not os.path.isfile(folder / name)]

    def _batches(self, folder: Path, train: bool) -> arrays.Split:
        from ...numerics.torchvision_import import datasets  # loads torch

        try:
            batches = getattr(datasets, self.dataset)(folder.parent, train=train, download=False)
        except (RuntimeError, OSError):
            raise LifelongError(
                f"The files in {self.folder} are not those of {self.title}: a checksum differs; "
                f"delete the folder and fetch {self.title} again."
            ) from None
        return np.ascontiguousarray(batches.data.transpose(0, 3, 1, 2)), np.array(batches.targets)


CIFAR10 = TorchvisionBatches(
    title="CIFAR-10",
    dataset="CIFAR10",
    folder="cifar-10-batches-py",
    files=(*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta"),
)
CIFAR100 = TorchvisionBatches(
    title="CIFAR-100",
    dataset="CIFAR100",
    folder="cifar-100-python",
    files=("train", "test", "meta"),
)
