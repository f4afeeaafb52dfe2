"""Dark experience replay: stored images are replayed with the logits they had when stored."""

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
class DER(Strategy):
    """Distillation from stored logits: the loss has alpha times their mean squared difference to
    the present logits of replayed images (Buzzega et al. 2020, eq. 5).

    The buffer is a reservoir over the whole stream and is replayed from the second step on, as many
    images as the batch has. As in the authors' code the mean is over images and outputs, where the
    paper writes the squared norm, and all outputs count, also those that are not active for the
    image: thereby outputs of classes to come stay where they were. The default is the authors'
    alpha for class-incremental Split MNIST with 500 images (for 5120 it is 0.5). They tuned it for
    SGD, batches of 10 and one epoch; it was not tuned again for Adam, batches of 128 and, with 100
    images of each of ten classes, a buffer of 1,000.
    """

    title = "DER"
    family = "replay"
    summary = (
        "Keeps a few images of the stream and what the network said about them, and holds it "
        "to those answers. It need not be told where a task ends."
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
    fine_tuning_settings = ({"alpha": 0}, {"per_class": 0})

    per_class: int = setting(
        100,
        "Images kept, as a number for each class; which ones is left to chance.",
        low=0,
        high=5000,
    )
    alpha: float = setting(1.0, "How much the answers of before count: α.", low=0, high=100)
    buffer: ReplayBuffer = stored_value()

    def create_state(self) -> None:
        self.buffer = ReplayBuffer("reservoir", self.per_class, saved=("answers", "seen"))

    def loss(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        present = self.cross_entropy(task, batch, logits)
        if not len(self.buffer):
            return present
        replayed, stored_logits = self.buffer.sample_with_logits(len(batch.labels), self.generator)
        return present + self.alpha * F.mse_loss(self.network(replayed.images), stored_logits)

    def after_step(self, task: Task, batch: Batch, logits: Tensor) -> None:
        self.buffer.observe(batch, self.plan, self.generator, logits)
