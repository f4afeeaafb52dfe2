"""Logit squeezing: the smallest strategy with a setting of its own."""

from dataclasses import dataclass

from torch import Tensor

from lifelong.data.examples import Batch
from lifelong.data.scenarios import Task
from lifelong.settings import setting
from lifelong.strategies.base import Strategy


@dataclass
class LogitSqueezing(Strategy):
    """Cross-entropy plus a penalty on the squares of the logits; nothing protects earlier tasks."""

    title = "Logit squeezing (toy)"
    family = "baseline"
    summary = "Trains on each task with small logits and does nothing about the past."
    stores = "nothing"
    costs = "nothing beyond plain training"
    source = "Kannan et al., Adversarial logit pairing, 2018"
    scenarios = frozenset({"class", "task"})

    squeeze: float = setting(0.01, "Strength of the penalty.", low=0, high=1)

    def loss(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        return self.cross_entropy(task, batch, logits) + self.squeeze * logits.square().mean()
