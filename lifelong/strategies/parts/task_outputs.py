"""Scores of strategies with a model, or a part of one, for each task."""

from collections.abc import Callable

import torch
from torch import Tensor

from ...data.scenarios import Plan


def by_task(plan: Plan, logits_of: Callable[[int], Tensor]) -> Tensor:
    """Returns logits (n, outputs), those of a task's own outputs from `logits_of(task)`, (n,
    outputs).

    For plans whose tasks share no output, where the outputs of each task follow those of the one
    before.
    """
    own = [plan.outputs_of(task) for task in range(len(plan.classes))]
    return torch.cat(
        [logits_of(task)[:, outputs.start : outputs.stop] for task, outputs in enumerate(own)], 1
    )
