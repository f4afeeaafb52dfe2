"""Compares strategies on the same tasks and images: learns runs side by side, mean over seeds."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from ..config import RunConfig
from ..errors import LifelongError
from ..events import Preparation
from ..metrics import all_metrics, mean_and_sem
from ..training.experiment import run
from ..training.parallel import run_jobs
from ..training.setup import model_of
from ..training.setup import prepare as prepare_run
from .history import REFERENCE_STRATEGY, History


def averaged_keys() -> list[str]:
    """Returns the keys of a report that are averaged over seeds: metrics and costs of a run."""
    return [*(m.name for m in all_metrics()), "seconds", "operations", "peak_memory"]


def with_references(reports: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns reports with the metrics that compare with cumulative training, where that is among
    them with the same seed.
    """
    reports = list(reports)
    references = {r["seed"]: r["accuracy"] for r in reports if r["strategy"] == REFERENCE_STRATEGY}
    compared = [m for m in all_metrics() if "reference_accuracy" in m.needs]
    return [
        report
        if report["strategy"] == REFERENCE_STRATEGY
        else {**report, **{m.name: m.of(_quantities(report, references)) for m in compared}}
        for report in reports
    ]


def _quantities(report: dict[str, Any], references: dict[int, Any]) -> dict[str, Any]:
    """Returns the quantities of a report beside those of the reference run."""
    accuracy, reference = report["accuracy"], references.get(report["seed"])
    return {"accuracy": accuracy, "reference_accuracy": reference}


def prepare(configurations: Iterable[RunConfig]) -> Iterator[Preparation]:
    """Loads what the runs need, so that none of them waits; yields the progress."""
    for config in configurations:
        yield from prepare_run(config)


def race(
    configurations: list[RunConfig],
    processes: int | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[dict[str, Any]]:
    """Learns runs in several processes and yields the report of each as it ends.

    The numbers are those of one run at a time. processes: see `default_processes`. clock: of the
    seconds of a run.
    """
    width = processes or min(default_processes(configurations), len(configurations))
    learn = partial(_reports, clock=clock)
    yield from run_jobs(learn, learn, configurations, width, stop=lambda: False)


def _reports(config: RunConfig, clock: Callable[[], float]) -> Iterator[dict[str, Any]]:
    yield report(config, clock)


def default_processes(configurations: Iterable[RunConfig]) -> int:
    """Returns the number of runs to learn side by side: `$LIFELONG_PROCESSES`, or one a core.

    A single one where a run uses all cores, or a GPU. Raises LifelongError if it is no number.
    """
    given = os.environ.get("LIFELONG_PROCESSES", "")
    if given and not (given.isdecimal() and int(given)):
        raise LifelongError(
            f"LIFELONG_PROCESSES was given as '{given}'; expected a whole number from 1 on."
        )
    alone = any(
        model_of(config).threads != 1 or config.device == "cuda" for config in configurations
    )
    return 1 if alone else int(given or os.cpu_count() or 1)


def report(config: RunConfig, clock: Callable[[], float] = time.perf_counter) -> dict[str, Any]:
    """Returns the report of a run that is learned here in memory, from first to last task."""
    return History(config, tuple(run(config, clock))).report(run=None)


def rows(
    reports: Iterable[dict[str, Any]], configurations: list[RunConfig]
) -> list[dict[str, Any]]:
    """Returns one row a strategy with mean, sem and its reports, in the configurations' order."""
    position = {(config.strategy, config.seed): i for i, config in enumerate(configurations)}
    groups: dict[str, list[dict[str, Any]]] = {}
    found = with_references(reports)
    for report in sorted(found, key=lambda report: position[report["strategy"], report["seed"]]):
        groups.setdefault(report["strategy"], []).append(report)
    return [row(strategy, group) for strategy, group in groups.items()]


def row(strategy: str, reports: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the row of a strategy: mean and sem of the reports of its seeds."""
    summary = {name: mean_and_sem([report[name] for report in reports]) for name in averaged_keys()}
    mean = {name: m for name, (m, _) in summary.items()}
    tasks = range(reports[0]["tasks"])
    accuracy = [
        [mean_and_sem([report["accuracy"][i][j] for report in reports])[0] for j in tasks]
        for i in tasks
    ]
    return {
        "strategy": strategy,
        "scenario": reports[0]["scenario"],
        "n": len(reports),
        "accuracy": accuracy,
        **mean,
        "stored": reports[-1]["stored"],
        "mean": mean,
        "sem": {name: s for name, (_, s) in summary.items()},
        "run": None,
        "runs": reports,
    }
