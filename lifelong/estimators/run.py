"""A run as an estimator: one strategy that learns a sequence of tasks, and what it remembers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from .. import registry
from ..errors import LifelongError
from ..events import Event
from ..inference import predict
from ..models.base import Model
from ..models.parts.module_model import model_class_of
from ..plugin_kinds import KINDS
from ..runs import folders
from ..runs import store as run_store
from ..runs.history import History
from ..strategies.base import Strategy, scores
from . import arrays
from .dataset import SequenceTask, TaskSequence
from .session import Session

Floats = NDArray[np.float64]


class NotFittedError(LifelongError, AttributeError):
    """Error for results of a run that has learned nothing yet."""


@dataclass(eq=False)
class Run:
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
        """Changes settings of the constructor. Raises LifelongError for an unknown one."""
        for name, value in params.items():
            if name not in self.get_params():
                raise LifelongError(
                    f"There is no setting '{name}' of a run; choose one of:"
                    f" {', '.join(self.get_params())}."
                )
            setattr(self, name, value)
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

    def _fitted(self, learned: bool = True) -> Session:
        if self._session is None or (learned and not self._session.states):
            raise NotFittedError("The run has learned nothing yet; call fit with tasks first.")
        return self._session

    @property
    def history_(self) -> History:
        """Config and events."""
        return self._fitted(learned=False).history

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels of all classes, in the order of the columns of `predict_proba`."""
        return np.array([label for task in self.task_classes_ for label in task])

    @property
    def task_classes_(self) -> tuple[tuple[Any, ...], ...]:
        """The labels of each task's classes."""
        started = self._fitted().history.started
        labels = self._sequence.dataset.labels if self._sequence else ()
        if not labels:
            return started.classes
        return tuple(tuple(labels[number] for number in task) for task in started.labels)

    @property
    def accuracy_(self) -> Floats:
        """accuracy[after, on], (tasks, tasks): on a task's test images; nan where not yet
        learned.
        """
        return _square(self._fitted().history.accuracy)

    @property
    def accuracy_given_task_(self) -> Floats:
        """The same with the task label given: only the task's classes compete."""
        return _square(self._fitted().history.accuracy_given_task)

    @property
    def measures_(self) -> dict[str, float | None]:
        """Every declared measure by name; None where the run lacks what it needs."""
        return self._fitted().history.measures()

    @property
    def average_accuracy_(self) -> float | None:
        """Mean accuracy over the tasks learned, after the last one."""
        return self.measures_["average_accuracy"]

    @property
    def average_incremental_accuracy_(self) -> float | None:
        """Mean over the tasks of the average accuracy after each."""
        return self.measures_["average_incremental_accuracy"]

    @property
    def forgetting_(self) -> float | None:
        """Mean over the earlier tasks of the best accuracy so far minus that now."""
        return self.measures_["forgetting"]

    @property
    def backward_transfer_(self) -> float | None:
        """Mean over the earlier tasks of the accuracy now minus that when just learned."""
        return self.measures_["backward_transfer"]

    @property
    def seconds_(self) -> float:
        """Seconds of training, without evaluation."""
        return self._fitted().history.seconds

    @property
    def stored_bytes_(self) -> int:
        """Bytes stored for earlier tasks: images, logits, importances, networks."""
        return sum((self._fitted().history.learned[-1].stored or {}).values())

    def predict_proba(self, X: Any, after: int | None = None, task: int | None = None) -> Floats:
        """Returns the probability of each class, (n, classes), columns as `classes_`.

        X: images in the shape and range of those it learned from. after: the model after that task,
        by default the last one. task: the task label, by which only its classes compete; where
        tasks share the outputs it has to be given. A class that does not compete has probability 0.
        """
        session = self._fitted()
        after = self._checked("after", after, len(session.states), len(session.states) - 1)
        tasks = len(session.history.started.classes)
        task = None if task is None else self._checked("task", task, tasks)
        if task is None and session.config.rules.shared_outputs:
            raise LifelongError(
                "In this scenario an output stands for a class of each task; give task."
            )
        model, images = session.model(after), self._inputs(X)
        with torch.no_grad():
            logits = scores(model, predict.model_inputs(session.history, model, images.numpy()))
        active = predict.active_classes(session.history, model, after, task)
        columns = [name for names in session.history.started.classes for name in names]
        table = np.zeros((len(images), len(columns)))
        probability = logits[:, list(active)].double().softmax(1).numpy()
        for column, (name,) in zip(probability.T, active.values()):
            table[:, columns.index(name)] = column
        return table

    def predict(self, X: Any, after: int | None = None, task: int | None = None) -> NDArray[Any]:
        """Returns the label of the likeliest class of each image, (n,); see `predict_proba`."""
        return self.classes_[self.predict_proba(X, after, task).argmax(1)]

    def _inputs(self, X: Any) -> torch.Tensor:
        session = self._fitted()
        images, shape = arrays.as_images(X), session.history.started.shape
        if images.shape[1:] != tuple(shape):
            raise LifelongError(
                f"X holds images of shape {images.shape[1:]}; expected {tuple(shape)}, as those"
                " that it learned from."
            )
        return arrays.as_bytes(images, session.values)

    def _checked(self, name: str, given: int | None, count: int, default: int = 0) -> int:
        if given is None:
            return default
        if not 0 <= given < count:
            raise LifelongError(
                f"{name} was given as {given}; expected a task from 0 to {count - 1}."
            )
        return given

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


def _square(rows: list[list[float | None]]) -> Floats:
    return np.array([[np.nan if v is None else v for v in row] for row in rows], dtype=float)
