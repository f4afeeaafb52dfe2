"""Deleted runs and studies: a folder beside the others that they can be brought back from.

They stay DAYS days, so that a click too many costs nothing; those deleted longer ago are removed
for good when the next one is deleted, and all of them when the trash is emptied.
"""

import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import LifelongError, unknown_name
from ..storage import listed, owners
from .folders import ID, home

FOLDER = ".trash"  # within the folder of runs; no id begins with a dot
DAYS = 7


@dataclass(frozen=True)
class Deleted:
    """A deleted run or study. when: in seconds since 1970; nbytes: of all its files."""

    id: str
    when: float
    nbytes: int


def move_to(folder: Path) -> None:
    """Moves a run or study to the trash; removes what was deleted more than DAYS days ago.

    Raises LifelongError for one that is being learned or cannot be moved.
    """
    with owners.as_server():
        purge(time.time() - DAYS * 24 * 3600)
    trash = home() / FOLDER
    try:
        with FileLock(folder / ".lock", timeout=0):
            trash.mkdir(exist_ok=True)
            if (trash / folder.name).exists():  # of the same id, deleted before
                shutil.rmtree(trash / folder.name)
            os.rename(folder, trash / folder.name)
        os.utime(trash / folder.name)  # the time of its deletion
    except Timeout:
        raise LifelongError(
            f"{folder.name} is being learned and was not deleted; stop it first."
        ) from None
    except OSError as error:
        raise LifelongError(
            f"{folder.name} could not be deleted ({error.strerror}); it is as it was."
        ) from None


def bring_back(name: str) -> Path:
    """Moves a deleted run or study back. Raises LifelongError when there is none of this id."""
    deleted = home() / FOLDER / name
    if not re.fullmatch(ID, name) or not deleted.is_dir() or not owners.is_own(deleted):
        raise unknown_name("deleted run", name[:80], (each.id for each in contents()))
    if (home() / name).exists():
        raise LifelongError(f"There is another {name} by now; rename its folder first.")
    try:
        os.rename(deleted, home() / name)
    except OSError as error:
        raise LifelongError(
            f"{name} could not be brought back ({error.strerror}); it is still in the trash."
        ) from None
    return home() / name


def contents() -> list[Deleted]:
    """Returns what is in the trash, deleted last first; on a public server the visitor's own."""
    own = owners.listed((home() / FOLDER).glob("*/"))
    found = [
        Deleted(folder.name, status.st_mtime, listed.nbytes(folder))
        for folder, status in listed.with_status(own)
    ]
    return sorted(found, key=lambda deleted: deleted.when, reverse=True)


def purge(before: float | None = None) -> int:
    """Removes for good what was deleted before a time, by default all; returns the number."""
    old = [each for each in contents() if before is None or each.when < before]
    for deleted in old:
        shutil.rmtree(home() / FOLDER / deleted.id, ignore_errors=True)
    return len(old)
