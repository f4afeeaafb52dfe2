"""ER-ACE: replay in which the loss of new images leaves out the outputs of old classes."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..data.examples import Batch
from ..data.scenarios import Task
from .base import Strategy
from .parts.replay_buffer import ReplayBuffer, per_class_setting, policy_setting
from .parts.state import stored_value


@dataclass
class ERACE(Strategy):
    """Replay with an asymmetric cross-entropy (Caccia et al. 2022): that of the task's images over
    the task's own classes, plus that of as many replayed images over all classes.

    Images of a new class otherwise begin by pushing the old classes' outputs down, and with them
    the features those rely on. A class is new if it belongs to the task, in the paper if the batch
    has an image of it: with whole batches that is the same. As in the authors' code, outputs of
    classes to come are in the loss wherever the recipe says so, and the buffer, a reservoir, is
    replayed from the second step on. The head is linear; the authors train with a cosine head of
    scale 10. Only the class scenario has old classes that new images could push down: in the others
    either the classes are the same in every task, or only the task's own are active.
    """

    title = "ER-ACE"
    family = "replay"
    summary = (
        "Replay in which the new images are compared with the new classes only. Old classes "
        "are then not pushed aside when new ones arrive."
    )
    stores = "images"
    costs = "a second batch through the network at every step"
    grows = (
        "the images in the buffer, N (d + 16) bytes for images of d bytes; a step does not "
        "depend on N"
    )
    source = (
        "Caccia et al., New insights on reducing abrupt representation change in online "
        "continual learning, ICLR 2022"
    )
    scenarios = frozenset({"class"})

    per_class: int = per_class_setting()
    policy: str = policy_setting("reservoir")
    buffer: ReplayBuffer = stored_value()

    def create_state(self) -> None:
        self.buffer = ReplayBuffer(self.policy, self.per_class)

    def loss(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        active = task.active_outputs[task.index].clone()
        active[: task.outputs.start] = False
        present = F.cross_entropy(logits.masked_fill(~active, -torch.inf), batch.labels)
        if not len(self.buffer):
            return present
        replayed = self.buffer.sample(len(batch.labels), self.generator)
        return present + self.cross_entropy(task, replayed, self.network(replayed.images))

    def after_step(self, task: Task, batch: Batch, logits: Tensor) -> None:
        self.buffer.observe(batch, self.plan, self.generator)

    def end_task(self, task: Task) -> None:
        self.buffer.end_task(task.train, self.network, self.generator)
