"""A run as an estimator: one strategy that learns a sequence of tasks, and what it remembers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

from torch import nn

from .. import registry
from ..errors import LifelongError
from ..events import Event
from ..models.base import Model
from ..models.parts.module_model import model_class_of
from ..plugin_kinds import KINDS
from ..runs import folders
from ..runs import store as run_store
from ..strategies.base import Strategy
from .dataset import SequenceTask, TaskSequence
from .results import Results
from .session import Session


@dataclass(eq=False)
class Run(Results):
    """One strategy that learns a sequence of tasks.

    strategy: its name, or a class of your own. settings: the strategy's by name; those left out
    take the scenario's default. model: a network by its name, a class of your own, or any
    `torch.nn.Module` that turns a batch of images, float (n, channels, height, width) in [0, 1],
    into features (n, ...); a linear head is put on it. network: settings of a named model. recipe:
    quick or paper. steps, learning_rate: optimiser steps a task and learning rate in place of the
    recipe's. seed: of weights, order of images and order of classes. precision: auto, fp32 or bf16.
    device: auto, cpu or cuda.

    Results end in `_` and are there after `fit` or `partial_fit`; tasks count from 0 and accuracies
    are shares in [0, 1].
    """

    strategy: str | type[Strategy] = "finetune"
    settings: Mapping[str, Any] = field(default_factory=dict)
    model: str | type[Model] | nn.Module = "mlp"
    network: Mapping[str, Any] = field(default_factory=dict)
    recipe: str = "quick"
    steps: int | None = None
    learning_rate: float | None = None
    seed: int = 0
    precision: str = "auto"
    device: str = "auto"

    def __post_init__(self) -> None:
        self._session: Session | None = None
        self._sequence: TaskSequence | None = None

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Returns the settings of the constructor by name, as scikit-learn asks for them."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def set_params(self, **params: Any) -> Self:
        """Changes settings of the constructor; what it has learned is dropped.

        Raises LifelongError for an unknown one.
        """
        for name, value in params.items():
            if name not in self.get_params():
                raise LifelongError(
                    f"There is no setting '{name}' of a run; choose one of:"
                    f" {', '.join(self.get_params())}."
                )
            setattr(self, name, value)
        self._session = self._sequence = None
        return self

    def copy(self, **params: Any) -> "Run":
        """Returns a run that has learned nothing, with other values for some settings."""
        return replace(self, **params)

    def fit(self, tasks: TaskSequence) -> Self:
        """Learns the tasks and returns itself.

        A run that learned a part of these tasks goes on where it stopped, to the same bits as
        without the stop; any other starts anew. Raises LifelongError for a setting that does not
        fit.
        """
        for _event in self.iter_fit(tasks):
            pass
        return self

    def iter_fit(self, tasks: TaskSequence) -> Iterator[Event]:
        """Learns like `fit` and yields the events: the start, evaluations, tasks learned, the end.

        Who leaves the loop can go on later with `fit`.
        """
        if not (self._learned_a_part_of(tasks) and self._session and not self.history_.finished):
            self._begin(tasks)
        yield from self._going_on(tasks, None)

    def partial_fit(self, task: SequenceTask) -> Self:
        """Learns one task: `for task in tasks: run.partial_fit(task)`.

        Raises LifelongError for a task that is not the next one of its sequence.
        """
        if task.index == 0 and not self._learned_a_part_of(task.sequence):
            self._begin(task.sequence)
        learned = len(self._session.states) if self._session else 0
        if task.index != learned or not self._learned_a_part_of(task.sequence):
            raise LifelongError(
                f"Task {task.index} was given, but task {learned} of the same sequence comes next;"
                " give the tasks in their order."
            )
        for _event in self._going_on(task.sequence, task.index + 1):
            pass
        return self

    def _begin(self, tasks: TaskSequence) -> None:
        config = tasks.config(
            strategy=_name("strategies", self.strategy),
            settings=dict(self.settings),
            model=_name("models", self.model),
            network=dict(self.network),
            recipe=self.recipe,
            steps=self.steps,
            learning_rate=self.learning_rate,
            seed=self.seed,
            precision=self.precision,
            device=self.device,
        )
        self._session, self._sequence = Session(config, tasks.dataset.values), tasks

    def _going_on(self, tasks: TaskSequence, until: int | None) -> Iterator[Event]:
        session = self._fitted(learned=False)
        yield from session.learn(tasks.dataset, until)
        self._sequence = tasks

    def _learned_a_part_of(self, tasks: TaskSequence) -> bool:
        """Returns whether these are the tasks that the run has begun with, or was saved with."""
        session = self._session
        if session is None or self._sequence is not None:
            return session is not None and self._sequence is tasks
        wanted = tasks.config(seed=session.config.seed)
        names = ("dataset", "scenario", "tasks", "class_order", "task_sizes", "images_per_class")
        return all(getattr(wanted, name) == getattr(session.config, name) for name in names)

    @classmethod
    def load(cls, name: str | Path) -> Self:
        """Returns a run on disk, by its name or path, that answers and can go on learning.

        Raises LifelongError when there is none, or a file of it is damaged.
        """
        session = Session.load(run_store.named(str(name)))
        run = cls(**{each.name: getattr(session.config, each.name) for each in fields(cls)})
        run._session = session
        return run

    def save(self, name: str | Path) -> Path:
        """Writes the run to a new folder, which the app and the commands know; returns its path.

        name: of a run in the folder of runs, or a path. Raises LifelongError if it is there
        already.
        """
        folder = Path(name)
        if len(folder.parts) == 1:
            folder = folders.home() / folder
        self._fitted(learned=False).save(folder)
        return folder


def load_run(name: str | Path) -> Run:
    """Returns a run on disk, by its name or path, see `Run.load`."""
    return Run.load(name)


def _name(kind: str, given: Any) -> str:
    """Returns the name of a strategy or model; a class or module of one's own becomes a plug-in."""
    if isinstance(given, nn.Module):
        given = model_class_of(given)
    if isinstance(given, str):
        return given
    if not KINDS[kind].fits(given):
        raise LifelongError(
            f"{given!r:.80} was given as a {KINDS[kind].noun}; expected a name, or a class"
            f" that inherits from {KINDS[kind].base}."
        )
    return registry.register(kind, given)
