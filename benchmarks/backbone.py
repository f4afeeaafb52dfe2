"""How fast ResNet-50 answers and learns here, beside a bare torch loop with the same settings.

    python -m benchmarks.backbone [--rounds 5]

Both loops: torchvision's ResNet-50, small stem with the max-pool, 32 x 32 pixels, channels last, bf16 where the processor has
it, all threads; batches of 100 to answer and of 128 to learn, Adam. The bare loop learns from images as they are, ours crops
and flips them too. Loops take turns; told are the medians, in images a second, and ours as a share of the bare one.
"""

import json
import os
import time
from collections.abc import Callable
from statistics import median

import click
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.tables import RESULTS
from lifelong import compute, config, experiment, features
from lifelong.examples import Dataset
from lifelong.models._backbone import DEVIATION, MEAN
from lifelong.torchvision_import import models

ANSWERED, LEARNED, BATCH = 1000, 1280, 128  # images of a round


@click.command()
@click.option("--rounds", default=5, show_default=True)
def main(rounds: int) -> None:
    """Measures all four loops in turn."""
    made = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (LEARNED, 3, 32, 32), generator=made, dtype=torch.uint8)
    labels = torch.randint(0, 10, (LEARNED,), generator=made)
    precision = compute.precision("auto")
    compute.threads(os.cpu_count())
    loops = {
        "answering": (ANSWERED, _bare_answers(images[:ANSWERED], precision), _our_answers(images[:ANSWERED])),
        "learning": (LEARNED, _bare_learning(images, labels, precision), _our_learning(images, labels)),
    }
    told = {"precision": precision, "rounds": rounds}
    for name, (count, *pair) in loops.items():
        seconds = [[_timed(loop) for loop in pair] for _ in range(rounds + 1)][1:]  # the first round plans products
        bare, ours = (count / median(column) for column in zip(*seconds))
        told[name] = {"bare": round(bare, 1), "ours": round(ours, 1), "to_bare": round(ours / bare, 3)}
    (RESULTS / "backbone.json").write_text(json.dumps(told, indent=1) + "\n")
    click.echo(json.dumps(told))


def _timed(loop: Callable[[], object]) -> float:
    compute.threads(os.cpu_count())
    start = time.perf_counter()
    loop()
    return time.perf_counter() - start


def _bare_network() -> nn.Module:
    network = models.resnet50(num_classes=10)
    network.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    return network.to(memory_format=torch.channels_last)


def _normalised(images: Tensor) -> Tensor:
    mean, deviation = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, DEVIATION))
    return ((images.float() / 255 - mean) / deviation).contiguous(memory_format=torch.channels_last)


def _bare_answers(images: Tensor, precision: str) -> Callable[[], object]:
    network = _bare_network().eval()

    @torch.no_grad()
    def loop() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            for part in images.split(100):
                network(_normalised(part))

    return loop


def _our_answers(images: Tensor) -> Callable[[], object]:
    front = experiment.front_of(config.make(dataset="cifar10", model="resnet50", network={"weights": "none"}))
    return lambda: list(features.extracted(front, images))


def _bare_learning(images: Tensor, labels: Tensor, precision: str) -> Callable[[], object]:
    network = _bare_network().train()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)

    def loop() -> None:
        for part in range(0, len(images), BATCH):
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
                logits = network(_normalised(images[part : part + BATCH]))
            F.cross_entropy(logits.float(), labels[part : part + BATCH]).backward()
            optimizer.step()
            optimizer.zero_grad()

    return loop


def _our_learning(images: Tensor, labels: Tensor) -> Callable[[], object]:
    dataset = Dataset(name="cifar10", title="noise", source="noise", classes=tuple("0123456789"), train_images=images, train_labels=labels,
                      test_images=images[:100], test_labels=labels[:100])
    run = config.make(dataset="cifar10", scenario="class", strategy="finetune", model="resnet50", tasks=1, steps=LEARNED // BATCH,
                      network={"weights": "none", "tune": "whole", "layers": 0})
    told = experiment.Experiment(run, dataset)
    return lambda: list(told.strategy.learn(told.tasks[0]))


if __name__ == "__main__":
    main()
