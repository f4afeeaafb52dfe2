"""Evaluation of the checkpoints of a run anew, and its answers added to an older record."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ..data import scenarios
from ..errors import LifelongError
from ..events import Preparation, TaskLearned
from ..runs import journal, taught
from ..runs.folders import is_locked
from ..runs.history import History
from ..strategies.base import scores
from ..training import setup
from ..training.evaluation import accuracy, evaluate
from ..training.setup import Prepared
from ..training.taught import source_of, with_taught
from . import predict

# Largest difference of an accuracy that half precision of the checkpoints explains, see `replace`.
HALF_PRECISION = 0.0025


@dataclass(frozen=True)
class Difference:
    """Accuracy of a checkpoint on a task that is not the recorded one.

    measure: accuracy, accuracy_given_task or next_task_accuracy. share: found minus recorded.
    """

    after: int
    on: int
    measure: str
    share: float


def reevaluate(
    folder: Path, replace: bool = False
) -> Generator[Preparation, None, list[Difference]]:
    """Evaluates every checkpoint of a run and adds the confusion matrices and mean probabilities to
    its record, if these have the recorded accuracies to the image; returns all differences.

    Yields the progress of loading the images. Nothing else in the record changes, and nothing at
    all where an accuracy of the matrix differs, see `agrees`. replace: where no difference is
    larger than HALF_PRECISION, write all accuracies of such a run anew, so that its record is that
    of the checkpoints that were saved, in half precision, not of the weights before.
    Raises LifelongError for a run that has learned nothing or is being learned, and where the
    images here are others than those of the run.
    """
    history = predict.history_of_learned(folder)
    if is_locked(folder):
        raise LifelongError(f"The run {folder.name} is being learned; evaluate it afterwards.")
    prepared = yield from setup.prepare(history.config)
    dataset = prepared.features.dataset if prepared.features else prepared.dataset
    source = source_of(history.config, dataset.source)
    if source != history.started.source:
        raise LifelongError(
            f"The run {folder.name} was evaluated on {history.started.source}, but here is "
            f"{source}; set LIFELONG_DATA to those images."
        )
    rows = rows_here(folder, history, prepared, taught.pictures(folder, history))
    differences = [d for pair in zip(history.learned, rows) for d in _differences(*pair)]
    if agrees(differences):
        added = [(row.confusion, row.mean_probability) for row in rows]
        rows = [
            row.model_copy(update={"confusion": confusion, "mean_probability": probability})
            for row, (confusion, probability) in zip(history.learned, added)
        ]
    if agrees(differences) or (replace and is_half_precision(differences)):
        lines = [i for i, event in enumerate(history.events) if isinstance(event, TaskLearned)]
        journal.replace(folder / journal.RECORD_FILE, dict(zip(lines, rows)))
    return differences


def agrees(differences: Sequence[Difference]) -> bool:
    """Returns whether the accuracies of the confusion matrices are the recorded ones."""
    return all(difference.measure != "accuracy" for difference in differences)


def is_half_precision(differences: Sequence[Difference]) -> bool:
    """Returns whether half precision of the checkpoints explains all differences."""
    return all(abs(difference.share) <= HALF_PRECISION for difference in differences)


def rows_here(
    folder: Path, history: History, prepared: Prepared, pictures: Sequence[torch.Tensor]
) -> list[TaskLearned]:
    """Returns the rows of a run's record as its checkpoints give them on the images that there are
    here; all that is not evaluation is as in the record.

    pictures: of its taught classes.
    """
    config = history.config
    if config.taught:
        prepared = with_taught(config, prepared, pictures)
    dataset = prepared.features.dataset if prepared.features else prepared.dataset
    whole = config.with_changes(class_order=[c for task in history.started.labels for c in task])
    tests = [task.test for task in scenarios.split(whole, dataset)]
    rows = []
    for row in history.learned:
        model, plan = predict.load(folder, row.task), predict.plan_after(history, row.task)
        # A model of before a class was taught has no output for it, and is not asked for it.
        seen = tests[: row.task + 1]
        found = evaluate(
            plan,
            row.task,
            seen,
            [scores(model, test.images, plan.given_task(at)) for at, test in enumerate(seen)],
        )
        update = {**vars(found), "next_task_accuracy": None}
        if row.next_task_accuracy is not None:
            test = tests[row.task + 1]
            values = scores(model, test.images)
            update["next_task_accuracy"] = accuracy(plan, row.task, test, values, task_given=True)
        rows.append(row.model_copy(update=update))
    return rows


def _differences(recorded: TaskLearned, found: TaskLearned) -> list[Difference]:
    """Returns where two rows differ, by the measure and task."""
    pairs = []
    for name in ("accuracy", "accuracy_given_task"):
        shares = zip(getattr(recorded, name), getattr(found, name))
        pairs += [(on, name, *pair) for on, pair in enumerate(shares)]
    before, after = recorded.next_task_accuracy, found.next_task_accuracy
    if before is not None and after is not None:
        pairs.append((recorded.task + 1, "next_task_accuracy", before, after))
    return [
        Difference(recorded.task, on, name, after - before)
        for on, name, before, after in pairs
        if abs(after - before) > 1e-9
    ]
