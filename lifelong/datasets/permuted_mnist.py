"""Permuted MNIST: tasks of all ten digits, each with the pixels in an order of its own.

From Goodfellow et al. (2014, "An empirical investigation of catastrophic forgetting") on, usual in
all three scenarios. In the protocol of van de Ven et al. (2022) there are 10 tasks, learned in 5000
steps each by two layers of 1000 units at a learning rate of 0.0001, of images padded to 32 x 32;
here they stay 28 x 28. As there, the first task of seed 0 has the digits as they are.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..data.transformation import Transformation
from . import mnist

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Permutation(Transformation):
    """Permutation of all pixels, drawn from the seed for each task."""

    about = "the pixels of each task in an order of its own"

    def pixel_map(self, height: int, width: int, task: int, tasks: int, seed: int) -> "Tensor":
        import torch  # late: declarations are read without it

        from ..numerics import seeds

        if task == seed == 0:
            return torch.arange(height * width)
        return torch.randperm(height * width, generator=seeds.generator(seed, "permutation", task))

    def describe(self, task: int, tasks: int, seed: int) -> str:
        return "the pixels as they are" if task == seed == 0 else "the pixels permuted"


SPEC = replace(
    mnist.SPEC,
    name="permuted-mnist",
    title="Permuted MNIST",
    about="MNIST's digits in every task, each with the pixels in an order of its own",
    judge_run=None,
    rank=9,
    transformation=Permutation(),
    scenarios=("task", "domain", "class"),
    default_tasks=10,
)
