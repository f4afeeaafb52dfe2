"""Learning without forgetting: distillation from the model before the task, on the new images."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..data.examples import Batch
from ..data.scenarios import Task
from ..settings import setting, stored
from .base import Strategy, scores


@dataclass
class LwF(Strategy):
    """Distillation from the old model: the loss has the cross-entropy between its softened outputs
    and the new model's (Li and Hoiem 2016, eq. 2).

    Both are those of the task's images; the old model's are computed once, when the task starts.
    Temperature T softens both, without the factor T² (van de Ven et al. 2022). There is one such
    term for each past task, over the outputs that are active for its images; their mean is weighted
    by strength times 1 + growth (past tasks - 1). With growth 1 that is their sum; in the class
    scenario, where one term is over all classes of the old model, growth is 0 and it counts once.
    Differs from the reference where only classes seen so far are active, as in the quick recipe:
    both softmaxes are over the old classes alone, where the program of van de Ven et al. pads the
    old model's probabilities with zeros, which also lowers the outputs of the new classes.
    """

    title = "LwF"
    family = "regularisation"
    summary = (
        "Keeps the old model's answers to the new images while learning the new labels. No old "
        "image is kept."
    )
    stores = "nothing between tasks; during one, the old answers to its images"
    costs = "the old model's answers once a task, and a second loss"
    grows = (
        "nothing but the number of terms of the loss where the task is given, T, computed at once"
    )
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
    teacher_logits: Tensor = stored(lambda: torch.zeros(0), "logits", saved_as="taught")

    def start_task(self, task: Task) -> None:
        if task.index:
            self.teacher_logits = scores(self, task.train.images)

    def loss(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        present = self.cross_entropy(task, batch, logits)
        if not task.index:
            return present
        active = task.past_active_outputs[:, 0]
        past = self.distillation(logits, self.teacher_logits[batch.indices], active).mean()
        return present + self.strength * (1 + self.growth * (task.index - 1)) * past

    def end_task(self, task: Task) -> None:
        self.teacher_logits = torch.zeros(0)

    def distillation(self, logits: Tensor, teacher_logits: Tensor, active: Tensor) -> Tensor:
        """Returns the cross-entropy between the softened outputs of both models, (k,), logits being
        (n, outputs): for each set of active outputs, bool (k, outputs), over these alone.

        Sets of one size are computed at once: one after the other, a step of the hundredth task
        would take four times as long as one of the second.
        """
        sizes, losses = active.sum(1), logits.new_zeros(len(active))
        for size in sizes.unique():
            chosen = sizes == size
            outputs = active[chosen].nonzero()[:, 1].view(-1, int(size))
            student, teacher = (
                each[:, outputs].transpose(0, 1).contiguous() / self.temperature
                for each in (logits, teacher_logits)
            )  # (sets, n, size)
            losses[chosen] = -(teacher.softmax(2) * student.log_softmax(2)).sum(2).mean(1)
        return losses
