"""Keeps the training process: starts it, hands it runs, stops them; restarts it when it dies."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections import OrderedDict
from pathlib import Path


class WorkerClient:
    """The warm worker process as the process that serves pages sees it. Every method returns at once."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None
        self._waiting: OrderedDict[str, int | None] = OrderedDict()
        self._prepared: set[str] = set()
        self._lock = threading.RLock()

    def warm(self) -> None:
        """Starts the worker unless it is there already."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return
            self._prepared.clear()
            root = str(Path(__file__).parents[2])
            path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
            self._process = subprocess.Popen(
                [sys.executable, "-m", "lifelong.service.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": path},
                start_new_session=True,  # Ctrl+C in the terminal is for the pages; the worker ends when its input closes
            )
            threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()

    def prepare(self, dataset: str) -> None:
        """Has the worker read a data set before it is needed; asked for again, it is there already."""
        with self._lock:
            self.warm()
            if dataset not in self._prepared:
                self._prepared.add(dataset)
                self._say({"load": dataset})

    def learn(self, at: Path, until: int | None = None) -> None:
        """Queues a run: learn on before task `until`, or to the end."""
        with self._lock:
            self.warm()
            self._waiting[str(at)] = until
            self._say({"learn": str(at), "until": until})

    def stop(self, at: Path) -> None:
        """Asks a run to stop after the step it is at, and to keep what was learned; one that waits leaves the queue."""
        with self._lock:
            place = self.queue_position(at)
            if place is not None:
                self._say({"stop": str(at)})
            if place:
                del self._waiting[str(at)]

    def queue_position(self, at: Path) -> int | None:
        """0 when the run is at work, its place in the queue when it waits, None when it is not known here."""
        with self._lock:
            alive = self._process is not None and self._process.poll() is None
            return (
                list(self._waiting).index(str(at)) if alive and str(at) in self._waiting else None
            )

    def close(self, seconds: float = 1.5) -> None:
        """Ends the worker; it keeps what was learned, and is killed if that takes too long."""
        with self._lock:
            process, self._process = self._process, None
            self._waiting.clear()
        if process is None:
            return
        process.stdin.close()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _say(self, message: dict) -> None:
        with contextlib.suppress(OSError):  # a worker that has just died: `_listen` sees to it
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()

    def _listen(self, process: subprocess.Popen) -> None:
        for line in process.stdout:
            ended = json.loads(line).get("ended")
            with self._lock:
                self._waiting.pop(ended, None)
        with self._lock:
            if self._process is process:
                self._start_over()

    def _start_over(self) -> None:
        """After the worker died: the run it was at is given up, those that wait go to a new worker."""
        left = list(self._waiting.items())[1:]
        self._waiting.clear()
        self._process.wait()
        if left:
            self.warm()
        for at, until in left:
            self.learn(Path(at), until)


worker = WorkerClient()
