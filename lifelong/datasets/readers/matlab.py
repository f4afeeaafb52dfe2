"""Reads SVHN from its two MATLAB files, in the format of level 5.

The format is that of MathWorks, "MAT-File Format": tagged elements, each variable zipped. Only
arrays of plain numbers are read; nothing in a file is run, unpickled or opened.
"""

import os
import struct
import zlib
from collections.abc import Iterator
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

LARGEST = 400_000_000  # bytes of a variable once it is unpacked; SVHN's largest has 225 million
HEADER = 128  # bytes
MATRIX, COMPRESSED = 14, 15
# NumPy's types by the number of the element's type, all little-endian.
NUMBERS = {1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8"}
DAMAGE = (struct.error, zlib.error, ValueError, KeyError, IndexError, OSError)


@dataclass(frozen=True)
class MatlabFiles(Source):
    """Folder with one MATLAB file a split: X uint8 (height, width, 3, n) and y (n, 1), 10 for a 0.

    files: names of the training and the test file.
    """

    folder: str
    files: tuple[str, str]

    def location(self) -> Path | None:
        return locations.first_complete(
            self.folder, lambda folder: all(os.path.isfile(folder / name) for name in self.files)
        )

    def load(self, location: Path, spec: DatasetSpec) -> "Dataset":
        train, test = (self._split(location / name, spec) for name in self.files)
        return arrays.make_dataset(spec.name, spec.title, spec.classes, train, test)

    def _split(self, file: Path, spec: DatasetSpec) -> arrays.Split:
        variables = read(file)
        images, labels = variables.get("X"), variables.get("y")
        fits = (
            images is not None
            and labels is not None
            and images.dtype == np.uint8
            and images.ndim == 4
            and images.transpose(2, 0, 1, 3).shape[:3] == spec.shape
            and labels.size == images.shape[3] > 0
            and np.isin(labels, np.arange(1, len(spec.classes) + 1)).all()
        )
        if not fits or images is None or labels is None:
            raise LifelongError(
                f"{file.name} does not hold images and labels of {spec.title}; fetch it again."
            )
        ordered = np.ascontiguousarray(images.transpose(3, 2, 0, 1))
        return ordered, labels.reshape(-1).astype(np.int64) % len(spec.classes)


def read(file: Path) -> dict[str, np.ndarray]:
    """Reads the arrays of numbers in a MATLAB file of level 5, by name.

    Raises LifelongError when it is damaged, truncated or of another format.
    """
    try:
        content = file.read_bytes()
        if content[124:128] != b"\x00\x01IM":
            raise ValueError
        found = {}
        for kind, data in _elements(memoryview(content)[HEADER:]):
            if kind == COMPRESSED:
                [(kind, data)] = _elements(memoryview(_unzipped(data)))
            if kind == MATRIX:
                name, array = _array(data)
                found[name] = array
    except DAMAGE:
        raise LifelongError(
            f"{file.name} is damaged or not a MATLAB file of level 5; fetch it again."
        ) from None
    return found


def _unzipped(data: memoryview) -> bytes:
    unpacked = zlib.decompressobj().decompress(data, LARGEST + 1)
    if len(unpacked) > LARGEST:
        raise ValueError
    return unpacked


def _elements(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yields type and content of each element. Raises ValueError for one that is cut off."""
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        begin, step = at + 8, 8 + size
        if kind >> 16:  # a small element: its size beside its type, its content in the tag
            kind, size, begin, step = kind & 0xFFFF, kind >> 16, at + 4, 8
        elif kind != COMPRESSED:
            step += -size % 8
        if begin + size > len(data):
            raise ValueError
        yield kind, data[begin : begin + size]
        at += step


def _array(data: memoryview) -> tuple[str, np.ndarray]:
    """Returns name and values of a matrix of numbers: flags, sizes, name and values, in turn."""
    _flags, (_, sizes), (_, name), (kind, values), *_imaginary = _elements(data)
    shape = np.frombuffer(sizes, "<i4").tolist()
    numbers = np.frombuffer(values, NUMBERS[kind])
    if min(shape) < 0 or prod(shape) != len(numbers):
        raise ValueError
    return bytes(name).decode("ascii", "replace"), numbers.reshape(shape, order="F")


SVHN = MatlabFiles("svhn", ("train_32x32.mat", "test_32x32.mat"))
