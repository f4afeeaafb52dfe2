"""Compares strategies on the same tasks: mean and standard error over seeds, as a table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from ..errors import LifelongError
from ..metrics import mean_and_sem
from ..runs import comparison
from ..strategies.base import Strategy
from ..training.parallel import run_jobs
from .dataset import TaskSequence
from .run import Run

Compared = str | type[Strategy] | Run


def compare(
    strategies: Sequence[Compared] | Mapping[str, Compared],
    tasks: TaskSequence,
    seeds: int | Iterable[int] = 5,
    *,
    processes: int = 1,
    **settings: Any,
) -> pd.DataFrame:
    """Learns the tasks by each strategy and seed; returns mean and standard error of all measures.

    strategies: names, classes, or runs whose settings are used; with a mapping, its keys are the
    rows' names. seeds: their number, from 0 on, or the seeds. processes: runs side by side, for
    named strategies and networks; a script that asks for more than one has to start under `if
    __name__ == "__main__":`. settings: of all runs that are not given as such, see `Run`.

    Columns are (measure, "mean" or "sem"); the measures that compare with cumulative training are
    there if `cumulative` is among the strategies, with the same seed. `n` runs a row are in
    `table.attrs`. Raises LifelongError as `Run.fit` does.
    """
    named = strategies if isinstance(strategies, Mapping) else _labelled(strategies)
    runs = {
        label: each if isinstance(each, Run) else Run(each, **settings)
        for label, each in named.items()
    }
    numbers = list(range(seeds) if isinstance(seeds, int) else seeds)
    jobs = [(label, run.copy(seed=seed)) for seed in numbers for label, run in runs.items()]
    learn = partial(_reports, tasks)
    found: dict[str, list[dict[str, Any]]] = {label: [] for label in runs}
    reports = run_jobs(learn, learn, jobs, max(1, min(processes, len(jobs))), stop=lambda: False)
    for label, report in _with_references(list(reports)):
        found[label].append(report)
    table = as_table(found.values(), list(found))
    table.attrs["n"] = len(numbers)
    return table


def as_table(groups: Iterable[list[dict[str, Any]]], index: list[str] | None) -> pd.DataFrame:
    """Returns a row of mean and standard error for each group of reports."""
    rows = [_row(reports) for reports in groups]
    return pd.DataFrame(rows, index=index, columns=pd.MultiIndex.from_tuples(rows[0]))


def _labelled(given: Sequence[Compared]) -> dict[str, Compared]:
    """Returns what is compared by the name of its strategy; raises LifelongError for one twice."""
    named: dict[str, Compared] = {}
    for each in given:
        strategy = each.strategy if isinstance(each, Run) else each
        label = strategy if isinstance(strategy, str) else strategy.__name__
        if label in named:
            raise LifelongError(
                f"{label} was given twice; give a mapping with a name for each, such as"
                ' {"few images": Run(...), "many images": Run(...)}.'
            )
        named[label] = each
    return named


def _reports(tasks: TaskSequence, job: tuple[str, Run]) -> Iterator[tuple[str, dict[str, Any]]]:
    label, run = job
    yield label, run.fit(tasks).history_.report(run=None)


def _with_references(
    reports: list[tuple[str, dict[str, Any]]],
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the reports, each with the measures that compare it with cumulative training."""
    labels = [label for label, _report in reports]
    yield from zip(labels, comparison.with_references(report for _label, report in reports))


def _row(reports: list[dict[str, Any]]) -> dict[tuple[str, str], float | None]:
    row: dict[tuple[str, str], float | None] = {}
    stored = [float(sum((report["stored"] or {}).values())) for report in reports]
    columns = {name: [report[name] for report in reports] for name in comparison.averaged_keys()}
    for name, values in {**columns, "stored_bytes": stored}.items():
        mean, error = mean_and_sem(values)
        row |= {(name, "mean"): mean, (name, "sem"): error}
    return row
