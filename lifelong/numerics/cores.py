"""A second thread for a run of a small network, where a core is free.

A run of a small network has one thread, so that as many runs as there are cores go side by side.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import torch

from . import operations

T = TypeVar("T")
_cores_busy = False


def run_two_threaded(jobs: Sequence[Callable[[], object]]) -> None:
    """Runs all jobs, in a second thread too if torch has one thread and a core is free.

    Their results do not depend on the thread, so a run has the same bits beside others.
    """
    left = iter(jobs)  # both threads take from it
    if _cores_busy or torch.get_num_threads() > 1:
        _run_jobs(left)
        return
    counter = operations.current()
    run = _run_jobs if counter is None else _count_jobs
    other = _second_thread().submit(run, left)
    try:
        _run_jobs(left)
    finally:
        # It can be cancelled where that thread was busy; then this one has run all jobs.
        if not other.cancel():
            flops = other.result()
            if counter is not None:
                counter.flops += flops


def run_side_by_side(first: Callable[[], T], second: Callable[[], object]) -> T:
    """Runs two jobs as `run_two_threaded` does, with gradients, and returns the result of the first
    one: passes through two networks, for instance.

    They change nothing in common, draw from no generator in common, and have the precision that is
    set: `matmul_precision` is this thread's.
    """
    found: list[T] = []

    def run_first() -> None:
        found.append(first())

    run_two_threaded([torch.enable_grad()(job) for job in (run_first, second)])
    return found[0]


def set_cores_busy(yes: bool = True) -> None:
    """Sets whether other processes keep all cores busy; then no second thread is used."""
    global _cores_busy
    _cores_busy = yes


def _run_jobs(left: Iterator[Callable[[], object]]) -> int:
    for job in left:
        job()
    return 0


def _count_jobs(left: Iterator[Callable[[], object]]) -> int:
    return operations.count(lambda: _run_jobs(left))


@cache
def _second_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "products", initializer=_set_up_thread)


def _set_up_thread() -> None:
    """Sets what torch keeps for each thread as it is in a thread that trains."""
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    torch.set_flush_denormal(True)
