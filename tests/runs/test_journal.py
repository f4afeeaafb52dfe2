"""The record of a run: one JSON line an event, whole or not at all."""

import os
from pathlib import Path

import pytest

from lifelong.errors import LifelongError
from lifelong.events import (
    EVENT,
    Event,
    Failed,
    Finished,
    Phase,
    Started,
    Step,
    Stopped,
    TaskLearned,
)
from lifelong.runs import journal
from lifelong.runs.event_order import RunOrder, events_until
from lifelong.storage import atomic
from tests.runs.helpers import full


def read(file: Path) -> list[Event]:
    """Returns the events of a run's record."""
    return list(journal.read(file, EVENT, RunOrder().follows, "run"))


def step(task: int, number: int) -> Step:
    return Step(task=task, step=number, steps=10, loss=0.5, probe=(0.5,) * (task + 1), seconds=0.1)


def learned(task: int) -> TaskLearned:
    return TaskLearned(
        task=task,
        accuracy=(0.5,) * (task + 1),
        accuracy_given_task=(0.75,) * (task + 1),
        next_task_accuracy=None,
        seconds=1.0,
        evaluation_seconds=0.5,
    )


STARTED = Started(
    classes=(("0",), ("1",)),
    labels=((0,), (1,)),
    source="here",
    images=(9, 3),
    shape=(1, 6, 6),
    parameters=5,
    random_init_accuracy=(0.5, 0.5),
)
EVENTS = [
    STARTED,
    step(0, 1),
    step(0, 5),
    Phase(task=0, what="Testing", images=3),
    learned(0),
    step(1, 1),
    Stopped(task=1, step=3),
    Failed(message="so"),
    Finished(seconds=2.0),
]


@pytest.fixture
def record(tmp_path):
    file = tmp_path / "a-run" / "record.jsonl"
    file.parent.mkdir()
    for event in EVENTS:
        journal.append(file, event)
    return file


def test_every_kind_of_event_comes_back_equal(record):
    assert read(record) == EVENTS
    assert record.read_bytes().count(b"\n") == len(EVENTS)


def test_a_record_that_is_not_there_or_empty_has_no_events(tmp_path):
    assert read(tmp_path / "none.jsonl") == []
    (tmp_path / "empty.jsonl").touch()
    assert read(tmp_path / "empty.jsonl") == []


def test_wherever_a_record_is_torn_the_lines_before_are_read(record):
    content = record.read_bytes()
    for length in range(len(content)):
        record.write_bytes(content[:length])
        assert read(record) == EVENTS[: content[:length].count(b"\n")]


@pytest.mark.parametrize(
    "torn", [b'{"event": "st', b"\xff\xfe", b"{", b'{"event": "stopped", "task": 1, "step": 3}']
)
def test_an_event_added_after_a_torn_line_is_read_and_the_torn_line_is_gone(record, torn):
    with open(record, "ab") as file:
        file.write(torn)
    journal.append(record, Stopped(task=0, step=0))
    assert read(record) == [*EVENTS, Stopped(task=0, step=0)]


def test_an_event_added_to_nothing_but_a_torn_line_is_read(tmp_path):
    (tmp_path / "record.jsonl").write_bytes(b'{"ev')
    journal.append(tmp_path / "record.jsonl", STARTED)
    assert read(tmp_path / "record.jsonl") == [STARTED]


@pytest.mark.parametrize(
    "damage",
    [
        b"nonsense",
        b"",
        b"{}",
        b'{"event": "surprise"}',
        b'{"event": "stopped", "task": "one", "step": 0}',
        b"[1]",
        b"\xff",
    ],
)
def test_a_damaged_line_in_the_middle_is_one_sentence_that_names_it(record, damage):
    lines = record.read_bytes().split(b"\n")
    record.write_bytes(b"\n".join([*lines[:2], damage, *lines[3:]]))
    with pytest.raises(
        LifelongError, match=r"^Line 3 of a-run/record\.jsonl is not an event of a run; [^\n]*\.$"
    ):
        read(record)


@pytest.mark.parametrize("breaks", ["replace", "fsync"])
def test_a_file_that_cannot_be_written_whole_stays_as_it_was(record, monkeypatch, breaks):
    before = record.read_bytes()
    monkeypatch.setattr(os, breaks, full)
    for write in (
        lambda: atomic.write_atomically(record, b"new"),
        lambda: journal.rewrite(record, EVENTS[:1]),
    ):
        with pytest.raises(
            LifelongError,
            match=r"^a-run/record\.jsonl could not be written \(No space left on device\); "
            r"free some space and go on\.$",
        ):
            write()
    assert record.read_bytes() == before
    assert os.listdir(record.parent) == [record.name], "nothing half-written is left beside it"


def test_a_disk_that_fills_up_within_a_line_costs_that_line_only(record, monkeypatch):
    class Half:
        """File that accepts half of what is written and then is full."""

        def __init__(self, file, mode):
            self.file = open(file, mode)  # noqa: SIM115 - closed by __exit__

        def __getattr__(self, name):
            return getattr(self.file, name)

        def __enter__(self):
            return self

        def __exit__(self, *_error):
            self.file.close()

        def write(self, content):
            self.file.write(content[: len(content) // 2])
            full()

    monkeypatch.setattr(journal, "open", Half, raising=False)
    with pytest.raises(LifelongError, match="No space left"):
        journal.append(record, step(1, 7))
    assert read(record) == EVENTS
    monkeypatch.undo()
    journal.append(record, step(1, 8))
    assert read(record) == [*EVENTS, step(1, 8)]


def test_a_record_in_a_folder_that_is_gone_is_one_sentence(tmp_path):
    with pytest.raises(
        LifelongError, match=r"gone/record\.jsonl could not be written \(No such file"
    ):
        journal.append(tmp_path / "gone" / "record.jsonl", STARTED)
    with pytest.raises(
        LifelongError, match=r"gone/record\.jsonl could not be written \(No such file"
    ):
        journal.rewrite(tmp_path / "gone" / "record.jsonl", EVENTS)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_json_number_never_gets_into_a_record(number):
    with pytest.raises(ValueError):
        step(0, 1).model_validate({**step(0, 1).model_dump(), "loss": number})


HISTORY = [
    STARTED,
    step(0, 1),
    step(0, 5),
    learned(0),
    Stopped(task=1, step=0),
    step(1, 1),
    step(1, 5),
    learned(1),
    step(2, 1),
    Finished(seconds=1.0),
]
TESTING = Phase(task=1, what="Testing", images=3)


@pytest.mark.parametrize(
    ("task", "number", "left"),
    [
        (0, 0, [0]),
        (0, 1, [0, 1]),
        (0, 4, [0, 1]),
        (0, 5, [0, 1, 2]),
        (1, 0, [0, 1, 2, 3]),
        (1, 5, [0, 1, 2, 3, 5, 6]),
        (2, 0, [0, 1, 2, 3, 5, 6, 7]),
    ],
)
def test_a_history_up_to_a_task_and_step_has_no_ending_and_nothing_later(task, number, left):
    assert events_until(HISTORY, task, number) == [HISTORY[i] for i in left]


def test_what_followed_the_last_step_of_a_task_goes_with_its_row():
    history = [*HISTORY[:7], TESTING, *HISTORY[7:]]
    assert TESTING not in events_until(history, 1, 5)
    assert TESTING in events_until(history, 2)


@pytest.mark.parametrize(
    "events, line",
    [
        ([STARTED, STARTED], 2),
        ([step(0, 1)], 1),
        ([STARTED, learned(1)], 2),
        ([STARTED, learned(0), learned(0)], 3),
        ([STARTED, learned(0), TESTING.model_copy(update={"task": 0})], 3),
        ([STARTED, step(0, 1).model_copy(update={"probe": (0.5, 0.5)})], 2),
        ([STARTED, learned(0), learned(1).model_copy(update={"accuracy": (0.5,)})], 3),
        ([STARTED, learned(0), learned(1), learned(2)], 4),
        ([STARTED.model_copy(update={"labels": ((0,),)})], 1),
    ],
)
def test_lines_that_do_not_follow_from_each_other_are_refused_by_their_number(
    tmp_path, events, line
):
    file = tmp_path / "a-run" / "record.jsonl"
    file.parent.mkdir()
    journal.rewrite(file, events)
    with pytest.raises(LifelongError, match=f"^Line {line} of a-run/record.jsonl does not follow"):
        read(file)
