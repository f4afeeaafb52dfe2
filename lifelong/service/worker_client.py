"""Client of the worker process: starts it, sends orders, restarts it when it dies."""

import contextlib
import itertools
import json
import logging
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..config import RunConfig
from ..storage import owners
from .order_queue import OrderQueue
from .quotas import LEDGER, SECONDS
from .worker_process import Order, start_worker

LOGGER = logging.getLogger(__name__)


class WorkerClient:
    """Connection to the worker process. Every method returns at once.

    The worker has one order at a time; the others wait here, and visitors take turns. start: starts
    a worker process. No process is started before it is needed.
    """

    def __init__(self, start: Callable[[], subprocess.Popen[str]] = start_worker) -> None:
        self._start = start
        self._process: subprocess.Popen[str] | None = None
        self._queue = OrderQueue()
        self._jobs = itertools.count(1)
        self._loaded: set[str] = set()
        self._errors: dict[Path, str] = {}
        self._lock = threading.RLock()

    @property
    def process(self) -> subprocess.Popen[str] | None:
        """The worker process; None before it was started and after it was closed."""
        return self._process

    def warm(self) -> None:
        """Starts the worker unless it runs already."""
        with self._lock:
            if not self._is_alive():
                self._restart()

    def prepare(self, dataset: str) -> None:
        """Has the worker read a data set before it is needed, once."""
        with self._lock:
            self.warm()
            if dataset not in self._loaded:
                self._loaded.add(dataset)
                self._send({"load": dataset})

    def prepare_run(self, folder: Path, config: RunConfig) -> None:
        """Has the worker load images, features and backbone of a run before they are needed, once
        for all runs that have the same.
        """
        needed = f"{config.dataset} {config.target} {config.model} {config.network} {config.seed}"
        with self._lock:
            self.warm()
            if needed not in self._loaded:
                self._loaded.add(needed)
                self._send({"prepare": str(folder)})

    def learn(self, folder: Path, until: int | None = None) -> None:
        """Queues a run to be continued before task `until`, or to its end.

        A waiting order of the same run gives way to this one; an equal order is not queued twice.
        """
        with self._lock:
            self.warm()
            self._errors.pop(folder, None)
            earlier = [order for order in self._queue.of(folder) if not order.stopping]
            for order in earlier:
                if not order.began and order.until != until:
                    self._stop(order)
            if all(order.until != until for order in earlier):
                self._add(folder, until)
            self._send_next()

    def learn_in_turns(self, runs: Sequence[tuple[Path, Sequence[int]]]) -> None:
        """Queues several runs so that each learns a task before any learns its next one.

        runs: a folder and the numbers of tasks to learn it up to, ascending, each one turn. Runs
        that are in the queue already stay where they are.
        """
        with self._lock:
            self.warm()
            queued = self.queue()
            new = [(folder, turns) for folder, turns in runs if folder not in queued]
            for row in itertools.zip_longest(*[[(f, until) for until in t] for f, t in new]):
                for folder, until in filter(None, row):
                    self._add(folder, until)
            self._send_next()

    def stop(self, folder: Path) -> None:
        """Stops a run after its present step and saves its state; removes a waiting one."""
        with self._lock:
            for order in self._queue.of(folder):
                self._stop(order)
            self._send_next()

    def queue(self) -> list[Path]:
        """Returns the folders of the runs and studies in the queue, the one at work first."""
        with self._lock:
            return self._queue.folders() if self._is_alive() else []

    def is_stopping(self, folder: Path) -> bool:
        """Returns whether a run at work was sent a stop, which it obeys after its present step."""
        with self._lock:
            orders = self._queue.of(folder)
            return bool(orders) and all(order.stopping for order in orders)

    def queue_position(self, folder: Path) -> int | None:
        """Returns 0 for the run at work, 1 for the next, and so on; None for one not queued."""
        queue = self.queue()
        return queue.index(folder) if folder in queue else None

    def seconds_until_turn(self, folder: Path) -> float | None:
        """Returns the seconds until a waiting run has its turn; None where that is not known."""
        with self._lock:
            return self._queue.seconds_until(folder)

    def last_error(self, folder: Path) -> str:
        """Returns the error that the last order of a run or study ended with, empty for none."""
        return self._errors.get(folder, "")

    def seconds_at_work(self, folder: Path) -> float | None:
        """Returns the seconds since the worker began a run; None for one that it is not at."""
        with self._lock:
            order = self._queue.current
            if order is None or order.folder != folder or not order.began:
                return None
            return time.monotonic() - order.began_at

    def kill(self, folder: Path) -> None:
        """Kills the worker if it is at a run; what waits goes to another worker."""
        with self._lock:
            if self._process is not None and self.queue()[:1] == [folder]:
                self._process.kill()

    def close(self, seconds: float = 1.5) -> None:
        """Ends the worker, which saves its state; kills it after so many seconds."""
        with self._lock:
            process, self._process = self._process, None
            self._queue.clear()
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(OSError):  # a worker that has just died
                process.stdin.close()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _add(self, folder: Path, until: int | None) -> None:
        owner = owners.visitor() or ""
        self._queue.add(Order(next(self._jobs), folder, until, owner))

    def _stop(self, order: Order) -> None:
        if order is self._queue.current:
            self._send({"stop": order.job})
        order.stopping = True
        if not order.began:
            self._queue.remove(order)

    def _send_next(self) -> None:
        """Sends the next order, unless the worker has one."""
        if (order := self._queue.take()) is not None:
            self._send_order(order)

    def _send_order(self, order: Order) -> None:
        self._send({"learn": str(order.folder), "until": order.until, "job": order.job})

    def _send(self, message: dict[str, Any]) -> None:
        # A worker that has just died takes no message; `_listen` starts another one.
        with contextlib.suppress(OSError):
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.write(json.dumps(message) + "\n")
                self._process.stdin.flush()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        """Reads a worker's messages until it ends; restarts it where orders are left."""
        for line in process.stdout or ():
            with self._lock:
                if self._process is process:
                    self._follow(json.loads(line))
        process.wait()
        with self._lock:
            if self._process is process:
                self._bury()
                if self._queue.orders():
                    self._restart()

    def _follow(self, message: dict[str, Any]) -> None:
        order = self._queue.current
        if order is None or order.job != message.get("ended", message.get("began")):
            return  # of an order that was stopped before it began
        if not order.began:
            order.began, order.began_at = True, time.monotonic()
            LOGGER.info("run began", extra={"run": order.folder.name})
        if "ended" in message:
            seconds = self._queue.end(order)
            LEDGER.add(SECONDS, order.owner, seconds)
            _log_end(order, seconds, message.get("error"))
            self._errors |= {order.folder: message["error"]} if "error" in message else {}
            self._send_next()

    def _bury(self) -> None:
        """Drops the order that a dead worker was at, or that several have died before beginning."""
        order = self._queue.current
        if order is not None:
            order.failed_starts += 1
            LOGGER.error("worker died", extra={"run": order.folder.name})
            if order.is_lost:
                self._queue.end(order)
        self._process = None

    def _restart(self) -> None:
        """Starts a worker; after one that died, it is sent the order that the other one had."""
        if self._process is not None:
            self._bury()
        self._loaded.clear()
        self._process = self._start()
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()
        if self._queue.current is not None:
            self._send_order(self._queue.current)
        self._send_next()


def _log_end(order: Order, seconds: float, error: str | None) -> None:
    LOGGER.log(
        logging.WARNING if error else logging.INFO,
        "run ended",
        extra={"run": order.folder.name, "seconds": round(seconds, 2), "error": error},
    )
