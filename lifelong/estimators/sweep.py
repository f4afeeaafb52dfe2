"""Sweeps from Python: a grid of runs of named strategies on a named data set, as a table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import LifelongError
from ..formatting import plural
from ..storage.progress import result_of
from ..sweeps import cluster, results
from ..sweeps import grid as grids
from ..sweeps import sweep as sweeps
from ..sweeps.work import Update
from .comparison import as_table


def sweep(
    strategies: Sequence[str] | str,
    scenarios: Sequence[str] | str = "class",
    seeds: int | Iterable[int] = 1,
    *,
    settings: Mapping[str, Any] | None = None,
    folder: str | Path | None = None,
    processes: int = 1,
    ray: str | None = None,
    **run: Any,
) -> pd.DataFrame:
    """Learns strategies x scenarios x seeds x settings; returns mean and standard error.

    strategies: names, or "all". settings: values by the name of a setting, or by
    "strategy.setting". run: fields that all runs share, such as dataset, recipe or steps. folder:
    of the runs, by default that of all runs; those that are complete are not learned again. ray:
    "here" or the address of a Ray cluster. processes: without Ray, runs side by side; a script that
    asks for more than one has to start under `if __name__ == "__main__":`.

    The index is (scenario, strategy with the settings that vary), columns are (measure, "mean" or
    "sem"). Raises LifelongError for what does not fit, and after the others if a run failed.
    """
    given = {"strategies": strategies, "scenarios": scenarios, "seeds": _seeds(seeds)}
    grid = grids.make({**given, "settings": dict(settings or {}), "run": run})
    planned, _left_out = grids.plan(grid)
    runs = sweeps.create(planned, None if folder is None else Path(folder))
    waiting = [each for each in runs if not sweeps.is_finished(each)]
    errors = {update.run: update.error for update in _learn(waiting, processes, ray)}
    failed = {name: error for name, error in errors.items() if error}
    if failed:
        name, error = next(iter(failed.items()))
        raise LifelongError(f"{plural(len(failed), 'run')} failed, {name} first: {error}")
    rows = results.rows(planned, runs)
    table = as_table([row["runs"] for row in rows], None)
    index = [(row["scenario"], row["strategy"]) for row in rows]
    table.index = pd.MultiIndex.from_tuples(index, names=["scenario", "strategy"])
    return table


def _seeds(given: int | Iterable[int]) -> int | tuple[int, ...]:
    return given if isinstance(given, int) else tuple(given)


def _learn(runs: Sequence[Path], processes: int, ray: str | None) -> Iterator[Update]:
    if not runs:
        return
    if ray is None:
        yield from sweeps.learn(runs, width=processes)
        return
    with cluster.connected(ray):
        resources = cluster.Resources(sweeps.cpus_of(runs))
        yield from result_of(sweeps.learn_on_cluster(runs, resources))
