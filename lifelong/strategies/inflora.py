"""InfLoRA: low-rank adapters in directions of the inputs that earlier tasks do not use."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..data.examples import Batch
from ..data.scenarios import Task, evenly_spaced
from ..models.parts.optimizer import Adam
from ..numerics import matmul
from ..settings import setting, stored
from .base import Strategy
from .parts.adapters import Adapters, adapted_layers, as_matrix, input_moments
from .parts.state import stored_value
from .parts.subspaces import Subspaces

IMAGES = 1000  # of a task, whose inputs of the layers are measured


@dataclass
class InfLoRA(Strategy):
    """Interference-free low-rank adaptation (Liang and Li, CVPR 2024).

    Task t trains W + A_t B_t in each 1 x 1 convolution and each hidden linear layer, and its own
    rows of the head, by the cross-entropy over its own classes; all else is frozen, batch norm's
    statistics too. B_t is fixed before the task: the strongest directions of the layer's inputs
    within what is orthogonal to the inputs of earlier tasks (section 3.3), so that A_t B_t does not
    change what those become. After the task the product is added to W: the network does not grow.
    The inputs' subspace is kept by DualGPM; the share of its energy that must be inside rises from
    `threshold` to 1 from the first task to the last.
    Differs from the paper, which adapts the keys and values of a pretrained ViT: a network whose
    layers were drawn at random keeps them, too. Inputs are measured on up to 1,000 images of a
    task, there on all; rows of B_t have length 1, in the authors' program 1/√3; the first task's
    subspace has one direction more than there, so that it reaches the threshold like the others'.
    """

    title = "InfLoRA"
    family = "architecture"
    summary = (
        "Freezes the network and adds a few numbers to its layers for every task, in directions "
        "that earlier tasks do not use. They are merged, so the network does not grow."
    )
    stores = "a basis of the inputs that earlier tasks use, for each layer"
    costs = "no more than plain training a step, and a look at the layers' inputs twice a task"
    grows = "a basis of at most d² / 2 numbers for a layer with d inputs"
    source = (
        "Liang and Li, InfLoRA: interference-free low-rank adaptation for continual learning, "
        "CVPR 2024"
    )
    scenarios = frozenset({"class", "task", "transfer"})
    end_task_phase = "Measuring the inputs of the layers"

    rank: int = setting(10, "Directions that a task may use in each layer.", low=1, high=100)
    threshold: float = setting(
        0.95,
        "Share of its inputs' energy that the first task protects; it rises to 1 with the tasks.",
        low=0.5,
        high=1,
    )
    past: Subspaces = stored_value()
    # Of the present task: B of all layers, and the layers' weights before it.
    rows: Tensor = stored(lambda: torch.zeros(0))
    start: Tensor = stored(lambda: torch.zeros(0))

    def create_state(self) -> None:
        self.layers = adapted_layers(self.network)
        self.past = Subspaces([layer.weight.shape[1] for layer in self.layers])
        self.adapters = Adapters(self.layers, self.rank)
        self.adapters.move(self.device)
        self.adapter_optimizer = Adam(self.adapters, self.recipe.learning_rate)
        adapted = {id(layer.weight) for layer in self.layers}
        for parameter in self.network.body.parameters():
            parameter.requires_grad_(id(parameter) in adapted)

    def auxiliary_optimizers(self) -> dict[str, Adam]:
        return {"adapters": self.adapter_optimizer}

    def start_task(self, task: Task) -> None:
        found = [
            self.past.directions(k, moment, self.rank)
            for k, moment in enumerate(self._moments(task))
        ]
        self.rows = torch.cat([*map(torch.flatten, found), self.network.flat[:0]])
        self.start = torch.cat([*(w.flatten() for w in self._weights()), self.network.flat[:0]])
        self.adapters.flat.zero_()
        self.optimizer.forget()
        self.adapter_optimizer.forget()

    def learning_rate(self, task: Task) -> float:
        self.adapter_optimizer.learning_rate = self.recipe.learning_rate
        return self.recipe.learning_rate

    def forward(self, task: Task, batch: Batch) -> Tensor:
        self.network.body.fix_statistics()
        return self.network(batch.images)

    def loss(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        own = task.outputs
        return F.cross_entropy(logits[:, own.start : own.stop], batch.labels - own.start)

    def adjust_gradients(self, task: Task) -> None:
        self.adapters.set_gradients(self.layers, self.directions())
        self.network.flat_gradient[: self.network.head_start] = 0

    def after_step(self, task: Task, batch: Batch, logits: Tensor) -> None:
        self.finish_step(self.adapter_optimizer.step, self.merge)

    def end_task(self, task: Task) -> None:
        share = task.index / len(self.plan.classes)
        for k, moment in enumerate(self._moments(task)):
            self.past.add(k, moment, self.threshold + (1 - self.threshold) * share)
        self.rows = self.start = torch.zeros(0)

    def storage(self, task: Task) -> dict[str, int]:
        """Returns the bytes of the bases: the adapters are part of the network once learned."""
        return {kind: count for kind, count in self.past.storage().items() if count}

    @torch.no_grad()
    def merge(self) -> None:
        """Sets the weights of each layer to W + A B."""
        sizes = [weight.numel() for weight in self._weights()]
        products = self.adapters.products(self.directions())
        for weight, start, product in zip(self._weights(), self.start.split(sizes), products):
            weight.copy_(start.view_as(weight) + product)

    def directions(self) -> tuple[Tensor, ...]:
        """Returns B of each layer, (rank, in): orthonormal rows, or zero where none is left."""
        widths = [layer.weight.shape[1] for layer in self.layers]
        parts = self.rows.split([self.rank * width for width in widths])
        return tuple(part.view(self.rank, width) for part, width in zip(parts, widths))

    def _weights(self) -> list[Tensor]:
        return [as_matrix(layer.weight.detach()) for layer in self.layers]

    def _moments(self, task: Task) -> list[Tensor]:
        images = task.train.images
        with matmul.matmul_precision("fp32"):
            chosen = evenly_spaced(len(images), IMAGES).to(images.device)
            return input_moments(self.network, images[chosen])
