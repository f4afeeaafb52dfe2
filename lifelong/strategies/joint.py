"""Joint training: the upper bound, a network trained anew on all tasks so far at once."""

from dataclasses import dataclass

from ..examples import Examples, join
from ..scenarios import Task
from .base import Strategy


@dataclass
class Joint(Strategy):
    """At every task a fresh network learns the union of all tasks so far, with as many steps as they had together.

    After the last task it is the joint network of van de Ven et al. (2022): 5 tasks of 2000 steps give 10,000
    steps on all images. After each earlier task it is the reference of intransigence (Chaudhry et al. 2018).
    """

    title = "Joint training"
    summary = "Starts over at every task and learns all tasks so far together. It breaks the rules by keeping all images, and shows what could be reached."
    stores = "all training images"
    source = "the upper bound of every study of the field"

    def start_task(self, task: Task) -> None:
        if task.index:
            self.restart()

    def examples(self, task: Task) -> Examples:
        return join(*(earlier.train for earlier in task.before), task.train)

    def steps(self, task: Task, examples: Examples) -> int:
        return (task.index + 1) * self.recipe.steps if self.recipe.steps else super().steps(task, examples)
