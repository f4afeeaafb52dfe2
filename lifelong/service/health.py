"""Health of the process that trains: whether it makes progress, its last error, its end."""

import time

from ..errors import LifelongError
from ..runs import heartbeat
from ..storage import owners
from . import jobs

QUIET_SECONDS = 60.0  # without progress, after which a process may be ended


def quiet_seconds(name: str) -> float | None:
    """Returns the seconds since the last sign of progress of a run or study at work.

    None for one that is not at work in this server's process. A clock that was set back gives 0.
    """
    worker, folder = jobs.worker(), jobs.find(name)
    at_work = None if worker is None else worker.seconds_at_work(folder)
    last = heartbeat.last(folder)
    if at_work is None or last is None:
        return at_work
    return min(at_work, max(0.0, time.time() - last))


def seems_hung(name: str) -> bool:
    """Returns whether a run or study at work has made no progress for QUIET_SECONDS."""
    return (quiet_seconds(name) or 0.0) >= QUIET_SECONDS


def last_error(name: str) -> str:
    """Returns why a run or study could not be learned when that was last tried, empty for none.

    For errors that its record could not take, such as that of a folder that is read-only.
    """
    worker = jobs.worker()
    return "" if worker is None else worker.last_error(jobs.find(name))


def end_process(name: str) -> None:
    """Ends the process that is at a run or study; it goes on later from what was saved last.

    What waits is learned by another process. Raises LifelongError for one that makes progress.
    """
    owners.check_change(jobs.find(name))
    worker = jobs.worker()
    if worker is None or not seems_hung(name):
        raise LifelongError(f"{name} makes progress or is not at work; stop it instead.")
    worker.kill(jobs.find(name))
