"""Learns the runs of a sweep, those that are not complete yet; each keeps to its folder."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ..events import Preparation
from ..numerics import cores
from ..runs import comparison, folders, store
from ..training import setup
from ..training.parallel import run_jobs
from . import cluster, work
from .cluster import Lost, Resources
from .grid import Planned
from .work import Update


def create(planned: Sequence[Planned], folder: Path | None = None) -> list[Path]:
    """Creates the folders of runs that are not there yet; returns all, in order.

    folder: of the runs, by default that of all runs. Raises LifelongError as `store.create` does.
    """
    home = folder or folders.home()
    return [store.create(each.config, home / each.name) for each in planned]


def is_finished(folder: Path) -> bool:
    """Returns whether a run is complete."""
    return store.history(folder).finished


def cpus_of(runs: Sequence[Path]) -> int:
    """Returns the cores of each run on a cluster: one of small networks, else all of a machine."""
    models = (setup.model_of(store.history(run).config) for run in runs)
    return 1 if all(model.threads == 1 for model in models) else os.cpu_count() or 1


def learn(
    runs: Sequence[Path], width: int | None = None, stop: Callable[[], bool] = lambda: False
) -> Iterator[Update]:
    """Learns runs in processes of this machine; yields what is done of each.

    width: number of processes, by default one a core for small networks. Raises LifelongError if a
    process is killed.
    """
    width = width or comparison.default_processes(store.history(run).config for run in runs)
    yield from run_jobs(
        partial(work.learn, stop=stop), work.learn, runs, max(1, min(width, len(runs))), stop
    )


def learn_on_cluster(
    runs: Sequence[Path],
    resources: Resources,
    stop: Callable[[], bool] = lambda: False,
    shared: bool = False,
) -> Generator[Preparation, None, Iterator[Update]]:
    """Prepares the images of runs, yields the progress, and returns the updates of learning them.

    The cluster must be connected. shared: its machines see the runs' folders under the same paths,
    so that files need not be sent. Raises LifelongError as preparing does.
    """
    contents: dict[Any, Any] = {}
    jobs: dict[str, Callable[[], tuple[Any, ...]]] = {}
    for run in runs:
        config = store.history(run).config
        key = (config.dataset, config.target, setup.backbone_info_of(config))
        if key not in contents:
            contents[key] = cluster.put((yield from setup.prepare(config)))
        jobs[run.name] = partial(_arguments, contents[key], run, shared)
    return _updates({run.name: run for run in runs}, jobs, resources, stop)


def _arguments(content: Any, run: Path, shared: bool) -> tuple[Any, ...]:
    """Returns the arguments of `_work` as the run is now: one that died goes on from there."""
    return content, str(run.absolute()), None if shared else work.files_of(run)


def _updates(
    runs: Mapping[str, Path],
    jobs: Mapping[str, Callable[[], tuple[Any, ...]]],
    resources: Resources,
    stop: Callable[[], bool],
) -> Iterator[Update]:
    shares = dict.fromkeys(runs, 0.0)
    for name, value in cluster.stream(_work, jobs, resources, stop):
        if isinstance(value, Lost):
            error = f"its worker died {resources.retries + 1} times ({value.reason})"
            value = Update(name, shares[name], error)
        work.receive(value, runs[name])
        shares[name] = value.share
        yield value


def _work(content: Any, run: str, files: dict[str, bytes] | None) -> Iterator[Update]:
    """Learns a run on a worker of the cluster."""
    prepared = cluster.get_prepared(content)
    with cores.kept_busy(), contextlib.ExitStack() as stack:
        if files is None:
            yield from work.learn(Path(run), prepared)
            return
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lifelong-")))
        yield from work.learn_elsewhere(files, folder / Path(run).name, prepared)
