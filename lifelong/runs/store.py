"""Runs on disk: a folder each, with the config, the record and the checkpoints."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .. import config as configs
from ..config import RunConfig
from ..errors import LifelongError
from ..events import EVENT, Event, RunOrder, Stopped, TaskLearned, events_until
from ..storage import shipped as shipped_files
from ..storage.progress import result_of
from . import checkpoints, journal, taught
from .folders import ExperimentFolders, is_locked, new_folder
from .history import History

if TYPE_CHECKING:  # pages list runs before torch is loaded
    from ..training.experiment import Experiment


def _read_history(config: RunConfig, record: Path) -> History:
    return History(config, journal.read(record, EVENT, RunOrder().follows, "run"))


RUNS = ExperimentFolders("run", "config.json", configs.read, _read_history)
ids, shipped, find, folder = RUNS.ids, RUNS.shipped, RUNS.find, RUNS.folder
history, state = RUNS.history, RUNS.state


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
    folder: Path, until: int | None = None, stop: Callable[[], bool] = lambda: False
) -> Iterator[Event]:
    """Continues a run before task `until` or to its end; yields each event once it is on disk.

    Raises LifelongError when another process is learning this run, it ships and is complete, or
    its data or its backbone are not those it began with.
    """
    with RUNS.learning(folder):
        yield from _learn(folder, until, stop)


def _learn(folder: Path, until: int | None, stop: Callable[[], bool]) -> Iterator[Event]:
    from ..training.experiment import Experiment  # loads torch
    from ..training.setup import prepare
    from ..training.taught import with_taught

    record = folder / journal.RECORD_FILE
    before = history(folder)
    if before.finished:
        return
    config = before.config.of_task(len(before.learned))
    prepared = yield from journal.append_all(record, prepare(config), before.events, stop)
    if prepared is None:
        yield Stopped(task=len(before.learned), step=0)
        return
    if config.taught:
        prepared = with_taught(config, prepared, taught.pictures(folder, config))
    experiment = Experiment(config, *prepared, stop=stop)
    task, step = load_resume_state(folder, experiment)
    if before.has_started:
        _check_unchanged(folder, before, experiment)
    journal.rewrite(record, events_until(before.events, task, step) if task or step else [])
    on_step = _step_saver(folder, experiment) if experiment.config.step_checkpoints else None
    for event in experiment.events(until, on_step):
        if isinstance(event, TaskLearned):
            _save_task(folder, event.task, experiment)
        elif isinstance(event, Stopped) and event.step:
            save_resume_state(checkpoints.interrupted_file(folder), experiment)
        journal.append(record, event)
        yield event


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


def _save_task(folder: Path, task: int, experiment: "Experiment") -> None:
    """Writes the checkpoints after a task; that within the task is no longer needed."""
    from ..storage import tensor_files

    inference_state = experiment.strategy.inference_state_dict()
    half = experiment.config.half
    tensor_files.write(checkpoints.inference_file(folder, task), inference_state, half=half)
    if not experiment.config.taught:  # another class would be taught to a copy, from its weights
        save_resume_state(checkpoints.resume_file(folder, task), experiment)
    checkpoints.interrupted_file(folder).unlink(missing_ok=True)


def _step_saver(folder: Path, experiment: "Experiment") -> Callable[[int, int], None]:
    """Returns the function that saves the state after some of the steps of a task."""
    from . import step_checkpoints  # loads torch

    def save(task: int, step: int) -> None:
        if task and step in step_checkpoints.STEPS:
            state = experiment.strategy.inference_state_dict()
            step_checkpoints.save(folder, task, step, state)

    return save


def save_resume_state(file: Path, experiment: "Experiment") -> None:
    """Writes the state to a file that `load_resume_state` continues from."""
    from ..storage import tensor_files

    position = {"task": experiment.task, "step": experiment.step, "seconds": experiment.seconds}
    metadata = {name: str(value) for name, value in position.items()} | experiment.costs.state()
    tensor_files.write(file, experiment.state_dict(), metadata)


def load_resume_state(folder: Path, experiment: "Experiment") -> tuple[int, int]:
    """Loads the last state into the experiment; returns the task and step it continues from."""
    from ..storage import tensor_files
    from ..training.taught import begin

    run = history(folder)
    learned = len(run.learned)
    file = checkpoints.interrupted_file(folder)
    if not file.exists():
        if not learned:
            return 0, 0
        if experiment.config.taught:
            last = tensor_files.read(checkpoints.inference_file(folder, learned - 1))[0]
            begin(experiment, last, run.seconds)
            return learned, 0
        file = checkpoints.resume_file(folder, learned - 1)
    state, metadata = tensor_files.read(file)
    try:
        task, step = int(metadata["task"]), int(metadata["step"])
        experiment.load_state_dict(state, task, step, float(metadata["seconds"]))
        experiment.costs.restore(metadata)
    except (KeyError, ValueError, RuntimeError):  # what torch raises where shapes differ
        raise LifelongError(
            f"The checkpoint {folder.name}/{file.name} belongs to another model; "
            "undo the task or restore the file."
        ) from None
    return task, step


def undo(folder: Path) -> None:
    """Removes what was learned last: the begun part of a task, or else the last complete task.

    A taught class is removed with its pictures. Raises LifelongError when nothing was learned, the
    run is being learned, or it came with the project or is a copy without a taught class.
    """
    run = history(folder)
    for refused, why in (
        (folder in shipped(), "ships with the project"),
        (is_locked(folder), "is being learned; stop it first"),
        (run.config.original and not run.config.taught, "is a copy that was taught nothing"),
    ):
        if refused:
            raise LifelongError(f"Undo was asked for, but the run {folder.name} {why}.")
    learned = len(run.learned)
    begun = checkpoints.interrupted_file(folder).exists() or any(
        step.task == learned for step in run.steps
    )
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
