"""Files of a folder that other processes may be removing at the same time."""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path


def with_status(files: Iterable[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    """Yields the files that are still there, each with its status."""
    for file in files:
        with suppress(OSError):
            yield file, file.stat()


def newest_first(files: Iterable[Path]) -> list[Path]:
    """Returns the files that are still there, the one that was changed last first."""
    found = sorted(with_status(files), key=lambda each: each[1].st_mtime, reverse=True)
    return [file for file, _status in found]


def nbytes(folder: Path) -> int:
    """Returns the bytes of all plain files below a folder; of one that is gone 0."""
    found = with_status(folder.rglob("*"))
    return sum(status.st_size for _file, status in found if stat.S_ISREG(status.st_mode))
