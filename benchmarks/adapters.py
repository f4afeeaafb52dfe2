"""Measures low-rank adapters on the convolutions of a pretrained ResNet-50, on Split CIFAR-10.

    python -m benchmarks.adapters --steps 20

Trains InfLoRA's adapters of the 36 convolutions of 1 x 1 and the head, and for comparison all
weights (`finetune`, with the learning rate of whole_networks.py), so many steps of 128 images a
task, class-incremental, tested on every fifth test image. Writes results/adapters.json: {strategy,
steps, seed, tested, accuracy, accuracy_task_given, stored, seconds}, accuracies in percent, seconds
of CPU time.
"""

import json
import time
from dataclasses import replace
from statistics import mean

import click

from benchmarks.tables import RESULTS
from benchmarks.whole_networks import BACKBONE
from lifelong import config
from lifelong.datasets import load
from lifelong.runs.history import History
from lifelong.training.experiment import Experiment

RATES = {"inflora": None, "finetune": 3e-5}


@click.command()
@click.option("--steps", default=20, show_default=True)
@click.option("--seed", default=0, show_default=True)
def main(steps: int, seed: int) -> None:
    """Trains both and writes the results."""
    dataset = load("cifar10")
    dataset = replace(
        dataset, test_images=dataset.test_images[::5], test_labels=dataset.test_labels[::5]
    )
    rows = []
    for strategy, rate in RATES.items():
        run = config.make(
            dataset="cifar10",
            scenario="class",
            strategy=strategy,
            seed=seed,
            model="resnet50",
            network={"tune": "whole", "weights": BACKBONE, "layers": 0},
            steps=steps,
            learning_rate=rate,
        )
        events = Experiment(run, dataset, clock=time.process_time).events()
        report = History(run, tuple(events)).report(run=None)
        rows.append(
            {
                "strategy": strategy,
                "steps": steps,
                "seed": seed,
                "tested": len(dataset.test_labels),
                "accuracy": round(100 * report["average_accuracy"], 2),
                "accuracy_task_given": round(
                    100 * mean(report["accuracy_task_label_given"][-1]), 2
                ),
                "stored": report["stored"],
                "seconds": round(report["seconds"], 1),
            }
        )
        click.echo(json.dumps(rows[-1]))
        (RESULTS / "adapters.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
