"""How often a model is right, with and without the task label."""

import torch
from torch import Tensor

from .examples import Examples
from .scenarios import Plan
from .strategies.base import Strategy

CHUNK = 2000


@torch.no_grad()
def scores(strategy: Strategy, images: Tensor) -> Tensor:
    """The strategy's answers to any number of images, (n, outputs)."""
    return torch.cat([strategy.scores(part) for part in images.split(CHUNK)])


def accuracy(plan: Plan, after: int, examples: Examples, answers: Tensor, labelled: bool = False) -> float:
    """Share of images, in [0, 1], whose label wins among the outputs that compete after task `after`.

    answers: (n, outputs), the strategy's scores. labelled: as if the task label were given.
    """
    compete = plan.competing(after, labelled).to(answers.device)[examples.tasks]
    won = answers.masked_fill(~compete, -torch.inf).argmax(1) == examples.labels
    return int(won.sum()) / len(examples)
