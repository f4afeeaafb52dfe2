"""What a run's events amount to: the accuracy matrix, the live curves, the measures; no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .. import events, metrics
from ..config import RunConfig
from ..events import Event, ExtractingFeatures, Finished, Started, Step, TaskLearned

Matrix = list[list[float | None]]
REFERENCE_STRATEGY = "cumulative"  # joint training on all tasks so far: what could be reached
# Fields in which a run and its reference agree. The order of classes is compared by their labels.
REFERENCE_FIELDS = (
    "dataset",
    "target",
    "scenario",
    "tasks",
    "images_per_class",
    "model",
    "network",
    "recipe",
    "steps",
    "learning_rate",
)


@dataclass(frozen=True)
class History:
    """A run as far as it has come. Tasks count from 0; accuracies are shares in [0, 1]."""

    config: RunConfig
    events: Sequence[Event]

    @cached_property
    def started(self) -> Started | None:
        """What was known at the start; None when the run has not begun."""
        return next((e for e in self.events if isinstance(e, Started)), None)

    @cached_property
    def learned(self) -> list[TaskLearned]:
        """One event for each task learned, in order."""
        return [e for e in self.events if isinstance(e, TaskLearned)]

    @cached_property
    def steps(self) -> list[Step]:
        """The evaluations during training, in order."""
        return [e for e in self.events if isinstance(e, Step)]

    @property
    def ending(self) -> Event | None:
        """The last event when it ends the run: Finished, Stopped or Failed."""
        last = self.events[-1] if self.events else None
        return None if isinstance(last, ExtractingFeatures | Started | Step | TaskLearned) else last

    @property
    def finished(self) -> bool:
        """Whether every task has been learned."""
        return isinstance(self.ending, Finished)

    @property
    def preparing(self) -> ExtractingFeatures | None:
        """How far the images have gone through the backbone, while they do."""
        return events.extraction_progress(self.events)

    @cached_property
    def accuracy(self) -> Matrix:
        """accuracy[after][on] over whole test sets, None where not yet learned."""
        return self._square([row.accuracy for row in self.learned])

    @cached_property
    def accuracy_given_task(self) -> Matrix:
        """The same with the task label given."""
        return self._square([row.accuracy_given_task for row in self.learned])

    def _square(self, rows: list[tuple[float, ...]]) -> Matrix:
        tasks = self.config.tasks
        rows = [*rows, *[()] * (tasks - len(rows))]
        return [[*row, *[None] * (tasks - len(row))] for row in rows]

    @property
    def seconds(self) -> float:
        """Seconds of training so far, evaluation left out."""
        return max(
            (e.seconds for e in self.events if isinstance(e, Step | TaskLearned)), default=0.0
        )

    def chance(self, task: int) -> float:
        """Returns the accuracy of guessing on a task among its active classes after the last task."""
        return self.config.rules.chance([len(names) for names in self.started.classes], task)

    def is_reference_of(self, run: "History") -> bool:
        """Returns whether this is cumulative training of the run's network on the run's tasks.

        Seed, device, precision and `half` may differ: they change the accuracy by chance only.
        """
        if self.started is None or run.started is None:
            return False
        return (
            self.config.strategy == REFERENCE_STRATEGY != run.config.strategy
            and self.started.labels == run.started.labels
            and all(
                getattr(self.config, name) == getattr(run.config, name) for name in REFERENCE_FIELDS
            )
        )

    def measures(self, reference: "History | None" = None) -> dict[str, float | None]:
        """Returns every metric by name; intransigence needs the reference run."""
        quantities = {
            "accuracy": self.accuracy,
            "accuracy_given_task": self.accuracy_given_task,
            "next_task_accuracy": [row.next_task_accuracy for row in self.learned],
            "random_init_accuracy": self.started.random_init_accuracy if self.started else None,
            "reference_accuracy": reference.accuracy if reference else None,
        }
        return {metric.name: metric.of(quantities) for metric in metrics.all_metrics()}

    def report(self, run: str) -> dict[str, Any]:
        """The JSON object that `train --json` prints. stored: bytes kept for earlier tasks, by kind."""
        return {
            "run": run,
            "dataset": self.config.dataset,
            "source": self.started.source if self.started else None,
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
            "seconds": self.seconds,
        }
