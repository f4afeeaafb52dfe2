"""Experience replay: a few images of every class are stored and replayed."""

from dataclasses import dataclass

from torch import Tensor

from ..data.examples import Batch
from ..data.scenarios import Task
from .base import Strategy
from .parts.replay_buffer import ReplayBuffer, per_class_setting, policy_setting
from .parts.state import stored_value


@dataclass
class Replay(Strategy):
    """Replay: at task t, 1/t of the loss is that of the task's batch, the rest that of as many
    replayed images.

    ER of Rolnick et al. (2019) as van de Ven et al. (2022) run it: random images chosen after each
    task, hard labels, and for a replayed image the active outputs of its own task. Other policies
    choose other images; a reservoir has the capacity that the others reach in the end, and stores
    images of the present task too.
    """

    title = "Experience replay"
    family = "replay"
    simplest_of_family = True
    summary = (
        "Keeps a few images of every class and mixes them into each later lesson. Simple, and "
        "hard to beat."
    )
    stores = "images"
    costs = "a second batch through the network at every step"
    grows = (
        "`per_class` images of each class, N in all: N (d + 16) bytes for images of d bytes; "
        "a step does not depend on N"
    )
    source = "Rolnick et al., Experience replay for continual learning, NeurIPS 2019"
    fine_tuning_settings = ({"per_class": 0},)

    per_class: int = per_class_setting()
    policy: str = policy_setting("random")
    buffer: ReplayBuffer = stored_value()

    def create_state(self) -> None:
        self.buffer = ReplayBuffer(self.policy, self.per_class)

    def loss(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        present = self.cross_entropy(task, batch, logits)
        if not task.index or not len(self.buffer):
            return present
        replayed = self.buffer.sample(len(batch.labels), self.generator)
        past = self.cross_entropy(task, replayed, self.network(replayed.images))
        share = 1 / (task.index + 1)
        return share * present + (1 - share) * past

    def after_step(self, task: Task, batch: Batch, logits: Tensor) -> None:
        self.buffer.observe(batch, self.plan, self.generator)

    def end_task(self, task: Task) -> None:
        self.buffer.end_task(task.train, self.network, self.generator)
