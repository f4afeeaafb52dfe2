"""Evaluation of a model's scores: accuracy, confusion matrix and mean probability."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..data.examples import Examples
from ..data.scenarios import Plan

DIGITS = 6  # of a recorded probability


@dataclass(frozen=True)
class Evaluation:
    """Evaluation of a model after a task on the test images of the tasks so far.

    accuracy, accuracy_given_task: by task. confusion, mean_probability: see `events.TaskLearned`.
    """

    accuracy: tuple[float, ...]
    accuracy_given_task: tuple[float, ...]
    confusion: tuple[dict[int, int], ...]
    mean_probability: tuple[float, ...] | None


def accuracy(
    plan: Plan, after: int, examples: Examples, scores: Tensor, task_given: bool = False
) -> float:
    """Returns the share of images, in [0, 1], whose label has the highest score.

    Only the outputs that are active after task `after` count. scores: (n, outputs), the strategy's.
    task_given: as if the task label were given.
    """
    active = plan.active_outputs(after, task_given).to(scores.device)[examples.tasks]
    return _share_correct(scores.masked_fill(~active, -torch.inf), examples)


def evaluate(
    plan: Plan, after: int, tests: Sequence[Examples], scores: Sequence[Tensor]
) -> Evaluation:
    """Returns the evaluation of the model after task `after`.

    tests: of the tasks 0 to after. scores: theirs, (n, outputs) each.
    """
    inactive, other_tasks = (
        ~plan.active_outputs(after, task_given).to(scores[0].device) for task_given in (False, True)
    )
    shares, given_task, confusion = [], [], []
    total = torch.zeros(plan.outputs, dtype=torch.float64, device=scores[0].device)
    for task, (test, values) in enumerate(zip(tests, scores)):
        active = values.masked_fill(inactive[task], -torch.inf)
        counts = _answers_by_label(plan, task, test, active.argmax(1))
        right = sum(row[label] for row, label in zip(counts, plan.outputs_of(task)))
        shares.append(right / len(test))
        own = values.masked_fill(other_tasks[task], -torch.inf)
        given_task.append(_share_correct(own, test))
        confusion += [{i: count for i, count in enumerate(row) if count} for row in counts]
        # Over a contiguous dimension of ten a softmax takes twenty times as long.
        total += active.T.contiguous().softmax(0).sum(1, dtype=torch.float64)
    columns = int((~inactive[: after + 1]).any(0).sum())  # the first ones, always
    mean = (total[:columns] / sum(map(len, tests))).cpu()
    return Evaluation(
        accuracy=tuple(shares),
        accuracy_given_task=tuple(given_task),
        confusion=tuple(confusion),
        # A model that has diverged has no probabilities.
        mean_probability=tuple(round(p, DIGITS) for p in mean.tolist())
        if mean.isfinite().all()
        else None,
    )


def _share_correct(active: Tensor, examples: Examples) -> float:
    """Returns the share of images whose label has the highest of the active scores."""
    return int((active.argmax(1) == examples.labels).sum()) / len(examples)


def _answers_by_label(
    plan: Plan, task: int, examples: Examples, answers: Tensor
) -> list[list[int]]:
    """Returns for each class of a task how often each output is the answer, (classes, outputs)."""
    labels = plan.outputs_of(task)
    cells = (examples.labels - labels.start) * plan.outputs + answers
    counts = torch.bincount(cells, minlength=len(labels) * plan.outputs)
    rows: list[list[int]] = counts.view(len(labels), plan.outputs).tolist()
    return rows
