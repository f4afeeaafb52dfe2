"""Runs on disk: a folder each, with the config, the record and the checkpoints."""

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from filelock import FileLock, Timeout

from . import config as configs
from . import records
from .config import RunConfig
from .errors import LifelongError, unknown
from .history import History
from .records import Event, Failed, Finished, Stopped, TaskLearned

SHIPPED = Path(__file__).parent.parent / "checkpoints"


def home() -> Path:
    """The folder that new runs go into: `$LIFELONG_RUNS`, by default the project's `checkpoints/`."""
    return Path(os.environ.get("LIFELONG_RUNS") or SHIPPED)


def ids() -> list[str]:
    """All runs there are, the newest first and those that ship with the project last."""
    own = [f.parent for f in home().glob("*/config.json") if not is_shipped(f.parent.name)]
    own.sort(key=lambda folder: (folder / "config.json").stat().st_mtime, reverse=True)
    return [folder.name for folder in own] + list(_shipped())


@lru_cache(maxsize=1)
def _shipped() -> tuple[str, ...]:
    listed = SHIPPED / "shipped.txt"
    names = [line.split("\t")[0] for line in listed.read_text().splitlines()] if listed.exists() else []
    return tuple(name for name in names if (SHIPPED / name / "config.json").exists())


def is_shipped(run: str) -> bool:
    """Whether this run came with the project."""
    return run in _shipped()


def folder(run: str) -> Path:
    """The folder of a run by its id. Raises LifelongError when there is none; an id is never a path."""
    run = str(run)  # programs send numbers and null
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}", run):
        for place in ([SHIPPED] if is_shipped(run) else [home()]):
            if (place / run / "config.json").is_file():
                return place / run
    raise unknown("run", run[:80], ids())


def create(config: RunConfig, at: Path | None = None) -> Path:
    """A new run's folder with its config in it; a name is made up unless a folder is given."""
    from .experiment import resolve

    config = resolve(config)
    at = at or home() / f"{config.dataset}-{config.scenario}-{config.strategy}-{secrets.token_hex(3)}"
    try:
        at.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LifelongError(f"The folder {at.name} could not be made ({error.strerror}); give another with --out.") from None
    file = at / "config.json"
    if not file.exists():
        records.replace(file, config.model_dump_json(indent=2).encode())
    elif configs.read(file.read_bytes()) != config:
        raise LifelongError(f"The folder {at.name} holds a run with another configuration; give another with --out.")
    return at


def history(at: Path) -> History:
    """A run as far as its record tells; read anew only when one of its two files has changed."""
    return _history(at, _stamp(at / "config.json"), _stamp(at / "record.jsonl"))


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        seen = file.stat()
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size


@lru_cache(maxsize=256)
def _history(at: Path, *_stamps: tuple[int, int] | None) -> History:
    try:
        config = configs.read((at / "config.json").read_bytes())
    except OSError:
        raise LifelongError(f"The run {at.name} has no readable config.json; delete the run.") from None
    return History(config, tuple(records.read(at / "record.jsonl")))


def state(at: Path) -> str:
    """'new', 'running', 'finished', 'stopped', 'failed', or 'interrupted' (killed while it was learning)."""
    story = history(at)
    if _locked(at):
        return "running"
    match story.ending:
        case Finished():
            return "finished"
        case Stopped():
            return "stopped"
        case Failed():
            return "failed"
    return "interrupted" if story.events else "new"


def _locked(at: Path) -> bool:
    if not (at / ".lock").exists():
        return False
    try:
        with FileLock(at / ".lock", timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # a folder that cannot be written to is not being trained
        return False


def learn(at: Path, until: int | None = None, stop: Callable[[], bool] = lambda: False) -> Iterator[Event]:
    """Learns on from where the run stands, before task `until` or to the end; every event is on disk when it is told.

    Raises LifelongError when another process is learning this run, or its data are not those it began with.
    """
    if is_shipped(at.name) and at.parent == SHIPPED and history(at).finished:
        raise LifelongError(f"The run {at.name} ships with the project and is complete; start one of your own.")
    try:
        lock = FileLock(at / ".lock").acquire(timeout=0.5)
    except Timeout:
        raise LifelongError(f"The run {at.name} is being learned by another process; wait for it or stop it.") from None
    except OSError as error:
        raise LifelongError(f"The folder of the run {at.name} cannot be written to ({error.strerror}); start one elsewhere.") from None
    with lock:
        try:
            yield from _learn(at, until, stop)
        except LifelongError as error:
            with contextlib.suppress(LifelongError):  # a full disk cannot take the note that it is full
                records.append(at / "record.jsonl", Failed(message=str(error)))
            raise


def _learn(at: Path, until: int | None, stop: Callable[[], bool]) -> Iterator[Event]:
    from . import checkpoints
    from .experiment import Experiment, prepare

    record = at / "record.jsonl"
    story = history(at)
    if story.finished:
        return
    for event in prepare(story.config):
        records.append(record, event)
        yield event
        if stop():
            records.rewrite(record, story.events)
            yield Stopped(task=len(story.learned), step=0)
            return
    experiment = Experiment(story.config, stop=stop)
    task, step = _resume(at, experiment)
    if story.started and story.started.source != experiment.dataset.source:
        raise LifelongError(f"The run {at.name} began with {story.started.source}, but here is {experiment.dataset.source}; start a new run.")
    if story.started and story.started.backbone != (experiment.front.digest if experiment.front else ""):
        raise LifelongError(f"The run {at.name} began with another backbone than the one here; start a new run, or restore its weights.")
    records.rewrite(record, records.until(story.events, task, step) if task or step else [])
    for event in experiment.events(until):
        if isinstance(event, TaskLearned):
            answering = experiment.strategy.answering_state()
            checkpoints.write(checkpoints.answering(at, event.task), answering, half=story.config.half)
            _keep(checkpoints.learned(at, event.task), experiment)
            checkpoints.within(at).unlink(missing_ok=True)
        elif isinstance(event, Stopped) and event.step:
            _keep(checkpoints.within(at), experiment)
        records.append(record, event)
        yield event


def _keep(file: Path, experiment) -> None:
    from . import checkpoints

    about = {"task": experiment.task, "step": experiment.step, "seconds": experiment.seconds}
    checkpoints.write(file, experiment.state(), {name: str(value) for name, value in about.items()})


def _resume(at: Path, experiment) -> tuple[int, int]:
    """Puts the experiment where the run was left; returns the task and step it goes on from."""
    from . import checkpoints

    learned = len(history(at).learned)
    file = checkpoints.within(at)
    if not file.exists():
        file = checkpoints.learned(at, learned - 1) if learned else None
    if file is None:
        return 0, 0
    state, about = checkpoints.read(file)
    try:
        task, step = int(about["task"]), int(about["step"])
        experiment.load_state(state, task, step, float(about["seconds"]))
    except (KeyError, ValueError, RuntimeError):  # what torch raises where shapes differ
        raise LifelongError(f"The checkpoint {at.name}/{file.name} belongs to another model; undo the task or restore the file.") from None
    return task, step


def undo(at: Path) -> None:
    """Takes back what was learned last: the begun part of a task, or else the last whole task.

    Raises LifelongError when nothing was learned, the run is being learned, or it came with the project.
    """
    from . import checkpoints

    story = history(at)
    if is_shipped(at.name) or _locked(at):
        why = "ships with the project" if is_shipped(at.name) else "is being learned; stop it first"
        raise LifelongError(f"Undo was asked for, but the run {at.name} {why}.")
    learned = len(story.learned)
    begun = checkpoints.within(at).exists() or any(step.task == learned for step in story.steps)
    task = learned if begun else learned - 1
    if task < 0 or not story.events:
        raise LifelongError(f"Undo was asked for, but the run {at.name} has not learned anything yet.")
    kept = records.until(story.events, task)
    # In this order a crash in between leaves a run that goes on from one of the two states.
    checkpoints.within(at).unlink(missing_ok=True)
    records.rewrite(at / "record.jsonl", [*kept, Stopped(task=task, step=0)] if task else [])
    for file in [checkpoints.answering(at, task), checkpoints.learned(at, task)]:
        file.unlink(missing_ok=True)


def delete(run: str) -> None:
    """Removes a run of one's own, with all its files."""
    at = folder(run)
    if is_shipped(run) or _locked(at):
        raise LifelongError(f"The run {run} ships with the project or is being learned; it was not deleted.")
    shutil.rmtree(at)
