"""Generators side by side, one here and the others in processes of their own; what they yield comes
as it is made.
"""

import contextlib
import multiprocessing
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..errors import LifelongError
from ..numerics import matmul

LOOK = 0.1  # seconds between two looks at whether to stop
Work = Callable[[Any], Iterator[Any]]


def run_jobs(
    here: Work, there: Work, jobs: Sequence[Any], width: int, stop: Callable[[], bool]
) -> Iterator[Any]:
    """Yields all that is yielded for every job: by `here(job)` in this process, by `there(job)` in
    `width - 1` others.

    When `stop` says yes, the others are ended at once; `here` must ask for itself. What goes from
    process to process must be picklable. Raises LifelongError as the work does, and where a process
    ends before its work is done.
    """
    # Started afresh, not forked: a fork of a process whose torch has threads can hang.
    context = multiprocessing.get_context("spawn")
    waiting, told = context.SimpleQueue(), context.Queue()
    for job in [*jobs, *[None] * width]:
        waiting.put(job)
    others = [
        context.Process(target=_work, args=(there, waiting, told), daemon=True)
        for _ in range(width - 1)
    ]
    with _interrupts_blocked():
        for process in others:
            process.start()
    matmul.set_cores_busy(width > 1)
    try:
        yield from _together(
            (value for job in iter(waiting.get, None) for value in here(job)), others, told, stop
        )
    finally:
        matmul.set_cores_busy(False)
        for process in others:
            process.terminate()
        for process in others:
            process.join()


def _together(
    own: Iterator[Any], others: Sequence[Any], told: Any, stop: Callable[[], bool]
) -> Iterator[Any]:
    working = True
    left = len(others)
    while (working or left) and not stop():
        try:
            if working:
                yield next(own)
            kind, value = told.get(timeout=0 if working else LOOK)
        except StopIteration:
            working = False
        except queue.Empty:
            if any(process.exitcode for process in others) and not stop():
                raise LifelongError(
                    "A process ended before its work was done, perhaps for want of memory; "
                    "go on from here."
                ) from None
        else:
            if kind == "failed":
                raise LifelongError(value)
            if kind == "ended":
                left -= 1
            else:
                yield value


@contextlib.contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Starts processes that Ctrl+C in the terminal does not reach, not even while they import."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(there: Work, waiting: Any, told: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which ends the others
    threading.Thread(target=_end_with_parent, daemon=True).start()
    matmul.set_cores_busy()
    try:
        while (job := waiting.get()) is not None:
            for value in there(job):
                told.put(("told", value))
    except LifelongError as error:
        told.put(("failed", str(error)))
    told.put(("ended", None))


def _end_with_parent() -> None:
    """A parent that was killed tells nobody; without this its children would wait for work for
    ever.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
