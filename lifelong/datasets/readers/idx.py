"""Reads MNIST and its kin: four IDX files, gzip or not, in torchvision's folder `<kin>/raw`."""

import gzip
import os
import zlib
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import LifelongError
from ..base import DatasetSpec, Source
from . import arrays, locations

if TYPE_CHECKING:
    from ...data.examples import Dataset

LARGEST = 200_000_000  # bytes of a file once it is unpacked; MNIST's largest has 47 million


@dataclass(frozen=True)
class Idx(Source):
    """Four IDX files in `<kin>/raw`.

    kin: torchvision's name, such as 'MNIST' or 'FashionMNIST'. prefixes: of the names of the
    training and of the test files. first_label: the label of the first class. transposed: whether
    rows and columns of the images are interchanged.
    """

    kin: str
    prefixes: tuple[str, str] = ("train", "t10k")
    first_label: int = 0
    transposed: bool = False

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the four files, unpacked."""
        return tuple(
            f"{prefix}-{content}-ubyte"
            for prefix in self.prefixes
            for content in ("images-idx3", "labels-idx1")
        )

    @property
    def packed_files(self) -> tuple[str, ...]:
        """Names of the four files, packed by gzip."""
        return tuple(f"{name}.gz" for name in self.files)

    def location(self) -> Path | None:
        return locations.first_complete(
            f"{self.kin}/raw",
            lambda folder: all(os.path.isfile(file_in(folder, name)) for name in self.files),
        )

    def load(self, location: Path, spec: DatasetSpec) -> "Dataset":
        train_images, train_labels, test_images, test_labels = (
            read(file_in(location, name)) for name in self.files
        )
        labels_of_classes = np.arange(len(spec.classes)) + self.first_label
        for images, labels in ((train_images, train_labels), (test_images, test_labels)):
            if (
                images.ndim != 3
                or labels.shape != images.shape[:1]
                or not np.isin(labels, labels_of_classes).all()
            ):
                raise LifelongError(
                    f"The four files of {spec.title} do not belong together: images, labels or "
                    "their numbers differ; fetch them again."
                )
        train, test = (
            (self._upright(images)[:, None], labels - self.first_label)
            for images, labels in ((train_images, train_labels), (test_images, test_labels))
        )
        return arrays.make_dataset(spec.name, spec.title, spec.classes, train, test)

    def _upright(self, images: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(images.transpose(0, 2, 1)) if self.transposed else images


def file_in(folder: Path, name: str) -> Path:
    """Returns the path of the file of this name, or else that of its gzip copy."""
    plain = folder / name
    return plain if os.path.exists(plain) else folder / f"{name}.gz"


def read(file: Path) -> np.ndarray:
    """Reads the uint8 array in an IDX file, gzip or not.

    Raises LifelongError when it is damaged, truncated or not an IDX file of bytes.
    """
    try:
        with gzip.open(file) if file.suffix == ".gz" else open(file, "rb") as stream:
            content = stream.read(LARGEST)
    except (OSError, EOFError, zlib.error):
        raise LifelongError(f"{file.name} is damaged or cannot be read; fetch it again.") from None
    # Two zero bytes, the type (8 is unsigned byte), the number of dimensions, then each as
    # big-endian 32-bit number.
    dimensions = content[3] if len(content) > 3 and content.startswith(b"\x00\x00\x08") else 0
    header = 4 + 4 * dimensions
    shape = (
        np.frombuffer(content[4:header], ">u4").tolist()
        if 0 < dimensions <= 4 and len(content) >= header
        else []
    )
    if not shape or len(content) - header != prod(shape):
        raise LifelongError(f"{file.name} is not a whole IDX file of bytes; fetch it again.")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape).copy()


EMNIST_LETTERS = Idx(
    "EMNIST",
    prefixes=("emnist-letters-train", "emnist-letters-test"),
    first_label=1,
    transposed=True,
)
