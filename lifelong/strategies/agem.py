"""A-GEM: gradients are projected so that no step increases the loss on stored images."""

from dataclasses import dataclass
from functools import partial

from torch import Tensor

from ..data.examples import Batch
from ..data.scenarios import Task
from ..numerics import matmul
from .base import Strategy
from .parts.replay_buffer import ReplayBuffer, per_class_setting, policy_setting
from .parts.side_by_side import SecondGradient, side_by_side
from .parts.state import stored_value

TINY = 1e-20  # below it, products of single-precision numbers lose digits


@dataclass
class AGEM(Strategy):
    """Averaged GEM: a gradient g with g·r < 0 is projected to g - (g·r / r·r) r (Chaudhry et al.
    2019, eq. 11).

    r is the gradient of the loss on a random batch from the replay buffer, from the second task on;
    the buffer is filled as for replay. Differs from the paper: the random batch is as large as the
    task's own, 128 images, in place of a size of its own, and is drawn with replacement. The
    program of van de Ven et al. adds 1e-7 to r·r; here an r close to 0 is scaled up instead.
    """

    title = "A-GEM"
    family = "replay"
    summary = (
        "Keeps a few images of every class and bends every step that would make the model "
        "worse on them. Cheaper than GEM, weaker than replay."
    )
    stores = "images"
    costs = "a second batch through the network at every step"
    grows = (
        "`per_class` images of each class, N in all: N (d + 16) bytes for images of d bytes; "
        "a step does not depend on N"
    )
    source = "Chaudhry et al., Efficient lifelong learning with A-GEM, ICLR 2019"
    fine_tuning_settings = ({"per_class": 0},)

    per_class: int = per_class_setting()
    policy: str = policy_setting("random")
    buffer: ReplayBuffer = stored_value()

    def create_state(self) -> None:
        self.buffer = ReplayBuffer(self.policy, self.per_class)
        self.reference = SecondGradient(self.network)

    def step(self, task: Task, batch: Batch) -> Tensor:
        if not task.index or not len(self.buffer):
            return super().step(task, batch)
        replayed = self.buffer.sample(self.within_limit(self.recipe.batch), self.generator)
        with matmul.matmul_precision(self.precision):
            loss, logits = side_by_side(
                self.network,
                partial(self._gradient, task, batch),
                partial(
                    self.reference.replace,
                    replayed.images,
                    partial(self.cross_entropy, task, replayed),
                ),
            )
        project(self.network.flat_gradient, self.reference.flat)
        self.finish_step(self.optimizer.step, partial(self.after_step, task, batch, logits))
        return loss

    def _gradient(self, task: Task, batch: Batch) -> tuple[Tensor, Tensor]:
        """Computes the gradient of a task's batch; returns loss and logits."""
        logits = self.forward(task, batch)
        loss = self.loss(task, batch, logits)
        self.network.backward(loss)
        return loss, logits

    def after_step(self, task: Task, batch: Batch, logits: Tensor) -> None:
        self.buffer.observe(batch, self.plan, self.generator)

    def end_task(self, task: Task) -> None:
        self.buffer.end_task(task.train, self.network, self.generator)


def project(gradient: Tensor, reference: Tensor) -> None:
    """Projects the gradient (p,) in place, if its product with the reference (p,) is negative.

    A reference close to 0 is scaled up, in place.
    """
    product = (gradient @ reference).item()
    square = (reference @ reference).item()
    if square < TINY:  # of stored images without a loss, and it would divide by zero
        largest = reference.abs().max()
        reference.div_(largest if largest > 0 else 1)
        product, square = (gradient @ reference).item(), (reference @ reference).item()
    if product < 0:
        gradient.add_(reference, alpha=-product / square)
