"""Frozen features: the source's features are kept as they are, and only a new head is trained."""

from dataclasses import dataclass

from ..scenarios import Task
from .base import Strategy


@dataclass
class Frozen(Strategy):
    """After the first task only the head learns, and of it only the outputs of the task at hand.

    The first task is thereby never forgotten, and later ones are as good as its features are for them.
    """

    title = "Frozen features"
    family = "baseline"
    summary = "Learns the first task fully, then keeps its features and trains only new outputs. It forgets nothing and learns less."
    stores = "nothing"
    costs = "nothing beyond plain training"
    source = "Yosinski et al., How transferable are features in deep neural networks?, NeurIPS 2014"
    scenarios = frozenset({"transfer", "task"})

    def start_task(self, task: Task) -> None:
        if task.index:
            self.optimizer.forget()

    def adjust_gradients(self, task: Task) -> None:
        if task.index:
            # Outputs of other tasks do not compete in these scenarios: their gradient is zero already.
            self.network.flat_gradient[: self.network.head_start] = 0
