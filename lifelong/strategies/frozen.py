"""Frozen features: after the first task only the head is trained."""

from dataclasses import dataclass

from torch import Tensor

from ..data.examples import Batch
from ..data.scenarios import Task
from ..settings import setting
from .base import Strategy


@dataclass
class Frozen(Strategy):
    """Fixed feature extractor after the first task: only the head's outputs of the task learn.

    The first task is thereby never forgotten, and later ones are as good as its features are for
    them. A head by itself needs a higher learning rate than a whole network: with the same one it
    was still 14 points short after one pass over MNIST's 5 to 9 (measured on training images held
    out; 10 or 30 times as high instead of 20 made a point or less).
    """

    title = "Frozen features"
    family = "baseline"
    protects_source = False
    summary = (
        "Learns the first task fully, then keeps its features and trains only new outputs. It "
        "forgets nothing and learns less."
    )
    stores = "nothing"
    costs = "less than plain training: nothing goes back through the features"
    source = "Yosinski et al., How transferable are features in deep neural networks?, NeurIPS 2014"
    scenarios = frozenset({"transfer", "task"})

    head_rate: float = setting(
        20.0,
        "How many times faster a new head learns than the whole network does.",
        low=1,
        high=100,
    )

    def start_task(self, task: Task) -> None:
        if task.index:
            self.optimizer.forget()

    def forward(self, task: Task, batch: Batch) -> Tensor:
        if not task.index:
            return super().forward(task, batch)
        # Outputs of other tasks are not active in these scenarios: of the head, too, only the
        # task's own part has a gradient.
        return self.network.classify(self.network.fixed_features(batch.images))

    def learning_rate(self, task: Task) -> float:
        return self.recipe.learning_rate * (self.head_rate if task.index else 1)
