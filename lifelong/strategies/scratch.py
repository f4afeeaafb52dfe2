"""From scratch: a fresh network for every task, the baseline of transfer."""

from dataclasses import dataclass

from ..data.scenarios import Task
from .base import Strategy


@dataclass
class Scratch(Strategy):
    """Fresh network for every task, with the same first weights; nothing is transferred."""

    title = "From scratch"
    family = "baseline"
    protects_source = False
    summary = (
        "Forgets everything on purpose: each task is learned by a fresh network. The yardstick "
        "for whether earlier learning helped."
    )
    stores = "nothing"
    costs = "nothing beyond plain training"
    source = "Yosinski et al., How transferable are features in deep neural networks?, NeurIPS 2014"
    scenarios = frozenset({"transfer", "task"})

    def start_task(self, task: Task) -> None:
        if task.index:
            self.restart()
