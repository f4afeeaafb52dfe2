"""Ctrl+C as a wish: what is at work stops after its step, and keeps what it has."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from .. import api
from .. import config as configs
from ..events import Event, ExtractingFeatures, Started, Step, Stopped, TaskLearned


@contextmanager
def interruptible():
    """Within it, Ctrl+C and SIGTERM ask training to stop after its step; a second Ctrl+C ends at once."""
    asked = []
    before = {}

    def handler(number: int, _frame: object) -> None:
        if asked:
            signal.signal(number, before[number])
            signal.raise_signal(number)
        asked.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, handler)
    try:
        yield lambda: bool(asked)
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def with_progress_bar(events: Iterator[Event], config: configs.RunConfig) -> Iterator[Event]:
    """Passes events on and shows them on standard error as a progress bar, one a task, and one for a backbone before them."""
    bar = batch_limit = None
    for event in events:
        if isinstance(event, ExtractingFeatures | Step) and event.batch_limit != batch_limit:
            batch_limit = event.batch_limit
            tqdm.write(f"Out of memory: batch size reduced to {batch_limit}.", file=sys.stderr)
        if isinstance(event, ExtractingFeatures):
            if bar is None:
                bar = tqdm(
                    total=event.total,
                    desc=f"images through {config.model}",
                    unit="image",
                    mininterval=0.5,
                )
            bar.update(event.done - bar.n)
        if isinstance(event, Started):
            if bar is not None:
                bar.close()
                bar = None
            if event.estimate:
                print(
                    f"About {api.duration(event.estimate)} of training on this machine; Ctrl+C keeps what was learned.",
                    file=sys.stderr,
                )
        if isinstance(event, Step):
            if bar is None:
                bar = tqdm(
                    total=event.steps,
                    desc=f"{config.strategy}, task {event.task + 1}/{config.tasks}",
                    unit="step",
                    mininterval=0.5,
                )
            bar.update(event.step - bar.n)
        elif isinstance(event, TaskLearned | Stopped) and bar is not None:
            bar.update(0 if isinstance(event, Stopped) else bar.total - bar.n)
            bar.close()
            bar = None
        yield event
