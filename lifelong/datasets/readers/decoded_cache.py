"""Cache of decoded images: the next process maps them from disk, and several share the memory.

A file is named by the images' files, with their sizes and times, and the shape that they take.
"""

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from ...data.examples import pixel_digest
from ...errors import LifelongError
from ...storage import cache
from ...storage.downloads import cache_folder
from ...storage.progress import Progress, Steps
from . import decoding
from .decoding import Split, TargetShape

SLOW = 1.0  # seconds of decoding that are worth a file
FORMAT = 1
METADATA = {"cropped", "formats", "digest"}


@dataclass(frozen=True)
class Decoded:
    """Training and test images uint8 (n, channels, height, width).

    cropped: whether they were resized and cropped to this shape. formats: of their files.
    digest: see `Dataset.digest`; None where it was not computed.
    """

    train: np.ndarray
    test: np.ndarray
    cropped: bool
    formats: frozenset[str]
    digest: str | None = None


def load_decoded(
    title: str,
    train: Split,
    test: Split,
    shape: tuple[int, int, int] | None,
    check: Callable[[TargetShape], None],
) -> Steps[Decoded]:
    """Returns the decoded images, from the cache if they are in it; yields the progress.

    title: of the data set. shape: of the images, where it is known beforehand. check: raises
    LifelongError for a target shape that is too much for this machine, before anything is decoded.
    """
    file = folder() / f"{_key(train, test, shape)}.safetensors"
    if cached := _cached(file):
        return cached
    clock, count = time.perf_counter(), len(train.labels) + len(test.labels)
    if shape:
        target = TargetShape(shape)
    else:
        measuring = Progress(f"Measuring the images of {title}", "image", count)
        target = yield from decoding.target_shape(train, test, measuring)
    check(target)
    progress = Progress(f"Decoding the images of {title}", "image", count)
    train_images, train_formats = yield from decoding.read(train, target, progress)
    test_images, test_formats = yield from decoding.read(test, target, progress)
    decoded = Decoded(
        train_images, test_images, target.cropped, frozenset(train_formats | test_formats)
    )
    if time.perf_counter() - clock > SLOW:
        with suppress(LifelongError, OSError):  # a full disk loses nothing: they are decoded again
            return _store(file, decoded)
    return decoded


def folder() -> Path:
    """Returns the folder of the cache, `$LIFELONG_CACHE/pictures`."""
    return cache_folder() / "pictures"


def _key(train: Split, test: Split, shape: tuple[int, int, int] | None) -> str:
    key = hashlib.blake2b(f"{FORMAT} {shape}".encode(), digest_size=12)
    for split in (train, test):
        for path in split.files:
            key.update(f"{path.absolute()}\0{_stamp(path)}\0".encode(errors="surrogateescape"))
        key.update(b"\0")
    return key.hexdigest()


def _stamp(path: Path) -> tuple[int, int] | None:
    """Returns size and time of a file; None if it is gone, an error when it is read."""
    with suppress(OSError):
        stat = os.stat(path)
        return stat.st_size, stat.st_mtime_ns
    return None


def _cached(file: Path) -> Decoded | None:
    tensors, metadata = cache.load(file, {"train", "test"}) or ({}, {})
    if METADATA - metadata.keys():
        return None
    return Decoded(
        tensors["train"].numpy(),
        tensors["test"].numpy(),
        metadata["cropped"] == "True",
        frozenset(metadata["formats"].split()),
        metadata["digest"],
    )


def _store(file: Path, decoded: Decoded) -> Decoded:
    """Writes the images to the cache; returns them with their digest, mapped from there."""
    train, test = torch.from_numpy(decoded.train), torch.from_numpy(decoded.test)
    digest = pixel_digest(train, test)
    metadata = {
        "cropped": str(decoded.cropped),
        "formats": " ".join(sorted(decoded.formats)),
        "digest": digest,
    }
    cache.store(file, {"train": train, "test": test}, metadata)
    return _cached(file) or replace(decoded, digest=digest)
