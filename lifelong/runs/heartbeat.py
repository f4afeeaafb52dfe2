"""Signs of progress of a run: a file that is touched while its steps are taken, and its record."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ..storage.listed import with_status
from . import journal

FILE = ".progress"
EVERY = 2.0  # seconds


class Heartbeat:
    """Touches the file of a folder after a step, if the last time is EVERY seconds ago."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.file, self.clock = folder / FILE, clock
        self.due = clock()

    def beat(self) -> None:
        """Notes that a step was taken; a full disk or a folder that is gone is no error here."""
        if self.clock() < self.due:
            return
        self.due = self.clock() + EVERY
        with suppress(OSError):
            self.file.touch()
            os.utime(self.file)


def last(folder: Path) -> float | None:
    """Returns the time of the last sign of progress, seconds since 1970; None for none."""
    files = (folder / FILE, folder / journal.RECORD_FILE)
    return max((status.st_mtime for _file, status in with_status(files)), default=None)
