"""Noisy pictures of random patterns, ten classes: can be learned in a few steps."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lifelong.datasets.base import DatasetSpec, Source

if TYPE_CHECKING:
    from torch import Tensor

    from lifelong.data.examples import Dataset

SHAPE = (1, 6, 6)


@dataclass(frozen=True)
class Patterns(Source):
    """Made-up images: one random pattern of 0 and 200 a class, with noise below 56 added."""

    train_per_class: int = 24
    test_per_class: int = 8
    seed: int = 0

    def location(self) -> Path:
        return Path(__file__)

    def load(self, location: Path, spec: DatasetSpec) -> "Dataset":
        import torch

        from lifelong.data.examples import Dataset

        generator = torch.Generator().manual_seed(self.seed)
        shape = (len(spec.classes), *SHAPE)
        patterns = torch.randint(0, 2, shape, generator=generator) * 200

        def split(per_class: int) -> "tuple[Tensor, Tensor]":
            labels = torch.arange(len(spec.classes)).repeat(per_class)
            shape = (len(labels), *patterns.shape[1:])
            noise = torch.randint(0, 56, shape, generator=generator)
            return (patterns[labels] + noise).to(torch.uint8), labels

        return Dataset(
            spec.name,
            spec.title,
            "made-up patterns",
            spec.classes,
            *split(self.train_per_class),
            *split(self.test_per_class),
        )


SPEC = DatasetSpec(
    name="toy",
    title="Toy patterns",
    about="320 made-up patterns of ten kinds",
    classes=tuple("0123456789"),
    shape=SHAPE,
    kind="photo",
    sources=(Patterns(),),
    default_model="mlp",
)
