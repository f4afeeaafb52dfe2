"""Table of all runs on disk. No torch; of checkpoints it reads nothing."""

from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import LifelongError
from . import bookmarks, journal, sources, store, stored
from .folders import RunState, version

# A row is read anew when one of these files has changed.
READ_FILES = ("config.json", journal.RECORD_FILE, stored.STORED_FILE, bookmarks.FILE, sources.FILE)


@dataclass(frozen=True)
class RunRow:
    """One run in a list.

    tasks: number of tasks; learned: of these, the ones learned so far. average_accuracy,
    forgetting: shares in [0, 1], None before they are defined.
    name, star: given by a person, see `bookmarks`. stored: bytes for earlier tasks, None where they
    were not measured. seconds, operations: of training, see `History`. made: when its folder was
    made, in seconds since 1970, None for a run that ships. taught: classes that were taught to it.
    program: that trained it, empty for this one; then model, recipe and seconds are not known.
    source: repository and commit on the Hub that it came from, empty for none.
    record_state: by the record alone: not whether a process is at work.
    error: a sentence about a run that cannot be read, of which all else is empty.
    """

    id: str
    shipped: bool
    dataset: str = ""
    scenario: str = ""
    strategy: str = ""
    tasks: int = 0
    model: str = ""
    learned: int = 0
    average_accuracy: float | None = None
    forgetting: float | None = None
    operations: int | None = None
    recipe: str = ""
    seed: int | None = None
    error: str | None = None
    name: str = ""
    star: bool = False
    stored: int | None = None
    seconds: float | None = None
    made: float | None = None
    taught: tuple[str, ...] = ()
    program: str = ""
    source: str = ""
    record_state: RunState = RunState.NEW

    def to_json(self) -> dict[str, Any]:
        """Returns the row as `runs --json` prints it, null where a text is empty."""
        lists = {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}
        return {name: None if value == "" else value for name, value in lists.items()}


def run_rows() -> list[RunRow]:
    """Returns all runs, the newest first and those that ship last."""
    shipped = {folder.name for folder in store.shipped()}
    return [run_row(run, run in shipped) for run in store.ids()]


def run_row(run: str, shipped: bool = False) -> RunRow:
    """Returns one run, also one that is in no list."""
    try:
        folder = store.folder(run)
        return _row(folder, shipped, tuple(version(folder / name) for name in READ_FILES))
    except LifelongError as error:
        return RunRow(run, shipped, error=str(error))


@lru_cache(maxsize=4096)
def _row(folder: Path, shipped: bool, versions: tuple[tuple[int, int] | None, ...]) -> RunRow:
    history = store.history(folder)
    measures, config = history.measures(), history.config
    trained_here = config.program is None
    storage, bookmark = stored.storage(folder), bookmarks.read(folder)
    return RunRow(
        folder.name,
        shipped,
        dataset=config.dataset,
        scenario=config.scenario,
        strategy=config.strategy,
        tasks=config.tasks,
        model=config.model if trained_here else "",
        learned=len(history.learned),
        average_accuracy=measures["average_accuracy"],
        forgetting=measures["forgetting"],
        operations=history.operations,
        recipe=config.recipe if trained_here else "",
        seed=config.seed,
        name=bookmark.name,
        star=bookmark.star,
        stored=None if storage is None else sum(storage.kinds.values()),
        seconds=history.seconds if trained_here and (history.steps or history.learned) else None,
        made=None if shipped else made_at(versions[0]),
        taught=tuple(taught.name for taught in config.taught),
        program=config.program or "",
        source=str(sources.read(folder) or ""),
        record_state=store.RUNS.record_state(folder),
    )


def made_at(config_version: tuple[int, int] | None) -> float | None:
    """Returns the time at which a config was written, in seconds since 1970."""
    return None if config_version is None else config_version[0] / 1e9
