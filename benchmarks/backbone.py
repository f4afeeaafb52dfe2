"""How fast ResNet-50 answers and learns here, beside a bare torch loop with the same settings.

    python -m benchmarks.backbone [--rounds 5] [--device auto|cpu|cuda] [--compiled]

Both loops: torchvision's ResNet-50, small stem with the max-pool, 32 x 32 pixels, channels last,
bf16 where the device has it, all threads; images on the device, as many at once to answer as ours
takes there, and 128 to learn, Adam. The bare loop learns from images as they are, ours crops and
flips them too. Loops take turns; told are the medians, in images a second, and ours as a share of
the bare one. With --compiled a third loop is the bare one with its network compiled, which tells
whether that pays:
`saves` is what it saves in a run of 50,000 images and ten passes, in seconds, after `compiling`,
the seconds that it takes.
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
from lifelong import config
from lifelong.data.examples import Dataset
from lifelong.models.parts import feature_cache
from lifelong.models.parts.backbone import DEVIATION, MEAN, PORTION
from lifelong.numerics import hardware
from lifelong.numerics.torchvision_import import models
from lifelong.training import experiment

ANSWERED, LEARNED, BATCH = {"cpu": 1000, "cuda": 10_000}, 1280, 128  # images of a round
A_RUN = 500_000  # images learned from in ten passes over CIFAR-10


@click.command()
@click.option("--rounds", default=5, show_default=True)
@click.option("--device", default="auto", show_default=True)
@click.option("--compiled", is_flag=True, help="Measure a compiled network, too.")
def main(rounds: int, device: str, compiled: bool) -> None:
    """Measures all loops in turn."""
    here = hardware.device(device, deep=True)
    images, labels = _made_up(max(ANSWERED[here], LEARNED), here)
    answered, learned = images[: ANSWERED[here]], (images[:LEARNED], labels[:LEARNED])
    loops = {
        "answering": (
            len(answered),
            {"bare": _bare_answers(answered), "ours": _our_answers(answered)},
        ),
        "learning": (LEARNED, {"bare": _bare_learning(*learned), "ours": _our_learning(*learned)}),
    }
    if compiled:
        loops["learning"][1]["compiled"] = _bare_learning(*learned, torch.compile)
    told = {
        "device": torch.cuda.get_device_name() if here == "cuda" else "cpu",
        "precision": hardware.precision("auto", here),
        "rounds": rounds,
    }
    for name, (count, those) in loops.items():
        told[name] = _turns(count, those, rounds, here)
    (RESULTS / "backbone.json").write_text(json.dumps(told, indent=1) + "\n")
    click.echo(json.dumps(told))


def _made_up(count: int, device: str) -> tuple[Tensor, Tensor]:
    made = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (count, 3, 32, 32), generator=made, dtype=torch.uint8)
    return images.to(device), torch.randint(0, 10, (count,), generator=made).to(device)


def _turns(
    count: int, loops: dict[str, Callable[[], object]], rounds: int, device: str
) -> dict[str, float]:
    """Images a second of each loop, the median of these rounds; the first, which plans and
    compiles, is not counted.
    """
    first, *seconds = [
        {name: _timed(loop, device) for name, loop in loops.items()} for _ in range(rounds + 1)
    ]
    speed = {name: count / median(each[name] for each in seconds) for name in loops}
    told = {name: round(images, 1) for name, images in speed.items()} | {
        "to_bare": round(speed["ours"] / speed["bare"], 3)
    }
    if "compiled" in loops:
        told |= {
            "compiling": round(first["compiled"], 1),
            "saves": round(A_RUN / speed["bare"] - A_RUN / speed["compiled"], 1),
        }
    return told


def _timed(loop: Callable[[], object], device: str) -> float:
    hardware.set_threads(os.cpu_count())
    start = time.perf_counter()
    loop()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def _bare_network(device: torch.device) -> nn.Module:
    network = models.resnet50(num_classes=10)
    network.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    return network.to(device, memory_format=torch.channels_last)


def _autocast(device: torch.device) -> torch.autocast:
    return torch.autocast(
        device.type, torch.bfloat16, enabled=hardware.precision("auto", device.type) == "bf16"
    )


def _normalised(images: Tensor) -> Tensor:
    mean, deviation = (
        torch.tensor(values, device=images.device).view(1, 3, 1, 1) for values in (MEAN, DEVIATION)
    )
    return ((images.float() / 255 - mean) / deviation).contiguous(memory_format=torch.channels_last)


def _bare_answers(images: Tensor) -> Callable[[], object]:
    network = _bare_network(images.device).eval()

    @torch.no_grad()
    def loop() -> None:
        with _autocast(images.device):
            for part in images.split(PORTION[images.device.type]):
                network(_normalised(part)).cpu()

    return loop


def _our_answers(images: Tensor) -> Callable[[], object]:
    front = experiment.frozen_backbone_of(
        config.make(dataset="cifar10", model="resnet50", network={"weights": "none"})
    )
    return lambda: list(feature_cache.extracted(front, images))


def _bare_learning(
    images: Tensor, labels: Tensor, made: Callable[[nn.Module], nn.Module] = lambda network: network
) -> Callable[[], object]:
    network = made(_bare_network(images.device).train())
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)

    def loop() -> None:
        for part in range(0, len(images), BATCH):
            with _autocast(images.device):
                logits = network(_normalised(images[part : part + BATCH]))
            F.cross_entropy(logits.float(), labels[part : part + BATCH]).backward()
            optimizer.step()
            optimizer.zero_grad()

    return loop


def _our_learning(images: Tensor, labels: Tensor) -> Callable[[], object]:
    device, images, labels = images.device.type, images.cpu(), labels.cpu()
    dataset = Dataset(
        name="cifar10",
        title="noise",
        source="noise",
        classes=tuple("0123456789"),
        train_images=images,
        train_labels=labels,
        test_images=images[:100],
        test_labels=labels[:100],
    )
    run = config.make(
        dataset="cifar10",
        scenario="class",
        strategy="finetune",
        model="resnet50",
        tasks=1,
        steps=LEARNED // BATCH,
        device=device,
        network={"weights": "none", "tune": "whole", "layers": 0},
    )
    told = experiment.Experiment(run, dataset)
    return lambda: list(told.strategy.learn(told.tasks[0]))


if __name__ == "__main__":
    main()
