"""Learning without forgetting: the model as it was before teaches the one that learns, on the new
images.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..data.examples import Batch
from ..data.scenarios import Task
from ..settings import setting, stored
from .base import Strategy, scores


@dataclass
class LwF(Strategy):
    """Adds the cross-entropy between the old model's softened answers and the new one's (Li and
    Hoiem 2016, eq. 2).

    Both see the present images, the old model once, when the task starts, since its answers don't
    change. Temperature T softens both, without the factor T² (van de Ven et al. 2022). There is one
    such term for each past task, over the outputs that compete for its images; their mean counts
    strength times
    1 + growth (past tasks - 1). With growth 1 that is their sum; in the class scenario, where the
    old model answers for all its classes at once, growth is 0 and the term counts once.
    """

    title = "LwF"
    family = "regularisation"
    summary = (
        "Keeps the old model's answers to the new images while learning the new labels. No old "
        "image is kept."
    )
    stores = "nothing between tasks; during one, the old answers to its images"
    costs = "the old model's answers once a task, and a second loss"
    source = "Li and Hoiem, Learning without forgetting, ECCV 2016"
    fine_tuning_settings = ({"strength": 0},)

    temperature: float = setting(
        2.0, "How much the old model's answers are softened: T.", low=0.5, high=20
    )
    strength: float = setting(
        1.0,
        "How much the old model's answers count beside the labels of the new images.",
        low=0,
        high=100,
    )
    growth: float = setting(
        {"class": 0.0, "else": 1.0},
        "How much more they count with each further task.",
        low=0,
        high=10,
    )
    taught: Tensor = stored(lambda: torch.zeros(0), "logits")

    def start_task(self, task: Task) -> None:
        if task.index:
            self.taught = scores(self, task.train.images)

    def loss(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        present = self.cross_entropy(task, batch, logits)
        if not task.index:
            return present
        taught = self.taught[batch.indices]
        rows = task.plan.active_outputs(task.index - 1)[: task.index].unique(
            dim=0
        )  # what the old model answers with
        past = torch.stack([self._distilled(logits[:, row], taught[:, row]) for row in rows]).mean()
        return present + self.strength * (1 + self.growth * (task.index - 1)) * past

    def end_task(self, task: Task) -> None:
        self.taught = torch.zeros(0)

    def _distilled(self, logits: Tensor, taught: Tensor) -> Tensor:
        soft = (taught / self.temperature).softmax(1)
        return -(soft * (logits / self.temperature).log_softmax(1)).sum(1).mean()
