"""Memory aware synapses: a penalty on changes of weights that the outputs are sensitive to."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..data.scenarios import Task
from ..numerics import matmul
from ..settings import setting, stored
from .base import Strategy
from .parts.importance import sensitivity
from .parts.quadratic_penalty import add_penalty_gradient


@dataclass
class MAS(Strategy):
    """Penalty of strength Σ_i Ω_i (θ_i - θ*_i)², Ω being the sensitivity of the outputs (Aljundi
    et al. 2018).

    After each task Ω grows by the mean over its training images of |d ‖f(x)‖² / dθ_i|, f(x) being
    the logits of the active outputs; θ* are the weights at the end of the last task. Summed over
    the tasks as in the authors' program, and computed image by image as in the paper, where their
    program takes batches. The paper's strength is 1, for other networks; the defaults are the best
    powers of ten on MNIST, by 1,000 training images of each class that were held out (seeds 11 to
    13).
    """

    title = "MAS"
    family = "regularisation"
    summary = (
        "After each task it measures how much every weight moves the answers and ties those "
        "that do to their place. It keeps no image and needs no labels for it."
    )
    parameter_vectors = 2
    stores = "two numbers per weight"
    costs = "one vector operation a step, and a look at all images of a task when it ends"
    end_task_phase = "Measuring which weights matter"
    source = "Aljundi et al., Memory aware synapses: learning what (not) to forget, ECCV 2018"
    fine_tuning_settings = ({"strength": 0},)

    strength: float = setting(
        {"task": 0.01, "domain": 1e-4, "class": 0.1, "transfer": 0.01, "else": 0.01},
        "How firmly the weights that matter are held: λ, the weight of the penalty.",
        low=0,
        high=1e6,
    )
    importance: Tensor = stored(lambda: torch.zeros(0), "weights")
    anchor: Tensor = stored(lambda: torch.zeros(0), "weights")

    def adjust_gradients(self, task: Task) -> None:
        if len(self.importance):
            add_penalty_gradient(
                self.network.flat_gradient,
                self.importance,
                self.network.flat,
                self.anchor,
                2 * self.strength,
            )

    def end_task(self, task: Task) -> None:
        with matmul.matmul_precision(self.precision):
            importance = sensitivity(
                self.network, task.train.images, task.candidates(task.train.tasks)
            )
        self.importance = self.importance + importance if len(self.importance) else importance
        self.anchor = self.network.flat.clone()
