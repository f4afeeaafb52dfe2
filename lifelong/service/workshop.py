"""Folder in which a run from elsewhere is unpacked and checked, never listed among the runs."""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ..errors import LifelongError
from ..runs.folders import home
from . import limits

WORKSHOP = ".loading-"  # first letters of the folder's name
LEFT_OVER = 3600  # seconds after which such a folder is that of a process that died


@contextlib.contextmanager
def refusals(what: str) -> Iterator[None]:
    """Begins the sentence of an error with what was not loaded."""
    try:
        yield
    except LifelongError as error:
        raise LifelongError(f"{what} was not loaded. {error}") from None


@contextlib.contextmanager
def workshop(name: str) -> Iterator[Path]:
    """Yields an empty folder for the files of a run from elsewhere; removes what is left of it.

    name: of the run, for the sentences of the readers. Raises LifelongError where none can be made,
    and where the runs of this server take as much as they may.
    """
    limits.check_room()
    try:
        home().mkdir(parents=True, exist_ok=True)
        _remove_left_over()
        outer = Path(tempfile.mkdtemp(prefix=WORKSHOP, dir=home()))
    except OSError as error:
        raise LifelongError(f"Nothing can be loaded here ({error.strerror}).") from None
    try:
        folder = outer / (name or "run")
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def _remove_left_over() -> None:
    for folder in home().glob(f"{WORKSHOP}*/"):
        if time.time() - folder.stat().st_mtime > LEFT_OVER:
            shutil.rmtree(folder, ignore_errors=True)
