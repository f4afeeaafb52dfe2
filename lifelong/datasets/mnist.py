"""MNIST (LeCun et al. 1998): 60,000 + 10,000 grey digits of 28 x 28.

Read from whatever is there: the four IDX files in `MNIST/raw`, gzip or not, or parquet or an image folder in `mnist`, under
`$LIFELONG_DATA` or the download folder; else torchvision downloads it (progress bar, checksums); else the embedded
sample stands in, and says so.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from ..storage.downloads import offline
from . import mnist_sample
from .readers import custom, idx

if TYPE_CHECKING:
    from ..data.examples import Dataset

TITLE = "MNIST"
CLASSES = mnist_sample.CLASSES
SHAPE = (1, 28, 28)
DOWNLOAD = ("MNIST/raw", 11_594_722)


def place() -> Path | None:
    """The folder that it is read from without a download, None where there is none."""
    return idx.location("MNIST") or custom.location("mnist")


def load() -> "Dataset":
    """All of MNIST, or the embedded sample where there is neither a copy nor a network."""
    folder = place() or idx.download("MNIST")
    if folder is None:
        if not offline():
            tqdm.write(
                "MNIST is not under LIFELONG_DATA and could not be downloaded; using the embedded sample.",
                file=sys.stderr,
            )
        return mnist_sample.load()
    if folder.name == "raw":
        return idx.load(folder, "mnist", TITLE, CLASSES)
    return custom.load(folder, "mnist", TITLE, CLASSES, SHAPE)
