"""Quotas of a public server, for each visitor and in total, each set in the environment.

A visitor who has used up their own is refused in one sentence. Where the total is full, what was
deleted is removed first, then the oldest runs of visitors that were not shared, then the shared
ones; never one that ships, that has no owner, or that is at work or waits. Seconds of training and
uploads are those within a day, since the server started.
"""

import shutil
import time
from collections import deque
from collections.abc import Callable, Collection
from pathlib import Path

from ..datasets.own import store as data_store
from ..datasets.readers import custom
from ..errors import LifelongError
from ..formatting import duration, plural, size
from ..runs import trash
from ..runs.folders import CONFIG_FILES, UNLISTED, home, is_locked
from ..storage import listed, owners
from . import limits

VISITOR_RUNS, VISITOR_GB = "LIFELONG_VISITOR_RUNS", "LIFELONG_VISITOR_GB"
VISITOR_SECONDS, VISITOR_UPLOADS = "LIFELONG_VISITOR_SECONDS", "LIFELONG_VISITOR_UPLOADS"
VISITOR_WAITING = "LIFELONG_VISITOR_WAITING"
TOTAL_RUNS, TOTAL_SECONDS = "LIFELONG_TOTAL_RUNS", "LIFELONG_TOTAL_SECONDS"
TOTAL_UPLOADS = "LIFELONG_TOTAL_UPLOADS"
DAY = 24 * 3600.0
SECONDS, UPLOADS = "seconds", "uploads"  # kinds of what is spent


class Ledger:
    """Amounts that visitors spent within the last day. clock: seconds, never set back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._spent: deque[tuple[float, str, str, float]] = deque()

    def add(self, kind: str, owner: str, amount: float) -> None:
        """Notes an amount that a visitor spent now."""
        self._spent.append((self._clock(), kind, owner, amount))

    def spent(self, kind: str, owner: str | None = None) -> float:
        """Returns the amount of the last day, of one visitor or of all."""
        while self._spent and self._clock() - self._spent[0][0] > DAY:
            self._spent.popleft()
        return sum(
            amount
            for _when, each, by, amount in list(self._spent)
            if each == kind and owner in (None, by)
        )


LEDGER = Ledger()


def check_new(count: int, waiting: int, busy: Collection[Path]) -> None:
    """Raises LifelongError where the present visitor may not make so many runs; makes room.

    waiting: their runs in the queue. busy: folders of all in the queue, which are not removed.
    """
    if owners.visitor() is None:
        return
    _check_own(count, waiting)
    make_room(count, busy)


def _check_own(count: int, waiting: int) -> None:
    own = owners.listed(_runs())
    most = limits.limit(VISITOR_RUNS)
    if most is not None and len(own) + count > most:
        raise LifelongError(
            f"You have {plural(len(own), 'run')} on this server, and a visitor may have"
            f" {most:,.0f}; delete some on the Runs page first."
        )
    check_own_bytes()
    most = limits.limit(VISITOR_WAITING)
    if most is not None and waiting + count > most:
        raise LifelongError(
            f"{plural(waiting, 'run')} of yours wait or are at work, and {most:,.0f} of a visitor"
            " may; order fewer, or try again when some are done."
        )


def check_own_bytes() -> None:
    """Raises LifelongError where the present visitor's runs and data sets take too much."""
    gigabytes = limits.limit(VISITOR_GB)
    if owners.visitor() is None or gigabytes is None:
        return
    folders = owners.listed([*_runs(), *_deleted(), *_data_sets()])
    nbytes = sum(map(listed.nbytes, folders))
    if nbytes > gigabytes * 1e9:
        raise LifelongError(
            f"Your runs and data sets take {size(nbytes)} on this server, and a visitor has room"
            f" for {size(round(gigabytes * 1e9))}; delete some, and remove deleted ones for good,"
            " on the Runs page."
        )


def check_training() -> None:
    """Raises LifelongError where the present visitor, or all, have trained as long as they may."""
    visitor = owners.visitor()
    if visitor is None:
        return
    own, most = LEDGER.spent(SECONDS, visitor), limits.limit(VISITOR_SECONDS)
    if most is not None and own >= most:
        raise LifelongError(
            f"Your runs have trained {duration(own)} within a day on this server, and a visitor has"
            f" {duration(most)}; go on tomorrow."
        )
    most = limits.limit(TOTAL_SECONDS)
    if most is not None and LEDGER.spent(SECONDS) >= most:
        raise LifelongError(
            f"This server has trained for {duration(most)} within a day, which is all that it does;"
            " go on tomorrow."
        )


def take_upload() -> None:
    """Counts an upload. Raises LifelongError where the present visitor, or all, sent enough."""
    visitor = owners.visitor()
    if visitor is None:
        return
    own, most = LEDGER.spent(UPLOADS, visitor), limits.limit(VISITOR_UPLOADS)
    if most is not None and own >= most:
        raise LifelongError(
            f"You have sent {plural(round(own), 'file')} within a day to this server, as many as a"
            " visitor may; go on tomorrow."
        )
    most = limits.limit(TOTAL_UPLOADS)
    if most is not None and LEDGER.spent(UPLOADS) >= most:
        raise LifelongError(
            f"{plural(round(most), 'file')} came to this server within a day, and it takes no"
            " more; go on tomorrow."
        )
    check_own_bytes()
    LEDGER.add(UPLOADS, visitor, 1)


def make_room(count: int, busy: Collection[Path]) -> None:
    """Removes runs of visitors until so many more fit, see the module's docstring.

    Raises LifelongError where that is not enough.
    """
    most, gigabytes = limits.limit(TOTAL_RUNS), limits.limit(limits.GIGABYTES)
    if most is None and gigabytes is None:
        return
    runs = [folder for folder in _runs() if owners.owner(folder)]
    most_bytes = float("inf") if gigabytes is None else gigabytes * 1e9
    number, nbytes = len(runs) + count, listed.nbytes(home())
    for folder in [*_deleted(), *sorted(runs, key=lambda run: (owners.is_shared(run), _made(run)))]:
        too_many, too_large = most is not None and number > most, nbytes > most_bytes
        is_run = folder in runs
        if not too_large and not (too_many and is_run) or folder in busy or is_locked(folder):
            continue
        own = listed.nbytes(folder)
        shutil.rmtree(folder, ignore_errors=True)
        nbytes, number = nbytes - own, number - is_run
    if most is not None and number > most:
        raise LifelongError(
            f"This server has room for {most:,.0f} runs, and those that it has are at work; try"
            " again in a few minutes."
        )


def make_data_room(used: Collection[str]) -> None:
    """Removes the oldest data sets of visitors until all take no more than they may.

    used: names of those that runs at work learn from, which stay.
    """
    gigabytes = limits.limit(limits.GIGABYTES)
    if owners.visitor() is None or gigabytes is None:
        return
    nbytes = data_store.nbytes()
    for folder in sorted(filter(owners.owner, _data_sets()), key=_made):
        if nbytes > gigabytes * 1e9 and folder.name not in used:
            nbytes -= listed.nbytes(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _runs() -> list[Path]:
    """Returns the folders of all runs and studies that lists may have."""
    found = (file.parent for name in CONFIG_FILES for file in home().glob(f"*/{name}"))
    return [folder for folder in found if not (folder / UNLISTED).exists()]


def _deleted() -> list[Path]:
    """Returns the folders of visitors' deleted runs, deleted first first."""
    found = listed.newest_first((home() / trash.FOLDER).glob("*/"))
    return [folder for folder in reversed(found) if owners.owner(folder)]


def _data_sets() -> list[Path]:
    return list(custom.folders().values())


def _made(folder: Path) -> float:
    """Returns the time at which the owner of a folder was noted; infinite for one that is gone."""
    return next((s.st_mtime for _f, s in listed.with_status([folder / owners.FILE])), float("inf"))
