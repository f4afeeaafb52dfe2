"""Experience replay: a few images of every class are kept and practised again."""

from dataclasses import dataclass

from torch import Tensor

from ..data.examples import Batch, Examples, empty_examples
from ..data.scenarios import Task
from ..settings import choice, setting, stored
from .base import Strategy
from .parts.replay_buffer import POLICIES, WHICH, grown, room_for, sample, streamed, unseen


@dataclass
class Replay(Strategy):
    """At task t the loss is 1/t of the present batch plus (1 - 1/t) of as many images from memory.

    ER of Rolnick et al. (2019) as van de Ven et al. (2022) run it: random images chosen after each task, hard
    labels, the outputs that compete for a replayed image being those of the image's own task. Other policies choose other
    images; a reservoir has room for as many as the others keep in the end, and holds images of the present task too.
    """

    title = "Experience replay"
    family = "replay"
    summary = "Keeps a few images of every class and mixes them into each later lesson. Simple, and hard to beat."
    stores = "images"
    costs = "a second batch through the network at every step"
    source = "Rolnick et al., Experience replay for continual learning, NeurIPS 2019"

    per_class: int = setting(100, "Images kept of each class.", low=0, high=5000)
    policy: str = choice("random", WHICH, POLICIES)
    memory: Examples = stored(empty_examples, "images")
    seen: Tensor = stored(unseen, "statistics")

    def loss(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        present = self.cross_entropy(task, batch, logits)
        if not task.index or not len(self.memory):
            return present
        replayed = sample(self.memory, len(batch.labels), self.generator)
        past = self.cross_entropy(task, replayed, self.network(replayed.images))
        share = 1 / (task.index + 1)
        return share * present + (1 - share) * past

    def after_step(self, task: Task, batch: Batch, logits: Tensor) -> None:
        if self.policy == "reservoir":
            self.memory, self.seen = streamed(
                self.memory, self.seen, batch, room_for(self.plan, self.per_class), self.generator
            )

    def end_task(self, task: Task) -> None:
        self.memory = grown(
            self.memory, task.train, self.per_class, self.policy, self.network, self.generator
        )
