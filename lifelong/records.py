"""The story of a run as events, one JSON line each in `record.jsonl`.

Accuracies are shares in [0, 1]; tasks count from 0; seconds are of training alone (evaluation is `evaluating`).
"""

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

import pydantic
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from .errors import LifelongError


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
_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


def read(file: Path) -> list[Event]:
    """All events of a record; a last line that is only half written is left out.

    Raises LifelongError naming the line when an earlier line is damaged or does not follow from those before.
    """
    if not file.exists():
        return []
    return list(_in_order(file, lines(file, _EVENT, "run")))


def _in_order(file: Path, events: Iterable[Event]) -> Iterator[Event]:
    """Passes events on as long as they tell one story: a start, then tasks one after the other, a row for each."""
    tasks = learned = 0
    before = 0
    for number, event in enumerate(events, 1):
        match event:
            case Preparing():
                fits = event.done <= event.total
                before += fits and not tasks
            case Started():
                fits = number == before + 1 and len(event.classes) == len(event.labels) == len(event.untrained) > 0
                tasks = len(event.classes)
            case Step():
                fits = event.task == learned < tasks and len(event.probe) == learned + 1
            case TaskLearned():
                fits = event.task == learned < tasks and len(event.accuracy) == len(event.labelled) == learned + 1
                learned += 1
            case _:
                fits = True
        if not fits:
            raise LifelongError(
                f"Line {number} of {file.parent.name}/{file.name} does not follow from the lines before it; "
                "delete the run or restore the file."
            )
        yield event


def lines(file: Path, kind: TypeAdapter, of: str) -> Iterator[Any]:
    """The events of a record, each a line of this kind; of: whose record it is. A half-written last line is left out."""
    *whole, _torn = file.read_bytes().split(b"\n")
    for number, line in enumerate(whole, 1):
        try:
            yield kind.validate_json(line)
        except pydantic.ValidationError:
            raise LifelongError(
                f"Line {number} of {file.parent.name}/{file.name} is not an event of a {of}; "
                f"expected one JSON object a line. Delete the {of} or restore the file."
            ) from None


def append(file: Path, event: BaseModel) -> None:
    """Adds one event; a reader sees the whole line or, after a crash, a torn one that it leaves out."""
    try:
        with open(file, "ab+") as out:
            out.truncate(_whole(out))  # a torn line would swallow the next one
            out.write(event.model_dump_json().encode() + b"\n")
    except OSError as error:
        raise _unwritable(file, error) from None


def _whole(record: BinaryIO) -> int:
    """Bytes up to the end of the last whole line."""
    end = record.seek(0, os.SEEK_END)
    record.seek(max(0, end - 1))
    if record.read() in (b"", b"\n"):
        return end
    record.seek(0)
    return record.read().rfind(b"\n") + 1


def rewrite(file: Path, events: Iterable[BaseModel]) -> None:
    """Replaces the record at once: the old or the new one is on disk, never a mixture."""
    replace(file, b"".join(event.model_dump_json().encode() + b"\n" for event in events))


def replace(file: Path, content: bytes) -> None:
    """Writes a file whole or not at all: beside it, flushed to disk, then renamed over it."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with open(beside, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(beside, file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise _unwritable(file, error) from None


def _unwritable(file: Path, error: OSError) -> LifelongError:
    return LifelongError(f"{file.parent.name}/{file.name} could not be written ({error.strerror}); free some space and go on.")


def until(events: Iterable[Event], task: int, step: int = 0) -> list[Event]:
    """The events of a run up to the state within `task` after `step` steps; those after it are left out.

    Endings are left out too: a run that goes on has not ended.
    """

    def kept(event: Event) -> bool:
        match event:
            case Started():
                return True
            case Step():
                return (event.task, event.step) < (task, step) or (event.task, event.step) == (task, step) != (task, 0)
            case TaskLearned():
                return event.task < task
        return False

    return [event for event in events if kept(event)]


def follow(file: Path, events: Iterable[BaseModel], before: Iterable[BaseModel], stop: Callable[[], bool]) -> Generator[BaseModel, None, bool]:
    """Appends events as they come, and passes them on; when `stop` says yes, the record is put back to what it was before.

    Returns whether all of them came.
    """
    for event in events:
        append(file, event)
        yield event
        if stop():
            rewrite(file, before)
            return False
    return True
