"""Fashion-MNIST (Xiao et al. 2017): 60,000 + 10,000 grey pictures of clothes, 28 x 28, made to take MNIST's place.

Read from the four IDX files in `FashionMNIST/raw`, gzip or not, or from parquet or an image folder in `fashion-mnist`,
under `$LIFELONG_DATA` or the download folder; else torchvision downloads it (progress bar, checksums).
"""

from pathlib import Path
from typing import TYPE_CHECKING

from .readers import custom, idx, locations

if TYPE_CHECKING:
    from ..data.examples import Dataset

TITLE = "Fashion-MNIST"
CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
SHAPE = (1, 28, 28)
DOWNLOAD = ("FashionMNIST/raw", 30_878_645)


def place() -> Path | None:
    """The folder that it is read from without a download, None where there is none."""
    return idx.location("FashionMNIST") or custom.location("fashion-mnist")


def load() -> "Dataset":
    """All of Fashion-MNIST. Raises LifelongError where there is neither a copy nor a network."""
    folder = place() or idx.download("FashionMNIST")
    if folder is None:
        raise locations.unavailable(TITLE, "its four IDX files into FashionMNIST/raw")
    if folder.name == "raw":
        return idx.load(folder, "fashion-mnist", TITLE, CLASSES)
    return custom.load(folder, "fashion-mnist", TITLE, CLASSES, SHAPE)
