"""Progress of a run on standard error: a bar for feature extraction, and one for each task."""

import sys
from collections.abc import Iterator

from tqdm import tqdm

from ..config import RunConfig
from ..events import Event, ExtractingFeatures, Started, Step, Stopped, TaskLearned
from ..formatting import duration


def with_bars(events: Iterator[Event], config: RunConfig) -> Iterator[Event]:
    """Passes the events of a run on and shows them on standard error as progress bars."""
    bars = _Bars(config)
    try:
        for event in events:
            bars.show(event)
            yield event
    finally:
        bars.end()


class _Bars:
    """The bar of what is under way, if any, and the batch size that fits into the memory."""

    def __init__(self, config: RunConfig) -> None:
        self.config = config
        self.bar: tqdm | None = None
        self.batch_limit: int | None = None

    def show(self, event: Event) -> None:
        """Shows one event."""
        match event:
            case ExtractingFeatures():
                self._note(event.batch_limit)
                self._move(f"images through {self.config.model}", "image", event.done, event.total)
            case Started():
                self.end()
                if event.estimate:
                    print(
                        f"About {duration(event.estimate)} of training on this machine; "
                        "Ctrl+C keeps what was learned.",
                        file=sys.stderr,
                    )
            case Step():
                self._note(event.batch_limit)
                task = f"task {event.task + 1}/{self.config.tasks}"
                self._move(f"{self.config.strategy}, {task}", "step", event.step, event.steps)
            case TaskLearned():
                self._fill()
                self.end()
            case Stopped():
                self.end()

    def _note(self, batch_limit: int | None) -> None:
        """Says once that the batch has become smaller."""
        if batch_limit is not None and batch_limit != self.batch_limit:
            self.batch_limit = batch_limit
            tqdm.write(f"Out of memory: batch size reduced to {batch_limit}.", file=sys.stderr)

    def _move(self, title: str, unit: str, done: int, total: int) -> None:
        if self.bar is None:
            self.bar = tqdm(total=total, desc=title, unit=unit, mininterval=0.5)
        self.bar.update(done - self.bar.n)

    def _fill(self) -> None:
        if self.bar is not None:
            self.bar.update((self.bar.total or 0) - self.bar.n)

    def end(self) -> None:
        """Closes the bar."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None
