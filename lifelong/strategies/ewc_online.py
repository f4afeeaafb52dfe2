"""Online EWC: one running Fisher information and one anchor, however many tasks there were."""

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
class OnlineEWC(Strategy):
    """Penalty of strength/2 · γ Σ_i F_i (θ_i - θ*_i)² with one running F, θ* being the weights at
    the end of the last task.

    After each task F becomes γ F plus the task's own Fisher information (Schwarz et al. 2018,
    "online EWC"), so that a task counts γ less with each that follows. Unlike EWC's, the anchor is
    the latest optimum for all tasks. The paper scales each task's Fisher to the same size and ties
    a second network, the knowledge base; here it is alone and unscaled, with γ = 1 and the
    strengths of EWC, as in van de Ven et al. (2022). Its gradient is added directly; its value is
    not in the loss that is shown.
    """

    title = "Online EWC"
    family = "regularisation"
    summary = (
        "Like EWC, it ties the weights that mattered to their place, but with a single set of "
        "ties that each task renews. No image is kept."
    )
    parameter_vectors = 2
    stores = "two numbers per weight"
    costs = "one vector operation a step, and a look at all images of a task when it ends"
    grows = (
        "the end of a task, where classes of all tasks compete: one backward pass of its "
        "images for each class so far"
    )
    end_task_phase = "Measuring which weights matter"
    source = (
        "Schwarz et al., Progress and compress: a scalable framework for continual learning, "
        "ICML 2018"
    )
    fine_tuning_settings = ({"strength": 0},)

    strength: float = setting(
        {"task": 1e5, "domain": 1e10, "class": 1e9, "transfer": 1e5, "else": 1e5},
        "How stiff the springs are: λ, the weight of the penalty.",
        low=0,
        high=1e12,
    )
    decay: float = setting(
        1.0, "How much of the importance so far is kept with each new task: γ.", low=0, high=1
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

    def adjust_gradients(self, task: Task) -> None:
        if len(self.fisher):
            add_penalty_gradient(
                self.network.flat_gradient,
                self.fisher,
                self.network.flat,
                self.anchor,
                self.strength * self.decay,
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
        self.fisher = self.decay * self.fisher + importance if len(self.fisher) else importance
        self.anchor = self.network.flat.clone()
