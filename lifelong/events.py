"""Events of a run, one JSON object a line in `record.jsonl`; no torch.

Accuracies are shares in [0, 1]; tasks count from 0; seconds are of training alone (evaluation is `evaluating`).
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class Preparing(_Event):
    """Before the start: so many of all images have gone through the frozen backbone; seconds since the first.

    held: images that the memory holds at once; None where it holds as many as are wanted.
    """

    event: Literal["preparing"] = "preparing"
    done: int
    total: int
    seconds: float
    held: int | None = None


class Started(_Event):
    """classes: names by task, in order of arrival. untrained: accuracy before any training, task label given.

    shape: of the pictures. backbone: what tells the frozen backbone that they go through from others; empty where there is none.
    estimate: seconds of training to expect on this machine; None for a small network, which takes few.
    """

    event: Literal["started"] = "started"
    classes: tuple[tuple[str, ...], ...]
    labels: tuple[tuple[int, ...], ...]
    source: str
    images: tuple[int, int]
    shape: tuple[int, int, int]
    backbone: str = ""
    estimate: float | None = None
    parameters: int
    untrained: tuple[float, ...]


class Step(_Event):
    """Where training stands. probe: accuracy on a fixed part of each task's test images, tasks 0..task.

    held: images of a step, where the memory did not hold the recipe's batch; None where it did.
    """

    event: Literal["step"] = "step"
    task: int
    step: int
    steps: int
    loss: float | None
    probe: tuple[float, ...]
    seconds: float
    held: int | None = None


class TaskLearned(_Event):
    """One row of accuracy[after][on] over the whole test sets of tasks 0..task.

    labelled: the same with the task label given. ahead: the next task before it is learned, label given.
    stored: bytes that the strategy keeps for earlier tasks, by kind; None in records older than this field.
    """

    event: Literal["task_learned"] = "task_learned"
    task: int
    accuracy: tuple[float, ...]
    labelled: tuple[float, ...]
    ahead: float | None
    seconds: float
    evaluating: float
    stored: dict[str, int] | None = None


class Finished(_Event):
    event: Literal["finished"] = "finished"
    seconds: float


class Stopped(_Event):
    """Somebody stopped the run within `task` after `step` steps; it can go on from there."""

    event: Literal["stopped"] = "stopped"
    task: int
    step: int


class Failed(_Event):
    event: Literal["failed"] = "failed"
    message: str


def preparing(events: Sequence[BaseModel]) -> Preparing | None:
    """How far the images have gone through the backbone, while they do: the last event, where it tells that."""
    return events[-1] if events and isinstance(events[-1], Preparing) else None


Event = Preparing | Started | Step | TaskLearned | Finished | Stopped | Failed
