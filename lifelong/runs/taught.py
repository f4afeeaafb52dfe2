"""Copies of runs that are taught classes: the pictures, the copied part of the record, undo.

A copy is a run like any other whose first tasks are those of the original, with its checkpoints; it
goes on with a task for each taught class, the pictures of which lie in its folder.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import RunConfig, TaughtClass
from ..errors import LifelongError
from ..events import Event, Finished, Saved, Step, Stopped, TaskLearned
from ..storage import atomic, checksums
from . import checkpoints, integrity, journal
from .event_order import events_until
from .history import History

if TYPE_CHECKING:  # pages list runs before torch is loaded
    from torch import Tensor

CONFIG_FILE = "config.json"


def copy_config(name: str, original: History, taught: TaughtClass) -> RunConfig:
    """Returns the config of a copy of a run with one more class. name: the original's id."""
    labels = original.started.labels
    sizes = [*map(len, labels), 1]
    order = [label for task in labels for label in task]
    return original.config.with_changes(
        original=name,
        tasks=len(sizes),
        task_sizes=sizes,
        class_order=[*order, len(order)],
        taught=[*original.config.taught, taught],
        step_checkpoints=False,
    )


def copied_events(
    original: History, config: RunConfig, source: str, rows: Sequence[TaskLearned]
) -> list[Event]:
    """Returns the first events of a copy's record: its start and what the original learned.

    source: of the images that the copy is evaluated on. rows: of the original's tasks, on these.
    """
    start, task = original.started, len(rows)
    begun = start.model_copy(
        update={
            "classes": (*start.classes, (config.taught[-1].name,)),
            "labels": (*start.labels, (len(config.class_order or ()) - 1,)),
            "source": source,
            # The only class of its task is right whatever the network says.
            "random_init_accuracy": (*start.random_init_accuracy, 1.0),
        }
    )
    steps = [event for event in original.steps if source.startswith(start.source)]
    events: list[Event] = []
    for row in rows:
        events += [*(step for step in steps if step.task == row.task), row]
    return [begun, *events, Stopped(task=task, step=0)]


def write_copy(original: Path, folder: Path, pictures: "Tensor", events: Sequence[Event]) -> None:
    """Writes the checkpoints, pictures and record of a copy into its folder, which has a config.

    pictures: of the class to be taught, uint8 (n, channels, height, width).
    """
    from ..storage import tensor_files  # loads torch

    written: list[Event] = []
    for event in events:
        if isinstance(event, TaskLearned):
            found = _copy_checkpoints(original, folder, event.task)
            event = event.model_copy(update={"checksums": found})
        written.append(event)
    tasks = sum(isinstance(event, TaskLearned) for event in events)
    file, packed = checkpoints.pictures_file(folder, tasks), tensor_files.pack({"images": pictures})
    atomic.write_atomically(file, packed)
    saved = Saved(task=tasks, step=0, checksums={file.name: checksums.of_bytes(packed)})
    journal.rewrite(folder / journal.RECORD_FILE, [*written[:-1], saved, written[-1]])


def _copy_checkpoints(original: Path, folder: Path, task: int) -> dict[str, str]:
    """Copies the checkpoints of a task; returns their checksums by name."""
    found = {}
    for name in (checkpoints.inference_file, checkpoints.steps_file, checkpoints.pictures_file):
        file, to = name(original, task), name(folder, task)
        if not file.exists():
            continue
        try:
            shutil.copyfile(file, to)
        except OSError as error:
            raise atomic.unwritable(to, error) from None
        found[to.name] = checksums.of_file(to)
    return found


def pictures(folder: Path, history: History) -> list["Tensor"]:
    """Returns the pictures of each taught class of a run, uint8 (n, channels, height, width).

    Raises LifelongError for files that are missing, damaged or do not fit the config.
    """
    config = history.config
    first = config.tasks - len(config.taught)
    found = []
    for task, taught in enumerate(config.taught, first):
        file = checkpoints.pictures_file(folder, task)
        images = integrity.read(file, history)[0].get("images")
        if images is None or images.dim() != 4 or len(images) != taught.pictures:
            raise LifelongError(
                f"The pictures {folder.name}/{file.name} are not those of {taught.name}; "
                "teach the class to a new copy."
            )
        found.append(images)
    return found


def remove_last(folder: Path, run: History) -> None:
    """Removes the last taught class of a copy that has unlearned it: from config, record, folder.

    run: the history before it was unlearned.
    """
    task = run.config.tasks - 1
    config = run.config.with_changes(
        tasks=task,
        task_sizes=(run.config.task_sizes or ())[:-1],
        class_order=(run.config.class_order or ())[:-1],
        taught=run.config.taught[:-1],
    )
    start = run.started
    begun = start.model_copy(
        update={
            "classes": start.classes[:-1],
            "labels": start.labels[:-1],
            "random_init_accuracy": start.random_init_accuracy[:-1],
            "source": start.source.rpartition("; ")[0],
        }
    )
    events = [e for e in events_until(run.events, task)[1:] if not isinstance(e, Saved)]
    seconds = max((e.seconds for e in events if isinstance(e, Step | TaskLearned)), default=0.0)
    atomic.write_atomically(folder / CONFIG_FILE, config.model_dump_json(indent=2).encode())
    journal.rewrite(folder / journal.RECORD_FILE, [begun, *events, Finished(seconds=seconds)])
    checkpoints.pictures_file(folder, task).unlink(missing_ok=True)
