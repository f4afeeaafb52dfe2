"""Cumulative training: a fresh network for every task, trained on all tasks so far."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..data.examples import Examples, concat
from ..data.scenarios import Task
from .base import Strategy


@dataclass
class Cumulative(Strategy):
    """Fresh network for every task, trained on all tasks so far in as many steps as they had.

    Its accuracy after each task is the reference of intransigence (Chaudhry et al. 2018). After the
    last task it is joint training.
    """

    title = "Cumulative training"
    family = "baseline"
    summary = (
        "Starts over at every task and learns all tasks so far together. It breaks the rules "
        "by keeping all images, and shows what could be reached."
    )
    stores = "all training images"
    costs = "as many steps at every task as all tasks so far had"
    grows = "all training images; task T takes T times the steps of the first one"
    source = "Chaudhry et al., Riemannian walk for incremental learning, ECCV 2018"

    def start_task(self, task: Task) -> None:
        if task.index:
            self.restart()

    def examples(self, task: Task) -> Examples:
        return concat(*task.all_train[: task.index + 1])

    def storage(self, task: Task) -> dict[str, int]:
        return {"images": sum(images.nbytes for images in task.all_train[: task.index + 1])}

    def expected_storage(self, tasks: Sequence[Task]) -> int:
        return sum(task.train.nbytes for task in tasks)

    def steps(self, task: Task, examples: Examples) -> int:
        if self.recipe.steps:
            return (task.index + 1) * self.recipe.steps
        return super().steps(task, examples)
