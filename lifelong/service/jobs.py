"""Training of runs and studies, given by name, in the worker process of the app."""

from collections.abc import Sequence
from pathlib import Path

from .. import datasets
from ..errors import LifelongError
from ..runs import store as run_store
from ..runs.folders import RunState
from ..transfer import store as study_store
from . import limits
from .worker_client import Connection, WorkerClient

# The app connects the worker that it makes when it starts; pages are scripts that cannot be given
# one. Without a worker, states come from the records alone.
_connection = Connection()
connected = _connection.connected


def worker() -> WorkerClient | None:
    """Returns the client of the process that trains; None where there is none."""
    return _connection.worker


def find(name: str) -> Path:
    """Returns the folder of a run or study. Raises LifelongError when there is neither."""
    return study_store.find(name) or run_store.folder(name)


def state(name: str) -> RunState:
    """Returns the state of a run or a study, with that of the worker's queue."""
    position = queue_position(name)
    if position is not None:
        return RunState.WAITING if position else RunState.RUNNING
    folder = find(name)
    store = study_store if study_store.is_study(folder) else run_store
    return store.state(folder)


def queue_position(name: str) -> int | None:
    """Returns 0 for the run or study that is trained, 1 for the next in the queue, and so on.

    None for one that is not in the queue.
    """
    return _connection.worker.queue_position(find(name)) if _connection.worker else None


def queue() -> list[str]:
    """Returns the names of the runs and studies in the worker's queue, the one at work first."""
    return [folder.name for folder in _connection.worker.queue()] if _connection.worker else []


def is_stopping(name: str) -> bool:
    """Returns whether a run or study at work was stopped and has not come to rest yet."""
    return _connection.worker is not None and _connection.worker.is_stopping(find(name))


def learn(name: str, until: int | None = None) -> None:
    """Continues a run before task `until`, or a run or study to its end.

    Raises LifelongError for an unknown name, and when no worker is connected.
    """
    folder = find(name)
    _connected_worker().learn(folder, until)


def learn_in_turns(names: Sequence[str]) -> None:
    """Continues several runs to their ends, task by task in turns: the runs of a race.

    Raises LifelongError for an unknown name, and when no worker is connected.
    """
    histories = {name: run_store.history(run_store.folder(name)) for name in names}
    _connected_worker().learn_in_turns(
        [
            (find(name), range(len(run.learned) + 1, run.config.tasks + 1))
            for name, run in histories.items()
        ]
    )


def check_new() -> None:
    """Raises LifelongError where this server takes no new run at the moment, see `limits`."""
    limits.check_new(len(queue()))


def stop(name: str) -> None:
    """Stops a run or study after its present step; what was learned is saved."""
    folder = find(name)
    _connected_worker().stop(folder)


def prepare(dataset: str) -> None:
    """Has the worker load a data set that is on this machine before a run needs it."""
    if _connection.worker and datasets.is_available(dataset):
        _connection.worker.prepare(dataset)


def _connected_worker() -> WorkerClient:
    if _connection.worker is None:
        raise LifelongError(
            "This page has no process that trains; start the app with "
            "`streamlit run app/main.py`, or train with `python -m lifelong train`."
        )
    return _connection.worker
