"""ER-ACE: replay in which new images teach nothing about old classes."""

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
    """Replay with an asymmetric cross-entropy (Caccia et al. 2022): the sum of that of the present
    images over the task's own classes and that of as many images from memory over all classes.

    Images of a new class otherwise begin by pushing the old classes' outputs down, and with them
    the features those rely on. A class counts as present when it belongs to the task, in the paper
    when the batch has an image of it: with whole batches that is the same. As in the authors' code,
    outputs of classes to come compete wherever the recipe lets them, and the memory, a reservoir,
    is replayed from the second step on. Only the class scenario has old classes that new
    images could push down: in the others either the classes are the same in every task, or only the
    task's own compete.
    """

    title = "ER-ACE"
    family = "replay"
    summary = (
        "Replay in which the new images are compared with the new classes only. Old classes "
        "are then not pushed aside when new ones arrive."
    )
    stores = "images"
    costs = "a second batch through the network at every step"
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
        compete = task.active_outputs[task.index].clone()
        compete[: task.outputs.start] = False
        present = F.cross_entropy(logits.masked_fill(~compete, -torch.inf), batch.labels)
        if not len(self.buffer):
            return present
        replayed = self.buffer.sample(len(batch.labels), self.generator)
        return present + self.cross_entropy(task, replayed, self.network(replayed.images))

    def after_step(self, task: Task, batch: Batch, logits: Tensor) -> None:
        self.buffer.observe(batch, self.plan, self.generator)

    def end_task(self, task: Task) -> None:
        self.buffer.end_task(task.train, self.network, self.generator)
