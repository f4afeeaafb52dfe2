"""PackNet: iterative pruning, which frees the smallest weights of a task for later tasks."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..data.examples import Batch
from ..data.scenarios import Task
from ..settings import setting, stored
from .base import Strategy
from .parts.task_outputs import by_task


@dataclass
class PackNet(Strategy):
    """Iterative pruning (Mallya and Lazebnik 2018): train, free the smallest weights, retrain the
    others, freeze them.

    `owner` holds for every weight the first task that uses it. A task trains the weights that it
    owns and classifies with the weights of all owners up to itself. Pruning gives the smallest of
    its weights, in each hidden layer by itself, to the next task, and sets them to zero: the k-th
    task after the first finds prune^k of all weights free. Biases, and the layers before the hidden
    ones, belong to the first task. Each task's rows of the head are its own, never pruned. Pruning
    is one of the task's usual steps, of which the share `retrain` is left for the other weights.
    The last task is pruned like the others, though no task follows. The paper starts from a network
    trained on ImageNet and uses SGD; here Adam starts afresh with each task, because its momentum
    would go on moving frozen weights.
    """

    title = "PackNet"
    family = "architecture"
    summary = (
        "After each task it keeps the strongest connections for good and clears the rest for "
        "the next. Nothing is forgotten, but it must be told the task."
    )
    parameter_vectors = 1
    stores = "for every weight the task that owns it"
    costs = "one mask a step; without the task label, an answer by every task"
    grows = "nothing but time of an answer without the task label, which takes T forward passes"
    source = (
        "Mallya and Lazebnik, PackNet: adding multiple tasks to a single network by iterative "
        "pruning, CVPR 2018"
    )
    scenarios = frozenset({"task", "transfer"})
    inference_fields = ("owner",)

    prune: float = setting(
        0.75,
        "Share of the weights trained for a task that is freed again for later tasks.",
        low=0,
        high=0.99,
    )
    retrain: float = setting(
        1 / 3,
        "Share of a task's steps that comes after the pruning, to make up for it.",
        low=0,
        high=0.9,
    )
    owner: Tensor = stored(lambda: torch.zeros(0), "weights")
    # 1 for a weight that the present task trains, 0 for others.
    trainable: Tensor = stored(lambda: torch.zeros(0), saved_as="mine")

    def create_state(self) -> None:
        network, plan, tasks = self.network, self.plan, len(self.plan.classes)
        rows = torch.cat([torch.full((len(plan.outputs_of(task)),), task) for task in range(tasks)])
        body = torch.zeros(network.head_start, dtype=torch.long)
        owner = torch.cat([body, rows.repeat_interleave(network.head.in_features), rows])
        self.owner = owner.to(torch.uint8 if tasks < 256 else torch.int16)

    def start_task(self, task: Task) -> None:
        self.optimizer.forget()
        self.trainable = (self.owner == task.index).float()

    def adjust_gradients(self, task: Task) -> None:
        self.network.flat_gradient.mul_(self.trainable)

    def after_step(self, task: Task, batch: Batch, logits: Tensor) -> None:
        if batch.step == max(1, round((1 - self.retrain) * batch.steps)):
            self.free(task)

    def end_task(self, task: Task) -> None:
        self.trainable = torch.zeros(0)

    def free(self, task: Task) -> None:
        """Gives the smallest weights of this task to the next one, as zeros without momentum."""
        none = torch.zeros(0, dtype=torch.int64, device=self.device)
        hidden = self.network.layers[:-1]
        smallest = torch.cat([none, *(self._smallest(layer, task) for layer in hidden)])
        self.owner[smallest] = task.index + 1
        optimizer = self.optimizer
        for vector in (self.trainable, self.network.flat, optimizer.mean, optimizer.square):
            vector[smallest] = 0

    def _smallest(self, layer: nn.Linear, task: Task) -> Tensor:
        """Returns the positions in `flat` of a layer's smallest weights that this task owns,
        int64.
        """
        # Within `flat`, of which every parameter is a view.
        start = int(layer.weight.storage_offset())
        part = slice(start, start + layer.weight.numel())
        owned = (self.owner[part] == task.index).nonzero().squeeze(1)
        size = self.network.flat[part][owned].abs()
        return start + owned[size.argsort(stable=True)[: round(self.prune * len(owned))]]

    def scores(self, images: Tensor) -> Tensor:
        return by_task(self.plan, lambda task: self.scores_of_task(images, task))

    def scores_of_task(self, images: Tensor, task: int) -> Tensor:
        return self.network.answer_with(self.network.flat * (self.owner <= task), images)
