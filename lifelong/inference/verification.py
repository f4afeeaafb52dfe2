"""Verification of a checkpoint: its accuracies computed anew, beside those in the record."""

from dataclasses import dataclass
from pathlib import Path

from ..errors import LifelongError
from ..runs import checkpoints, compact, integrity
from ..runs.integrity import FileState
from ..strategies.base import scores
from ..training.evaluation import accuracy
from . import predict
from .task_images import images_of, test_images


@dataclass(frozen=True)
class Verification:
    """Accuracies of a checkpoint on each task so far, as recorded and as found now.

    recorded: in the record or, of a compact checkpoint, in its own file. tested: number of test
    images. same_images: whether they are those of the record. file: state of the checkpoint, intact
    or one of which no checksum was recorded. is_compact: whether it is compact.
    """

    tested: int
    recorded: tuple[float, ...]
    found: tuple[float, ...]
    same_images: bool
    file: FileState = FileState.NOT_RECORDED
    is_compact: bool = False

    @property
    def agrees(self) -> bool:
        """True if all accuracies are the recorded ones, to the image."""
        return all(abs(a - b) < 1e-9 for a, b in zip(self.recorded, self.found))


def verify(folder: Path, after: int) -> Verification:
    """Returns the accuracies of the checkpoint after a task on all test images that are here.

    Raises LifelongError for a task that was not learned, for a checkpoint that is not the one of
    the record, and where there are no images.
    """
    history = predict.history_of_learned(folder)
    if not 0 <= after < len(history.learned):
        raise LifelongError(
            f"after was given as {after}; the run {folder.name} has learned"
            f" {len(history.learned)} tasks, counted from 0."
        )
    file = checkpoints.inference_file(folder, after)
    integrity.check(file, history)  # the one in memory may be that of before
    model, plan = predict.load(folder, after), predict.plan_after(history, after)
    found, tested = [], 0
    for task in range(after + 1):
        test = test_images(history, task)
        inputs = predict.model_inputs(history, model, test.images.numpy())
        values = scores(model, inputs, plan.given_task(task))
        found.append(accuracy(plan, after, test, values))
        tested += len(test)
    same = images_of(history) in history.started.source
    recorded, own = history.learned[after].accuracy, compact.accuracy(file)
    if own is not None and len(own) != len(recorded):
        own = None
    state = integrity.state(file, history)
    return Verification(tested, own or recorded, tuple(found), same, state, own is not None)
