"""Learning without forgetting: the model as it was before teaches the one that learns, on the new images."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..scenarios import Task
from .base import Batch, Strategy, setting, stored


@dataclass
class LwF(Strategy):
    """Adds the cross-entropy between the old model's softened answers and the new one's (Li and Hoiem 2016, eq. 2).

    Both see the present images; temperature T softens both, without the factor T² (van de Ven et al. 2022). There is one
    such term for each past task, over the outputs that compete for its images, and their mean counts once for each past
    task. In the class scenario all outputs compete for every image, so there is one term; it counts once.
    """

    title = "LwF"
    summary = "Asks the model of before what it makes of the new images, and keeps giving the same answers while learning. No old image is kept."
    stores = "one copy of the network"
    source = "Li and Hoiem, Learning without forgetting, ECCV 2016"

    temperature: float = setting(2.0, "How much the old model's answers are softened: T.", low=0.5, high=20)
    growing: int = setting(
        {"class": 0, "else": 1}, "1: the old answers count once for each past task; 0: they count once.", low=0, high=1
    )
    teacher: Tensor = stored(lambda: torch.zeros(0))

    def start_task(self, task: Task) -> None:
        if task.index:
            self.teacher = self.network.flat.clone()

    def loss(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        present = self.cross_entropy(task, batch, logits)
        if not task.index:
            return present
        taught = self.network.answer_with(self.teacher, batch.images)
        rows = task.plan.competing(task.index - 1)[: task.index].unique(dim=0)  # what the old model answers with
        past = torch.stack([self._distilled(logits[:, row], taught[:, row]) for row in rows]).mean()
        return present + (task.index if self.growing else 1) * past

    def _distilled(self, logits: Tensor, taught: Tensor) -> Tensor:
        soft = (taught / self.temperature).softmax(1)
        return -(soft * (logits / self.temperature).log_softmax(1)).sum(1).mean()
