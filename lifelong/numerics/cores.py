"""The second core of a run of a small network, where it is free.

A run of a small network has one thread, so that as many runs as there are cores go side by side. A
run that is alone uses a second core in two ways, neither of which changes a bit: torch takes two
threads for what is the same with them (`second_core`), or two jobs that have nothing in common are
done at the same time (`run_two_threaded`).
"""

import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import cache
from statistics import median
from typing import TypeVar

import torch

from . import operations

T = TypeVar("T")
R = TypeVar("R")
Job = Callable[[], object]
TRIAL = 20  # steps, every other one with the second core, whose times are compared
PERIOD = 300  # steps from one comparison to the next
_busy = os.cpu_count() == 1  # whether others need the second core, or there is none
_helps = True  # whether it made the latest steps faster


@contextmanager
def second_core() -> Iterator[None]:
    """Within it, torch computes with two threads if this thread has one and a core is free.

    For operations whose bits do not depend on it: those of single elements, and products that
    `matmul` has compared.
    """
    if not is_free():
        yield
        return
    torch.set_num_threads(2)
    try:
        yield
    finally:
        torch.set_num_threads(1)


def is_free() -> bool:
    """Returns whether `second_core` uses it: this thread has one, and nobody else needs it."""
    return _helps and not _busy and torch.get_num_threads() == 1


@contextmanager
def kept_busy(yes: bool = True) -> Iterator[None]:
    """Within it, runs know that others keep all cores busy, this process included."""
    global _busy
    before, _busy = _busy, yes
    try:
        yield
    finally:
        _busy = before


def with_second_core(steps: Generator[T, None, R]) -> Generator[T, None, R]:
    """Passes the steps of a run on, with the second core as long as it makes them faster.

    Beside other processes two threads wait for each other longer than they save, and whether there
    are any is seen from the time of a step alone: every PERIOD steps, TRIAL steps are timed, every
    other one with it.
    """
    global _helps
    times: dict[bool, list[float]] = {True: [], False: []}
    done, faster = 0, True
    try:
        with closing(steps):
            while True:
                turn = done % PERIOD
                if turn == TRIAL:
                    faster = median(times[True]) < median(times[False])
                    times = {True: [], False: []}
                _helps = turn % 2 == 0 if turn < TRIAL else faster
                began = time.perf_counter()
                value = next(steps)
                if turn < TRIAL:
                    times[_helps].append(time.perf_counter() - began)
                done += 1
                yield value
    except StopIteration as end:
        result: R = end.value
        return result
    finally:
        _helps = True


def run_two_threaded(jobs: Sequence[Job]) -> None:
    """Runs all jobs, in a second thread too if torch has one thread and a core is free.

    Their results do not depend on the thread, so a run has the same bits beside others. What the
    longer one of two jobs has left when the other ends is computed with the second core.
    """
    left = iter(jobs)  # both threads take from it
    if not is_free():
        _run_jobs(left)
        return
    counter = operations.current()
    run = _run_jobs if counter is None else _count_jobs
    with kept_busy():
        other = _second_thread().submit(_then_free, run, left)
        try:
            _then_free(_run_jobs, left)
        finally:
            # It can be cancelled where that thread was busy; then this one has run all jobs.
            if not other.cancel():
                flops = other.result()
                if counter is not None:
                    counter.flops += flops


def run_side_by_side(first: Callable[[], T], second: Job) -> T:
    """Runs two jobs as `run_two_threaded` does, with gradients, and returns the result of the first
    one: passes through two networks, for instance.

    They change nothing in common, draw from no generator in common, and have the precision that is
    set: `matmul.matmul_precision` is this thread's.
    """
    found: list[T] = []

    def run_first() -> None:
        found.append(first())

    run_two_threaded([torch.enable_grad()(job) for job in (run_first, second)])
    return found[0]


def _then_free(run: Callable[[Iterator[Job]], int], left: Iterator[Job]) -> int:
    """Runs the jobs that are left to a thread, after which it leaves its core to the other one."""
    global _busy
    try:
        return run(left)
    finally:
        _busy = False


def _run_jobs(left: Iterator[Job]) -> int:
    for job in left:
        job()
    return 0


def _count_jobs(left: Iterator[Job]) -> int:
    return operations.count(lambda: _run_jobs(left))


@cache
def _second_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "products", initializer=_set_up_thread)


def _set_up_thread() -> None:
    """Sets what torch keeps for each thread as it is in a thread that trains."""
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    torch.set_flush_denormal(True)
