"""Reads and writes `record.jsonl`, one JSON line an event."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import pydantic
from pydantic import BaseModel, Field, TypeAdapter

from ..errors import LifelongError
from ..events import Event, ExtractingFeatures, Started, Step, TaskLearned
from ..storage.atomic import _unwritable, write_atomically

_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


def read(file: Path) -> list[Event]:
    """All events of a record; a last line that is only half written is left out.

    Raises LifelongError naming the line when an earlier line is damaged or does not follow from those before.
    """
    if not file.exists():
        return []
    return list(_in_order(file, read_events(file, _EVENT, "run")))


def _in_order(file: Path, events: Iterable[Event]) -> Iterator[Event]:
    """Passes events on as long as they tell one story: a start, then tasks one after the other, a row for each."""
    tasks = learned = 0
    before = 0
    for number, event in enumerate(events, 1):
        match event:
            case ExtractingFeatures():
                fits = event.done <= event.total
                before += fits and not tasks
            case Started():
                fits = (
                    number == before + 1
                    and len(event.classes)
                    == len(event.labels)
                    == len(event.random_init_accuracy)
                    > 0
                )
                tasks = len(event.classes)
            case Step():
                fits = event.task == learned < tasks and len(event.probe) == learned + 1
            case TaskLearned():
                fits = (
                    event.task == learned < tasks
                    and len(event.accuracy) == len(event.accuracy_given_task) == learned + 1
                )
                learned += 1
            case _:
                fits = True
        if not fits:
            raise LifelongError(
                f"Line {number} of {file.parent.name}/{file.name} does not follow from the lines before it; "
                "delete the run or restore the file."
            )
        yield event


def read_events(file: Path, kind: TypeAdapter, of: str) -> Iterator[Any]:
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
    write_atomically(file, b"".join(event.model_dump_json().encode() + b"\n" for event in events))


def events_until(events: Iterable[Event], task: int, step: int = 0) -> list[Event]:
    """The events of a run up to the state within `task` after `step` steps; those after it are left out.

    Endings are left out too: a run that goes on has not ended.
    """

    def kept(event: Event) -> bool:
        match event:
            case Started():
                return True
            case Step():
                return (event.task, event.step) < (task, step) or (event.task, event.step) == (
                    task,
                    step,
                ) != (task, 0)
            case TaskLearned():
                return event.task < task
        return False

    return [event for event in events if kept(event)]


def append_all(
    file: Path, events: Iterable[BaseModel], before: Iterable[BaseModel], stop: Callable[[], bool]
) -> Generator[BaseModel, None, bool]:
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
