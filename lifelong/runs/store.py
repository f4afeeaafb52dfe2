"""Runs on disk: a folder each, with the config, the record and the checkpoints."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .. import config as configs
from ..config import RunConfig
from ..errors import LifelongError
from ..events import EVENT, Event, Recovered, Started, Stopped, TaskLearned
from ..storage import atomic, checksums, owners
from ..storage import shipped as shipped_files
from ..storage.progress import result_of
from . import checkpoints, journal, resume, taught
from .event_order import RunOrder, events_until
from .folders import ExperimentFolders, is_locked, new_folder
from .heartbeat import Heartbeat
from .history import History

if TYPE_CHECKING:  # pages list runs before torch is loaded
    from ..training.experiment import Experiment
    from ..training.setup import Prepared


def _read_history(config: RunConfig, record: Path) -> History:
    return History(config, journal.read(record, EVENT, RunOrder().follows, "run"))


RUNS = ExperimentFolders("run", "config.json", configs.read, _read_history)
ids, shipped, find, folder = RUNS.ids, RUNS.shipped, RUNS.find, RUNS.folder
history, state, is_run = RUNS.history, RUNS.state, RUNS.contains


def named(run: str) -> Path:
    """Returns the folder of a run that is given as a person types it: by its id or its path.

    One that comes with the project is fetched where it is not here, see `storage.shipped`. Raises
    LifelongError when there is none, or it cannot be fetched.
    """
    if RUNS.contains(Path(run)):
        return Path(run)
    if find(run) is None and shipped_files.missing(run):
        result_of(shipped_files.fetch("shipped.txt"))
        result_of(shipped_files.fetch(run))
        return shipped_files.FOLDER / run
    return folder(run)


def create(config: RunConfig, folder: Path | None = None) -> Path:
    """Creates a run's folder with its resolved config, by default a new one with a name of its own.

    Raises LifelongError for a config that cannot be run and for a folder that holds another run.
    """
    from ..training.setup import resolve  # loads torch

    config = resolve(config)
    folder = folder or new_folder(config.dataset, config.scenario, config.strategy)
    return RUNS.create(config, folder, resolve)


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


def learn(
    folder: Path,
    until: int | None = None,
    stop: Callable[[], bool] = lambda: False,
    prepared: "Prepared | None" = None,
) -> Iterator[Event]:
    """Continues a run before task `until` or to its end; yields each event once it is on disk.

    prepared: its images and features, which are loaded where they are not given. Raises
    LifelongError when another process is learning this run, it ships and is complete, or its data
    or its backbone are not those it began with.
    """
    with RUNS.learning(folder):
        yield from _learn(folder, until, stop, prepared)


def _learn(
    folder: Path, until: int | None, stop: Callable[[], bool], prepared: "Prepared | None"
) -> Iterator[Event]:
    from ..training.experiment import Experiment  # loads torch
    from ..training.setup import prepare
    from ..training.taught import with_taught

    resume.seconds_between_states()  # before anything is loaded
    record = folder / journal.RECORD_FILE
    before = history(folder)
    if before.finished:
        return
    atomic.remove_left_over(folder)
    config = before.config.of_task(len(before.learned))
    if prepared is None:
        prepared = yield from journal.append_all(record, prepare(config), before.events, stop)
    if prepared is None:
        yield Stopped(task=len(before.learned), step=0)
        return
    if config.taught:
        pictures = taught.pictures(folder, replace(before, config=config))
        prepared = with_taught(config, prepared, pictures)
    make = partial(Experiment, config, *prepared, stop=stop)
    experiment, damaged = resume.restore(folder, before, make)
    if before.has_started:
        _check_unchanged(folder, before, experiment)
    if not experiment.step:
        checkpoints.interrupted_file(folder).unlink(missing_ok=True)
    task, step = experiment.task, experiment.step
    journal.rewrite(record, events_until(before.events, task, step) if task or step else [])
    for event in _events(folder, experiment, until, damaged):
        if isinstance(event, TaskLearned):
            event = _save_task(folder, event, experiment)
        elif isinstance(event, Stopped) and event.step and (event.task, event.step) != (task, step):
            resume.save_within(folder, experiment)
        journal.append(record, event)
        if isinstance(event, TaskLearned):  # not before: a killed process goes on from that state
            checkpoints.interrupted_file(folder).unlink(missing_ok=True)
        yield event


def _events(
    folder: Path, experiment: "Experiment", until: int | None, damaged: tuple[str, ...]
) -> Iterator[Event]:
    """Yields the events of an experiment, and one about the damaged files that it did not go on
    from.
    """
    recovered = Recovered(task=experiment.task, step=experiment.step, damaged=damaged)
    if damaged and recovered.task + recovered.step:
        yield recovered
    autosave = resume.Autosave(folder, experiment, resume.seconds_between_states())
    heart = Heartbeat(folder)
    steps = _step_saver(folder, experiment) if experiment.config.step_checkpoints else None

    def on_step(task: int, step: int) -> Callable[[], None] | None:
        heart.beat()
        return (steps and steps(task, step)) or autosave(task, step)

    for event in experiment.events(until, on_step):
        yield event
        if damaged and isinstance(event, Started):
            yield recovered


def _check_unchanged(folder: Path, before: History, experiment: "Experiment") -> None:
    if before.started.source != experiment.dataset.source:
        raise LifelongError(
            f"The run {folder.name} began with {before.started.source}, but here is "
            f"{experiment.dataset.source}; start a new run."
        )
    backbone = experiment.backbone
    if before.started.backbone != (backbone.fingerprint if backbone else ""):
        raise LifelongError(
            f"The run {folder.name} began with another backbone than the one here; "
            "start a new run, or restore its weights."
        )


def _save_task(folder: Path, event: TaskLearned, experiment: "Experiment") -> TaskLearned:
    """Writes the checkpoints after a task; returns its event with their checksums."""
    from ..storage import tensor_files  # loads torch

    inference_state = experiment.strategy.inference_state_dict()
    inference = checkpoints.inference_file(folder, event.task)
    packed = {inference: tensor_files.pack(inference_state, half=experiment.config.half)}
    if not experiment.config.taught:  # another class would be taught to a copy, from its weights
        packed[checkpoints.resume_file(folder, event.task)] = resume.content(experiment)
    for file, content in packed.items():
        atomic.write_atomically(file, content)
    found = {file.name: checksums.of_bytes(content) for file, content in packed.items()}
    for name in (checkpoints.steps_file, checkpoints.pictures_file):
        if (file := name(folder, event.task)).exists():
            found[file.name] = checksums.of_file(file)
    return event.model_copy(update={"checksums": found})


def _step_saver(
    folder: Path, experiment: "Experiment"
) -> Callable[[int, int], Callable[[], None] | None]:
    """Returns the function that says what to do after a step: to save the state, or nothing."""
    from . import step_checkpoints  # loads torch

    def save(task: int, step: int) -> None:
        state = experiment.strategy.inference_state_dict()
        step_checkpoints.save(folder, task, step, state)

    def after_step(task: int, step: int) -> Callable[[], None] | None:
        return partial(save, task, step) if task and step in step_checkpoints.STEPS else None

    return after_step


def undo(folder: Path) -> None:
    """Removes what was learned last: the begun part of a task, or else the last complete task.

    A taught class is removed with its pictures. Raises LifelongError when nothing was learned, the
    run is being learned, or it came with the project or is a copy without a taught class.
    """
    owners.check_change(folder)
    run = history(folder)
    for refused, why in (
        (folder in shipped(), "ships with the project"),
        (is_locked(folder), "is being learned; stop it first"),
        (run.config.original and not run.config.taught, "is a copy that was taught nothing"),
    ):
        if refused:
            raise LifelongError(f"Undo was asked for, but the run {folder.name} {why}.")
    learned = len(run.learned)
    begun = resume.is_within(folder, run) or any(step.task == learned for step in run.steps)
    task = learned if begun else learned - 1
    if task < 0 or not run.events:
        raise LifelongError(
            f"Undo was asked for, but the run {folder.name} has not learned anything yet."
        )
    events: list[Event] = [*events_until(run.events, task), Stopped(task=task, step=0)]
    # In this order a crash in between leaves a run that goes on from one of the two states.
    checkpoints.interrupted_file(folder).unlink(missing_ok=True)
    journal.rewrite(folder / journal.RECORD_FILE, events if task else [])
    for name in (checkpoints.inference_file, checkpoints.resume_file, checkpoints.steps_file):
        name(folder, task).unlink(missing_ok=True)
    if run.config.taught and not begun:
        taught.remove_last(folder, run)
