"""Records of a hundred tasks: what is read of them grows no faster than they do."""

import cProfile
import pstats
from pathlib import Path

import pytest

from lifelong.events import Event, Finished, Started, Step, TaskLearned
from lifelong.runs import journal, listing
from lifelong.runs import store as run_store
from tests.helpers import config

CLASSES, IMAGES = 2, 10  # of a task; test images of each class


def events(tasks: int) -> list[Event]:
    """Returns the events of a run that calls each image by a class of its own task or the last."""
    names = tuple(tuple(f"{k} of {task}" for k in range(CLASSES)) for task in range(tasks))
    labels = tuple(tuple(range(CLASSES * t, CLASSES * (t + 1))) for t in range(tasks))
    chance = (0.5,) * tasks
    found: list[Event] = [
        Started(classes=names, labels=labels, source="made up", images=(20, 20), shape=(1, 6, 6),
                parameters=100, random_init_accuracy=chance)
    ]  # fmt: skip
    for task in range(tasks):
        row = tuple(0.5 if on < task else 1.0 for on in range(task + 1))
        last = CLASSES * task
        confusion = tuple(
            {label: 5, last: 5} if label < last else {label: IMAGES}
            for label in range(CLASSES * (task + 1))
        )
        for step in (1, 2):
            found.append(Step(task=task, step=step, steps=2, loss=0.5, probe=row, seconds=task))
        found.append(
            TaskLearned(task=task, accuracy=row, accuracy_given_task=row, next_task_accuracy=0.5,
                        seconds=task, evaluation_seconds=0.0, confusion=confusion)
        )  # fmt: skip
    return [*found, Finished(seconds=tasks)]


def record(tasks: int) -> Path:
    """Writes a finished class-incremental run of so many tasks and returns its folder."""
    folder = run_store.RUNS.create(
        config(tasks=tasks), run_store.new_folder("toy", "class", "finetune"), lambda given: given
    )
    journal.rewrite(folder / journal.RECORD_FILE, events(tasks))
    return folder


def calls(folder: Path) -> int:
    """Returns the number of calls that reading a run and all its measures take."""
    with cProfile.Profile() as profile:
        history = run_store.history(folder)
        history.report(folder.name)
    return pstats.Stats(profile).total_calls


def test_a_record_is_read_in_time_that_grows_as_the_record_does():
    """Twice as many tasks are four times as many accuracies; a matrix for each would be eight."""
    few, many = record(50), record(100)
    calls(record(5))  # caches of the first reading
    assert calls(many) <= 5 * calls(few)
    assert calls(many) < 300_000  # 0.1 s


def test_the_row_of_a_run_of_a_hundred_tasks_is_that_of_its_record():
    row = listing.run_row(record(100).name)
    assert (row.tasks, row.learned) == (100, 100)
    assert row.average_accuracy == pytest.approx((99 * 0.5 + 1) / 100)
    assert row.forgetting == pytest.approx(0.5)
