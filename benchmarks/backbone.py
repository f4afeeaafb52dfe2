"""Measures the throughput of ResNet-50 and compares it with a plain PyTorch loop.

    python -m benchmarks.backbone [--rounds 5] [--device auto|cpu|cuda] [--compiled]

Both loops: torchvision's ResNet-50 with the small stem and the max-pool, 32 x 32 pixels, channels
last, bf16 where the device supports it, all threads, images on the device. Inference ("answering")
uses our batch size on that device, training ("learning") batches of 128 and Adam. Our training loop
also crops and flips the images. The loops take turns. Prints one JSON object and writes it to
results/backbone.json: the medians in images per second, and `to_bare`, our share of the plain loop.

With --compiled, a third loop trains the plain network after `torch.compile`: `compiling` is the
seconds that this takes, `saves` the seconds that it saves in ten epochs of 50,000 images.
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
from lifelong.training import experiment, setup

# Images of a round.
INFERENCE_IMAGES, TRAINING_IMAGES, BATCH = {"cpu": 1000, "cuda": 10_000}, 1280, 128
IMAGES_OF_A_RUN = 500_000  # ten epochs of CIFAR-10


@click.command()
@click.option("--rounds", default=5, show_default=True)
@click.option("--device", default="auto", show_default=True)
@click.option("--compiled", is_flag=True, help="Also measure a compiled network.")
def main(rounds: int, device: str, compiled: bool) -> None:
    """Measures all loops in turn."""
    device = hardware.device(device, deep=True)
    count = INFERENCE_IMAGES[device]
    images, labels = _random_images(max(count, TRAINING_IMAGES), device)
    batch = images[:TRAINING_IMAGES], labels[:TRAINING_IMAGES]
    inference = {"bare": _plain_inference(images[:count]), "ours": _our_inference(images[:count])}
    training = {"bare": _plain_training(*batch), "ours": _our_training(*batch)}
    if compiled:
        training["compiled"] = _plain_training(*batch, torch.compile)
    report = {
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "precision": hardware.precision("auto", device),
        "rounds": rounds,
        "answering": _throughput(count, inference, rounds, device),
        "learning": _throughput(TRAINING_IMAGES, training, rounds, device),
    }
    (RESULTS / "backbone.json").write_text(json.dumps(report, indent=1) + "\n")
    click.echo(json.dumps(report))


def _random_images(count: int, device: str) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (count, 3, 32, 32), generator=generator, dtype=torch.uint8)
    return images.to(device), torch.randint(0, 10, (count,), generator=generator).to(device)


def _throughput(
    count: int, loops: dict[str, Callable[[], object]], rounds: int, device: str
) -> dict[str, float]:
    """Returns the images per second of each loop, the median over the rounds.

    A first round, in which kernels are chosen and compiled, is not counted.
    """
    first, *seconds = [
        {name: _seconds(loop, device) for name, loop in loops.items()} for _ in range(rounds + 1)
    ]
    speed = {name: count / median(each[name] for each in seconds) for name in loops}
    row = {name: round(images, 1) for name, images in speed.items()} | {
        "to_bare": round(speed["ours"] / speed["bare"], 3)
    }
    if "compiled" in loops:
        saved = IMAGES_OF_A_RUN / speed["bare"] - IMAGES_OF_A_RUN / speed["compiled"]
        row |= {"compiling": round(first["compiled"], 1), "saves": round(saved, 1)}
    return row


def _seconds(loop: Callable[[], object], device: str) -> float:
    with hardware.threads(os.cpu_count()):
        start = time.perf_counter()
        loop()
        if device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - start


def _plain_network(device: torch.device) -> nn.Module:
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


def _plain_inference(images: Tensor) -> Callable[[], object]:
    network = _plain_network(images.device).eval()

    @torch.no_grad()
    def loop() -> None:
        with _autocast(images.device):
            for part in images.split(PORTION[images.device.type]):
                network(_normalised(part)).cpu()

    return loop


def _our_inference(images: Tensor) -> Callable[[], object]:
    backbone = setup.frozen_backbone_of(
        config.make(dataset="cifar10", model="resnet50", network={"weights": "none"})
    )
    return lambda: list(feature_cache.extract(backbone, images))


def _plain_training(
    images: Tensor,
    labels: Tensor,
    transform: Callable[[nn.Module], nn.Module] = lambda network: network,
) -> Callable[[], object]:
    network = transform(_plain_network(images.device).train())
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)

    def loop() -> None:
        for start in range(0, len(images), BATCH):
            with _autocast(images.device):
                logits = network(_normalised(images[start : start + BATCH]))
            F.cross_entropy(logits.float(), labels[start : start + BATCH]).backward()
            optimizer.step()
            optimizer.zero_grad()

    return loop


def _our_training(images: Tensor, labels: Tensor) -> Callable[[], object]:
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
    run_config = config.make(
        dataset="cifar10",
        scenario="class",
        strategy="finetune",
        model="resnet50",
        tasks=1,
        steps=TRAINING_IMAGES // BATCH,
        device=device,
        network={"weights": "none", "tune": "whole", "layers": 0},
    )
    learner = experiment.Experiment(run_config, dataset)
    return lambda: list(learner.strategy.learn(learner.tasks[0]))


if __name__ == "__main__":
    main()
