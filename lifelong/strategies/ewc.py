"""Elastic weight consolidation: a penalty on changes of weights that earlier tasks rely on."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..data.scenarios import Task
from ..numerics import matmul
from ..settings import choice, setting, stored
from .base import Strategy
from .parts.importance import ESTIMATES, fisher
from .parts.quadratic_penalty import add_penalty_gradient


@dataclass
class EWC(Strategy):
    """Penalty of strength/2 Σ_k Σ_i F_ki (θ_i - θ*_ki)² over the past tasks k (Kirkpatrick et al.
    2017, eq. 3).

    One penalty for each past task, with the Fisher information F_k of all its training images at
    its own optimum θ*_k, exact by default: the strengths are right for that estimate only (van de
    Ven 2025). A sum of quadratics is one quadratic: with H = Σ F_k and the mean anchor m = Σ F_k
    θ*_k / H it is strength/2 (Σ_i H_i (θ_i - m_i)² + offset), so a step costs one vector operation
    however many tasks there were. Its gradient is added directly; its value is not in the loss that
    is shown.
    """

    title = "EWC"
    family = "regularisation"
    simplest_of_family = True
    summary = (
        "After each task it measures how much every weight mattered and ties the important "
        "ones to their place. No image is kept."
    )
    parameter_vectors = 2
    stores = "two numbers per weight"
    costs = "one vector operation a step, and a look at all images of a task when it ends"
    grows = (
        "the end of a task, where classes of all tasks compete: one backward pass of its "
        "images for each class so far"
    )
    end_task_phase = "Measuring which weights matter"
    source = "Kirkpatrick et al., Overcoming catastrophic forgetting in neural networks, PNAS 2017"
    fine_tuning_settings = ({"strength": 0},)

    strength: float = setting(
        {"task": 1e5, "domain": 1e10, "class": 1e9, "transfer": 1e5, "else": 1e5},
        "How stiff the springs are: λ, the weight of the penalty.",
        low=0,
        high=1e12,
    )
    estimator: str = choice(
        "exact",
        "How the importance of a weight is measured: over all labels, one drawn, the true "
        "one, or batch means.",
        ESTIMATES,
        former_name="fisher",
    )
    fisher: Tensor = stored(lambda: torch.zeros(0), "weights", saved_as="precision")
    anchor: Tensor = stored(lambda: torch.zeros(0), "weights")
    offset: Tensor = stored(lambda: torch.zeros(()), "weights", saved_as="rest")

    def adjust_gradients(self, task: Task) -> None:
        if len(self.fisher):
            add_penalty_gradient(
                self.network.flat_gradient,
                self.fisher,
                self.network.flat,
                self.anchor,
                self.strength,
            )

    def end_task(self, task: Task) -> None:
        with matmul.matmul_precision(self.precision):
            importance = fisher(
                self.network,
                task.train,
                task.candidates(task.train.tasks),
                self.estimator,
                self.generator,
            )
        self.add_task(importance, self.network.flat.clone())

    def add_task(self, importance: Tensor, optimum: Tensor) -> None:
        """Adds the penalty of one more task: its Fisher information and its weights, both (p,)."""
        if not len(self.fisher):
            self.fisher, self.anchor = importance, optimum
            return
        total = self.fisher + importance
        share = torch.where(total > 0, importance / total, 0)
        distance = optimum - self.anchor
        self.offset = self.offset + (self.fisher * share * distance.square()).sum()
        self.fisher, self.anchor = total, self.anchor + share * distance
