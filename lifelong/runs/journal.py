"""Reads and writes `record.jsonl` of a run or a study, one JSON line an event."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, TypeVar

import pydantic
from pydantic import TypeAdapter

from ..errors import LifelongError
from ..events import RecordedEvent
from ..storage.atomic import unwritable, write_atomically

RECORD_FILE = "record.jsonl"
E = TypeVar("E", bound=RecordedEvent)
T = TypeVar("T")


def read(
    file: Path, adapter: TypeAdapter[E], follows: Callable[[E], bool], noun: str
) -> tuple[E, ...]:
    """Returns all events of a record; a last line that is only half written is left out.

    adapter: of the union of events. follows: whether an event follows from those before it, called
    once for each in order. noun: whose record it is, "run" or "study".
    Raises LifelongError naming the line when one is damaged or does not follow.
    """
    if not file.exists():
        return ()
    events = []
    for number, event in enumerate(_parse(file, adapter, noun), 1):
        if not follows(event):
            raise LifelongError(
                f"Line {number} of {file.parent.name}/{file.name} does not follow from the lines "
                f"before it; delete the {noun} or restore the file."
            )
        events.append(event)
    return tuple(events)


def _parse(file: Path, adapter: TypeAdapter[E], noun: str) -> Iterator[E]:
    *lines, _torn = file.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            yield adapter.validate_json(line)
        except pydantic.ValidationError:
            raise LifelongError(
                f"Line {number} of {file.parent.name}/{file.name} is not an event of a {noun}; "
                f"expected one JSON object a line. Delete the {noun} or restore the file."
            ) from None


def append(file: Path, event: RecordedEvent) -> None:
    """Adds one event; after a crash a reader leaves out a line that is only half written."""
    try:
        with open(file, "ab+") as out:
            out.truncate(_end_of_lines(out))  # a torn line would swallow the next one
            out.write(_line(event))
    except OSError as error:
        raise unwritable(file, error) from None


def _end_of_lines(record: BinaryIO) -> int:
    """Returns the number of bytes up to the end of the last complete line."""
    end = record.seek(0, os.SEEK_END)
    record.seek(max(0, end - 1))
    if record.read() in (b"", b"\n"):
        return end
    record.seek(0)
    return record.read().rfind(b"\n") + 1


def _line(event: RecordedEvent) -> bytes:
    return event.model_dump_json().encode() + b"\n"


def rewrite(file: Path, events: Iterable[RecordedEvent]) -> None:
    """Replaces the record at once: the old or the new one is on disk, never a mixture."""
    write_atomically(file, b"".join(map(_line, events)))


def replace(file: Path, events: Mapping[int, RecordedEvent]) -> None:
    """Replaces some lines of a record at once, given by their index; all others keep their bytes.

    Fields that a replaced event does not have set are left out.
    """
    lines = file.read_bytes().split(b"\n")
    for index, event in events.items():
        lines[index] = event.model_dump_json(exclude_unset=True).encode()
    write_atomically(file, b"\n".join(lines))


def append_all(
    file: Path,
    events: Generator[E, None, T],
    before: Sequence[RecordedEvent],
    stop: Callable[[], bool],
) -> Generator[E, None, T | None]:
    """Appends events and yields each once it is on disk; returns what their generator returns.

    When `stop` says yes, the record is set back to the events before, and None is returned.
    """
    with closing(events):
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                result: T = end.value
                return result
            append(file, event)
            yield event
            if stop():
                rewrite(file, before)
                return None
