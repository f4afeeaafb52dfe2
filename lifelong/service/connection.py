"""Worker that the functions of a module use, connected by the app when it starts."""

import contextlib
from collections.abc import Iterator

from .worker_client import WorkerClient


class Connection:
    """Worker that the functions of a module use, in all threads; None for none."""

    def __init__(self) -> None:
        self.worker: WorkerClient | None = None

    @contextlib.contextmanager
    def connected(self, worker: WorkerClient) -> Iterator[WorkerClient]:
        """Has the functions use a worker until the block ends."""
        before, self.worker = self.worker, worker
        try:
            yield worker
        finally:
            self.worker = before
