"""Progress on standard error: a bar for what comes before a run, and one for each task."""

import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from typing import TypeVar

from tqdm import tqdm

from ..config import RunConfig
from ..events import (
    Event,
    ExtractingFeatures,
    Loading,
    Preparation,
    Started,
    Step,
    Stopped,
    TaskLearned,
)
from ..formatting import duration
from ..storage.progress import Bar

T = TypeVar("T")


def with_bars(events: Iterator[Event], config: RunConfig) -> Iterator[Event]:
    """Passes the events of a run on and shows them on standard error as progress bars."""
    with closing(RunBars(config)) as bars:
        for event in events:
            bars.show(event)
            yield event


def show_preparation(events: Iterable[Preparation]) -> None:
    """Shows the progress of loading and feature extraction until its end."""
    with closing(PreparationBars()) as bars:
        for event in events:
            bars.show_preparation(event)


def result_with_bars(events: Generator[Preparation, None, T]) -> T:
    """Returns what a generator returns; shows its progress as `show_preparation` does."""
    with closing(PreparationBars()) as bars:
        while True:
            try:
                bars.show_preparation(next(events))
            except StopIteration as end:
                result: T = end.value
                return result


class PreparationBars:
    """The bar of what is being loaded or extracted, and the batch size that fits into memory."""

    def __init__(self) -> None:
        self.bar = Bar()
        self.batch_limit: int | None = None

    def show_preparation(self, event: Preparation) -> None:
        """Shows the progress of a download, of decoding, or of feature extraction."""
        if isinstance(event, ExtractingFeatures):
            self.note_batch_limit(event.batch_limit)
        self.bar.show_preparation(event)

    def note_batch_limit(self, batch_limit: int | None) -> None:
        """Prints once that the batch has become smaller."""
        if batch_limit is not None and batch_limit != self.batch_limit:
            self.batch_limit = batch_limit
            tqdm.write(f"Out of memory: batch size reduced to {batch_limit}.", file=sys.stderr)

    def close(self) -> None:
        """Closes the bar."""
        self.bar.close()


class RunBars(PreparationBars):
    """The bars of a run: its preparation, then each of its tasks."""

    def __init__(self, config: RunConfig) -> None:
        super().__init__()
        self.config = config

    def show(self, event: Event) -> None:
        """Shows one event."""
        match event:
            case Loading() | ExtractingFeatures():
                self.show_preparation(event)
            case Started():
                self.close()
                if event.estimate:
                    print(
                        f"About {duration(event.estimate)} of training on this machine; "
                        "Ctrl+C keeps what was learned.",
                        file=sys.stderr,
                    )
            case Step():
                self.note_batch_limit(event.batch_limit)
                task = f"task {event.task + 1}/{self.config.tasks}"
                title = f"{self.config.strategy}, {task}"
                self.bar.show(title, "step", event.step, event.steps)
            case TaskLearned():
                self.bar.fill()
                self.close()
            case Stopped():
                self.close()
