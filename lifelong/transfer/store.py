"""Transfer studies on disk: a folder each, beside those of runs, with config and record."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..errors import LifelongError
from ..runs import journal
from ..runs.folders import ExperimentFolders, new_folder
from . import config as study_config
from .config import StudyConfig
from .events import EVENT, Began, Event, StudyOrder, StudyStopped, completed_events
from .results import StudyResult


def _read_result(config: StudyConfig, record: Path) -> StudyResult:
    return StudyResult(config, journal.read(record, EVENT, StudyOrder(config).follows, "study"))


STUDIES = ExperimentFolders("study", "study.json", study_config.read, _read_result)
ids, shipped, find, folder = STUDIES.ids, STUDIES.shipped, STUDIES.find, STUDIES.folder
is_study, result, state = STUDIES.contains, STUDIES.history, STUDIES.state


def create(config: StudyConfig, folder: Path | None = None) -> Path:
    """Creates a study's folder with its resolved config, by default one with a name of its own.

    Raises LifelongError for a config that cannot be run and for a folder that holds another study.
    """
    from .study import resolve  # loads torch

    config = resolve(config)
    folder = folder or new_folder("transfer", *config.name_words)
    return STUDIES.create(config, folder, resolve)


def begin(**fields: Any) -> str:
    """Returns the id of a new study. fields: see `config.make`.

    Raises LifelongError for a value that does not fit.
    """
    return create(study_config.make(**fields)).name


def by_id(study: str) -> StudyResult:
    """Returns a study's results so far. Raises LifelongError when there is no such study."""
    return result(folder(study))


def learn(
    folder: Path, stop: Callable[[], bool] = lambda: False, width: int | None = None
) -> Iterator[Event]:
    """Continues a study to its end; yields each event once it is on disk.

    What was learned in part is learned again. width: processes side by side, see `study.study`.
    Raises LifelongError when another process is learning it, it ships and is complete, or its data
    are not those it began with.
    """
    with STUDIES.learning(folder):
        yield from _learn(folder, stop, width)


def _learn(folder: Path, stop: Callable[[], bool], width: int | None) -> Iterator[Event]:
    from ..training.setup import prepare  # loads torch
    from . import study

    before, record = result(folder), folder / journal.RECORD_FILE
    if before.finished:
        return
    preparing = prepare(before.config.run)
    prepared = yield from journal.append_all(record, preparing, before.events, stop)
    if prepared is None:
        yield StudyStopped()
        return
    completed = completed_events(before.config, before.events)
    _check_unchanged(folder, completed, prepared.dataset.source)
    journal.rewrite(record, completed)
    for event in study.study(before.config, completed, stop, width, dataset=prepared.dataset):
        journal.append(record, event)
        yield event


def _check_unchanged(folder: Path, completed: list[Event], source: str) -> None:
    began = next((event for event in completed if isinstance(event, Began)), None)
    if began and began.data != source:
        raise LifelongError(
            f"The study {folder.name} began with {began.data}, but here is {source}; "
            "start a new study."
        )
