"""Command `pretrain`: a backbone for small images, trained without labels."""

from pathlib import Path
from typing import Any

import rich_click as click


@click.command()
@click.option(
    "--dataset",
    default="cifar10",
    show_default=True,
    help="Images to learn from; their labels are not used.",
)
@click.option(
    "--architecture",
    default="resnet50",
    show_default=True,
    help="Network of torchvision to be made.",
)
@click.option(
    "--teacher",
    default="efficientnet-lite2",
    show_default=True,
    help="Network, trained on ImageNet, whose features it learns.",
)
@click.option(
    "--epochs",
    type=click.IntRange(1, 1000),
    default=12,
    show_default=True,
    help="Passes over the images.",
)
@click.option(
    "--views",
    type=click.IntRange(1, 100),
    default=1,
    show_default=True,
    help="Crops of each image that the teacher sees; with 1 it sees the whole image.",
)
@click.option(
    "--batch", type=click.IntRange(2, 10_000), default=128, show_default=True, help="Images a step."
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Seed of weights, crops and image order."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of the backbone.  [default: the one that ships]",
)
def pretrain(dataset: str, out: Path | None, **config: Any) -> None:
    """Train a backbone for small images without labels.

    The file is written anew after every pass. Ctrl+C keeps it and ends with status 130.
    """
    from tqdm import tqdm

    from ..datasets import load
    from ..models.parts import weights
    from ..training import pretraining

    chosen = pretraining.PretrainingConfig(**config)
    bar = None
    file = out or weights.SHIPPED / f"{chosen.architecture}.safetensors"
    for progress in pretraining.pretrain(chosen, load(dataset), file):
        if bar is None or bar.desc != progress.what:
            bar = tqdm(desc=progress.what, total=progress.total, mininterval=1)
        bar.update(progress.done - bar.n)
        if progress.loss is not None:
            bar.set_postfix(loss=f"{progress.loss:.4f}")
