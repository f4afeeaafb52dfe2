"""What a frozen backbone makes of a data set: computed once, kept on disk, read from there by every
run after.

A feature is kept as a byte, and the features of an image as a picture of one pixel with a channel
for each: whatever learns from images learns from them too. A file is named after all that it
depends on: weights, stem, side and images.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import torch
from filelock import FileLock
from torch import Tensor

from ...data.examples import Dataset
from ...events import ExtractingFeatures
from ...numerics import hardware
from ...storage import cache
from ...storage.downloads import cache_folder
from ..base import QuantizedFeatures
from .backbone import Backbone

PORTION = 500  # images at once: after each the progress is told
CALIBRATION = 2000  # training images whose features tell the range of each feature
TAIL = 0.001  # share of them that may lie beyond either end
FORMAT = 1
PARTS = {"low", "high", "train", "test"}  # of a file


@dataclass(frozen=True)
class FeatureSet:
    """A data set as features, images uint8 (n, width, 1, 1), and what they were made with."""

    dataset: Dataset
    low: Tensor
    high: Tensor

    def copy_ranges_to(self, body: QuantizedFeatures) -> None:
        """Gives a classifier's body the ranges, so that a picture brought later is coded as these
        were.
        """
        body.low.copy_(self.low)
        body.high.copy_(self.high)


def load_features(front: Backbone, dataset: Dataset) -> FeatureSet:
    """The features of a data set, from disk where they are, else computed and kept."""
    while (
        kept := cache.load(_file(front, dataset), PARTS)
    ) is None:  # others may need the room at the same moment
        for _event in prepare(front, dataset):
            pass
    parts, _about = kept
    source = f"{dataset.source}, as features of {front.description}"
    return FeatureSet(
        replace(dataset, source=source, train_images=parts["train"], test_images=parts["test"]),
        parts["low"],
        parts["high"],
    )


def prepare(front: Backbone, dataset: Dataset) -> Iterator[ExtractingFeatures]:
    """Computes and keeps the features unless they are kept already; tells how far it is after every
    portion.
    """
    file = _file(front, dataset)
    if cache.load(file, PARTS):
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_suffix(".lock")):  # whoever comes second finds them made
        if cache.load(file, PARTS):
            return
        body = QuantizedFeatures(front.width)
        _calibrate(body, front, dataset.train_images)
        parts: dict[str, Tensor] = {"low": body.low, "high": body.high}
        clock, done, total = (
            time.perf_counter(),
            0,
            len(dataset.train_images) + len(dataset.test_images),
        )
        for name, images in (("train", dataset.train_images), ("test", dataset.test_images)):
            parts[name] = torch.empty(len(images), front.width, 1, 1, dtype=torch.uint8)
            for start, part, batch_limit in extracted(front, images):
                parts[name][start : start + len(part)] = body.encode(part)
                done += len(part)
                yield ExtractingFeatures(
                    done=done,
                    total=total,
                    seconds=round(time.perf_counter() - clock, 2),
                    batch_limit=batch_limit,
                )
        cache.store(file, parts)


@torch.no_grad()
def extracted(front: Backbone, images: Tensor) -> Iterator[tuple[int, Tensor, int | None]]:
    """Features (m, width) of one portion of images after the other: where it begins, its features,
    and how many images the memory holds at once, None where it holds a whole portion.

    On a graphics card, where there is one; else all threads work.
    """
    portion, start = PORTION, 0
    front.eval()
    front.to(hardware.torch_device(hardware.device("auto", deep=True)))
    try:
        while start < len(images):
            try:
                features = _answers(front, images[start : start + portion])
            except torch.OutOfMemoryError:
                portion = hardware.half_batch_size(portion)
                continue
            yield start, features, portion if portion < PORTION else None
            start += len(features)
    finally:
        front.to("cpu")  # where pictures that people bring are answered


def _answers(front: Backbone, images: Tensor) -> Tensor:
    before = torch.get_num_threads()
    hardware.set_threads(os.cpu_count())
    try:
        return front(images.to(front.device)).cpu()
    finally:
        hardware.set_threads(before)


def _calibrate(body: QuantizedFeatures, front: Backbone, images: Tensor) -> None:
    chosen = images[torch.linspace(0, len(images) - 1, min(CALIBRATION, len(images))).long()]
    features = torch.cat([part for _start, part, _held in extracted(front, chosen)])
    body.low.copy_(features.quantile(TAIL, 0))
    body.high.copy_(features.quantile(1 - TAIL, 0))


def _file(front: Backbone, dataset: Dataset) -> Path:
    return folder() / f"{_key(front, dataset)}.safetensors"


@lru_cache(
    maxsize=4
)  # a study asks for the same features many times; data sets and networks are told apart as objects
def _key(front: Backbone, dataset: Dataset) -> str:
    key = hashlib.blake2b(
        (
            f"{FORMAT} {front.architecture} {front.stem} {front.side} {front.precision} "
            f"{front.fingerprint}"
        ).encode(),
        digest_size=12,
    )
    for tensor in (dataset.train_images, dataset.test_images):
        key.update(str(tuple(tensor.shape)).encode())
        key.update(tensor.contiguous().numpy().data)
    return key.hexdigest()


def folder() -> Path:
    """Where features are kept: `$LIFELONG_CACHE/features`."""
    return cache_folder() / "features"
