"""Summaries of the events of a run: accuracy matrix, live curves, metrics. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from .. import metrics
from ..config import RunConfig
from ..errors import LifelongError
from ..events import (
    Ending,
    Event,
    Failed,
    Finished,
    Phase,
    Preparation,
    RecordedEvent,
    Started,
    Step,
    TaskLearned,
)
from .confusion import Confusion, confusion_of, task_identification

Matrix = list[list[float | None]]
Config = TypeVar("Config", bound=BaseModel)
AnyEvent = TypeVar("AnyEvent", bound=RecordedEvent)
Kind = TypeVar("Kind", bound=RecordedEvent)
REFERENCE_STRATEGY = "cumulative"  # joint training on all tasks so far: what could be reached
# Fields in which a run and its reference agree. The order of classes is compared by their labels,
# the network by all its settings.
REFERENCE_FIELDS = (
    "dataset",
    "target",
    "scenario",
    "tasks",
    "images_per_class",
    "recipe",
    "steps",
    "learning_rate",
)


@dataclass(frozen=True)
class ExperimentHistory(Generic[Config, AnyEvent]):
    """Config and events so far of a run or a study."""

    config: Config
    events: Sequence[AnyEvent]

    def all_of(self, kind: type[Kind]) -> list[Kind]:
        """Returns the events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def ending(self) -> Ending | None:
        """The last event when it is an ending."""
        last = self.events[-1] if self.events else None
        return last if isinstance(last, Ending) else None

    @property
    def finished(self) -> bool:
        """True if all tasks are learned."""
        return isinstance(self.ending, Finished)

    @property
    def diverged(self) -> bool:
        """True if it ended with a loss that diverged, as it would with the same settings again."""
        return isinstance(self.ending, Failed) and self.ending.diverged

    @property
    def preparing(self) -> Preparation | None:
        """The progress of loading or feature extraction, while that is the last event."""
        last = self.events[-1] if self.events else None
        return last if isinstance(last, Preparation) else None


@dataclass(frozen=True)
class History(ExperimentHistory[RunConfig, Event]):
    """Config and events so far of a run. Tasks count from 0; accuracies are shares in [0, 1]."""

    @cached_property
    def _starts(self) -> list[Started]:
        return self.all_of(Started)

    @property
    def has_started(self) -> bool:
        """True if the run has begun, so that its classes and images are known."""
        return bool(self._starts)

    @property
    def started(self) -> Started:
        """Facts known at the start. Raises LifelongError before that, see `has_started`."""
        if not self._starts:
            raise LifelongError("The run has not begun; let it learn first.")
        return self._starts[0]

    @cached_property
    def learned(self) -> list[TaskLearned]:
        """One event for each task learned, in order."""
        return self.all_of(TaskLearned)

    @cached_property
    def steps(self) -> list[Step]:
        """The evaluations during training, in order."""
        return self.all_of(Step)

    @property
    def phase(self) -> Phase | None:
        """The work after the last step of a task, while that is the last event."""
        last = self.events[-1] if self.events else None
        return last if isinstance(last, Phase) else None

    @cached_property
    def accuracy(self) -> Matrix:
        """accuracy[after][on] over all test images, None where not yet learned."""
        return self._square([row.accuracy for row in self.learned])

    @cached_property
    def accuracy_given_task(self) -> Matrix:
        """accuracy[after][on] with the task label given."""
        return self._square([row.accuracy_given_task for row in self.learned])

    def _square(self, rows: list[tuple[float, ...]]) -> Matrix:
        tasks = self.config.tasks
        rows = [*rows, *[()] * (tasks - len(rows))]
        return [[*row, *[None] * (tasks - len(row))] for row in rows]

    def confusion(self, after: int) -> Confusion | None:
        """Returns the confusion matrix after a task that is learned, None in an older record."""
        rows = self.learned[after].confusion
        if not rows:
            return None
        if after not in self._last_confusion:
            found = confusion_of(self.config, self.started.classes, after, rows)
            self._last_confusion.clear()  # of a thousand classes, a hundred would fill the memory
            self._last_confusion[after] = found
            return found
        return self._last_confusion[after]

    @cached_property
    def _last_confusion(self) -> dict[int, Confusion]:
        return {}

    @cached_property
    def task_identification(self) -> Matrix | None:
        """share[after][on] of images whose answer is a class of their task.

        None where the task is not inferred, and in older records.
        """
        if not self.config.rules.infers_task:
            return None
        shares = []
        for row in self.learned:
            if not row.confusion:
                return None
            classes = self.started.classes[: row.task + 1]
            shares.append(task_identification(classes, row.confusion))
        return self._square(shares)

    @cached_property
    def probe_accuracy(self) -> Matrix:
        """accuracy[point][on] of the probe images, a point an evaluation within a learned task."""
        tasks, learned = self.config.tasks, len(self.learned)
        rows = [step.probe for step in self.steps if step.task < learned]
        return [[*row, *[None] * (tasks - len(row))] for row in rows]

    @property
    def seconds(self) -> float:
        """Seconds of training so far, without evaluation."""
        timed = (event for event in self.events if isinstance(event, Step | TaskLearned))
        return max((event.seconds for event in timed), default=0.0)

    @property
    def stored_bytes(self) -> int | None:
        """Bytes stored for earlier tasks, None before a task is learned and in older records."""
        stored = self.learned[-1].stored if self.learned else None
        return None if stored is None else sum(stored.values())

    @property
    def operations(self) -> int | None:
        """Multiply-accumulate operations of training so far, None where unknown."""
        return self.learned[-1].operations if self.learned else None

    @property
    def peak_memory(self) -> int | None:
        """The most bytes in use at once during training so far, None where unknown."""
        return self.learned[-1].peak_memory if self.learned else None

    def chance(self, task: int) -> float:
        """Returns the accuracy of guessing on a task among its active classes at the end."""
        return self.config.rules.chance([len(names) for names in self.started.classes], task)

    def is_reference_of(self, run: "History") -> bool:
        """Returns whether this is cumulative training of the run's network on the run's tasks.

        Seed, device, precision and `half` may differ: they change the accuracy by chance only, but
        where the seed draws the transformations of the tasks it is the same.
        """
        if not (self.has_started and run.has_started):
            return False
        return (
            self.config.strategy == REFERENCE_STRATEGY != run.config.strategy
            and self.started.labels == run.started.labels
            and (self.config.seed == run.config.seed or not _draws_tasks(run.config))
            and all(
                getattr(self.config, name) == getattr(run.config, name) for name in REFERENCE_FIELDS
            )
            and _have_same_network(self.config, run.config)
        )

    def measures(self, reference: "History | None" = None) -> dict[str, float | None]:
        """Returns every metric by name; those that compare with the reference run need it."""
        knows_given = bool(self.learned and self.learned[-1].accuracy_given_task)
        within_task = self.config.rules.infers_task and knows_given
        quantities = {
            "accuracy": self.accuracy,
            "accuracy_given_task": self.accuracy_given_task if knows_given else None,
            "accuracy_within_task": self.accuracy_given_task if within_task else None,
            "task_identification": self.task_identification,
            "probe_accuracy": self.probe_accuracy,
            "next_task_accuracy": [row.next_task_accuracy for row in self.learned],
            "random_init_accuracy": self.has_started and self.started.random_init_accuracy or None,
            "reference_accuracy": reference.accuracy if reference else None,
        }
        return {metric.name: metric.of(quantities) for metric in metrics.all_metrics()}

    def report(self, run: str | None) -> dict[str, Any]:
        """Returns the JSON object that `train --json` prints.

        run: its id, None for one in memory. stored: bytes stored for earlier tasks, by kind.
        """
        return {
            "run": run,
            "dataset": self.config.dataset,
            "source": self.started.source if self.has_started else None,
            "scenario": self.config.scenario,
            "strategy": self.config.strategy,
            "model": self.config.model,
            "recipe": self.config.recipe,
            "seed": self.config.seed,
            "precision": self.config.precision,
            "device": self.config.device,
            "tasks": self.config.tasks,
            "accuracy": self.accuracy,
            "accuracy_task_label_given": self.accuracy_given_task,
            **self.measures(),
            "stored": self.learned[-1].stored if self.learned else None,
            "seconds": None if self.config.program else self.seconds,
            "operations": self.operations,
            "peak_memory": self.peak_memory,
        }


def _draws_tasks(config: RunConfig) -> bool:
    """Returns whether the seed decides what the images of the tasks are."""
    from .. import datasets  # imports numpy, which lists of runs do without

    return datasets.outline(config.dataset).transformation is not None


def _have_same_network(one: RunConfig, other: RunConfig) -> bool:
    """Returns whether the networks of two configurations agree in every setting.

    An older configuration leaves out the settings that have their default.
    """
    if one.model != other.model or one.network == other.network:
        return one.model == other.model
    from ..training.setup import model_of  # loads torch

    try:
        return model_of(one).settings_dict() == model_of(other).settings_dict()
    except LifelongError:  # a network that is not installed any more, or has no such settings
        return False
