"""Folders of runs and studies: locations, config, record, lock and state."""

import contextlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from filelock import FileLock, Timeout
from pydantic import BaseModel

from ..errors import DivergedError, LifelongError, unknown_name
from ..events import Failed
from ..storage import atomic, owners, shipped
from ..storage.listed import newest_first
from . import journal
from .history import ExperimentHistory
from .newest import Newest

SHIPPED = shipped.FOLDER
ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}"  # of a run or study, the name of its folder
UNLISTED = ".unlisted"  # a file in the folder of a run that only those see who know its id
CONFIG_FILES = ("config.json", "study.json")  # of a run and of a study; a folder has one of them

Config = TypeVar("Config", bound=BaseModel)
History = TypeVar("History", bound=ExperimentHistory[Any, Any])


class RunState(StrEnum):
    """State of a run or study. Only the worker's queue knows of WAITING."""

    NEW = "new"
    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # its process was killed


def home() -> Path:
    """Returns the folder of new runs: `$LIFELONG_RUNS`, by default the project's `checkpoints/`.

    Where the package is installed without the project, `runs/` in the current folder.
    """
    return Path(os.environ.get("LIFELONG_RUNS") or (SHIPPED if shipped.IS_CHECKOUT else "runs"))


def new_folder(*words: str) -> Path:
    """Returns a path for a new run or study, named by these words and a random number.

    On a public server nobody guesses the number: whoever has it opens what it leads to.
    """
    base = re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join(words))[:100].lstrip("._-") or "run"
    return home() / f"{base}-{secrets.token_hex(8 if owners.is_public() else 3)}"


def version(file: Path) -> tuple[int, int] | None:
    """Returns a value that changes whenever a file does; None where there is none."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def is_locked(folder: Path) -> bool:
    """Returns whether a process is learning the run or study in this folder."""
    lock = folder / ".lock"
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # a folder that cannot be written to is not being trained
        return False


def _shipped_names(root: Path) -> tuple[str, ...]:
    return _names_in(root / "shipped.txt", version(root / "shipped.txt"))


@lru_cache(maxsize=8)
def _names_in(file: Path, changed: tuple[int, int] | None) -> tuple[str, ...]:
    """Returns the first word of each line; of a file that is not there, none."""
    lines = file.read_text().splitlines() if changed else []
    return tuple(line.split("\t")[0] for line in lines)


class ExperimentFolders(Generic[Config, History]):
    """All folders of one kind of experiment.

    noun: "run" or "study", for messages. config_file: name of the file with the config.
    read_config: parses that file. read_history: makes the history from the config and the path of
    the record.
    """

    def __init__(
        self,
        noun: str,
        config_file: str,
        read_config: Callable[[bytes], Config],
        read_history: Callable[[Config, Path], History],
    ) -> None:
        self.noun = noun
        self.config_file = config_file
        self._read_config = read_config
        self._read_history = read_history
        self._histories = Newest(self._load_history)

    def ids(self) -> list[str]:
        """Returns the names of all listed folders, the newest first and those that ship last.

        On a public server those of the present visitor, see `owners`.
        """
        shipped = [folder.name for folder in self.shipped()]
        found = home().glob(f"*/{self.config_file}")
        own = newest_first(file for file in found if not (file.parent / UNLISTED).exists())
        folders = owners.listed(file.parent for file in own if file.parent.name not in shipped)
        return [folder.name for folder in folders] + shipped

    def shipped(self) -> tuple[Path, ...]:
        """Returns the folders that came with the project."""
        folders = (SHIPPED / name for name in _shipped_names(SHIPPED))
        return tuple(folder for folder in folders if self.contains(folder))

    def contains(self, folder: Path) -> bool:
        """Returns whether a folder holds an experiment of this kind."""
        return (folder / self.config_file).is_file()

    def find(self, name: str) -> Path | None:
        """Returns the folder of this name, if there is one; a name is never a path."""
        name = str(name)  # programs send numbers and null
        if not re.fullmatch(ID, name):
            return None
        ships = name in _shipped_names(SHIPPED) and self.contains(SHIPPED / name)
        folder = (SHIPPED if ships else home()) / name
        return folder if ships or self.contains(folder) else None

    def folder(self, name: str) -> Path:
        """Returns the folder of this name. Raises LifelongError when there is none."""
        folder = self.find(name)
        if folder is None:
            # A batch of several visitors' requests may be answered at once: no id of one of them.
            known = [each.name for each in self.shipped()] if owners.is_public() else self.ids()
            raise unknown_name(self.noun, str(name)[:80], known)
        return folder

    def create(self, config: Config, folder: Path, resolve: Callable[[Config], Config]) -> Path:
        """Makes the folder with the config in it, unless it is there already.

        config: a resolved one. resolve: applied to the config that is there, so that one that an
        earlier version wrote in other words is recognised. Raises LifelongError for a folder that
        cannot be made or holds something else.
        """
        if any((folder / other).exists() for other in CONFIG_FILES if other != self.config_file):
            raise LifelongError(
                f"The folder {folder.name} holds something else already; give another with --out."
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LifelongError(
                f"The folder {folder.name} could not be made ({error.strerror}); "
                "give another with --out."
            ) from None
        file = folder / self.config_file
        if not file.exists():
            owners.claim(folder)
            atomic.write_atomically(file, config.model_dump_json(indent=2).encode())
        elif resolve(self._read_config(file.read_bytes())) != config:
            raise LifelongError(
                f"The folder {folder.name} holds a run with another configuration; "
                "give another with --out."
            )
        return folder

    def history(self, folder: Path) -> History:
        """Returns the config and the events so far; read anew only when a file has changed."""
        files = folder / self.config_file, folder / journal.RECORD_FILE
        return self._histories(folder, lambda: tuple(map(version, files)))

    def _load_history(self, folder: Path) -> History:
        try:
            config = self._read_config((folder / self.config_file).read_bytes())
        except OSError:
            raise LifelongError(
                f"The {self.noun} {folder.name} has no readable {self.config_file}; "
                f"delete the {self.noun}."
            ) from None
        return self._read_history(config, folder / journal.RECORD_FILE)

    def state(self, folder: Path) -> RunState:
        """Returns the state by the lock and the last event of the record."""
        by_record = self.record_state(folder)
        return RunState.RUNNING if is_locked(folder) else by_record

    def record_state(self, folder: Path) -> RunState:
        """Returns the state by the last event of the record alone."""
        history = self.history(folder)
        if history.ending:
            return RunState(history.ending.event)
        return RunState.INTERRUPTED if history.events else RunState.NEW

    @contextlib.contextmanager
    def learning(self, folder: Path) -> Iterator[None]:
        """Keeps other processes from learning in this folder; notes an error in the record, too.

        Raises LifelongError when another process is learning there, the folder cannot be written
        to, or it came with the project and is complete.
        """
        if folder in self.shipped() and self.history(folder).finished:
            raise LifelongError(
                f"The {self.noun} {folder.name} ships with the project and is complete; "
                "start one of your own."
            )
        try:
            lock = FileLock(folder / ".lock").acquire(timeout=0.5)
        except Timeout:
            raise LifelongError(
                f"{folder.name} is being learned by another process; wait for it or stop it."
            ) from None
        except OSError as error:
            raise LifelongError(
                f"The folder of {folder.name} cannot be written to ({error.strerror}); "
                "start one elsewhere."
            ) from None
        with lock:
            try:
                yield
            except LifelongError as error:
                # a full disk cannot take the note that it is full
                failed = Failed(message=str(error), diverged=isinstance(error, DivergedError))
                with contextlib.suppress(LifelongError):
                    journal.append(folder / journal.RECORD_FILE, failed)
                raise
