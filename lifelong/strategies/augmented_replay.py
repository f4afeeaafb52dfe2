"""Replay with augmentation, which prevents overfitting to a small replay buffer."""

from dataclasses import dataclass

from torch import Tensor

from ..data.augmentation import deform
from ..data.examples import Batch
from ..data.scenarios import Task
from ..settings import setting
from .base import Strategy
from .parts.replay_buffer import ReplayBuffer, per_class_setting
from .parts.state import stored_value


@dataclass
class AugmentedReplay(Strategy):
    """Experience replay whose images, new and replayed, are deformed at random each time (see
    `augmentation.deform`).

    The independent buffer augmentation of Buzzega et al. (2020): images are stored unchanged and
    augmented when they are replayed. They cropped and mirrored natural images; these are the
    shifts, affine and elastic distortions that Simard et al. (2003) made for written digits. The
    buffer, the loss and the active outputs are those of `Replay` with random images, which this is
    to the bit with deformation 0, and on the features of a frozen backbone, which are not deformed.
    The default was chosen on training images held out of Split MNIST, whose published protocol has
    no augmentation: what this has and the others have not is to know that a bent digit is the same.
    """

    title = "Augmented replay"
    family = "replay"
    summary = (
        "Keeps a few images of every class and practises them slightly bent, shifted and "
        "turned, differently each time. So a few images stand in for many."
    )
    stores = "images"
    costs = "a second batch through the network at every step, and the deformation of both"
    grows = (
        "`per_class` images of each class, N in all: N (d + 16) bytes for images of d bytes; "
        "a step does not depend on N"
    )
    source = (
        "Buzzega et al., Rethinking experience replay: a bag of tricks for continual learning, "
        "ICPR 2020"
    )
    fine_tuning_settings = ({"per_class": 0, "deformation": 0},)

    per_class: int = per_class_setting()
    deformation: float = setting(
        4.0,
        "How far the parts of an image are displaced at random, in percent of its side.",
        low=0,
        high=20,
    )
    buffer: ReplayBuffer = stored_value()

    def create_state(self) -> None:
        self.buffer = ReplayBuffer("random", self.per_class, saved=())

    def forward(self, task: Task, batch: Batch) -> Tensor:
        return self._deformed_logits(batch.images)

    def loss(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        present = self.cross_entropy(task, batch, logits)
        if not len(self.buffer):
            return present
        replayed = self.buffer.sample(len(batch.labels), self.generator)
        past = self.cross_entropy(task, replayed, self._deformed_logits(replayed.images))
        share = 1 / (task.index + 1)
        return share * present + (1 - share) * past

    def end_task(self, task: Task) -> None:
        self.buffer.end_task(task.train, self.network, self.generator)

    def _deformed_logits(self, images: Tensor) -> Tensor:
        if self.network.body.takes_features:
            return self.network(images)
        return self.network(deform(images, self.deformation / 100, self.generator))
