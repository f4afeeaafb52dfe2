"""Progress of what comes before a run: as events, and as a bar for callers that take none."""

import sys
import time
from collections.abc import Generator, Iterator
from typing import TypeVar

from filelock import FileLock, Timeout
from tqdm import tqdm

from ..events import ExtractingFeatures, Loading, Preparation, Unit

PERIOD = 0.25  # seconds between two events
DELAY = 1.0  # seconds before a bar appears

T = TypeVar("T")
Steps = Generator[Loading, None, T]  # slow work: yields its progress, returns its result


class Progress:
    """Progress of one piece of slow work, as at most one event every PERIOD seconds.

    what: in words, such as "Downloading CIFAR-10". total: in units; 0 where it is not known.
    """

    def __init__(self, what: str, unit: Unit, total: int) -> None:
        self.what = what
        self.unit: Unit = unit
        self.total = total
        self.done = 0
        self._start = time.perf_counter()
        self._next_event = 0.0

    def add(self, count: int = 1) -> Iterator[Loading]:
        """Counts so many units more; yields an event if one is due."""
        return self.at(self.done + count)

    def at(self, done: int) -> Iterator[Loading]:
        """Sets the count; yields an event if one is due. The first and the last are always due."""
        self.done = min(done, self.total)
        seconds = time.perf_counter() - self._start
        if seconds >= self._next_event or self.done == self.total:
            self._next_event = seconds + PERIOD
            yield Loading(
                what=self.what,
                unit=self.unit,
                done=self.done,
                total=self.total,
                seconds=round(seconds, 2),
            )


def acquire(lock: FileLock, what: str) -> Iterator[Loading]:
    """Acquires a lock; yields events as long as another process holds it."""
    progress = Progress(what, "image", 0)
    while True:
        try:
            lock.acquire(timeout=PERIOD)
        except Timeout:
            yield from progress.at(0)
        else:
            return


class Bar:
    """Progress bar on standard error; a new one for every new title."""

    def __init__(self) -> None:
        self._bar: tqdm | None = None
        self._title = ""

    def show(self, title: str, unit: str, done: int, total: int, brief: bool = False) -> None:
        """Moves the bar of this title. brief: it appears after DELAY and goes when it is done."""
        if self._bar is None or self._title != title:
            self.close()
            self._title = title
            self._bar = tqdm(
                total=total or None,
                desc=title,
                unit=unit,
                unit_scale=unit == "B",
                mininterval=0.5,
                delay=DELAY if brief else 0,
                leave=not brief,
                file=sys.stderr,
            )
        self._bar.update(done - self._bar.n)

    def show_preparation(self, event: Preparation) -> None:
        """Shows the progress of a download, of decoding, or of feature extraction."""
        match event:
            case Loading():
                self.show(event.what, event.unit, event.done, event.total, brief=True)
            case ExtractingFeatures():
                self.show("images through the backbone", "image", event.done, event.total)

    def fill(self) -> None:
        """Moves the bar to its end."""
        if self._bar is not None:
            self._bar.update((self._bar.total or 0) - self._bar.n)

    def close(self) -> None:
        """Ends the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def result_of(steps: Generator[Preparation, None, T]) -> T:
    """Returns the result of slow work, done here and now behind a progress bar."""
    bar = Bar()
    try:
        while True:
            try:
                event = next(steps)
            except StopIteration as end:
                result: T = end.value
                return result
            bar.show_preparation(event)
    finally:
        bar.close()
