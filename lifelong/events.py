"""Events of a run, one JSON object a line in `record.jsonl`. No torch.

Accuracies are shares in [0, 1]; tasks count from 0; seconds are those of training alone, without
those of evaluation.
"""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, TypeAdapter


def recorded_as(name: str, field: str) -> Any:
    """Returns the declaration of a field that has another name in a record than in Python."""
    return Field(validation_alias=AliasChoices(name, field), serialization_alias=name)


class RecordedEvent(BaseModel):
    """Base class of all events: immutable, finite numbers, written under the record's names."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, serialize_by_alias=True)


class Ending(RecordedEvent):
    """Base class of the events that end a record; a run or study that goes on loses them."""

    event: str


Unit = Literal["B", "image"]


class Loading(RecordedEvent):
    """Progress of a download, or of decoding images, before the start.

    what: in words, such as "Downloading CIFAR-10". done, total: in units, bytes or images; total is
    0 where it is not known. seconds: since this began.
    """

    event: Literal["loading"] = "loading"
    what: str
    unit: Unit
    done: int
    total: int
    seconds: float


class ExtractingFeatures(RecordedEvent):
    """Progress of feature extraction before the start.

    done, total: images that go through the frozen backbone; those that set the range of each
    feature go twice. seconds: since the first image.
    batch_limit: images at once that fit into memory; None where the wanted number fits.
    """

    event: Literal["preparing"] = "preparing"
    done: int
    total: int
    seconds: float
    batch_limit: Annotated[int | None, recorded_as("held", "batch_limit")] = None


class Started(RecordedEvent):
    """Facts about a run before its first step.

    classes: names by task, in order of arrival. labels: the same as numbers.
    images: number of training and test images. shape: (channels, height, width) of an image.
    backbone: fingerprint of the frozen backbone; empty without one.
    estimate: expected seconds of training on this machine; None for a small network, which
    takes few.
    random_init_accuracy: by task, before any training, task label given.
    Of a run that another program trained, images and parameters are 0 and random_init_accuracy is
    empty.
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
    """Progress within a task.

    probe: accuracy on a fixed part of the test images of each of the tasks 0..task.
    batch_limit: images of a step that fit into memory; None where the recipe's batch fits.
    """

    event: Literal["step"] = "step"
    task: int
    step: int
    steps: int
    loss: float | None
    probe: tuple[float, ...]
    seconds: float
    batch_limit: Annotated[int | None, recorded_as("held", "batch_limit")] = None


class Phase(RecordedEvent):
    """Work after the last step of a task: what its strategy measures, and the test.

    what: in words, such as "Measuring which weights matter". images: that it goes through.
    """

    event: Literal["phase"] = "phase"
    task: int
    what: str
    images: int | None = None


class TaskLearned(RecordedEvent):
    """One row of accuracy[after][on], over all test images of the tasks 0..task.

    accuracy_given_task: the same with the task label given; empty where it is not known.
    next_task_accuracy: of the next task before it is learned, task label given.
    stored: bytes that the strategy stores for earlier tasks, by kind.
    confusion: for each class of the tasks 0..task in the order of arrival, how many of its test
    images got each output as the answer, {output: images} without zeros. An output is the class's
    number in the order of arrival or, where tasks share the outputs, its position in its task; see
    `lifelong.runs.confusion`.
    mean_probability: of each active output, its probability averaged over all test images of the
    tasks 0..task; None where a score is not finite.
    operations: multiply-accumulate operations of training so far, peak_memory: the most bytes in
    use at once during it; see `lifelong.training.costs` for what is in them. None where unknown.
    checksums: SHA-256 of the checkpoints of this task, hexadecimal, by the name of the file.
    Of these, None in records older than the field.
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
    confusion: tuple[dict[int, int], ...] | None = None
    mean_probability: tuple[float, ...] | None = None
    operations: int | None = None
    peak_memory: int | None = None
    checksums: dict[str, str] | None = None


class Saved(RecordedEvent):
    """Checkpoint that training goes on from, within `task` after `step` steps, or pictures of a
    class to be taught.

    checksums: as in TaskLearned. The event comes before its file: of the last one there may be
    none, where the process was killed in between.
    """

    event: Literal["saved"] = "saved"
    task: int
    step: int
    checksums: dict[str, str]


class Recovered(RecordedEvent):
    """The newest state that was intact when a run went on, within `task` after `step` steps.

    damaged: names of the newer files, which were missing, changed or of another model.
    """

    event: Literal["recovered"] = "recovered"
    task: int
    step: int
    damaged: tuple[str, ...]


class Finished(Ending):
    """Every task is learned."""

    event: Literal["finished"] = "finished"
    seconds: float


class Stopped(Ending):
    """The run was stopped within `task` after `step` steps; it can be continued from there."""

    event: Literal["stopped"] = "stopped"
    task: int
    step: int


class Failed(Ending):
    """Learning ended with an error.

    message: one sentence. diverged: whether the loss did, which it would do again.
    """

    event: Literal["failed"] = "failed"
    message: str
    diverged: bool = False


Preparation = Loading | ExtractingFeatures  # before the start; not part of a record that began
Event = (
    Preparation
    | Started
    | Step
    | Phase
    | TaskLearned
    | Saved
    | Recovered
    | Finished
    | Stopped
    | Failed
)
EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])
