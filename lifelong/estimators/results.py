"""Results of a run: accuracies, measures, and answers by the model of any moment."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import LifelongError
from ..inference import predict
from ..runs.history import History
from ..strategies.base import scores
from . import arrays
from .dataset import TaskSequence
from .session import Session

Floats = NDArray[np.float64]


class NotFittedError(LifelongError, AttributeError):
    """Error for results of a run that has learned nothing yet."""


class Results:
    """Base class of runs: what they have learned. Tasks count from 0, accuracies are shares."""

    _session: Session | None = None
    _sequence: TaskSequence | None = None

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
        if len(labels) < sum(map(len, started.labels)):  # transformed: a class for every task
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
        return self._fitted().history.stored_bytes or 0

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


def _square(rows: list[list[float | None]]) -> Floats:
    return np.array([[np.nan if v is None else v for v in row] for row in rows], dtype=float)
