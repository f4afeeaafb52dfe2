"""Where data sets lie on this machine, and how torchvision's downloads get there; imports no torch."""

import os
import tempfile
import zlib
from collections.abc import Callable, Sequence
from http.client import HTTPException
from pathlib import Path

from ...errors import LifelongError
from ...storage.downloads import cache_folder, offline, patience


def roots() -> list[Path]:
    """The folders that are looked into, in this order: `$LIFELONG_DATA`, then the download folder."""
    given = os.environ.get("LIFELONG_DATA")
    return [*([Path(given)] if given else []), cache_folder()]


def first_complete(folder: str, whole: Callable[[Path], bool]) -> Path | None:
    """The first folder of this name that is whole, under the roots. Asked with os.path, which says no where Path raises."""
    return next((root / folder for root in roots() if whole(root / folder)), None)


def download(folder: str, files: Sequence[str], fetch: Callable[[str], object]) -> Path | None:
    """The folder of this name in the download folder, with the files that were fetched; None where they cannot be had.

    fetch: puts `folder` with the files into the directory it is given; torchvision does, with progress bar and checksums.
    """
    if offline():
        return None
    place = cache_folder() / folder
    try:
        place.mkdir(parents=True, exist_ok=True)
        # Beside their place, then renamed: half a download is never taken for the data set the next time.
        with tempfile.TemporaryDirectory(dir=place) as beside, patience():
            fetch(beside)
            for name in files:
                os.replace(Path(beside) / folder / name, place / name)
    except (RuntimeError, OSError, EOFError, zlib.error, HTTPException):
        return None
    return place


def download_progress(folder: str) -> int | None:
    """Bytes of this folder's archives that a download has brought so far; None where none is going on."""
    try:
        beside = max(
            (path for path in (cache_folder() / folder).glob("tmp*") if path.is_dir()),
            key=os.path.getmtime,
            default=None,
        )
        return None if beside is None else sum(file.stat().st_size for file in beside.rglob("*.gz"))
    except OSError:  # it ended while it was looked at
        return None


def unavailable(title: str, what: str) -> LifelongError:
    """The error for a data set that is not here and could not be downloaded; what: what can be put under LIFELONG_DATA."""
    why = "LIFELONG_OFFLINE forbids its download" if offline() else "it could not be downloaded"
    return LifelongError(
        f"{title} is not on this machine and {why}; connect to the internet, or put {what} under LIFELONG_DATA."
    )


def printable(name: str) -> str:
    """A file's name as it can stand in a sentence, whatever bytes it is made of.

    >>> printable("a" + chr(10) + "b")
    'a?b'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:80]


def require_inside(folder: Path, path: Path) -> Path:
    """The path, if it is within the folder once links are followed; else a LifelongError."""
    if os.path.islink(path) and not Path(os.path.realpath(path)).is_relative_to(
        os.path.realpath(folder)
    ):
        name = "/".join(map(printable, (folder.name, *path.relative_to(folder).parts)))
        raise LifelongError(
            f"{name} is a link that leads out of the folder; put there what it points to."
        )
    return path
