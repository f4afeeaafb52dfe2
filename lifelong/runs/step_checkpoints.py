"""Checkpoints within a task: the state for inference after some of its steps, in one small file.

Each is the change from the one before, the first that from the checkpoint of the task before; so
there are none within the first task. See `storage.tensor_deltas` for the encoding.
"""

from pathlib import Path

from torch import Tensor

from ..errors import LifelongError
from ..storage import tensor_deltas, tensor_files
from ..storage.tensor_files import add_prefix, strip_prefix
from . import checkpoints, compact, integrity
from .history import History

# Dense where old classes are lost: by step 50, plain training has lost all of them on MNIST.
STEPS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 100, 200, 500)
State = dict[str, Tensor]


def save(folder: Path, task: int, step: int, state: State) -> None:
    """Adds the state after a step to the file of its task; those of later steps are removed.

    Raises LifelongError as `load` does, and if the file cannot be written.
    """
    file = checkpoints.steps_file(folder, task)
    encoded, before = _read(file) if file.exists() else {}, _start(folder, task)
    kept = {earlier: each for earlier, each in encoded.items() if earlier < step}
    before = _decoded(file, before, kept).get(max(kept, default=0), before)
    kept[step] = tensor_deltas.encode(before, state)
    tensors: State = {}
    for number, each in kept.items():
        tensors |= add_prefix(str(number), each)
    tensor_files.write(file, tensors, {"steps": ",".join(map(str, kept))})


def load(folder: Path, task: int, history: History) -> dict[int, State]:
    """Returns the state for inference after each saved step of a task, by step, ascending.

    Raises LifelongError for a missing or damaged file and for one of another model.
    """
    file, before = (
        checkpoints.steps_file(folder, task),
        checkpoints.inference_file(folder, task - 1),
    )
    for each in (before, file):
        integrity.check(each, history)
    return _decoded(file, _start(folder, task), _read(file))


def _start(folder: Path, task: int) -> State:
    return compact.read(checkpoints.inference_file(folder, task - 1))[0]


def _read(file: Path) -> dict[int, State]:
    """Returns the encoded changes by step."""
    tensors, metadata = tensor_files.read(file)
    try:
        steps = sorted(map(int, metadata["steps"].split(",")))
    except (KeyError, ValueError):
        raise _foreign(file) from None
    return {step: strip_prefix(str(step), tensors) for step in steps}


def _decoded(file: Path, state: State, encoded: dict[int, State]) -> dict[int, State]:
    states = {}
    try:
        for step, change in encoded.items():
            state = states[step] = tensor_deltas.decode(state, change)
    except (KeyError, ValueError, RuntimeError):  # what torch raises where shapes differ
        raise _foreign(file) from None
    return states


def _foreign(file: Path) -> LifelongError:
    return LifelongError(
        f"The checkpoint {file.parent.name}/{file.name} belongs to another model; learn the task "
        "again or restore the file."
    )
