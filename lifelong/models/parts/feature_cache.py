"""Cache of the features that a frozen backbone extracts from a data set.

They are extracted once; every later run maps them from disk. A feature is stored as one byte, and
the features of an image as an image of one pixel with a channel for each: whatever learns from
images learns from features too. The range of these bytes comes from training images of all tasks;
from those of the first task alone, accuracies change by less than half a point (docs/results.md). A
file is named by all that it depends on: weights, stem, side, precision and images.
"""

import hashlib
import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from filelock import FileLock
from torch import Tensor

from ...data.examples import Dataset
from ...errors import LifelongError
from ...events import ExtractingFeatures, Preparation
from ...numerics import hardware
from ...storage import cache, progress
from ...storage.downloads import cache_folder
from ..base import Backbone, QuantizedFeatures
from .backbone_info import BackboneInfo

PORTION = {"cpu": 100, "cuda": 500}  # images between two events
CALIBRATION = 2000  # training images that set the range of each feature
TAIL = 0.001  # share of them that may lie beyond either end of the range
FORMAT = 1
TENSORS = {"low", "high", "train", "test"}  # of a file


@dataclass(frozen=True)
class FeatureSet:
    """A data set as features: images uint8 (n, width, 1, 1).

    low, high: (width,), the values that the bytes 0 and 255 stand for.
    """

    dataset: Dataset
    low: Tensor
    high: Tensor


def load_features(info: BackboneInfo, dataset: Dataset) -> FeatureSet:
    """Loads the features of a data set. Raises LifelongError if they are not in the cache."""
    features = _cached(_file(info, dataset), info, dataset)
    if features is None:
        raise LifelongError(
            f"The features of {dataset.title} were asked for before they were extracted; "
            "iterate over `prepare` first."
        )
    return features


def prepare(
    info: BackboneInfo, build: Callable[[], Backbone], dataset: Dataset
) -> Generator[Preparation, None, FeatureSet]:
    """Loads the features of a data set, or extracts them if they are not in the cache.

    Yields the progress of extraction. Of two processes one extracts, and the other waits for it.
    build: returns the backbone; is called only if there is something to extract.
    """
    file = _file(info, dataset)
    if features := _cached(file, info, dataset):
        return features
    _rename_former_file(info, dataset, file)
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(file.with_suffix(".lock"), thread_local=False)
    yield from progress.acquire(lock, "Waiting for another process that extracts these features")
    try:
        if features := _cached(file, info, dataset):
            return features
        tensors = yield from _extract(build, dataset)
        with suppress(LifelongError, OSError):  # a full disk costs the cache, not the run
            cache.store(file, tensors)
    finally:
        lock.release()
    return _cached(file, info, dataset) or _feature_set(tensors, info, dataset)


def _cached(file: Path, info: BackboneInfo, dataset: Dataset) -> FeatureSet | None:
    found = cache.load(file, TENSORS)
    return _feature_set(found[0], info, dataset) if found else None


def _feature_set(tensors: dict[str, Tensor], info: BackboneInfo, dataset: Dataset) -> FeatureSet:
    features = replace(
        dataset,
        source=source_of(info, dataset),
        train_images=tensors["train"],
        test_images=tensors["test"],
    )
    return FeatureSet(features, tensors["low"], tensors["high"])


def source_of(info: BackboneInfo, dataset: Dataset) -> str:
    """Returns the source of the features of a data set, also of those not extracted yet."""
    return f"{dataset.source}, as features of {info.description}"


def _extract(
    build: Callable[[], Backbone], dataset: Dataset
) -> Generator[ExtractingFeatures, None, dict[str, Tensor]]:
    """Returns the features by the names of a file's tensors; yields the progress.

    The images that set the ranges go through the backbone a second time with all others.
    """
    images = dataset.train_images
    chosen = calibration_part(images)
    splits = {"train": images, "test": dataset.test_images}
    counter = _Counter(len(chosen) + sum(map(len, splits.values())))
    yield counter.event(0, None)
    backbone = build()
    exact = []
    for _start, part, batch_limit in extract(backbone, chosen):
        exact.append(part)
        yield counter.event(len(part), batch_limit)
    quantized = QuantizedFeatures(backbone.width)
    quantized.set_ranges(*feature_ranges(torch.cat(exact)))
    tensors = {"low": quantized.low, "high": quantized.high}
    for name, split in splits.items():
        tensors[name] = torch.empty(len(split), backbone.width, 1, 1, dtype=torch.uint8)
        for start, part, batch_limit in extract(backbone, split):
            tensors[name][start : start + len(part)] = quantized.encode(part)
            yield counter.event(len(part), batch_limit)
    return tensors


def calibration_part(images: Tensor) -> Tensor:
    """Returns the training images, or their features (n, ...), that set the ranges: evenly
    spaced ones.
    """
    return images[torch.linspace(0, len(images) - 1, min(CALIBRATION, len(images))).long()]


def feature_ranges(values: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the values (width,) that the bytes 0 and 255 stand for, from features (n, width)."""
    return values.quantile(TAIL, 0), values.quantile(1 - TAIL, 0)


class _Counter:
    """Counter of the images that went through the backbone."""

    def __init__(self, total: int) -> None:
        self.done = 0
        self.total = total
        self.start = time.perf_counter()

    def event(self, images: int, batch_limit: int | None) -> ExtractingFeatures:
        """Returns the event after so many images more."""
        self.done += images
        seconds = round(time.perf_counter() - self.start, 2)
        return ExtractingFeatures(
            done=self.done, total=self.total, seconds=seconds, batch_limit=batch_limit
        )


def extract(backbone: Backbone, images: Tensor) -> Iterator[tuple[int, Tensor, int | None]]:
    """Yields the features of one portion of images after the other, float (m, width).

    With each portion come the position of its first image and the number of images that fit into
    memory, None if a whole portion does. Runs on a GPU if there is one, else in all threads.
    """
    backbone.eval()
    backbone.to(hardware.torch_device(hardware.device("auto", deep=True)))
    wanted = portion = PORTION.get(backbone.device.type, PORTION["cpu"])
    start = 0
    try:
        while start < len(images):
            try:
                features = _features(backbone, images[start : start + portion])
            except torch.OutOfMemoryError:
                portion = hardware.half_batch_size(portion)
                continue
            yield start, features, portion if portion < wanted else None
            start += len(features)
    finally:
        backbone.to("cpu")  # where pictures that people bring are classified


@torch.no_grad()
def _features(backbone: Backbone, images: Tensor) -> Tensor:
    with hardware.threads(os.cpu_count()):
        return backbone(images.to(backbone.device)).cpu()


def _file(info: BackboneInfo, dataset: Dataset) -> Path:
    key = f"{_settings(info)} {dataset.digest}".encode()
    return folder() / f"{hashlib.blake2b(key, digest_size=12).hexdigest()}.safetensors"


def _settings(info: BackboneInfo) -> str:
    return (
        f"{FORMAT} {info.architecture} {info.stem} {info.side} {info.precision} {info.fingerprint}"
    )


def _rename_former_file(info: BackboneInfo, dataset: Dataset, file: Path) -> None:
    """Gives the file of these features its present name, if an earlier version extracted them."""
    key = hashlib.blake2b(_settings(info).encode(), digest_size=12)
    for images in (dataset.train_images, dataset.test_images):
        key.update(str(tuple(images.shape)).encode())
        key.update(images.contiguous().numpy().data)
    with suppress(OSError):
        (folder() / f"{key.hexdigest()}.safetensors").rename(file)


def folder() -> Path:
    """Returns the folder of the cache, `$LIFELONG_CACHE/features`."""
    return cache_folder() / "features"
