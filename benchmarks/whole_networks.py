"""Measures strategies on Split CIFAR-10 that train a whole ResNet-50 from a pretrained backbone.

    python -m benchmarks.split_cifar10 --whole

Trains the backbone and both fully connected layers, one epoch of each task: three seeds of
THREE_SEEDS, one of ONE_SEED, in the class and task scenarios. BACKBONE was distilled on the images
of all ten classes, without their labels, by a network that was trained with ImageNet's labels
(make_backbone.py; results/backbone_learning.json). Strategies with a replay buffer store 50 images
of each class; online EWC draws one label for each image of its Fisher information
(`estimator=sampled`), so that an image takes one backward pass, not one for each active class.

The learning rate is the one of RATES with the best mean accuracy over RATE_RUNS, trained without
every fifth training image and tested on those, with a seed that the table does not use. Files:
results/split_cifar10_whole_rates.json, split_cifar10_whole_runs.jsonl and split_cifar10_whole.json.
A second call trains only what is missing.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from statistics import mean

import torch

from benchmarks.tables import RESULTS, SPLIT_CIFAR10, Table, names_for
from lifelong import config, registry
from lifelong.config import RunConfig
from lifelong.data.examples import Dataset
from lifelong.datasets import load
from lifelong.runs.history import History
from lifelong.training import experiment, parallel, setup

TABLE = Table("split_cifar10_whole", SPLIT_CIFAR10)
THREE_SEEDS = ("finetune", "joint", "replay")
ONE_SEED = ("ewc-online", "si", "lwf", "er-ace", "derpp", "packnet", "hat")
RATES = (3e-5, 1e-4, 3e-4)
RATE_RUNS = (("class", "replay"), ("class", "joint"), ("task", "finetune"))
RATE_SEED = 100
BACKBONE = "checkpoints/backbones/resnet50-6-views.safetensors"
RATE_FILE = RESULTS / "split_cifar10_whole_rates.json"
PER_CLASS = 50


def make_table(strategies: str, scenarios: str, processes: int | None) -> str:
    """Trains the missing runs, writes the summary and returns it as a Markdown table."""
    rate = best_rate(processes)
    names = ",".join((*THREE_SEEDS, *ONE_SEED)) if strategies == "all" else strategies
    configs = [
        _config(scenario, name, seed, rate)
        for seed in range(3)
        for scenario in scenarios.split(",")
        for name in names_for(names, scenario)
        if seed == 0 or name in THREE_SEEDS
    ]
    TABLE.make(configs, processes)
    return TABLE.markdown(TABLE.write({"learning_rate": rate, "backbone": BACKBONE}))


def buffer_size(strategy: str) -> dict:
    """Returns the settings of a strategy that stores 50 images of each class, if it stores any."""
    settings = {setting.name for setting in registry.strategy(strategy).settings("class")}
    return {"per_class": PER_CLASS} if "per_class" in settings else {}


def _config(scenario: str, strategy: str, seed: int, rate: float) -> RunConfig:
    settings = buffer_size(strategy)
    if strategy == "ewc-online":
        settings["estimator"] = "sampled"
    return config.make(
        dataset="cifar10",
        scenario=scenario,
        strategy=strategy,
        settings=settings,
        seed=seed,
        model="resnet50",
        network={"tune": "whole", "weights": BACKBONE},
        learning_rate=rate,
    )


def best_rate(processes: int | None) -> float:
    """Returns the learning rate that is best on held-out training images; trains what is missing.

    An earlier call's results are read from RATE_FILE.
    """
    rows = json.loads(RATE_FILE.read_text()) if RATE_FILE.exists() else []
    done = {(row["scenario"], row["strategy"], row["learning_rate"]) for row in rows}
    missing = [
        setup.resolve(_config(scenario, strategy, RATE_SEED, rate))
        for rate in RATES
        for scenario, strategy in RATE_RUNS
        if (scenario, strategy, rate) not in done
    ]
    width = processes or 1
    for row in parallel.run_jobs(_validate, _validate, missing, width, stop=lambda: False):
        rows.append(row)
        RATE_FILE.write_text(json.dumps(rows, indent=1) + "\n")
    return max(
        RATES,
        key=lambda rate: mean(row["accuracy"] for row in rows if row["learning_rate"] == rate),
    )


def _validate(run: RunConfig) -> Iterator[dict]:
    """Trains on four fifths of the training images and yields the accuracy on the others."""
    learner = experiment.Experiment(run, held_out(load(run.dataset)))
    report = History(run, tuple(learner.events())).report(run=None)
    yield {
        "scenario": run.scenario,
        "strategy": run.strategy,
        "learning_rate": run.learning_rate,
        "seed": run.seed,
        "accuracy": round(100 * report["average_accuracy"], 2),
    }


def held_out(dataset: Dataset) -> Dataset:
    """Returns the data set with every fifth training image in place of the test images."""
    tested = torch.arange(len(dataset.train_labels)) % 5 == 0
    return replace(
        dataset,
        train_images=dataset.train_images[~tested],
        train_labels=dataset.train_labels[~tested],
        test_images=dataset.train_images[tested],
        test_labels=dataset.train_labels[tested],
    )
