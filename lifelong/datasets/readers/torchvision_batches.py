"""Reads CIFAR-10 from torchvision's folder `cifar-10-batches-py`.

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

FOLDER = "cifar-10-batches-py"
FILES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta")


@dataclass(frozen=True)
class TorchvisionBatches(Source):
    """Torchvision's folder of CIFAR-10: five training batches, a test batch and class names."""

    def location(self) -> Path | None:
        return locations.first_complete(FOLDER, lambda folder: not _missing(folder))

    def load(self, location: Path, spec: DatasetSpec) -> "Dataset":
        train, test = (_batches(location, train) for train in (True, False))
        return arrays.make_dataset(spec.name, spec.title, spec.classes, train, test)

    def incomplete(self) -> LifelongError | None:
        begun = locations.first_complete(FOLDER, os.path.isdir)
        if begun is None or len(_missing(begun)) == len(FILES):
            return None
        return LifelongError(
            f"The folder {FOLDER} lacks {', '.join(_missing(begun))}; fetch CIFAR-10 again."
        )


def _missing(folder: Path) -> list[str]:
    return [name for name in FILES if not os.path.isfile(folder / name)]


def _batches(folder: Path, train: bool) -> arrays.Split:
    from ...numerics.torchvision_import import datasets  # loads torch

    try:
        batches = datasets.CIFAR10(folder.parent, train=train, download=False)
    except (RuntimeError, OSError):
        raise LifelongError(
            f"The files in {FOLDER} are not those of CIFAR-10: a checksum differs; "
            "delete the folder and fetch CIFAR-10 again."
        ) from None
    return np.ascontiguousarray(batches.data.transpose(0, 3, 1, 2)), np.array(batches.targets)
