"""Runs and studies as people keep them: listed, named, starred, deleted, brought back, exchanged.

All are given by their ids. What came with the project stays as it is.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from ..errors import LifelongError
from ..runs import archives, bookmarks, journal, listing, trash
from ..runs import store as run_store
from ..runs.bookmarks import LONGEST_NAME
from ..runs.folders import UNLISTED, RunState, is_locked, version
from ..runs.trash import DAYS, Deleted
from ..storage import owners
from ..transfer import store as study_store
from . import jobs
from .archive_checks import load_zip
from .hub_runs import pull

__all__ = [
    "DAYS",
    "Deleted",
    "Entry",
    "LONGEST_NAME",
    "bring_back",
    "delete",
    "deleted",
    "empty_trash",
    "entries",
    "load_zip",
    "name_of",
    "pull",
    "rename",
    "set_star",
    "zipped",
]

AT_REST = (RunState.FINISHED, RunState.STOPPED, RunState.FAILED)


@dataclass(frozen=True)
class Entry:
    """A run or a study in the list of all.

    name, star: given by a person. program: that trained a run, empty for this one.
    tasks, learned: of a study its seeds, and those done.
    accuracy: average over the tasks; of a study on the target, fine-tuned with all its images.
    forgetting: of a study what its source lost. stored: bytes; seconds: of training; made: seconds
    since 1970, None for what came with the project. source: repository on the Hub, empty for none.
    error: a sentence where it cannot be read.
    """

    id: str
    is_study: bool
    shipped: bool
    state: RunState
    name: str = ""
    star: bool = False
    dataset: str = ""
    target: str = ""
    scenario: str = ""
    strategy: str = ""
    model: str = ""
    recipe: str = ""
    seed: int | None = None
    tasks: int = 0
    learned: int = 0
    accuracy: float | None = None
    forgetting: float | None = None
    stored: int | None = None
    seconds: float | None = None
    made: float | None = None
    taught: tuple[str, ...] = ()
    program: str = ""
    source: str = ""
    error: str | None = None

    @property
    def at_work(self) -> bool:
        """True if it is being learned or waits for that."""
        return self.state in (RunState.RUNNING, RunState.WAITING)


def entries() -> list[Entry]:
    """Returns all runs and studies, the newest first and those that ship last."""
    shipped = {folder.name for folder in study_store.shipped()}
    found = [_of_run(row) for row in listing.run_rows()]
    found += [_of_study(name, name in shipped) for name in study_store.ids()]
    return sorted(found, key=lambda entry: (entry.shipped, -(entry.made or 0.0)))


def _of_run(row: listing.RunRow) -> Entry:
    return Entry(
        row.id,
        False,
        row.shipped,
        RunState.FAILED if row.error else _state(row.id, row.shipped, row.record_state),
        name=row.name,
        star=row.star,
        dataset=row.dataset,
        scenario=row.scenario,
        strategy=row.strategy,
        model=row.model,
        recipe=row.recipe,
        seed=row.seed,
        tasks=row.tasks,
        learned=row.learned,
        accuracy=row.average_accuracy,
        forgetting=row.forgetting,
        stored=row.stored,
        seconds=row.seconds,
        made=row.made,
        taught=row.taught,
        program=row.program,
        source=row.source,
        error=row.error,
    )


def _of_study(name: str, shipped: bool) -> Entry:
    try:
        folder = study_store.folder(name)
        files = ("study.json", journal.RECORD_FILE, bookmarks.FILE)
        entry = _study(folder, shipped, tuple(version(folder / file) for file in files))
    except LifelongError as error:
        return Entry(name, True, shipped, RunState.FAILED, error=str(error))
    return _with_state(entry)


@lru_cache(maxsize=1024)
def _study(folder: Path, shipped: bool, versions: tuple[tuple[int, int] | None, ...]) -> Entry:
    result, bookmark = study_store.result(folder), bookmarks.read(folder)
    run, curve = result.config.run, result.curve("images", "finetune")
    whole = bool(curve) and (curve[-1].size is None or curve[-1].size == result.config.sizes[-1])
    lost = result.lost("finetune")
    return Entry(
        folder.name,
        True,
        shipped,
        study_store.STUDIES.record_state(folder),
        name=bookmark.name,
        star=bookmark.star,
        dataset=run.dataset,
        target=run.target or "",
        scenario="transfer",
        strategy=result.config.protect or "",
        model=run.model,
        recipe=run.recipe,
        tasks=result.config.seeds,
        learned=len({event.seed for event in result.learned}),
        accuracy=curve[-1].target[0] if whole else None,
        forgetting=lost[0] if lost else None,
        seconds=result.seconds,
        made=None if shipped else listing.made_at(versions[0]),
    )


def _with_state(entry: Entry) -> Entry:
    """Returns an entry of a record with its state at this moment."""
    return replace(entry, state=_state(entry.id, entry.shipped, entry.state))


def _state(name: str, shipped: bool, by_record: RunState) -> RunState:
    """Returns the state by the queue, the lock and the record, looking as little as it can.

    A record that ends is that of a run at rest: learning begins by taking its ending away.
    """
    if shipped:
        return by_record
    position = jobs.queue_position(name)
    if position is not None:
        return RunState.WAITING if position else RunState.RUNNING
    if by_record not in AT_REST and is_locked(jobs.find(name)):
        return RunState.RUNNING
    return by_record


def rename(name: str, title: str | None) -> str:
    """Gives a run or study a name of a person's own, or takes it away; returns it, tidied.

    Raises LifelongError for a name that does not fit and for what came with the project.
    """
    folder, tidy = _own(name, "renamed"), "" if title is None else bookmarks.tidy_name(title)
    before = bookmarks.read(folder)
    bookmarks.write(folder, before.model_copy(update={"name": tidy}))
    return tidy


def name_of(name: str) -> str:
    """Returns the name that a person gave a run or study, empty for none, by its id."""
    return bookmarks.read(jobs.find(name)).name


def set_star(name: str, star: bool) -> None:
    """Stars a run or study, or takes its star away. Raises LifelongError as `rename` does."""
    folder = _own(name, "starred")
    bookmarks.write(folder, bookmarks.read(folder).model_copy(update={"star": star}))


def delete(name: str) -> None:
    """Moves a run or study to the trash, see `trash`.

    Raises LifelongError for one that is at work or waits, and for what came with the project.
    """
    folder = _own(name, "deleted")
    if jobs.queue_position(name) is not None:
        raise LifelongError(
            f"{name} is at work or waits for it and was not deleted; stop it first."
        )
    trash.move_to(folder)


def bring_back(name: str) -> str:
    """Brings a run or study back from the trash; returns its id. Raises LifelongError for none."""
    owners.check_writable()
    return trash.bring_back(name).name


deleted = trash.contents


def empty_trash() -> int:
    """Removes all deleted runs for good, a visitor's own; returns their number."""
    owners.check_writable()
    return trash.purge()


def zipped(name: str) -> bytes:
    """Returns a run or study as a zip file, which `load_zip` reads."""
    return archives.pack(jobs.find(name))


def _own(name: str, what: str) -> Path:
    """Returns the folder of a listed run or study that did not come with the project."""
    folder = jobs.find(name)
    if (folder / UNLISTED).exists():  # of whoever knows its id; the trash is seen by everyone
        raise LifelongError(f"{name[:80]} is a taught copy and cannot be {what}.")
    if folder in (*run_store.shipped(), *study_store.shipped()):
        raise LifelongError(
            f"{name} came with the project and cannot be {what}; it is for everyone."
        )
    owners.check_change(folder)
    return folder
