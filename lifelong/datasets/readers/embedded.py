"""Reads a data set from a file of this project, made by a script in `benchmarks`."""

import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import LifelongError
from ..base import DatasetSpec, Source
from . import arrays

if TYPE_CHECKING:
    from ...data.examples import Dataset

DATASETS = Path(__file__).parents[1]


@dataclass(frozen=True)
class Embedded(Source):
    """A NumPy file in the folder of the data sets.

    It holds train_images, train_labels, test_images and test_labels. title: what the file is, in
    the source that stands beside every number.
    """

    file: str
    title: str

    def location(self) -> Path:
        return DATASETS / self.file

    def load(self, location: Path, spec: DatasetSpec) -> "Dataset":
        train, test = _read(location)
        return arrays.make_dataset(spec.name, self.title, spec.classes, train, test)


@lru_cache(maxsize=1)  # it never changes, wherever the other data sets are
def _read(file: Path) -> tuple[arrays.Split, arrays.Split]:
    try:
        with np.load(file) as stored:
            train, test = (
                (stored[f"{split}_images"], stored[f"{split}_labels"])
                for split in ("train", "test")
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        raise LifelongError(
            f"The file {file.name} of this installation is missing or damaged; install it again."
        ) from None
    return train, test
