"""Cumulative training: at every task a fresh network learns all tasks so far; what an honest
comparison starts from.
"""

from dataclasses import dataclass

from ..data.examples import Examples, concat
from ..data.scenarios import Task
from .base import Strategy


@dataclass
class Cumulative(Strategy):
    """At every task a fresh network learns the union of all tasks so far, with as many steps as
    they had together.

    After each task it is what could be reached with the images seen by then: the reference of
    intransigence (Chaudhry et al. 2018). After the last it is joint training.
    """

    title = "Cumulative training"
    family = "baseline"
    summary = (
        "Starts over at every task and learns all tasks so far together. It breaks the rules "
        "by keeping all images, and shows what could be reached."
    )
    stores = "all training images"
    costs = "as many steps at every task as all tasks so far had"
    source = "Chaudhry et al., Riemannian walk for incremental learning, ECCV 2018"

    def start_task(self, task: Task) -> None:
        if task.index:
            self.restart()

    def examples(self, task: Task) -> Examples:
        return concat(*task.all_train[: task.index + 1])

    def storage(self, task: Task) -> dict[str, int]:
        return {"images": sum(images.nbytes for images in task.all_train[: task.index + 1])}

    def steps(self, task: Task, examples: Examples) -> int:
        return (
            (task.index + 1) * self.recipe.steps
            if self.recipe.steps
            else super().steps(task, examples)
        )
