"""Benchmark of a training step, relative to the matrix products that every step needs.

All strategies are measured in one process, in turns, on random images in memory; only ratios can be
compared between machines.
"""

import time
from collections.abc import Callable, Collection
from itertools import islice
from statistics import median
from typing import Any

import torch

from .. import registry
from ..config import RunConfig
from ..data.examples import Dataset
from ..numerics import cores, hardware, matmul
from ..strategies.parts.importance import exact_fisher
from .experiment import Experiment

CLASSES, IMAGES_PER_CLASS = 10, 6000
THREADS = 1  # as a run of a small network has, beside others
ROUNDS, STEPS = 9, 40  # the median round of so many, each of so many steps


def measure(scenario: str = "class", only: Collection[str] = ()) -> dict[str, Any]:
    """Measures the milliseconds of a step of each strategy's second task, and one exact Fisher.

    Returns {"floor_ms", "steps": {strategy: {"ms", "to_floor", "to_finetune"}}, "fisher_seconds",
    "threads", "bf16"}: all in single precision; "bf16" is floor and steps again, or None if the
    processor does not gain from it. Strategies that see each image once take no such steps and are
    left out. only: names of strategies; by default all of the scenario.
    """
    dataset, names = toy_dataset(), _names(scenario, only)
    with hardware.threads(THREADS), cores.kept_busy():
        bf16 = hardware.precision("auto") == "bf16"
        return {
            **_steps(names, scenario, dataset, "fp32"),
            "fisher_seconds": round(_fisher_seconds(dataset), 3),
            "threads": torch.get_num_threads(),
            "bf16": _steps(names, scenario, dataset, "bf16") if bf16 else None,
        }


def _names(scenario: str, only: Collection[str]) -> list[str]:
    """Returns the names of the strategies to be measured, always with fine-tuning."""
    chosen = {*(only or registry.strategies()), "finetune"}
    classes = {name: registry.strategy(name) for name in sorted(chosen)}
    return [
        name
        for name, strategy in classes.items()
        if scenario in strategy.scenarios and not strategy.single_pass
    ]


def _steps(names: list[str], scenario: str, dataset: Dataset, precision: str) -> dict[str, Any]:
    configs = {
        name: RunConfig(strategy=name, scenario=scenario, recipe="paper", precision=precision)
        for name in names
    }
    measured: dict[str, Callable[[], float]] = {
        name: stepper(config, dataset) for name, config in configs.items()
    }
    measured["floor"] = _floor(precision)
    rounds: dict[str, list[float]] = {name: [] for name in measured}
    for _ in range(ROUNDS):
        for name, once in measured.items():
            rounds[name].append(once())
    ms = {name: median(times) for name, times in rounds.items()}
    steps = {
        n: {
            "ms": round(ms[n], 3),
            "to_floor": round(ms[n] / ms["floor"], 3),
            "to_finetune": round(ms[n] / ms["finetune"], 3),
        }
        for n in names
    }
    return {"floor_ms": round(ms["floor"], 3), "steps": steps}


def toy_dataset() -> Dataset:
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(CLASSES).repeat(IMAGES_PER_CLASS)
    images = torch.randint(0, 256, (len(labels), 1, 28, 28), dtype=torch.uint8, generator=generator)
    return Dataset(
        "mnist", "", "made up", tuple("0123456789"), images, labels, images[:200], labels[:200]
    )


def stepper(config: RunConfig, dataset: Dataset) -> Callable[[], float]:
    """Returns a function that takes STEPS steps of the second task and returns milliseconds a step.

    The first task has 20 steps only.
    """
    experiment = Experiment(config.with_changes(steps=20), dataset)
    for _event in experiment.events(until=1):
        pass
    strategy = experiment.strategy
    strategy.recipe = config.training_recipe
    learning = strategy.learn(experiment.tasks[1])
    next(learning)

    def once() -> float:
        clock = time.perf_counter()
        for _ in islice(learning, STEPS):
            pass
        return (time.perf_counter() - clock) / STEPS * 1000

    return once


def _floor(precision: str) -> Callable[[], float]:
    """Returns a function that measures the eight matrix products of a fine-tuning step.

    The batch has 128 images; the result is in milliseconds.
    """
    sizes = [(784, 400), (400, 400), (400, CLASSES)]
    inputs = [torch.randn(128, i) for i, _ in sizes]
    weights = [torch.randn(o, i) for i, o in sizes]
    gradients = [torch.randn(128, o) for _, o in sizes]

    def once() -> float:
        clock = time.perf_counter()
        with matmul.matmul_precision(precision):
            for _ in range(STEPS):
                for x, w in zip(inputs, weights):
                    matmul.matmul(x, w.T)
                for x, g in zip(inputs, gradients):
                    matmul.matmul(g.T, x)
                for w, g in zip(weights[1:], gradients[1:]):
                    matmul.matmul(g, w)
        return (time.perf_counter() - clock) / STEPS * 1000

    return once


def _fisher_seconds(dataset: Dataset) -> float:
    experiment = Experiment(RunConfig(recipe="paper"), dataset)
    task = experiment.tasks[0]
    clock = time.perf_counter()
    exact_fisher(experiment.strategy.network, task.train.images, task.candidates(task.train.tasks))
    return time.perf_counter() - clock
