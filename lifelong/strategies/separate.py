"""Separate networks: one for each task, so that nothing is forgotten and nothing shared."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..data.scenarios import Task
from ..settings import stored
from .base import Strategy
from .parts.task_outputs import by_task


@dataclass
class Separate(Strategy):
    """Network of the same size for every task, trained on that task alone (van de Ven et al.
    2022, "separate networks").

    All start from the same first weights. Each scores the outputs of its own task; those of a task
    to come are scored by an untrained network, so nothing is transferred. Differs from the
    published networks: these have 100 hidden units a layer, so that all five together are about as
    large as one network of the other strategies, and the two outputs of their task only; here each
    has the layers that the model is given, 400 units by default (`--units 100` for the published
    size), and all outputs, of which only its own are trained and read.
    """

    title = "Separate networks"
    family = "architecture"
    simplest_of_family = True
    summary = (
        "Trains a network of its own for every task and keeps them all. Nothing can be "
        "forgotten, nothing is shared, and it must be told the task."
    )
    stores = "a whole network for each earlier task"
    costs = "nothing beyond plain training; every picture is shown to all networks"
    grows = (
        "a network of p parameters for each task: T p stored and in the checkpoint, T² p / 2 "
        "in all checkpoints of a run together; without the task label an answer takes "
        "T forward passes"
    )
    source = (
        "van de Ven, Tuytelaars and Tolias, Three types of incremental learning, Nature "
        "Machine Intelligence 2022"
    )
    scenarios = frozenset({"task", "transfer"})
    inference_fields = ("networks",)

    networks: Tensor = stored(lambda: torch.zeros(0), "weights")  # (earlier tasks, p)

    def create_state(self) -> None:
        self.untrained = self.network.flat.clone()

    def expected_storage(self, tasks: Sequence[Task]) -> int:
        return (len(tasks) - 1) * self.network.flat.nbytes

    def start_task(self, task: Task) -> None:
        if task.index:
            present = self.network.flat.unsqueeze(0).clone()
            self.networks = torch.cat([self.networks, present]) if len(self.networks) else present
            self.restart()

    def weights_of(self, task: int) -> Tensor:
        """Returns the weights (p,) of a task's own network, trained or not."""
        if task < len(self.networks):
            return self.networks[task]
        return self.network.flat if task == len(self.networks) else self.untrained

    def scores(self, images: Tensor) -> Tensor:
        return by_task(self.plan, lambda task: self.scores_of_task(images, task))

    def scores_of_task(self, images: Tensor, task: int) -> Tensor:
        return self.network.answer_with(self.weights_of(task), images)
