"""Noisy pictures of random patterns, which can be learned in a few steps."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lifelong.datasets.base import DatasetSpec, Source

if TYPE_CHECKING:
    from torch import Tensor

    from lifelong.data.examples import Dataset


@dataclass(frozen=True)
class Patterns(Source):
    """Made-up images: one random pattern of 0 and 200 a class, with noise below 56 added.

    side: of the grey images in pixels. train, test: images of each class.
    """

    side: int = 6
    train: int = 24
    test: int = 8
    seed: int = 0

    def location(self) -> Path:
        return Path(__file__)

    def load(self, location: Path, spec: DatasetSpec) -> "Dataset":
        import torch

        from lifelong.data.examples import Dataset

        generator = torch.Generator().manual_seed(self.seed)
        shape = (1, self.side, self.side)
        patterns = torch.randint(0, 2, (len(spec.classes), *shape), generator=generator) * 200

        def split(per_class: int) -> "tuple[Tensor, Tensor]":
            labels = torch.arange(len(spec.classes)).repeat(per_class)
            noise = torch.randint(0, 56, (len(labels), *shape), generator=generator)
            return (patterns[labels] + noise).to(torch.uint8), labels

        return Dataset(
            spec.name,
            spec.title,
            "made-up patterns",
            spec.classes,
            *split(self.train),
            *split(self.test),
        )


def spec(name: str, title: str, classes: int, patterns: Patterns) -> DatasetSpec:
    """Returns the declaration of a data set of made-up patterns."""
    return DatasetSpec(
        name=name,
        title=title,
        about=f"{classes * (patterns.train + patterns.test)} made-up patterns of {classes} kinds",
        classes=tuple(map(str, range(classes))),
        shape=(1, patterns.side, patterns.side),
        kind="photo",
        sources=(patterns,),
        default_model="mlp",
    )


SPEC = spec("toy", "Toy patterns", 10, Patterns())
OTHER = spec("toy-other", "Other toy patterns", 10, Patterns(seed=1))
# Large enough for a convolutional network.
PICTURES = spec("toy-pictures", "Toy pictures", 4, Patterns(side=16, train=6, test=4))
