"""Events of a run, one JSON object a line in `record.jsonl`; no torch.

Accuracies are shares in [0, 1]; tasks count from 0; seconds are of training alone (evaluation is `evaluating`).
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field


def recorded_as(name: str, field: str) -> Any:
    """Returns the declaration of a field that has another name in a record than in Python."""
    return Field(validation_alias=AliasChoices(name, field), serialization_alias=name)


class RecordedEvent(BaseModel):
    """Base class of all events: immutable, finite numbers only, written under the record's names."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, serialize_by_alias=True)


class ExtractingFeatures(RecordedEvent):
    """Before the start: so many of all images have gone through the frozen backbone; seconds since the first.

    held: images that the memory holds at once; None where it holds as many as are wanted.
    """

    event: Literal["preparing"] = "preparing"
    done: int
    total: int
    seconds: float
    batch_limit: Annotated[int | None, recorded_as("held", "batch_limit")] = None


class Started(RecordedEvent):
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
    random_init_accuracy: Annotated[
        tuple[float, ...], recorded_as("untrained", "random_init_accuracy")
    ]


class Step(RecordedEvent):
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
    batch_limit: Annotated[int | None, recorded_as("held", "batch_limit")] = None


class TaskLearned(RecordedEvent):
    """One row of accuracy[after][on] over the whole test sets of tasks 0..task.

    labelled: the same with the task label given. ahead: the next task before it is learned, label given.
    stored: bytes that the strategy keeps for earlier tasks, by kind; None in records older than this field.
    """

    event: Literal["task_learned"] = "task_learned"
    task: int
    accuracy: tuple[float, ...]
    accuracy_given_task: Annotated[
        tuple[float, ...], recorded_as("labelled", "accuracy_given_task")
    ]
    next_task_accuracy: Annotated[float | None, recorded_as("ahead", "next_task_accuracy")]
    seconds: float
    evaluation_seconds: Annotated[float, recorded_as("evaluating", "evaluation_seconds")]
    stored: dict[str, int] | None = None


class Finished(RecordedEvent):
    event: Literal["finished"] = "finished"
    seconds: float


class Stopped(RecordedEvent):
    """Somebody stopped the run within `task` after `step` steps; it can go on from there."""

    event: Literal["stopped"] = "stopped"
    task: int
    step: int


class Failed(RecordedEvent):
    event: Literal["failed"] = "failed"
    message: str


def extraction_progress(events: Sequence[BaseModel]) -> ExtractingFeatures | None:
    """How far the images have gone through the backbone, while they do: the last event, where it tells that."""
    return events[-1] if events and isinstance(events[-1], ExtractingFeatures) else None


Event = ExtractingFeatures | Started | Step | TaskLearned | Finished | Stopped | Failed
