"""Classes that visitors of the app teach to copies of their own, in a worker process of their own.

A visitor's copy is in no list: its id, which nobody guesses, is the way to it. There are at most
MOST_COPIES, of MOST_BYTES in all; those used least recently are removed first.
"""

import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import LifelongError
from ..events import ExtractingFeatures, Failed, Loading, Preparation
from ..runs import archives
from ..runs import store as run_store
from ..runs.folders import UNLISTED, home, is_locked
from ..storage import atomic, listed, owners
from ..teaching import checks
from . import limits, quotas
from .connection import Connection

MOST_COPIES = 200
MOST_BYTES = 1_000_000_000
MOST_WAITING = 8  # lessons; further ones are turned away
PATIENCE = 120  # seconds until a lesson that does not go on is given up
PERIOD = 0.05  # seconds between two looks at a record

# Not the worker that trains runs: a lesson of seconds would wait for a run of minutes.
_connection = Connection()
connected = _connection.connected


def begin(run: str, name: str, files: Sequence[bytes], strategy: str) -> str:
    """Has a visitor's copy of a run learn a class; returns the copy's id at once.

    files: of the pictures. Raises LifelongError for what does not fit, see `teaching.checks`.
    """
    from ..teaching import teach  # loads torch

    owners.check_writable()
    quotas.check_training()
    worker = _connection.worker
    if worker is None:
        raise LifelongError(
            "This page has no process that teaches; start the app with `streamlit run "
            "app/main.py`, or teach with `python -m lifelong teach`."
        )
    if len(worker.queue()) >= MOST_WAITING:
        raise LifelongError("Many people are teaching at the moment; try again in a few seconds.")
    creating = teach.create(run_store.folder(run), name, files, strategy)
    while True:
        try:
            event = next(creating)
        except StopIteration as end:
            folder: Path = end.value
            break
        _check_quick(run, event)
    (folder / UNLISTED).touch()
    remove_old(keep=folder)
    worker.learn(folder)
    return folder.name


def _check_quick(run: str, event: Preparation) -> None:
    """Raises LifelongError where what comes before a lesson takes minutes, and no copy shows it."""
    if isinstance(event, Loading) and event.unit == "B" and event.total:
        raise LifelongError(
            f"The images of {run} are not on this machine yet; choose their data set on the Train "
            "page, which downloads it, and teach again then."
        )
    if isinstance(event, ExtractingFeatures):
        raise LifelongError(
            f"The images of {run} are not those that it learned, and have not gone through its "
            "backbone here yet, which takes minutes; train a run on them first, or teach a run of "
            "digits."
        )


def prepare(run: str) -> None:
    """Has the worker load what a lesson of a run needs, while pictures are still being made.

    Raises LifelongError when there is no such run, or one that cannot be taught a class.
    """
    owners.check_writable()
    folder = run_store.folder(run)
    history = run_store.history(folder)
    checks.check_teachable(run, history)
    if _connection.worker is not None:
        _connection.worker.prepare_run(folder, history.config)


def progress(run: str) -> dict[str, Any]:
    """Returns the state of a lesson: {"done": share in [0, 1], "preparing": the last event of
    loading images or extracting their features, "report": see `teach.report`}.

    preparing is None from the first step on, the report before the end. Raises LifelongError for a
    lesson that failed or a run that is no visitor's copy.
    """
    folder = find(run)
    history = run_store.history(folder)
    if isinstance(history.ending, Failed):
        raise LifelongError(history.ending.message)
    if history.finished:
        from ..teaching import teach

        return {"done": 1.0, "preparing": None, "report": teach.report(folder)}
    begun = [step for step in history.steps if step.task == len(history.learned)]
    done = begun[-1].step / begun[-1].steps if begun else 0.0
    return {"done": done, "preparing": history.preparing, "report": None}


def teach(run: str, name: str, files: Sequence[bytes], strategy: str) -> dict[str, Any]:
    """Teaches a class to a visitor's copy of a run and returns the report; see `begin`."""
    copy = begin(run, name, files, strategy)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        at = progress(copy)
        report: dict[str, Any] | None = at["report"]
        if report is not None:
            return report
        if at["preparing"] is not None:
            until = time.monotonic() + PATIENCE
        time.sleep(PERIOD)
    raise LifelongError(f"The copy {copy} did not learn within {PATIENCE} seconds; try again.")


def find(run: str) -> Path:
    """Returns the folder of a visitor's copy. Raises LifelongError for any other run."""
    folder = run_store.find(run)
    if folder is None or not (folder / UNLISTED).exists():
        raise LifelongError(
            f"There is no taught copy named {str(run)[:80]!r}; teach a class first."
        )
    with suppress(OSError):  # removed a moment ago
        os.utime(folder / UNLISTED)
    return folder


def keep(run: str, title: str) -> str:
    """Gives a visitor's copy a title, so that others are removed before it; returns the title.

    Raises LifelongError for one that is empty, too long or not of letters, digits and spaces.
    """
    tidy = " ".join(title.split())
    if not re.fullmatch(r"\w[\w '+-]{0,39}", tidy):
        raise LifelongError(
            f"The name of the copy was given as {tidy[:60]!r}; expected 1 to 40 letters, digits, "
            "spaces, and - + _ ' between them."
        )
    atomic.write_atomically(_own(run) / UNLISTED, tidy.encode())
    return tidy


def title(run: str) -> str:
    """Returns the title that a visitor gave a copy; empty for none and for any other run."""
    folder = run_store.find(run)
    try:
        return (folder / UNLISTED).read_text("utf-8") if folder else ""
    except OSError:
        return ""


def zipped(run: str) -> bytes:
    """Returns a visitor's copy as a zip file, without what only this machine needs."""
    return archives.pack(find(run))


def remove(run: str) -> None:
    """Removes a visitor's copy from disk. Raises LifelongError for that of another visitor."""
    shutil.rmtree(_own(run), ignore_errors=True)


def _own(run: str) -> Path:
    """Returns the folder of a copy that the present visitor may change.

    One that a visitor taught who was not known is that of whoever knows its id.
    """
    folder = find(run)
    if owners.owner(folder) or owners.is_read_only():
        owners.check_change(folder)
    return folder


def remove_old(keep: Path | None = None) -> None:
    """Removes the copies used least recently until the others are within the limits.

    Those with a title are removed after all others. keep: one that stays in any case. A copy that
    is being taught stays, too. Of one visitor there are no more than they may have runs.
    """
    used = {
        file.parent: (status.st_size > 0, status.st_mtime)
        for file, status in listed.with_status(home().glob(f"*/{UNLISTED}"))
    }
    copies = sorted(used, key=lambda folder: used[folder], reverse=True)
    nbytes, of = 0, Counter[str]()
    most = limits.limit(quotas.VISITOR_RUNS) or MOST_COPIES
    for count, folder in enumerate(copies, 1):
        nbytes += listed.nbytes(folder)
        owner = owners.owner(folder)
        of[owner] += 1
        too_many = count > MOST_COPIES or nbytes > MOST_BYTES
        too_many |= bool(owner) and of[owner] > most
        if too_many and folder != keep and not is_locked(folder):
            shutil.rmtree(folder, ignore_errors=True)
