"""Runs on disk: a folder each, with the config, the record and the checkpoints."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from .. import config as configs
from ..config import RunConfig
from ..errors import LifelongError, unknown_name
from ..events import Event, Stopped, TaskLearned
from . import journal
from .folders import (
    SHIPPED,
    create_folder,
    exclusive,
    find_folder,
    home,
    is_locked,
    list_names,
    new_folder,
    run_state,
    shipped,
    ships,
    version,
)
from .history import History

__all__ = ["SHIPPED", "home", "is_locked", "shipped"]  # of the folders, what is asked for here


def ids() -> list[str]:
    """All runs there are, the newest first and those that ship with the project last."""
    return list_names("config.json")


def is_shipped(run: str) -> bool:
    """Whether this run came with the project."""
    return run in shipped()


def folder(run: str) -> Path:
    """The folder of a run by its id. Raises LifelongError when there is none; an id is never a path."""
    found = find_folder(run, "config.json")
    if found is None:
        raise unknown_name("run", str(run)[:80], ids())
    return found


def create(config: RunConfig, at: Path | None = None) -> Path:
    """A new run's folder with its config in it; a name is made up unless a folder is given."""
    from ..training.experiment import resolve

    config = resolve(config)
    return create_folder(
        config,
        at or new_folder(config.dataset, config.scenario, config.strategy),
        "config.json",
        configs.read,
    )


def history(at: Path) -> History:
    """A run as far as its record tells; read anew only when one of its two files has changed."""
    return _history(at, version(at / "config.json"), version(at / "record.jsonl"))


@lru_cache(maxsize=256)
def _history(at: Path, *_stamps: tuple[int, int] | None) -> History:
    try:
        config = configs.read((at / "config.json").read_bytes())
    except OSError:
        raise LifelongError(
            f"The run {at.name} has no readable config.json; delete the run."
        ) from None
    return History(config, tuple(journal.read(at / "record.jsonl")))


def reference_run(run: str) -> str | None:
    """Returns the newest run of cumulative training that a run is compared with; None without one.

    See `History.is_reference_of`. Runs that cannot be read are left out.
    """
    compared = history(folder(run))
    for name in ids():
        with contextlib.suppress(LifelongError):
            if history(folder(name)).is_reference_of(compared):
                return name
    return None


def state(at: Path) -> str:
    """'new', 'running', 'finished', 'stopped', 'failed', or 'interrupted' (killed while it was learning)."""
    story = history(at)
    return run_state(at, story.ending, bool(story.events))


def learn(
    at: Path, until: int | None = None, stop: Callable[[], bool] = lambda: False
) -> Iterator[Event]:
    """Learns on from where the run stands, before task `until` or to the end; every event is on disk when it is told.

    Raises LifelongError when another process is learning this run, or its data are not those it began with.
    """
    if ships(at) and history(at).finished:
        raise LifelongError(
            f"The run {at.name} ships with the project and is complete; start one of your own."
        )
    with exclusive(at):
        yield from _learn(at, until, stop)


def _learn(at: Path, until: int | None, stop: Callable[[], bool]) -> Iterator[Event]:
    from ..storage import tensor_files
    from ..training.experiment import Experiment, extract_features
    from . import checkpoints

    record = at / "record.jsonl"
    story = history(at)
    if story.finished:
        return
    if not (
        yield from journal.append_all(record, extract_features(story.config), story.events, stop)
    ):
        yield Stopped(task=len(story.learned), step=0)
        return
    experiment = Experiment(story.config, stop=stop)
    task, step = _resume(at, experiment)
    if story.started and story.started.source != experiment.dataset.source:
        raise LifelongError(
            f"The run {at.name} began with {story.started.source}, but here is {experiment.dataset.source}; start a new run."
        )
    if story.started and story.started.backbone != (
        experiment.frozen_backbone.fingerprint if experiment.frozen_backbone else ""
    ):
        raise LifelongError(
            f"The run {at.name} began with another backbone than the one here; start a new run, or restore its weights."
        )
    journal.rewrite(record, journal.events_until(story.events, task, step) if task or step else [])
    for event in experiment.events(until):
        if isinstance(event, TaskLearned):
            answering = experiment.strategy.inference_state_dict()
            tensor_files.write(
                checkpoints.inference_file(at, event.task), answering, half=story.config.half
            )
            _keep(checkpoints.resume_file(at, event.task), experiment)
            checkpoints.interrupted_file(at).unlink(missing_ok=True)
        elif isinstance(event, Stopped) and event.step:
            _keep(checkpoints.interrupted_file(at), experiment)
        journal.append(record, event)
        yield event


def _keep(file: Path, experiment) -> None:
    from ..storage import tensor_files

    about = {"task": experiment.task, "step": experiment.step, "seconds": experiment.seconds}
    tensor_files.write(
        file, experiment.state_dict(), {name: str(value) for name, value in about.items()}
    )


def _resume(at: Path, experiment) -> tuple[int, int]:
    """Puts the experiment where the run was left; returns the task and step it goes on from."""
    from ..storage import tensor_files
    from . import checkpoints

    learned = len(history(at).learned)
    file = checkpoints.interrupted_file(at)
    if not file.exists():
        file = checkpoints.resume_file(at, learned - 1) if learned else None
    if file is None:
        return 0, 0
    state, about = tensor_files.read(file)
    try:
        task, step = int(about["task"]), int(about["step"])
        experiment.load_state_dict(state, task, step, float(about["seconds"]))
    except (KeyError, ValueError, RuntimeError):  # what torch raises where shapes differ
        raise LifelongError(
            f"The checkpoint {at.name}/{file.name} belongs to another model; undo the task or restore the file."
        ) from None
    return task, step


def undo(at: Path) -> None:
    """Takes back what was learned last: the begun part of a task, or else the last whole task.

    Raises LifelongError when nothing was learned, the run is being learned, or it came with the project.
    """
    from . import checkpoints

    story = history(at)
    if is_shipped(at.name) or is_locked(at):
        why = "ships with the project" if is_shipped(at.name) else "is being learned; stop it first"
        raise LifelongError(f"Undo was asked for, but the run {at.name} {why}.")
    learned = len(story.learned)
    begun = checkpoints.interrupted_file(at).exists() or any(
        step.task == learned for step in story.steps
    )
    task = learned if begun else learned - 1
    if task < 0 or not story.events:
        raise LifelongError(
            f"Undo was asked for, but the run {at.name} has not learned anything yet."
        )
    kept = journal.events_until(story.events, task)
    # In this order a crash in between leaves a run that goes on from one of the two states.
    checkpoints.interrupted_file(at).unlink(missing_ok=True)
    journal.rewrite(at / "record.jsonl", [*kept, Stopped(task=task, step=0)] if task else [])
    for file in [checkpoints.inference_file(at, task), checkpoints.resume_file(at, task)]:
        file.unlink(missing_ok=True)


def delete(run: str) -> None:
    """Removes a run of one's own, with all its files."""
    at = folder(run)
    if is_shipped(run) or is_locked(at):
        raise LifelongError(
            f"The run {run} ships with the project or is being learned; it was not deleted."
        )
    shutil.rmtree(at)
