"""Hard attention to the task: learned gates on hidden units, and frozen weights between them."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..data.examples import Batch
from ..data.scenarios import Task
from ..models.parts.linear_stack import gradient_of
from ..numerics import seeds
from ..settings import setting, stored
from .base import Strategy
from .parts.task_outputs import by_task

RATE = 0.05  # of the embeddings' plain gradient descent, the paper's first learning rate
# Bounds of embeddings and of exponents, as in the authors' program.
EMBEDDING_LIMIT = 6
EXPONENT_LIMIT = 50


@dataclass
class HAT(Strategy):
    """Gates a = sigmoid(s e) on the hidden units, learned for each task with the weights (Serrà et
    al. 2018, section 2).

    s rises from 1/s_max to s_max, so that gates begin soft and end hard, and the gradient of e is
    rescaled to what it would be at s = 1. The loss has `sparsity` times the mean gate of the units
    that no earlier task uses. A weight between two units that earlier tasks use is frozen, and so
    are the parameters of the layers before the hidden ones.
    Differs from the paper: s rises once a task, in the paper with every pass over the images. The
    paper trains by SGD, and a gate may stay between 0 and 1, so that its weights change a little.
    Adam would undo a gradient made smaller, so gates are rounded to 0 or 1 for inference and for
    frozen weights, and Adam starts afresh with each task. Earlier scores then keep their bits. The
    embeddings are trained by SGD as in the paper, without its schedule.
    """

    title = "HAT"
    family = "architecture"
    summary = (
        "Every task learns which hidden units it needs, and those are frozen once it is "
        "learned. Nothing is forgotten, but it must be told the task."
    )
    stores = "one number for each hidden unit and task"
    costs = "gates in every pass and a mask a step; without the task label, an answer by every task"
    grows = (
        "h numbers for h hidden units and each task of the run, from the start; without the task "
        "label an answer takes a forward pass for each task of the run"
    )
    source = (
        "Serrà, Surís, Miron and Karatzoglou, Overcoming catastrophic forgetting with hard "
        "attention to the task, ICML 2018"
    )
    scenarios = frozenset({"task", "transfer"})
    inference_fields = ("embeddings",)

    sparsity: float = setting(
        0.75,
        "How much it costs a task to take units that no earlier task uses: c.",
        low=0,
        high=100,
    )
    hardness: float = setting(
        400.0,
        "How close to on or off the gates are at the end of a task: the largest s.",
        low=1,
        high=10_000,
    )
    embeddings: Tensor = stored(lambda: torch.zeros(0), "weights")  # (tasks, hidden units)

    def create_state(self) -> None:
        shape = (len(self.plan.classes), sum(self.network.hidden))
        self.embeddings = torch.randn(shape, generator=seeds.generator(self.seed, "embeddings"))

    def start_task(self, task: Task) -> None:
        self.optimizer.forget()

    def forward(self, task: Task, batch: Batch) -> Tensor:
        # Gradients of embeddings add up: those of an attempt that ran out of memory do not count.
        self.embeddings.grad = None
        return self.network(batch.images, self._by_layer(self.attention(task, batch)))

    def loss(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        free = ~self.used(task.index)
        taken = self.attention(task, batch)[free].sum() / max(1, int(free.sum()))
        return self.cross_entropy(task, batch, logits) + self.sparsity * taken

    def adjust_gradients(self, task: Task) -> None:
        if not task.index:
            return
        for parameter in self.network.body.parameters():
            gradient_of(parameter).zero_()
        before = self.embeddings.new_ones(1)  # every input is used
        for layer, (used,) in zip(
            self.network.layers, self._by_layer(self.used(task.index).float())
        ):
            gradient_of(layer.weight).mul_(1 - used.unsqueeze(1) * before)
            gradient_of(layer.bias).mul_(1 - used)
            before = used

    def after_step(self, task: Task, batch: Batch, logits: Tensor) -> None:
        gradient = self.embeddings.grad
        if gradient is not None:
            moved = self.embeddings.detach() - RATE * gradient
            self.embeddings = moved.clamp_(-EMBEDDING_LIMIT, EMBEDDING_LIMIT)

    def attention(self, task: Task, batch: Batch) -> Tensor:
        """Returns the gates (hidden units,) of a step; gradients go to the embeddings."""
        return _Attention.apply(
            self.embeddings.requires_grad_()[task.index], self.steepness(batch), self.hardness
        )

    def steepness(self, batch: Batch) -> float:
        """Returns s of a step: 1/s_max at the first step of the task, s_max at its last."""
        learned = (batch.step - 1) / max(1, batch.steps - 1)
        return 1 / self.hardness + (self.hardness - 1 / self.hardness) * learned

    def gates(self, task: int) -> tuple[Tensor, ...]:
        """Returns the gates of a task at inference: for each hidden layer (1, width), 0 or 1."""
        return self._by_layer((self.embeddings[task] > 0).float())

    def used(self, before: int) -> Tensor:
        """Returns which units the tasks before this one use, bool (hidden units,)."""
        return (self.embeddings[:before] > 0).any(0)

    def scores(self, images: Tensor) -> Tensor:
        return by_task(self.plan, lambda task: self.scores_of_task(images, task))

    def scores_of_task(self, images: Tensor, task: int) -> Tensor:
        return self.network(images, self.gates(task))

    def _by_layer(self, units: Tensor) -> tuple[Tensor, ...]:
        return units.unsqueeze(0).split(list(self.network.hidden), 1)


class _Attention(torch.autograd.Function):
    """Gates sigmoid(s e); their gradient is multiplied by s_max (cosh(s e) + 1) / (s (cosh(e) + 1))
    (section 2.5).
    """

    @staticmethod
    def forward(ctx: Any, embedding: Tensor, s: float, largest: float) -> Tensor:
        gates = torch.sigmoid(s * embedding)
        ctx.save_for_backward(embedding, gates)
        ctx.s, ctx.largest = s, largest
        return gates

    @staticmethod
    def backward(ctx: Any, d: Tensor) -> tuple:
        embedding, gates = ctx.saved_tensors
        steep = torch.cosh((ctx.s * embedding).clamp(-EXPONENT_LIMIT, EXPONENT_LIMIT)) + 1
        return (
            d * gates * (1 - gates) * ctx.largest * steep / (torch.cosh(embedding) + 1),
            None,
            None,
        )
