"""How often a model is right, with and without the task label."""

import torch
from torch import Tensor

from ..data.examples import Examples
from ..data.scenarios import Plan


def accuracy(
    plan: Plan, after: int, examples: Examples, answers: Tensor, task_given: bool = False
) -> float:
    """Share of images, in [0, 1], whose label wins among the outputs that compete after task
    `after`.

    answers: (n, outputs), the strategy's scores. task_given: as if the task label were given.
    """
    compete = plan.active_outputs(after, task_given).to(answers.device)[examples.tasks]
    won = answers.masked_fill(~compete, -torch.inf).argmax(1) == examples.labels
    return int(won.sum()) / len(examples)
