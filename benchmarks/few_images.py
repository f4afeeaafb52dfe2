"""Measures layers on features of two frozen backbones from few images a class of CIFAR-10.

    python -m benchmarks.few_images --tenths 4

The regime `frozen` of the study checkpoints/transfer-cifar10-pretrained (all ten classes at once,
one hidden layer of 512 units, 60 steps), on the features of the backbone that ships, which was
distilled on all of CIFAR-10's training images, and on those of its teacher, which never saw one
(teacher_features.py); the same images, and the same part of the test images. Writes
results/few_images.json: {features, images, n, mean, sem, tested}, accuracies in percent.
"""

import json

import click

from benchmarks import control, teacher_features
from benchmarks.tables import RESULTS
from lifelong import config, metrics
from lifelong.config import RunConfig
from lifelong.data.examples import Dataset
from lifelong.data.scenarios import Task, limit_images, split
from lifelong.datasets import load
from lifelong.models.parts.feature_cache import FeatureSet
from lifelong.training.experiment import Experiment
from lifelong.transfer import learner

IMAGES = (1, 5, 20)  # of each class


@click.command()
@click.option("--seeds", default="0,1,2,3,4", show_default=True)
@click.option("--tenths", type=click.IntRange(1, 10), default=10, show_default=True)
def main(seeds: str, tenths: int) -> None:
    """Trains all runs and writes the summary."""
    dataset = load("cifar10")
    rows = []
    for name, features in (
        ("shipped", control.shipped(dataset, tenths)),
        ("control", teacher_features.load(dataset, tenths)),
    ):
        for count in IMAGES:
            accuracies = [accuracy(features, count, int(seed)) for seed in seeds.split(",")]
            mean, sem = metrics.mean_and_sem(accuracies)
            rows.append(
                {
                    "features": name,
                    "images": count,
                    "n": len(accuracies),
                    "mean": round(mean, 2),
                    "sem": None if sem is None else round(sem, 2),
                    "tested": len(features.dataset.test_labels),
                }
            )
            click.echo(json.dumps(rows[-1]))
    (RESULTS / "few_images.json").write_text(json.dumps(rows, indent=1) + "\n")


def accuracy(features: FeatureSet, images: int, seed: int) -> float:
    """Returns the accuracy in percent after learning from so many images of each class."""
    dataset = features.dataset
    # Of this model only the layers on top are used.
    run = config.make(
        dataset="cifar10",
        model="resnet50",
        network={"weights": "none"},
        tasks=1,
        seed=seed,
        class_order=tuple(range(len(dataset.classes))),
    )
    counts = dataset.train_labels.bincount().tolist()
    run = run.with_changes(steps=learner.steps(run, counts, images))

    def few(run: RunConfig, dataset: Dataset) -> list[Task]:
        return limit_images(split(run, dataset), images, seed, first=0)

    experiment = Experiment(run, dataset, features, split=few)
    for _step in experiment.train(experiment.tasks[0]):
        pass
    return 100 * learner.accuracy_on(experiment, 0, experiment.tasks[0].test)


if __name__ == "__main__":
    main()
