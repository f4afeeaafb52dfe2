"""Makes the backbone that ships, and measures what it knows of the images' classes.

    python -m benchmarks.make_backbone --epochs 12
    python -m benchmarks.make_backbone --epochs 96 --views 8 --batch 512   (on a graphics card)

`lifelong.training.pretraining` describes the method; no label is used in training. Writes the
weights to --out and results/backbone_learning.json: the settings, {pass, loss, seconds} of every
pass, and `probe`, the accuracy in percent of a ridge classifier on the features of all training
images (see split_cifar10.probe_accuracy), of the student and of its teacher. Labels are used there
only.
"""

import json
import time
from dataclasses import asdict
from pathlib import Path
from statistics import mean

import click
import torch

from benchmarks.split_cifar10 import probe_accuracy, ridge_accuracy
from benchmarks.tables import RESULTS
from lifelong import config
from lifelong.data.examples import Dataset
from lifelong.datasets import load
from lifelong.models.parts.weights import SHIPPED
from lifelong.storage.progress import result_of
from lifelong.training import pretraining, setup, teachers
from lifelong.training.pretraining import PretrainingConfig


@click.command()
@click.option("--epochs", default=12, show_default=True)
@click.option("--views", default=1, show_default=True)
@click.option("--batch", default=128, show_default=True)
@click.option("--minutes", type=float, help="End after the pass in which this time is over.")
@click.option("--teacher-probe", is_flag=True, help="Measure the teacher's own features, too.")
@click.option("--out", type=click.Path(path_type=Path), default=SHIPPED / "resnet50.safetensors")
def main(
    epochs: int, views: int, batch: int, minutes: float | None, teacher_probe: bool, out: Path
) -> None:
    """Pretrains, writes the learning curve after every pass, and probes the result."""
    settings = PretrainingConfig(epochs=epochs, views=views, batch=batch)
    dataset = load("cifar10")
    report = {
        **asdict(settings),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "passes": [],
    }
    began = time.perf_counter()
    losses: list[float] = []
    steps_of_pass = len(dataset.train_images) // batch
    for progress in pretraining.pretrain(settings, dataset, out):
        if progress.loss is None:
            report["teacher_seconds"] = round(time.perf_counter() - began, 1)
            continue
        losses.append(progress.loss)
        done = progress.done // steps_of_pass
        if done > len(report["passes"]):
            row = {"pass": done, "loss": round(mean(losses), 5), "seconds": round(progress.seconds)}
            report["passes"].append(row)
            losses.clear()
            _write(report)
            click.echo(json.dumps(row), err=True)
            if minutes is not None and time.perf_counter() - began > 60 * minutes:
                break
    report["probe"] = {"student": round(100 * student_probe(out, dataset), 2)}
    if teacher_probe:
        report["probe"]["teacher"] = round(100 * teacher_accuracy(settings, dataset), 2)
    _write(report)
    click.echo(json.dumps(report["probe"]))


def student_probe(weights: Path, dataset: Dataset) -> float:
    """Returns the accuracy, a share in [0, 1], of the linear probe on a backbone's features."""
    options = config.make(dataset="cifar10", model="resnet50", network={"weights": str(weights)})
    return probe_accuracy(result_of(setup.prepare(options, dataset)).features)


def teacher_accuracy(settings: PretrainingConfig, dataset: Dataset) -> float:
    """Returns the accuracy, a share in [0, 1], of the same probe on the teacher's features."""
    network = teachers.load(settings.teacher)
    train, test = (
        torch.cat(list(teachers.extract(network, images)))
        for images in (dataset.train_images, dataset.test_images)
    )
    return ridge_accuracy(train, dataset.train_labels, test, dataset.test_labels)


def _write(report: dict) -> None:
    (RESULTS / "backbone_learning.json").write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
