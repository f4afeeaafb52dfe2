"""What a run's events amount to: the accuracy matrix, the live curves, the measures; no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .. import events, metrics
from ..config import RunConfig
from ..events import Event, ExtractingFeatures, Finished, Started, Step, TaskLearned

Matrix = list[list[float | None]]


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
        """Accuracy of guessing among the outputs that compete for an image of this task after the last task."""
        sizes = [len(names) for names in self.started.classes]
        return 1 / {"class": sum(sizes), "domain": max(sizes)}.get(
            self.config.scenario, sizes[task]
        )

    def measures(self, cumulative: "History | None" = None) -> dict[str, float | None]:
        """Every metric by name; intransigence needs the cumulative run."""
        a = self.accuracy
        ahead = [row.next_task_accuracy for row in self.learned]
        return {
            "average_accuracy": metrics.average_accuracy(a),
            "average_incremental_accuracy": metrics.average_incremental_accuracy(a),
            "forgetting": metrics.forgetting(a),
            "backward_transfer": metrics.backward_transfer(a),
            "forward_transfer": metrics.forward_transfer(ahead, self.started.random_init_accuracy)
            if self.started
            else None,
            "learning_accuracy": metrics.learning_accuracy(a),
            "intransigence": metrics.intransigence(a, cumulative.accuracy) if cumulative else None,
        }

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
