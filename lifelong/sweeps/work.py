"""Work of a sweep: runs one run of it, and tells what has been done as it goes."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..config import RunConfig
from ..errors import LifelongError
from ..events import Event, Step, TaskLearned
from ..runs import archives, folders, journal, store
from ..storage.atomic import write_atomically
from ..training.setup import Prepared

REPORT_SECONDS = 0.5  # between two reports of a run's progress
SEND_SECONDS = 30.0  # between two copies of what a run within a task has saved


@dataclass(frozen=True)
class Update:
    """News of a run. share: of its steps that are done. error: why it ended before its end.

    files: content of those of its folder that changed, where they are sent; None for one that went.
    """

    run: str
    share: float
    error: str = ""
    files: dict[str, bytes | None] = field(default_factory=dict)


def learn(
    folder: Path, prepared: Prepared | None = None, stop: Callable[[], bool] = lambda: False
) -> Iterator[Update]:
    """Learns a run to its end, from wherever it is; an error ends this run alone.

    prepared: its images, which are loaded where they are not given.
    """
    share, reported = 0.0, -REPORT_SECONDS
    try:
        config = store.history(folder).config
        for event in store.learn(folder, stop=stop, prepared=prepared):
            share = max(share, _share(event, config))
            if isinstance(event, TaskLearned) or time.monotonic() - reported > REPORT_SECONDS:
                reported = time.monotonic()
                yield Update(folder.name, share)
    except LifelongError as error:
        yield Update(folder.name, share, str(error))
        return
    yield Update(folder.name, 1.0 if store.history(folder).finished else share)


def _share(event: Event, config: RunConfig) -> float:
    """Returns the share of a run's steps that are done."""
    if isinstance(event, Step):
        return (event.task + event.step / event.steps) / config.tasks
    return (event.task + 1) / config.tasks if isinstance(event, TaskLearned) else 0.0


def learn_elsewhere(files: dict[str, bytes], folder: Path, prepared: Prepared) -> Iterator[Update]:
    """Learns a run in a new folder and sends its files along.

    files: content of the run's folder so far, from which it goes on.
    """
    folder.mkdir(parents=True)
    for name, saved in files.items():
        (folder / name).write_bytes(saved)
    sent, learned, sent_at = _versions(folder), 0.0, time.monotonic()
    for update in learn(folder, prepared):
        now = _versions(folder)
        tasks = sum(name.startswith("task-") for name in now)
        is_end = update.error or update.share == 1
        if is_end or tasks != learned or time.monotonic() - sent_at > SEND_SECONDS:
            changed = [name for name in now if now[name] != sent.get(name)]
            content: dict[str, bytes | None] = dict.fromkeys(sent.keys() - now.keys())
            content |= {name: (folder / name).read_bytes() for name in changed}
            update = replace(update, files=content)
            sent, learned, sent_at = now, tasks, time.monotonic()
        yield update


def receive(update: Update, folder: Path) -> None:
    """Writes the files of an update into the run's folder, the record last.

    Raises LifelongError where the disk takes no more.
    """
    for name in sorted(update.files, key=lambda name: name == journal.RECORD_FILE):
        content = update.files[name]
        if content is None:
            (folder / name).unlink(missing_ok=True)
        else:
            write_atomically(folder / name, content)


def files_of(folder: Path) -> dict[str, bytes]:
    """Returns the content of the files of a run that it goes on from: not of earlier answers."""
    names = (file for file in archives.files_of(folder) if not file.name.startswith("task-"))
    return {file.name: file.read_bytes() for file in names}


def _versions(folder: Path) -> dict[str, tuple[int, int] | None]:
    return {file.name: folders.version(file) for file in archives.files_of(folder)}
