"""Context-dependent gating: every task uses its own random part of the hidden units."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..data.examples import Batch
from ..data.scenarios import Task
from ..numerics import seeds
from ..settings import setting
from .base import Strategy
from .parts.task_outputs import by_task


@dataclass
class XdG(Strategy):
    """Gates of 0 or 1 on the hidden units, random but fixed for each task (Masse, Grant and
    Freedman 2018).

    In every hidden layer the given share of units is off, at least one stays on. The units of two
    tasks may overlap. The paper adds a penalty such as SI; here, as in van de Ven et al. (2022),
    there are gates alone. Their program multiplies before the bias is added, so that a unit that is
    off still passes on a positive bias; here its output is 0, as in the paper. Gates are drawn from
    the run's seed and the task's index, so nothing is stored.
    """

    title = "XdG"
    family = "architecture"
    summary = (
        "Gives every task its own random tenth of the hidden units and silences the others. "
        "Tasks hardly meet, but it must be told the task."
    )
    stores = "nothing; the gates are drawn from the seed again"
    costs = "nothing beyond plain training; without the task label, an answer by every task"
    grows = (
        "gates in memory, T h numbers for h hidden units; without the task label an answer takes "
        "T forward passes"
    )
    source = (
        "Masse, Grant and Freedman, Alleviating catastrophic forgetting using "
        "context-dependent gating, PNAS 2018"
    )
    scenarios = frozenset({"task", "transfer"})

    share: float = setting(
        0.9, "Share of the hidden units that are switched off for each task.", low=0, high=0.99
    )

    def create_state(self) -> None:
        self.gates = [self._draw_gates(task) for task in range(len(self.plan.classes))]

    def forward(self, task: Task, batch: Batch) -> Tensor:
        return self.network(batch.images, self.gates[task.index])

    def scores(self, images: Tensor) -> Tensor:
        return by_task(self.plan, lambda task: self.scores_of_task(images, task))

    def scores_of_task(self, images: Tensor, task: int) -> Tensor:
        return self.network(images, self.gates[task])

    def _draw_gates(self, task: int) -> tuple[Tensor, ...]:
        """Returns the gates of one task: for each hidden layer (1, width), 0 or 1."""
        generator = seeds.generator(self.seed, "gates", task)
        gates = []
        for width in self.network.hidden:
            gate = torch.zeros(1, width)
            on = max(1, round((1 - self.share) * width))
            gate[0, torch.randperm(width, generator=generator)[:on]] = 1
            gates.append(gate.to(self.device))
        return tuple(gates)
