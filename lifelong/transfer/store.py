"""Transfer studies on disk: a folder each, beside those of runs, with `study.json` and `record.jsonl`."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import LifelongError, unknown_name
from ..runs import folders, journal
from . import config as study_config
from .config import StudyConfig
from .events import (
    EVENT,
    Began,
    Event,
    Probe,
    SourceLearned,
    StudyStopped,
    TargetLearned,
    completed_events,
)
from .results import StudyResult

CONFIG = "study.json"
RECORD = "record.jsonl"


def ids() -> list[str]:
    """All studies there are, the newest first and those that ship with the project last."""
    return folders.list_names(CONFIG)


def is_shipped(study: str) -> bool:
    """Whether this study came with the project."""
    return study in folders.shipped(CONFIG)


def is_study(at: Path) -> bool:
    """Whether a folder holds a study, and not a run."""
    return (at / CONFIG).is_file()


def folder(study: str) -> Path:
    """The folder of a study by its id. Raises LifelongError when there is none; an id is never a path."""
    found = folders.find_folder(study, CONFIG)
    if found is None:
        raise unknown_name("study", str(study)[:80], ids())
    return found


def create(config: StudyConfig, at: Path | None = None) -> Path:
    """A new study's folder with its config in it; a name is made up unless a folder is given."""
    from .study import resolve

    config = resolve(config)
    words = [
        *(["pretrained"] if config.pretrained else []),
        config.run.dataset,
        *([config.run.target] if config.run.target else []),
    ]
    return folders.create_folder(
        config, at or folders.new_folder("transfer", *words), CONFIG, study_config.read
    )


def begin(**given: Any) -> str:
    """A new study's id; given as to `study.make`. Raises LifelongError for a value that does not fit."""
    return create(study_config.make(**given)).name


def by_id(study: str) -> StudyResult:
    """A study and what it found."""
    return result(folder(study))


def result(at: Path) -> StudyResult:
    """A study as far as its record tells; read anew only when one of its two files has changed."""
    return _result(at, folders.version(at / CONFIG), folders.version(at / RECORD))


@lru_cache(maxsize=32)
def _result(at: Path, *_stamps: tuple[int, int] | None) -> StudyResult:
    try:
        config = study_config.read((at / CONFIG).read_bytes())
    except OSError:
        raise LifelongError(
            f"The study {at.name} has no readable {CONFIG}; delete the study."
        ) from None
    record = at / RECORD
    events = (
        _in_order(at, config, journal.read_events(record, EVENT, "study"))
        if record.exists()
        else ()
    )
    return StudyResult(config, tuple(events))


def _in_order(at: Path, config: StudyConfig, events: Iterable[Event]) -> Iterator[Event]:
    """Passes events on as long as they belong to this study: its start first, and of each part its source first."""
    began, sources = None, set()
    for number, event in enumerate(events, 1):
        match event:
            case Began():
                fits, began = number == 1, event
            case SourceLearned():
                fits = began is not None and event.seed < config.seeds
                sources |= {(event.seed, way) for way in event.regimes}
            case Probe():
                fits = config.pretrained or (event.seed, event.regime) in sources
            case TargetLearned():
                fits = (
                    (config.pretrained or (event.seed, event.regime) in sources)
                    and began is not None
                    and event.images in began.sizes
                )
            case _:
                fits = True
        if not fits:
            raise LifelongError(
                f"Line {number} of {at.name}/{RECORD} does not follow from the lines before it; delete the study or restore the file."
            )
        yield event


def state(at: Path) -> str:
    """'new', 'running', 'finished', 'stopped', 'failed', or 'interrupted' (killed while it was at work)."""
    found = result(at)
    return folders.run_state(at, found.ending, bool(found.events))


def learn(
    at: Path, stop: Callable[[], bool] = lambda: False, width: int | None = None
) -> Iterator[Event]:
    """Goes on from where the study stands, to its end; every event is on disk when it is told.

    What was learned in part is learned again. width: processes side by side, see `transfer.study`. Raises LifelongError
    when another process is at it, or its data are not those it began with.
    """
    if folders.ships(at, CONFIG) and result(at).finished:
        raise LifelongError(
            f"The study {at.name} ships with the project and is complete; start one of your own."
        )
    with folders.exclusive(at):
        yield from _learn(at, stop, width)


def _learn(at: Path, stop: Callable[[], bool], width: int | None) -> Iterator[Event]:
    from ..training import experiment
    from . import study

    found, record = result(at), at / RECORD
    if found.finished:
        return
    before = completed_events(found.config, found.events)
    if before and before[0].data != (here := experiment.load_images(found.config.run).source):
        raise LifelongError(
            f"The study {at.name} began with {before[0].data}, but here is {here}; start a new study."
        )
    if not (
        yield from journal.append_all(
            record, experiment.extract_features(found.config.run), found.events, stop
        )
    ):
        yield StudyStopped()
        return
    journal.rewrite(record, before)
    for event in study.study(found.config, before, stop, width):
        journal.append(record, event)
        yield event
