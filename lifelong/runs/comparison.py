"""Strategies side by side: the same tasks, the same images in the same order, mean and error over seeds."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from ..config import RunConfig
from ..metrics import all_metrics, mean_and_sem
from ..training.experiment import model_of, run
from ..training.parallel import run_jobs
from .history import History


def measured() -> list[str]:
    """Returns the keys of a report that are averaged over seeds: metrics and seconds of a run."""
    return [m.name for m in all_metrics() if "reference_accuracy" not in m.needs] + ["seconds"]


def race(
    configurations: list[RunConfig],
    processes: int | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[dict[str, Any]]:
    """Runs them side by side and yields the report of each as it ends; the numbers are those of one at a time.

    processes: how many at once; by default as many as there are cores, where a run of the model uses one.
    clock: what the seconds of a run are read from.
    """
    width = processes or min(at_once(configurations), len(configurations))
    learn = partial(_reports, clock=clock)
    yield from run_jobs(learn, learn, configurations, width, stop=lambda: False)


def _reports(config: RunConfig, clock: Callable[[], float]) -> Iterator[dict[str, Any]]:
    yield report(config, clock)


def at_once(configurations: Iterable[RunConfig]) -> int:
    """How many runs are best learned at once: one for each core, or a single one where it uses all of them, or a graphics card."""
    alone = any(
        model_of(config).threads != 1 or config.device == "cuda" for config in configurations
    )
    return 1 if alone else os.cpu_count() or 1


def report(config: RunConfig, clock: Callable[[], float] = time.perf_counter) -> dict[str, Any]:
    """Learns one run from the first task to the last, in memory, and tells what it came to."""
    return History(config, tuple(run(config, clock))).report(run=None)


def rows(
    reports: Iterable[dict[str, Any]], configurations: list[RunConfig]
) -> list[dict[str, Any]]:
    """One row a strategy with mean, sem and the runs it is made of, all in the order of the configurations."""
    place = {(config.strategy, config.seed): i for i, config in enumerate(configurations)}
    groups: dict[str, list[dict[str, Any]]] = {}
    for told in sorted(reports, key=lambda told: place[told["strategy"], told["seed"]]):
        groups.setdefault(told["strategy"], []).append(told)
    return [_row(strategy, told) for strategy, told in groups.items()]


def _row(strategy: str, told: list[dict[str, Any]]) -> dict[str, Any]:
    summary = {name: mean_and_sem([t[name] for t in told]) for name in measured()}
    mean = {name: m for name, (m, _) in summary.items()}
    tasks = range(told[0]["tasks"])
    accuracy = [
        [mean_and_sem([t["accuracy"][i][j] for t in told])[0] for j in tasks] for i in tasks
    ]
    return {
        "strategy": strategy,
        "scenario": told[0]["scenario"],
        "n": len(told),
        "accuracy": accuracy,
        **mean,
        "stored": told[-1]["stored"],
        "mean": mean,
        "sem": {name: s for name, (_, s) in summary.items()},
        "run": None,
        "runs": told,
    }
