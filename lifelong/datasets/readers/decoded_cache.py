"""Pictures that took long to decode, kept as they came out: the next process has them at once, and
several share the memory.

A file is named after the pictures' files, with their sizes and times, and the shape that was asked
for.
"""

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ...errors import LifelongError
from ...storage import cache
from ...storage.downloads import cache_folder
from . import decoding
from .decoding import Split, TargetShape

SLOW = 1.0  # seconds of decoding that are worth a file
FORMAT = 1


@dataclass(frozen=True)
class Decoded:
    """Training and test images uint8 (n, channels, height, width), whether they were cropped to
    that, and the formats they were in.
    """

    train: np.ndarray
    test: np.ndarray
    cropped: bool
    formats: frozenset[str]


def load_decoded(
    train: Split,
    test: Split,
    shape: tuple[int, int, int] | None,
    check: Callable[[TargetShape], None],
) -> Decoded:
    """The pictures, from disk where they are kept. shape: theirs, where it is known beforehand.

    check: raises LifelongError for a fit that is too much for this machine; asked before anything
    is decoded.
    """
    file = folder() / f"{_key(train, test, shape)}.safetensors"
    if kept := _kept(file):
        return kept
    clock = time.perf_counter()
    how = TargetShape(shape) if shape else decoding.target_shape(train, test)
    check(how)
    (train_images, formats), (test_images, more) = (
        decoding.read(part, how) for part in (train, test)
    )
    made = Decoded(train_images, test_images, how.cropped, frozenset(formats | more))
    if time.perf_counter() - clock > SLOW:
        with suppress(LifelongError, OSError):  # a full disk loses nothing: they are decoded again
            _keep(file, made)
    return made


def folder() -> Path:
    """Where they are kept: `$LIFELONG_CACHE/pictures`."""
    return cache_folder() / "pictures"


def _key(train: Split, test: Split, shape: tuple[int, int, int] | None) -> str:
    key = hashlib.blake2b(f"{FORMAT} {shape}".encode(), digest_size=12)
    for part in (train, test):
        for path in part.files:
            key.update(f"{path.absolute()}\0{_stamp(path)}\0".encode(errors="surrogateescape"))
        key.update(b"\0")
    return key.hexdigest()


def _stamp(path: Path) -> tuple[int, int] | None:
    """Size and time of a file; None of one that is gone, which is told when it is read."""
    with suppress(OSError):
        stat = os.stat(path)
        return stat.st_size, stat.st_mtime_ns
    return None


def _kept(file: Path) -> Decoded | None:
    tensors, about = cache.load(file, {"train", "test"}) or ({}, {})
    if {"cropped", "formats"} - about.keys():
        return None
    return Decoded(
        tensors["train"].numpy(),
        tensors["test"].numpy(),
        about["cropped"] == "True",
        frozenset(about["formats"].split()),
    )


def _keep(file: Path, made: Decoded) -> None:
    about = {"cropped": str(made.cropped), "formats": " ".join(sorted(made.formats))}
    cache.store(
        file, {"train": torch.from_numpy(made.train), "test": torch.from_numpy(made.test)}, about
    )
