"""Limits of a server that is open to everyone: none by default, each set in the environment.

LIFELONG_MOST_WAITING: runs in the queue, beyond which no new one is made. LIFELONG_MOST_SECONDS:
of training at a time, after which a run rests and can be continued. LIFELONG_MOST_GB: of the runs
of all visitors, beyond which none is made or loaded, and likewise of the data sets they brought.
"""

import time
from collections.abc import Callable

from ..errors import LifelongError
from ..formatting import expected_duration, size
from ..runs.folders import home
from ..storage import listed
from ..validation import limit as limit

WAITING, SECONDS, GIGABYTES = ("LIFELONG_MOST_WAITING", "LIFELONG_MOST_SECONDS", "LIFELONG_MOST_GB")


def check_new(waiting: int) -> None:
    """Raises LifelongError where no new run may be made. waiting: runs in the queue."""
    most = limit(WAITING)
    if most is not None and waiting >= most:
        raise LifelongError(
            f"{waiting} runs wait on this server already; try again when some are done."
        )
    check_room()


def check_room() -> None:
    """Raises LifelongError where the runs of all visitors take as much as they may."""
    gigabytes = limit(GIGABYTES)
    if gigabytes is not None and (nbytes := _stored()) > gigabytes * 1e9:
        raise LifelongError(
            f"The runs of this server take {size(nbytes)}, and it has room for no more; delete some"
            " on the Runs page."
        )


def check_data_room(nbytes: int) -> None:
    """Raises LifelongError where the data sets of all visitors, of so many bytes, are too much."""
    gigabytes = limit(GIGABYTES)
    if gigabytes is not None and nbytes > gigabytes * 1e9:
        raise LifelongError(
            f"The images that were brought to this server take {size(nbytes)}, and it has room for"
            " no more; remove a data set below."
        )


def until_limit(stop: Callable[[], bool]) -> Callable[[], bool]:
    """Returns a function that is true once `stop` is, or once a run has trained long enough."""
    seconds = limit(SECONDS)
    if seconds is None:
        return stop
    end = time.monotonic() + seconds
    return lambda: stop() or time.monotonic() > end


def sentence() -> str:
    """Returns a sentence about the time that a run has, empty where there is no limit."""
    seconds = limit(SECONDS)
    if seconds is None:
        return ""
    return (
        f"On this server a run trains {expected_duration(seconds)} at a time; then it rests, and"
        " can be continued."
    )


def _stored() -> int:
    """Returns the bytes of all runs, the deleted ones included."""
    return listed.nbytes(home())
