"""Adds to shipped runs what their training costs, which older records lack.

    LIFELONG_DATA=... python -m benchmarks.ship_costs RUN ...

RUN is a folder in `checkpoints/`. Of every task but the first steps are learned again, in a process
of its own for each run. The operations of the whole run follow from them to the last one: see
`lifelong.training.costs`, which counts every step after the second as much as the second. The peak
of the memory is that of these steps. Writes `operations` and `peak_memory` into the record of each
run; all else in it stays as it is. Prints one JSON object for each run.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import click

from lifelong import registry
from lifelong.events import TaskLearned
from lifelong.runs import journal
from lifelong.runs import store as run_store
from lifelong.runs.folders import SHIPPED
from lifelong.runs.history import History
from lifelong.training.experiment import Experiment

STEPS = 20  # of each task that are learned: with fewer, the memory has not reached its peak


@click.command()
@click.argument("names", nargs=-1, required=True)
def main(names: tuple[str, ...]) -> None:
    """Writes the costs into the record of each named run."""
    spawn = get_context("spawn")  # peak memory is that of a process, which has learned no other run
    with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as processes:
        for name, rows in zip(names, processes.map(add, [SHIPPED / name for name in names])):
            last = rows[-1]
            report = {"operations": last.operations, "peak_memory": last.peak_memory}
            click.echo(json.dumps({"run": name, **report}))


def add(folder: Path) -> list[TaskLearned]:
    """Adds the costs to the record of a run; returns its rows."""
    history = run_store.history(folder)
    rows = list(with_costs(history))
    lines = [i for i, event in enumerate(history.events) if isinstance(event, TaskLearned)]
    journal.replace(folder / journal.RECORD_FILE, dict(zip(lines, rows)))
    return rows


def with_costs(history: History) -> Iterator[TaskLearned]:
    """Yields the rows of a run's record with the costs of training so far.

    Raises SystemExit where the images are not those of the record.
    """
    config = history.config
    if config.precision == "auto":  # a record of before there was a choice
        config = config.with_changes(precision="fp32")
    if not registry.strategy(config.strategy).single_pass:
        config = config.with_changes(steps=STEPS)
    experiment = Experiment(config)
    if experiment.dataset.source != history.started.source:
        raise SystemExit(
            f"The run learned {history.started.source}, but here is {experiment.dataset.source}; "
            "set LIFELONG_DATA to those images."
        )
    steps = {step.task: step.steps for step in history.steps}
    left_out = 0
    for event in experiment.events():
        if isinstance(event, TaskLearned):
            task = experiment.tasks[event.task]
            learned = experiment.strategy.steps(task, task.train)
            left_out += (steps[event.task] - learned) * experiment.costs.each_step
            costs = {
                "operations": (event.operations or 0) + left_out,
                "peak_memory": event.peak_memory,
            }
            yield history.learned[event.task].model_copy(update=costs)


if __name__ == "__main__":
    main()
