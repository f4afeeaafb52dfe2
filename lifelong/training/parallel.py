"""Runs a generator over many jobs in several processes; yields the results as they arrive."""

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
from ..numerics import cores

POLL_SECONDS = 0.1  # between two looks at whether to stop
Work = Callable[[Any], Iterator[Any]]


def run_jobs(
    local: Work, remote: Work, jobs: Sequence[Any], width: int, stop: Callable[[], bool]
) -> Iterator[Any]:
    """Yields all values of all jobs: of `local(job)` in this process, of `remote(job)` in others.

    width: number of processes. When `stop` says yes, the others are ended at once; `local` must
    ask it itself. What goes from process to process must be picklable. Raises LifelongError as the
    work does, and if a process ends before its work is done.
    """
    # Started afresh, not forked: a fork of a process whose torch has threads can hang.
    context = multiprocessing.get_context("spawn")
    waiting, results = context.SimpleQueue(), context.Queue()
    for job in [*jobs, *[None] * width]:
        waiting.put(job)
    others = [
        context.Process(target=_work, args=(remote, waiting, results), daemon=True)
        for _ in range(width - 1)
    ]
    with _interrupts_blocked():
        for process in others:
            process.start()
    own = (value for job in iter(waiting.get, None) for value in local(job))
    try:
        with cores.kept_busy(width > 1):
            yield from _merged(own, others, results, stop)
    finally:
        for process in others:
            process.terminate()
        for process in others:
            process.join()


def _merged(
    own: Iterator[Any], others: Sequence[Any], results: Any, stop: Callable[[], bool]
) -> Iterator[Any]:
    """Yields the values of this process and of the others in order of arrival."""
    working = True
    left = len(others)
    while (working or left) and not stop():
        try:
            if working:
                yield next(own)
            kind, value = results.get(timeout=0 if working else POLL_SECONDS)
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
    """Within it, processes are started that Ctrl+C in the terminal does not interrupt."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(remote: Work, waiting: Any, results: Any) -> None:
    """Works through the waiting jobs in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which ends the others
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        with cores.kept_busy():
            while (job := waiting.get()) is not None:
                for value in remote(job):
                    results.put(("value", value))
    except LifelongError as error:
        results.put(("failed", str(error)))
    results.put(("ended", None))


def _end_with_parent() -> None:
    """Ends this process with its parent, which cannot end it when it is killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
