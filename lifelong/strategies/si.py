"""Synaptic intelligence: a penalty on changes of weights that contributed to lowering the loss."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..data.examples import Batch
from ..data.scenarios import Task
from ..numerics import cores
from ..settings import setting, stored
from .base import Strategy
from .parts.quadratic_penalty import add_penalty_gradient, cache_blocks


@dataclass
class SI(Strategy):
    """Penalty of strength Σ_i Ω_i (θ_i - θ*_i)² with Ω from the path of training (Zenke et al.
    2017, eq. 4 and 5).

    Along a task every step adds -gradient · change to the path of each weight; at its end Ω grows
    by path / (Δθ² + damping), Δθ being the weight's whole change. θ* are the weights at the end of
    the last task. As in van de Ven et al. (2022) the gradient is that of the whole loss, penalty
    included, and the path of a weight may be negative.
    """

    title = "Synaptic intelligence"
    family = "regularisation"
    summary = (
        "While it learns, every weight collects credit for the progress it made; later the "
        "credited ones are held in place. No image is kept."
    )
    parameter_vectors = 3
    stores = "two numbers per weight, and a third while it learns"
    costs = "a few vector operations a step"
    source = "Zenke, Poole and Ganguli, Continual learning through synaptic intelligence, ICML 2017"
    fine_tuning_settings = ({"strength": 0},)

    strength: float = setting(
        {"task": 10.0, "domain": 50_000.0, "class": 5_000.0, "transfer": 10.0, "else": 10.0},
        "How firmly credited weights are held: c, the weight of the penalty.",
        low=0,
        high=1e9,
    )
    damping: float = setting(
        0.1, "Keeps the credit of a weight that hardly moved finite: ξ.", low=1e-6, high=10
    )
    importance: Tensor = stored(lambda: torch.zeros(0), "weights")
    anchor: Tensor = stored(lambda: torch.zeros(0), "weights")
    path: Tensor = stored(lambda: torch.zeros(0), "weights")

    def start_task(self, task: Task) -> None:
        self.anchor = self.network.flat.clone()
        self.path = torch.zeros_like(self.network.flat)

    def adjust_gradients(self, task: Task) -> None:
        # The path is gradient · (weights before - weights after), in two halves: a copy of the
        # weights would cost more.
        if not len(self.importance):
            with cores.second_core():
                self.path.addcmul_(self.network.flat_gradient, self.network.flat)
            return
        for g, k, w, a, path in cache_blocks(
            self.network.flat_gradient, self.importance, self.network.flat, self.anchor, self.path
        ):
            add_penalty_gradient(g, k, w, a, 2 * self.strength)
            path.addcmul_(g, w)

    def after_step(self, task: Task, batch: Batch, logits: Tensor) -> None:
        with cores.second_core():
            self.path.addcmul_(self.network.flat_gradient, self.network.flat, value=-1)

    def end_task(self, task: Task) -> None:
        added = self.path / ((self.network.flat - self.anchor).square() + self.damping)
        self.importance = self.importance + added if len(self.importance) else added
