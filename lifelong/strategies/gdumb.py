"""GDumb: a fresh network for every task, trained on the replay buffer alone."""

from dataclasses import dataclass

from ..data.examples import Examples
from ..data.scenarios import Task
from ..settings import setting
from .base import Strategy
from .parts.replay_buffer import ReplayBuffer
from .parts.state import stored_value


@dataclass
class GDumb(Strategy):
    """Fresh network for every task, trained on a buffer of equally many images of each class so far
    (Prabhu et al. 2020, algorithm 1 and section 3).

    Its capacity is per_class times the number of all classes from the start, so early classes have
    more images at first and lose them at random. A class is a label of a task. The paper's sampler
    decides image by image and reaches the same balance; its network is trained for 128 or more
    passes by SGD on images shifted at random, here with the recipe's optimiser, and as many steps
    as the task would take.
    """

    title = "GDumb"
    family = "replay"
    summary = (
        "Keeps a balanced handful of images and trains a fresh network on those alone. A test "
        "of whether other methods gain anything from what they learned before."
    )
    stores = "images"
    costs = "nothing beyond plain training"
    grows = "nothing with tasks: the capacity of the buffer is fixed from the start"
    source = (
        "Prabhu, Torr and Dokania, GDumb: a simple approach that questions our progress in "
        "continual learning, ECCV 2020"
    )

    per_class: int = setting(100, "Images kept of each class once all are known.", low=1, high=5000)
    buffer: ReplayBuffer = stored_value()

    def create_state(self) -> None:
        self.buffer = ReplayBuffer("random", self.per_class, saved=())

    def start_task(self, task: Task) -> None:
        known = sum(map(len, self.plan.classes[: task.index + 1]))
        self.buffer.rebalance(task.train, self.buffer.capacity(self.plan) // known, self.generator)
        self.restart()

    def examples(self, task: Task) -> Examples:
        return self.buffer.examples

    def steps(self, task: Task, examples: Examples) -> int:
        return super().steps(task, task.train)
