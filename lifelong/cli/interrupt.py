"""Handling of Ctrl+C and SIGTERM: one sentence and status 130, training ends after its step.

Imports nothing heavy: `python -m lifelong` handles signals from here on before it loads the rest.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STATUS = 130
SENTENCE = "The command was interrupted before its end."
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def handle_signals() -> None:
    """Lets Ctrl+C and SIGTERM raise KeyboardInterrupt, and end the process during an import."""
    for number in SIGNALS:
        signal.signal(number, _interrupt)


def ignore_signals() -> None:
    """Ignores further signals, so that a process ends with the status that it has."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # An import may turn the exception into another one, and has written nothing to clean up.
    if _is_importing(frame):
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, f"\n{SENTENCE}\n".encode())
        os._exit(STATUS)
    raise KeyboardInterrupt


def _is_importing(frame: FrameType | None) -> bool:
    """Returns whether one of the calling frames is executing an import statement."""
    names = ("importlib._bootstrap", "_frozen_importlib")
    while frame is not None and frame.f_globals.get("__name__") not in names:
        frame = frame.f_back
    return frame is not None


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Has Ctrl+C and SIGTERM stop training after its step; a second one ends at once.

    Yields the function that returns whether to stop.
    """
    before = {int(number): signal.getsignal(number) for number in SIGNALS}
    requested = False

    def handler(number: int, _frame: object) -> None:
        nonlocal requested
        if requested:
            signal.signal(number, before[signal.Signals(number)])
            signal.raise_signal(number)
        requested = True

    for number in SIGNALS:
        signal.signal(number, handler)
    try:
        yield lambda: requested
    finally:
        for caught, earlier in before.items():
            signal.signal(caught, earlier)
