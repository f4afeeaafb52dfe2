"""Process that trains, as its client starts it, and the orders that it is sent."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

START_ATTEMPTS = 2  # workers that may die before they begin the first order; then it is given up


@dataclass
class Order:
    """Order to train a run or study before task `until`, or to its end.

    job: its id. owner: the visitor who gave it, empty for none. began: whether the worker has begun
    it, began_at: when, on a clock that is never set back. stopping: whether it was sent a stop.
    failed_starts: workers that died when this order was next and had not begun.
    """

    job: int
    folder: Path
    until: int | None
    owner: str = ""
    began: bool = False
    began_at: float = 0.0
    stopping: bool = False
    failed_starts: int = 0

    @property
    def is_lost(self) -> bool:
        """True if the job is given up after its worker died: it had begun, or failed to start."""
        return self.began or self.failed_starts >= START_ATTEMPTS


def start_worker() -> subprocess.Popen[str]:
    """Starts a worker process; see `worker.py` for what goes through its pipes."""
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-m", "lifelong.service.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        # Ctrl+C in the terminal is for the pages; the worker ends when its input closes.
        start_new_session=True,
    )
