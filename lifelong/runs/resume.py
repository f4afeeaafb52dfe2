"""States that a run goes on from: saved after each task and every so many seconds within one.

Of several the newest that is intact is loaded. No torch, until one is.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import LifelongError
from ..events import Saved
from ..storage import atomic, checksums
from ..storage.tensor_metadata import read_metadata
from . import checkpoints, integrity, journal
from .history import History
from .integrity import FileState

if TYPE_CHECKING:  # pages list runs before torch is loaded
    from ..training.experiment import Experiment

SECONDS_VARIABLE = "LIFELONG_SAVE_SECONDS"
SECONDS = 30.0  # between two states within a task
SHARE = 0.1  # of the time that saving may take; where it takes long, it is done less often


class Position(NamedTuple):
    """Position of a state: within `task` after `step` steps."""

    task: int
    step: int


def seconds_between_states() -> float:
    """Returns the seconds between two states, by default SECONDS.

    Raises LifelongError for a variable that is no number from 0 on.
    """
    given = os.environ.get(SECONDS_VARIABLE, "") or str(SECONDS)
    try:
        seconds = float(given)
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:
        raise LifelongError(
            f"{SECONDS_VARIABLE} was given as {given[:40]!r}; expected seconds, such as 30."
        )
    return seconds


class Autosave:
    """Saves the state within a task from time to time, see `Experiment.events` for its use.

    seconds: between two states; more where saving takes longer than SHARE of them. clock: returns
    the seconds, and never goes backwards.
    """

    def __init__(
        self,
        folder: Path,
        experiment: "Experiment",
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder, self.experiment = folder, experiment
        self.seconds, self.clock = seconds, clock
        self.due = clock() + seconds

    def __call__(self, task: int, step: int) -> Callable[[], None] | None:
        """Returns the function that saves the state, None while it is not due."""
        return self.save if self.clock() >= self.due else None

    def save(self) -> None:
        """Saves the state, and sets the time of the next one."""
        began = self.clock()
        save_within(self.folder, self.experiment)
        now = self.clock()
        self.due = now + max(self.seconds, (now - began) / SHARE)


def content(experiment: "Experiment") -> bytes:
    """Returns the content of a file that `restore` continues from."""
    from ..storage import tensor_files  # loads torch

    position = {"task": experiment.task, "step": experiment.step, "seconds": experiment.seconds}
    metadata = {name: str(value) for name, value in position.items()} | experiment.costs.state()
    return tensor_files.pack(experiment.state_dict(), metadata)


def save_within(folder: Path, experiment: "Experiment") -> None:
    """Writes the state within a task, in place of the one before, and notes it in the record.

    The note comes first: of a process that is killed in between the file before is still known.
    """
    file, packed = checkpoints.interrupted_file(folder), content(experiment)
    journal.append(folder / journal.RECORD_FILE, saved(file, packed, experiment))
    atomic.write_atomically(file, packed)


def saved(file: Path, packed: bytes, experiment: "Experiment") -> Saved:
    """Returns the event of a state within a task, given the content of its file."""
    found = {file.name: checksums.of_bytes(packed)}
    return Saved(task=experiment.task, step=experiment.step, checksums=found)


def restore(
    folder: Path, history: History, make: Callable[[], "Experiment"]
) -> tuple["Experiment", tuple[str, ...]]:
    """Returns an experiment with the newest state that is intact, and the names of newer files,
    which are missing, damaged or of another model.

    make: returns an experiment that has not begun. Of a run that is taught a class the last
    checkpoint is where that begins; raises LifelongError if it is damaged.
    """
    damaged: list[str] = []
    experiment = make()
    for file in _candidates(folder, history):
        try:
            state, metadata = integrity.read(file, history)
            position = _position(file, metadata, history)
        except LifelongError:
            damaged.append(file.name)
            continue
        try:
            experiment.load_state_dict(state, *position, float(metadata["seconds"]))
            experiment.costs.restore(metadata)
        except (KeyError, ValueError, RuntimeError):  # what torch raises where shapes differ
            damaged.append(file.name)
            experiment = make()
        else:
            return experiment, tuple(damaged)
    if history.config.taught:
        from ..training.taught import begin  # loads torch

        last = checkpoints.inference_file(folder, len(history.learned) - 1)
        begin(experiment, integrity.read(last, history)[0], history.seconds)
    return experiment, tuple(damaged)


def _candidates(folder: Path, history: History) -> list[Path]:
    """Returns the files with states, the newest first."""
    within = checkpoints.interrupted_file(folder)
    after = reversed(range(0 if history.config.taught else len(history.learned)))
    files = [checkpoints.resume_file(folder, task) for task in after]
    return [within, *files] if is_within(folder, history) else files


def is_within(folder: Path, history: History) -> bool:
    """Returns whether there is a state within the task that is to be learned next.

    A process that was killed after the last step of a task may have left one within that task.
    """
    file = checkpoints.interrupted_file(folder)
    if not file.exists():
        return False
    try:
        return int(read_metadata(file)["task"]) >= len(history.learned)
    except (LifelongError, KeyError, ValueError):
        return True  # it is damaged


def _position(file: Path, metadata: dict[str, str], history: History) -> Position:
    """Returns the position of a state. Raises LifelongError where its file has another name."""
    try:
        found = Position(int(metadata["task"]), int(metadata["step"]))
    except (KeyError, ValueError):
        found = Position(-1, -1)
    within = file == checkpoints.interrupted_file(file.parent)
    expected = Position(len(history.learned), found.step) if within else _after(file)
    if found != expected or found.step < within:
        raise LifelongError(
            f"The checkpoint {file.parent.name}/{file.name} belongs to another model or task."
        )
    return found


def _after(file: Path) -> Position:
    """Returns the position of the state after a task."""
    return Position(int(file.stem.rpartition("-")[2]) + 1, 0)


def position(folder: Path, history: History) -> Position:
    """Returns the position that a run would go on from, see `restore`, without loading a state."""
    for file in _candidates(folder, history):
        if integrity.state(file, history) in (FileState.INTACT, FileState.NOT_RECORDED):
            with suppress(LifelongError):
                return _position(file, read_metadata(file), history)
    return Position(len(history.learned) if history.config.taught else 0, 0)
