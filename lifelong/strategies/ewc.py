"""Elastic weight consolidation: weights that mattered before are held in place by springs."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..importance import exact_fisher
from ..scenarios import Task
from .base import Strategy, setting, stored


@dataclass
class EWC(Strategy):
    """Adds strength/2 Σ_k Σ_i F_ki (θ_i - θ*_ki)² over the past tasks k (Kirkpatrick et al. 2017, eq. 3).

    One penalty for each past task, with the exact Fisher F_k of all its training images at its own optimum θ*_k.
    A sum of quadratics is one quadratic: with H = Σ F_k and the mean anchor m = Σ F_k θ*_k / H it is
    strength/2 (Σ_i H_i (θ_i - m_i)² + rest), so a step costs one vector operation however many tasks there
    were. The gradient is added directly; only its value, not its effect, is missing from the loss that is shown.
    """

    title = "EWC"
    summary = "After each task it measures how much every weight mattered and ties the important ones to their place. No image is kept."
    stores = "two numbers per weight"
    source = "Kirkpatrick et al., Overcoming catastrophic forgetting in neural networks, PNAS 2017"

    strength: float = setting(
        {"task": 1e5, "domain": 1e10, "class": 1e9, "transfer": 1e5, "else": 1e5},
        "How stiff the springs are: λ, the weight of the penalty.", low=0, high=1e12,
    )
    precision: Tensor = stored(lambda: torch.zeros(0))
    anchor: Tensor = stored(lambda: torch.zeros(0))
    rest: Tensor = stored(lambda: torch.zeros(()))

    def penalty(self) -> Tensor:
        """The value of the penalty at the present weights, a scalar."""
        if not len(self.precision):
            return torch.zeros(())
        moved = self.network.flat - self.anchor
        return self.strength / 2 * ((self.precision * moved.square()).sum() + self.rest)

    def adjust_gradients(self, task: Task) -> None:
        if len(self.precision):
            moved = self.network.flat - self.anchor
            self.network.flat_gradient.addcmul_(self.precision, moved, value=self.strength)

    def end_task(self, task: Task) -> None:
        fisher = exact_fisher(self.network, task.train.images, task.candidates(task.train.tasks))
        self.hold(fisher, self.network.flat.clone())

    def hold(self, fisher: Tensor, optimum: Tensor) -> None:
        """Adds the quadratic of one more task: importances and weights, both (p,)."""
        if not len(self.precision):
            self.precision, self.anchor = fisher, optimum
            return
        total = self.precision + fisher
        share = torch.where(total > 0, fisher / total, 0)
        apart = optimum - self.anchor
        self.rest = self.rest + (self.precision * share * apart.square()).sum()
        self.precision, self.anchor = total, self.anchor + share * apart
