"""Dark experience replay++: stored images are replayed with labels and with stored logits."""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from ..data.examples import Batch
from ..data.scenarios import Task
from ..settings import setting
from .base import Strategy
from .parts.replay_buffer import ReplayBuffer
from .parts.state import stored_value


@dataclass
class DERpp(Strategy):
    """Replay with distillation from stored logits: the loss has alpha times their mean squared
    difference to the present ones, and beta times the cross-entropy of the labels of replayed
    images (Buzzega et al. 2020, eq. 6).

    As DER, with one difference to the paper: both terms use the same images, where the paper draws
    them separately, so that a step costs two batches and not three. The outputs in the
    cross-entropy are the active ones of the image's own task. The defaults are the authors' for
    class-incremental Split MNIST with 500 images (for 5120 alpha is 0.2 and beta 0.5), and as for
    DER they were not tuned again for this optimiser, batch and buffer.
    """

    title = "DER++"
    family = "replay"
    summary = (
        "Keeps a few images of the stream, their labels and what the network said about them, "
        "and practises both. One of the best that keep images."
    )
    stores = "images and the network's answers to them"
    costs = "a second batch through the network at every step"
    grows = (
        "N images and their logits, N (d + 16 + 4 outputs) bytes for images of d bytes; a "
        "step does not depend on N"
    )
    source = (
        "Buzzega et al., Dark experience for general continual learning: a strong, simple "
        "baseline, NeurIPS 2020"
    )
    fine_tuning_settings = ({"alpha": 0, "beta": 0}, {"per_class": 0})

    per_class: int = setting(
        100,
        "Images kept, as a number for each class; which ones is left to chance.",
        low=0,
        high=5000,
    )
    alpha: float = setting(1.0, "How much the answers of before count: α.", low=0, high=100)
    beta: float = setting(0.5, "How much the labels of the kept images count: β.", low=0, high=100)
    buffer: ReplayBuffer = stored_value()

    def create_state(self) -> None:
        self.buffer = ReplayBuffer("reservoir", self.per_class, saved=("answers", "seen"))

    def loss(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        present = self.cross_entropy(task, batch, logits)
        if not len(self.buffer):
            return present
        replayed, stored_logits = self.buffer.sample_with_logits(len(batch.labels), self.generator)
        past = self.network(replayed.images)
        return (
            present
            + self.alpha * F.mse_loss(past, stored_logits)
            + self.beta * self.cross_entropy(task, replayed, past)
        )

    def after_step(self, task: Task, batch: Batch, logits: Tensor) -> None:
        self.buffer.observe(batch, self.plan, self.generator, logits)
