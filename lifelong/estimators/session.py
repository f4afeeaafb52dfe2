"""State of a run in memory: its experiment, events and checkpoints."""

import json
from collections.abc import Generator, Iterator
from functools import partial
from pathlib import Path

from torch import Tensor

from ..config import RunConfig
from ..data.examples import Dataset
from ..errors import LifelongError
from ..events import Ending, Event, Preparation, TaskLearned
from ..inference import predict
from ..runs import checkpoints, integrity, journal, resume
from ..runs import store as run_store
from ..runs.event_order import events_until
from ..runs.history import History
from ..storage import atomic, checksums, tensor_files
from ..strategies.base import Strategy
from ..training import setup
from ..training.experiment import Experiment
from .arrays import Range

RANGE_FILE = "values.json"  # the values that the bytes of an image stand for


class Session:
    """A run that learns in memory, or that was loaded from a folder.

    experiment: None until it learns here. states: for inference, after each task learned.
    values: of the arrays that its images were made from.
    """

    def __init__(self, config: RunConfig, values: Range = (0.0, 255.0)) -> None:
        self.config, self.values = config, values
        self.experiment: Experiment | None = None
        self.events: list[Event] = []
        self.states: list[dict[str, Tensor]] = []
        self.folder: Path | None = None
        self._models: dict[int, Strategy] = {}

    @classmethod
    def load(cls, folder: Path) -> "Session":
        """Returns the session of a run on disk. Raises LifelongError for one that is damaged."""
        history = run_store.history(folder)
        session = cls(history.config, _read_values(folder))
        session.events, session.folder = list(history.events), folder
        files = (checkpoints.inference_file(folder, k) for k in range(len(history.learned)))
        session.states = [integrity.read(file, history)[0] for file in files]
        return session

    @property
    def history(self) -> History:
        """Config and events so far."""
        config = self.experiment.config if self.experiment else self.config
        return History(config, tuple(self.events))

    def learn(self, dataset: Dataset, until: int | None = None) -> Iterator[Event]:
        """Learns the tasks before `until`, by default all, from where it is; yields the events."""
        experiment = self.experiment or (yield from self._experiment(dataset))
        started = experiment.task or experiment.step
        self.events = (
            list(events_until(self.events, experiment.task, experiment.step)) if started else []
        )
        for event in experiment.events(until):
            if isinstance(event, TaskLearned):
                state = experiment.strategy.inference_state_dict()
                self.states.append({name: tensor.clone() for name, tensor in state.items()})
            self.events.append(event)
            yield event

    def _experiment(self, dataset: Dataset) -> Generator[Preparation, None, Experiment]:
        if self.config.taught:
            raise LifelongError(
                "The run is a copy that was taught a class, which `fit` does not go on with; fit"
                " the original."
            )
        prepared = yield from setup.prepare(self.config, dataset)
        make = partial(Experiment, self.config, *prepared)
        if self.folder is None:
            experiment = make()
        else:
            experiment, _damaged = resume.restore(self.folder, self.history, make)
            if self.history.started.source != experiment.dataset.source:
                raise LifelongError(
                    f"The run {self.folder.name} began with {self.history.started.source}, but was"
                    f" given {experiment.dataset.source}; give it the tasks that it began with."
                )
            del self.states[experiment.task :]
        self.experiment = experiment
        return experiment

    def model(self, after: int) -> Strategy:
        """Returns the strategy as it was after a task, for inference."""
        if after not in self._models:
            strategy = predict.untrained(self.history, after)
            predict.load_state(strategy, self.states[after], Path(f"task-{after}"))
            self._models[after] = strategy
        return self._models[after]

    def save(self, folder: Path) -> None:
        """Writes the run to a new folder, from which `load`, the app and the commands read it.

        Raises LifelongError for a folder that is there already, or cannot be written to.
        """
        if folder.exists():
            raise LifelongError(f"There is a folder {folder.name} already; give another name.")
        history = self.history
        run_store.RUNS.create(history.config, folder, lambda config: config)
        events = [
            event.model_copy(update={"checksums": self._write_task(folder, event.task)})
            if isinstance(event, TaskLearned)
            else event
            for event in self.events
        ]
        if self.experiment is not None and self.experiment.step:
            file, packed = checkpoints.interrupted_file(folder), resume.content(self.experiment)
            atomic.write_atomically(file, packed)
            at = len(events) - isinstance(events[-1], Ending)
            events.insert(at, resume.saved(file, packed, self.experiment))
        low, high = self.values
        atomic.write_atomically(folder / RANGE_FILE, f"[{low}, {high}]".encode())
        journal.rewrite(folder / journal.RECORD_FILE, events)

    def _write_task(self, folder: Path, task: int) -> dict[str, str]:
        """Writes the checkpoints after a task; returns their checksums by name.

        The state to resume from is there for the last task, unless another one was begun.
        """
        packed = {checkpoints.inference_file(folder, task): tensor_files.pack(self.states[task])}
        experiment = self.experiment
        if experiment is not None and (experiment.task, experiment.step) == (task + 1, 0):
            packed[checkpoints.resume_file(folder, task)] = resume.content(experiment)
        for file, content in packed.items():
            atomic.write_atomically(file, content)
        return {file.name: checksums.of_bytes(content) for file, content in packed.items()}


def _read_values(folder: Path) -> Range:
    """Returns the values that the bytes of an image stand for; themselves, in most runs."""
    try:
        low, high = json.loads((folder / RANGE_FILE).read_bytes())
        return float(low), float(high)
    except FileNotFoundError:
        return 0.0, 255.0
    except (OSError, ValueError, TypeError):
        raise LifelongError(
            f"{folder.name}/{RANGE_FILE} is damaged; expected a list of two numbers. Restore it."
        ) from None
