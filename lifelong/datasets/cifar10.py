"""CIFAR-10 (Krizhevsky 2009): 50,000 + 10,000 colour images of 32 x 32, ten classes.

Read from whatever is there: parquet or an image folder in `cifar10`, or torchvision's folder `cifar-10-batches-py`, under
`$LIFELONG_DATA` or the download folder; else torchvision downloads it (progress bar, checksum). Torchvision's files are
pickles: it compares the MD5 of every one of them with those it knows before it opens the first, and nothing else here
opens them. Parquet copies often hold JPEGs, so accuracies can lie a little below those on the original bytes; the
source says so.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import LifelongError
from .readers import arrays, custom, locations

if TYPE_CHECKING:
    from ..data.examples import Dataset

TITLE = "CIFAR-10"
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SHAPE = (3, 32, 32)
BATCHES = "cifar-10-batches-py"
DOWNLOAD = (BATCHES, 170_498_071)
FILES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta")


def place() -> Path | None:
    """The folder that it is read from without a download, None where there is none."""
    return custom.location("cifar10") or locations.first_complete(
        BATCHES, lambda folder: not _missing(folder)
    )


def load() -> "Dataset":
    """All of CIFAR-10. Raises LifelongError where there is neither a copy nor a network, or a copy is not the real one."""
    folder = place() or locations.download(BATCHES, FILES, _fetch)
    if folder is None:
        begun = locations.first_complete(BATCHES, os.path.isdir)
        if begun and len(_missing(begun)) < len(FILES):
            raise LifelongError(
                f"The folder {BATCHES} lacks {', '.join(_missing(begun))}; fetch CIFAR-10 again."
            )
        raise locations.unavailable(
            TITLE, f"the folder {BATCHES}, or parquet files in a folder cifar10,"
        )
    if folder.name == BATCHES:
        return arrays.make_dataset(
            "cifar10", TITLE, CLASSES, _batches(folder, train=True), _batches(folder, train=False)
        )
    return custom.load(folder, "cifar10", TITLE, CLASSES, SHAPE)


def _missing(folder: Path) -> list[str]:
    return [name for name in FILES if not os.path.isfile(folder / name)]


def _fetch(beside: str) -> None:
    from ..numerics.torchvision_import import datasets

    datasets.CIFAR10(beside, train=False, download=True)


def _batches(folder: Path, train: bool) -> arrays.Split:
    from ..numerics.torchvision_import import datasets

    try:
        whole = datasets.CIFAR10(folder.parent, train=train, download=False)
    except (RuntimeError, OSError):
        raise LifelongError(
            f"The files in {BATCHES} are not those of CIFAR-10: a checksum differs; delete the folder and fetch CIFAR-10 again."
        ) from None
    return np.ascontiguousarray(whole.data.transpose(0, 3, 1, 2)), np.array(whole.targets)
