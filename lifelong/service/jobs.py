"""Training of runs and studies, given by name, in the worker process of the app."""

from collections.abc import Sequence
from pathlib import Path

from .. import datasets
from ..errors import LifelongError
from ..runs import store as run_store
from ..runs.folders import RunState
from ..storage import owners
from ..transfer import store as study_store
from . import access, limits, quotas
from .connection import Connection
from .worker_client import WorkerClient

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


def seconds_until_turn(name: str) -> float | None:
    """Returns the seconds until a waiting run or study has its turn; None where nobody knows."""
    return _connection.worker.seconds_until_turn(find(name)) if _connection.worker else None


def queue() -> list[str]:
    """Returns the names of the runs and studies in the worker's queue, the one at work first.

    On a public server the present visitor's own.
    """
    return [folder.name for folder in owners.listed(_queued())]


def _queued() -> list[Path]:
    return _connection.worker.queue() if _connection.worker else []


def is_stopping(name: str) -> bool:
    """Returns whether a run or study at work was stopped and has not come to rest yet."""
    return _connection.worker is not None and _connection.worker.is_stopping(find(name))


def learn(name: str, until: int | None = None) -> None:
    """Continues a run before task `until`, or a run or study to its end.

    Raises LifelongError for an unknown name, where the visitor of a server may not, and when no
    worker is connected.
    """
    folder = find(name)
    owners.check_change(folder)
    quotas.check_training()
    _connected_worker().learn(folder, until)


def learn_in_turns(names: Sequence[str]) -> None:
    """Continues several runs to their ends, task by task in turns: the runs of a race.

    Raises LifelongError as `learn` does.
    """
    for name in names:
        owners.check_change(find(name))
    quotas.check_training()
    histories = {name: run_store.history(run_store.folder(name)) for name in names}
    _connected_worker().learn_in_turns(
        [
            (find(name), range(len(run.learned) + 1, run.config.tasks + 1))
            for name, run in histories.items()
        ]
    )


def check_new(count: int = 1, *data_sets: str | None) -> None:
    """Raises LifelongError where this server takes no new runs at the moment.

    See `limits` and `quotas`. data_sets: that they learn from.
    """
    owners.check_writable()
    for name in filter(None, data_sets):
        access.check_dataset(name)
    quotas.check_training()
    queued = _queued()
    quotas.check_new(count, len(queue()), queued)
    limits.check_new(len(queued))


def check_upload() -> None:
    """Raises LifelongError where this server takes no file at the moment; makes room for one."""
    owners.check_writable()
    quotas.take_upload()
    quotas.check_new(1, 0, _queued())


def check_data_upload() -> None:
    """Does what `check_upload` does for images of a data set."""
    owners.check_writable()
    quotas.take_upload()
    used = [run_store.history(each).config.dataset for each in _queued() if run_store.is_run(each)]
    quotas.make_data_room(used)


def stop(name: str) -> None:
    """Stops a run or study after its present step; what was learned is saved.

    Raises LifelongError as `learn` does.
    """
    folder = find(name)
    owners.check_change(folder)
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
