"""Answers where the task label is given and each task has a model, or a part of one, of its own."""

from collections.abc import Callable

import torch
from torch import Tensor

from ...data.scenarios import Plan


def by_task(plan: Plan, answer: Callable[[int], Tensor]) -> Tensor:
    """Logits (n, outputs), those of each task's own outputs as `answer(task)`, (n, outputs), gives
    them.

    For plans whose tasks share no output: there the outputs of one task follow those of the task
    before.
    """
    own = [plan.outputs_of(task) for task in range(len(plan.classes))]
    return torch.cat(
        [answer(task)[:, outputs.start : outputs.stop] for task, outputs in enumerate(own)], 1
    )
