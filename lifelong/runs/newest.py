"""Cache of what is read from folders that change: of each folder its newest version alone."""

import threading
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Generic, TypeVar

Value = TypeVar("Value")
MOST = 256  # folders


class Newest(Generic[Value]):
    """Values read from folders by `read`, of at most MOST folders, those used last.

    A value is read once, however many threads ask: of a run at work many pages do at one moment.
    """

    def __init__(self, read: Callable[[Path], Value]) -> None:
        self._read = read
        self._values: dict[Path, tuple[Hashable, Value]] = {}
        self._lock = threading.RLock()

    def __call__(self, folder: Path, version: Callable[[], Hashable]) -> Value:
        """Returns the value of a folder, read anew where its version has changed."""
        with self._lock:
            now, before = version(), self._values.pop(folder, None)
            found = before if before and before[0] == now else (now, self._read(folder))
            self._values[folder] = found
            if len(self._values) > MOST:
                del self._values[next(iter(self._values))]
            return found[1]

    def __len__(self) -> int:
        return len(self._values)
