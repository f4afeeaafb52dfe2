"""Integrity of checkpoints: their SHA-256 on disk beside that in the record of their run.

Of a run that came with the project the checksums are those of `storage.shipped`. No torch, until a
checkpoint is read.
"""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import LifelongError
from ..events import Saved, TaskLearned
from ..storage import checksums, shipped
from . import checkpoints
from .history import History

if TYPE_CHECKING:
    from torch import Tensor


class FileState(StrEnum):
    """State of a checkpoint on disk beside its record."""

    INTACT = "intact"
    CHANGED = "changed"
    MISSING = "missing"
    NOT_RECORDED = "not recorded"


def recorded(folder: Path, history: History) -> dict[str, frozenset[str]]:
    """Returns the SHA-256 of the checkpoints of a run by the name of the file.

    Of a file that was saved several times, all of them: the last one may not have been written.
    """
    found: dict[str, frozenset[str]] = {}
    for event in history.events:
        if isinstance(event, TaskLearned | Saved):
            for name, checksum in (event.checksums or {}).items():
                found[name] = found.get(name, frozenset()) | {checksum}
    if folder.parent == shipped.FOLDER:
        listed = shipped.files_of(folder.name)
        found |= {each.path.rpartition("/")[2]: frozenset({each.sha256}) for each in listed}
    return found


def states(folder: Path, history: History) -> dict[str, FileState]:
    """Returns the state of every checkpoint of a run, and of its other files if it ships, by name.

    A state to resume from that is missing is left out: what ships has none.
    """
    known = recorded(folder, history)
    there = {file.name for file in folder.glob("*.safetensors")}
    needed = {
        checkpoints.inference_file(folder, after).name for after in range(len(history.learned))
    }
    names = sorted(there | needed | (known.keys() if folder.parent == shipped.FOLDER else set()))
    return {name: _state(folder / name, known.get(name)) for name in names}


def state(file: Path, history: History) -> FileState:
    """Returns the state of a checkpoint of a run."""
    return _state(file, recorded(file.parent, history).get(file.name))


def _state(file: Path, known: frozenset[str] | None) -> FileState:
    try:
        found = checksums.of_file(file) if known else ""
    except OSError:
        return FileState.MISSING
    if not known:
        return FileState.NOT_RECORDED if file.exists() else FileState.MISSING
    return FileState.INTACT if found in known else FileState.CHANGED


def read(file: Path, history: History) -> tuple[dict[str, "Tensor"], dict[str, str]]:
    """Returns the tensors and the metadata of a checkpoint of a run, see `compact.read`.

    Raises LifelongError as that does, and for a file that is not the one of the record.
    """
    from . import compact  # loads torch

    check(file, history)
    return compact.read(file)


def check(file: Path, history: History) -> None:
    """Raises LifelongError for a checkpoint that is not the one of the record."""
    if state(file, history) is FileState.CHANGED:
        raise LifelongError(
            f"The checkpoint {file.parent.name}/{file.name} is damaged or was exchanged: it is not"
            f" the file that was saved. {_offer(file, history)}"
        )


def _offer(file: Path, history: History) -> str:
    """Returns a sentence with what there is instead of a checkpoint that is damaged."""
    folder, learned = file.parent, range(len(history.learned))
    names = {checkpoints.inference_file(folder, after).name: after for after in learned}
    good = [after for after in range(names.get(file.name, 0)) if _is_good(folder, after, history)]
    last = f"The last good one before it is that after task {good[-1] + 1}; " if good else ""
    ending = "learn the task again or restore the file."
    return last + ending if last else ending[:1].upper() + ending[1:]


def _is_good(folder: Path, after: int, history: History) -> bool:
    found = state(checkpoints.inference_file(folder, after), history)
    return found in (FileState.INTACT, FileState.NOT_RECORDED)
