"""Accuracy of a model with and without the task label."""

import torch
from torch import Tensor

from ..data.examples import Examples
from ..data.scenarios import Plan


def accuracy(
    plan: Plan, after: int, examples: Examples, scores: Tensor, task_given: bool = False
) -> float:
    """Returns the share of images, in [0, 1], whose label has the highest score.

    Only the outputs that are active after task `after` count. scores: (n, outputs), the strategy's.
    task_given: as if the task label were given.
    """
    active = plan.active_outputs(after, task_given).to(scores.device)[examples.tasks]
    correct = scores.masked_fill(~active, -torch.inf).argmax(1) == examples.labels
    return int(correct.sum()) / len(examples)
