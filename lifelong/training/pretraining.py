"""Pretraining of a backbone for small images without labels, by distillation of features.

Feature distillation (Romero et al., FitNets, ICLR 2015; Heo et al., ICCV 2019): the student's
pooled features, through one linear layer, should equal the pooled features that a larger teacher,
trained with ImageNet's labels, extracts from the same image at a larger size. The teacher sees each
image once, and the student random crops of it; or the teacher sees several crops, and the student
learns from exactly those (Beyer et al., Knowledge distillation: a good teacher is patient and
consistent, CVPR 2022).
"""

import hashlib
import os
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..data.augmentation import crop_and_flip
from ..data.examples import Dataset
from ..models.parts import feature_cache
from ..models.parts.backbone import TorchvisionBackbone
from ..models.parts.backbone_info import BackboneInfo
from ..numerics import hardware, seeds
from ..storage import tensor_files
from . import teachers

VIEW_PORTION = 5000  # images that are cropped at once
REPORT_EVERY = 20  # steps
LEARNING_RATE, WEIGHT_DECAY, WARM_UP = 2e-3, 0.05, 0.15  # AdamW, one cycle
# Share of the steps, the first ones, on crops of three quarters of the side: in half the time.
SMALL_CROPS = 0.65


@dataclass(frozen=True)
class PretrainingProgress:
    """Progress of pretraining.

    what: in words. done, total: images or steps. loss: mean over the steps since the last report,
    None while the teacher's features are extracted.
    """

    what: str
    done: int
    total: int
    seconds: float
    loss: float | None = None


@dataclass(frozen=True)
class PretrainingConfig:
    """Settings of pretraining.

    architecture, stem: of the student. epochs: passes over the images. views: crops of each image
    that the teacher sees, one pass of the student after the other takes the next; with one the
    teacher sees the whole image, and the student random crops of it, smaller ones at first. batch:
    images of a step.
    """

    architecture: str = "resnet50"
    stem: str = "small"
    teacher: str = "efficientnet-lite2"
    epochs: int = 12
    views: int = 1
    batch: int = 128
    seed: int = 0


Reports = Generator[PretrainingProgress, None, None]


def pretrain(config: PretrainingConfig, dataset: Dataset, out: Path) -> Reports:
    """Trains a backbone and writes it to `out` after every pass; yields the progress.

    No label is used.
    """
    return hardware.with_threads(os.cpu_count(), _pretrain(config, dataset, out))


def _pretrain(config: PretrainingConfig, dataset: Dataset, out: Path) -> Reports:
    file = feature_cache.folder() / f"teacher-{_key(config, dataset)}.safetensors"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        features = yield from _teacher_features(config, dataset.train_images)
        tensor_files.write(file, {"features": features}, half=True)
    targets = tensor_files.read(file)[0]["features"]
    targets = targets.view(config.views, len(dataset.train_images), -1)
    yield from _distill(config, dataset, targets, out)


def _teacher_features(
    config: PretrainingConfig, images: Tensor
) -> Generator[PretrainingProgress, None, Tensor]:
    """Returns the teacher's features of all views, float (views * n, width)."""
    network = teachers.load(config.teacher)
    start, total, parts = time.perf_counter(), config.views * len(images), list[Tensor]()
    for view in range(config.views):
        for part in teachers.extract(network, view_of(images, config, view)):
            parts.append(part)
            done, seconds = sum(map(len, parts)), time.perf_counter() - start
            yield PretrainingProgress("teacher's features", done, total, seconds)
    return torch.cat(parts)


def view_of(images: Tensor, config: PretrainingConfig, view: int) -> Tensor:
    """Returns one view of all images, uint8 (n, channels, height, width).

    It is a random crop of each image, or the images themselves if there is one view only.
    """
    if config.views == 1:
        return images
    return torch.cat(
        [
            crop_and_flip(part, seeds.generator(config.seed, "view", view, start))
            for start, part in enumerate(images.split(VIEW_PORTION))
        ]
    )


def _distill(config: PretrainingConfig, dataset: Dataset, targets: Tensor, out: Path) -> Reports:
    """Trains the student on the teacher's features, float (views, n, width)."""
    steps_of_pass = len(dataset.train_images) // config.batch
    total = steps_of_pass * config.epochs
    student = _Student(config, targets.shape[-1], total)
    device = student.device
    views = [view_of(dataset.train_images, config, v).to(device) for v in range(config.views)]
    targets = targets.to(device).float()
    targets = (targets - targets.mean((0, 1))) / targets.std((0, 1)).clamp(min=1e-6)
    start, losses = time.perf_counter(), list[float]()
    for step, indices in enumerate(_batches(targets.shape[1], config), 1):
        view = (step - 1) // steps_of_pass % config.views
        indices = indices.to(device)
        images = views[view][indices]
        if config.views == 1:
            side = dataset.shape[1] * 3 // 4 if step <= SMALL_CROPS * total else None
            images = crop_and_flip(images, seeds.generator(config.seed, "crops", step), side)
        losses.append(student.step(images, targets[view][indices]))
        if step % steps_of_pass == 0:
            _write_backbone(student.backbone.eval(), config, dataset, step // steps_of_pass, out)
        if len(losses) == REPORT_EVERY or step % steps_of_pass == 0:
            seconds = time.perf_counter() - start
            yield PretrainingProgress("learning", step, total, seconds, mean(losses))
            losses.clear()


class _Student:
    """The backbone in training, with a linear layer to the teacher's features and the optimiser.

    width: of the teacher's features. steps: in all.
    """

    def __init__(self, config: PretrainingConfig, width: int, steps: int) -> None:
        device = hardware.device("auto", deep=True)
        self.device = hardware.torch_device(device)
        precision = hardware.precision("auto", device)
        self.backbone = TorchvisionBackbone(
            BackboneInfo(config.architecture, config.stem, precision=precision)
        )
        self.backbone.initialise(seeds.generator(config.seed, "student"))
        self.layer = nn.Linear(self.backbone.width, width)
        generator = seeds.generator(config.seed, "layer")
        nn.init.normal_(self.layer.weight, std=0.01, generator=generator)
        nn.init.zeros_(self.layer.bias)
        self.backbone.to(self.device)
        self.layer.to(self.device)
        parameters = [*self.backbone.parameters(), *self.layer.parameters()]
        self.optimizer = torch.optim.AdamW(
            parameters, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True
        )
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, LEARNING_RATE, total_steps=steps, pct_start=WARM_UP
        )

    def step(self, images: Tensor, targets: Tensor) -> float:
        """Takes one step; returns the loss, the mean squared difference of the features."""
        self.backbone.train()
        loss = F.mse_loss(self.layer(self.backbone(images)), targets)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.schedule.step()
        return loss.item()


def _batches(images: int, config: PretrainingConfig) -> Iterator[Tensor]:
    """Yields the positions of each batch: shuffled passes, an incomplete last batch dropped."""
    for epoch in range(config.epochs):
        order = torch.randperm(images, generator=seeds.generator(config.seed, "order", epoch))
        yield from order[: images // config.batch * config.batch].split(config.batch)


def _write_backbone(
    backbone: TorchvisionBackbone,
    config: PretrainingConfig,
    dataset: Dataset,
    passes: int,
    out: Path,
) -> None:
    state = backbone.network.state_dict()
    tensors = {name: tensor for name, tensor in state.items() if tensor.is_floating_point()}
    metadata = {
        "words": f"{config.architecture}, taught by {config.teacher} on {dataset.title} without "
        "labels",
        "architecture": config.architecture,
        "stem": config.stem,
        "teacher": config.teacher,
        "images": str(len(dataset.train_images)),
        "passes": f"{passes} of {config.epochs}",
        "views": str(config.views),
        "batch": str(config.batch),
        "seed": str(config.seed),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    tensor_files.write(out, tensors, metadata, half=True)


def _key(config: PretrainingConfig, dataset: Dataset) -> str:
    """Returns the name of the teacher's features in the cache."""
    crops = f" {config.views} {config.seed}" if config.views > 1 else ""
    digest = hashlib.blake2b(f"{config.teacher} {teachers.SIDE}{crops}".encode(), digest_size=12)
    digest.update(dataset.train_images.contiguous().numpy().data)
    return digest.hexdigest()
