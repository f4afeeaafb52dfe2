"""Finds data sets on this machine. Does not import torch."""

import os
from collections.abc import Callable
from pathlib import Path

from ...errors import LifelongError
from ...storage.downloads import cache_folder


def roots() -> list[Path]:
    """Returns the folders that hold data sets, in order: `$LIFELONG_DATA`, then the download
    folder.
    """
    given = os.environ.get("LIFELONG_DATA")
    return [*([Path(given)] if given else []), cache_folder()]


def first_complete(folder: str, complete: Callable[[Path], bool]) -> Path | None:
    """Returns the first folder of this name under the roots that is complete.

    `complete` should use os.path, which answers False where Path raises.
    """
    return next((root / folder for root in roots() if complete(root / folder)), None)


def stamp(location: Path | None) -> tuple[tuple[str, int, int], ...]:
    """Returns what changes with the files of a data set: names, times and sizes in its folder,
    `train` and `test`.
    """
    if location is None:
        return ()
    inner = [p for split in (".", "train", "test") for p in sorted((location / split).glob("*"))]
    stats = [(path.name, path.stat()) for path in (location, *inner) if os.path.exists(path)]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


def printable(name: str) -> str:
    """Returns a file's name as it can stand in a sentence, whatever bytes it is made of.

    >>> printable("a" + chr(10) + "b")
    'a?b'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:80]


def require_inside(folder: Path, path: Path) -> Path:
    """Returns the path if it is within the folder once links are followed. Raises LifelongError
    otherwise.
    """
    if os.path.islink(path) and not Path(os.path.realpath(path)).is_relative_to(
        os.path.realpath(folder)
    ):
        name = "/".join(map(printable, (folder.name, *path.relative_to(folder).parts)))
        raise LifelongError(
            f"{name} is a link that leads out of the folder; put there what it points to."
        )
    return path
