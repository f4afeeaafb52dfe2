"""Ctrl+C as a wish: what is at work stops after its step, and keeps what it has."""

import signal
from contextlib import contextmanager


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
