"""Features of CIFAR-10 from a backbone that never saw it: EfficientNet-Lite2 with ImageNet weights,
frozen, images enlarged to 160 x 160 pixels. It is the teacher of the backbone that ships.

They are extracted once, into files of 1,000 images, so that an interruption loses little: 60,000
images take 13 minutes of one core. The packages of the network are optional: see `teachers.load`.
"""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import torch
from torch import Tensor

from lifelong.config import RunConfig
from lifelong.data import scenarios
from lifelong.data.examples import Dataset
from lifelong.datasets import load as load_images
from lifelong.models.base import QuantizedFeatures
from lifelong.models.parts import feature_cache
from lifelong.models.parts.feature_cache import FeatureSet
from lifelong.runs.history import History
from lifelong.storage import tensor_files
from lifelong.storage.downloads import cache_folder
from lifelong.training import parallel, teachers
from lifelong.training.experiment import Experiment

TEACHER = "efficientnet-lite2"
DESCRIPTION = f"{TEACHER}, ImageNet, frozen, {teachers.SIDE} px"
TENTHS = 10  # of a split; tenth k has the images k, k + 10, k + 20, ...
PARTS = {"test": 1, "train": 5}  # files of a tenth of the split


def extract(dataset: Dataset, tenths: int = TENTHS) -> Iterator[tuple[int, int]]:
    """Extracts the first tenths of both splits, unless they are on disk; yields (done, files)."""
    files = [
        (split, tenth, part)
        for tenth in range(tenths)
        for split in PARTS
        for part in range(PARTS[split])
    ]
    missing = [names for names in files if not _file(dataset, *names).exists()]
    network = teachers.load(TEACHER) if missing else None
    for done, (split, tenth, part) in enumerate(missing, len(files) - len(missing) + 1):
        images = dataset.test_images if split == "test" else dataset.train_images
        chosen = images[_positions(len(images), split, tenth, part)]
        file = _file(dataset, split, tenth, part)
        file.parent.mkdir(parents=True, exist_ok=True)
        values = torch.cat(list(teachers.extract(network, chosen)))
        tensor_files.write(file, {"features": values})
        yield done, len(files)


def exact(dataset: Dataset, split: str, tenths: int = TENTHS) -> tuple[Tensor, Tensor]:
    """Returns the rising positions (n,) of images of a split and their features (n, width).

    tenths: of the split, from the first on. Raises LifelongError for one that was not extracted.
    """
    unsorted, values = [], []
    for tenth, part in product(range(tenths), range(PARTS[split])):
        unsorted.append(_positions(_count(dataset, split), split, tenth, part))
        values.append(tensor_files.read(_file(dataset, split, tenth, part))[0]["features"])
    order = torch.cat(unsorted).argsort()
    return torch.cat(unsorted)[order], torch.cat(values)[order]


def positions(dataset: Dataset, split: str, tenths: int) -> Tensor:
    """Returns the rising positions (n,) of the images of the first tenths of a split."""
    every = torch.arange(_count(dataset, split))
    return every[every % TENTHS < tenths]


def load(dataset: Dataset, tenths: int = TENTHS, classes: tuple[int, ...] = ()) -> FeatureSet:
    """Returns the features as `feature_cache` stores those of a frozen backbone: a byte each.

    tenths: of both splits; see `exact`. classes: whose training images set the ranges of the
    features; all by default. Raises LifelongError if the features were not extracted.
    """
    name = "-".join(["bytes", str(tenths), *map(str, classes)])
    file = _folder(dataset) / f"{name}.safetensors"
    if not file.exists():
        tensor_files.write(file, _quantized(dataset, tenths, classes))
    tensors, _metadata = tensor_files.read(file)
    features = replace(
        dataset,
        source=f"{dataset.source}, as features of {DESCRIPTION}",
        train_images=tensors["train"],
        train_labels=dataset.train_labels[tensors["train_positions"]],
        test_images=tensors["test"],
        test_labels=dataset.test_labels[tensors["test_positions"]],
    )
    return FeatureSet(features, tensors["low"], tensors["high"])


def _quantized(dataset: Dataset, tenths: int, classes: tuple[int, ...]) -> dict[str, Tensor]:
    train_positions, train = exact(dataset, "train", tenths)
    test_positions, test = exact(dataset, "test", tenths)
    labels = dataset.train_labels[train_positions]
    chosen = train[torch.isin(labels, torch.tensor(classes))] if classes else train
    body = QuantizedFeatures(train.shape[1])
    body.set_ranges(*feature_cache.feature_ranges(feature_cache.calibration_part(chosen)))
    return {
        "train_positions": train_positions,
        "test_positions": test_positions,
        "low": body.low,
        "high": body.high,
        "train": body.encode(train),
        "test": body.encode(test),
    }


def race(
    configs: list[RunConfig], processes: int | None, tenths: int, first_task: bool = False
) -> Iterator[dict]:
    """Trains runs on these features, one at a time by default, and yields the report of each.

    first_task: whether the images of a run's first task alone set the ranges of the features.
    """
    learn = partial(_reports, tenths=tenths, first_task=first_task)
    yield from parallel.run_jobs(learn, learn, configs, processes or 1, stop=lambda: False)


def _reports(config: RunConfig, tenths: int, first_task: bool) -> Iterator[dict]:
    dataset = load_images(config.dataset)
    classes = ()
    if first_task:
        classes = scenarios.make_plan(config, len(dataset.classes)).classes[0]
    features = load(dataset, tenths, classes)
    events = Experiment(config, dataset, features, clock=time.process_time).events()
    yield History(config, tuple(events)).report(run=None)


def _count(dataset: Dataset, split: str) -> int:
    return len(dataset.test_labels if split == "test" else dataset.train_labels)


def _positions(count: int, split: str, tenth: int, part: int) -> Tensor:
    """Returns the positions (n,) of one file's images among the `count` of a split."""
    return torch.arange(count)[tenth::TENTHS][part :: PARTS[split]]


def _file(dataset: Dataset, split: str, tenth: int, part: int) -> Path:
    return _folder(dataset) / f"{split}-{tenth}-{part}.safetensors"


def _folder(dataset: Dataset) -> Path:
    key = f"{TEACHER} {teachers.SIDE} {dataset.digest}".encode()
    digest = hashlib.blake2b(key, digest_size=12).hexdigest()
    return cache_folder() / "teacher-features" / digest
