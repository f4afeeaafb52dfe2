"""iCaRL: chosen examples of every class join each later lesson, and an image belongs to the class
whose mean is nearest.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..data.examples import Batch, Examples, concat
from ..data.scenarios import Task
from ..settings import choice, setting, stored
from .base import Strategy
from .parts.replay_buffer import CHUNK, ReplayBuffer, embed_normalized
from .parts.state import stored_value

FAR = 100.0  # how far below all others the outputs of classes to come are put


@dataclass
class ICaRL(Strategy):
    """Every output seen so far learns by itself whether an image is of its class, by binary
    cross-entropy summed over outputs; those of earlier tasks learn the old model's answer in place
    of the label (Rebuffi et al. 2017, algorithm 3).

    The memory is part of the training images. As van de Ven et al. (2022) run it, the old answers
    are softened by the temperature, so many images of each class are kept however many classes
    there are, and features and means have length 1. The old model sees all images once, when the
    task starts, since its answers don't change. An image belongs to the class whose examples' mean
    is nearest to it among the features of the last hidden layer (algorithm 1). Means move with the
    features, so while a task is being learned the outputs answer themselves. Classes are told apart
    by stored examples of all of them, which is the class scenario's question alone.
    """

    title = "iCaRL"
    family = "replay"
    summary = (
        "Keeps the most typical images of every class and learns them along with the new ones. "
        "An image is given to the class whose average it is nearest to."
    )
    stores = "images and the mean of every class; during a task, the old answers to its images"
    costs = "the old model's answers once a task, and the choice of images when it ends"
    source = "Rebuffi et al., iCaRL: incremental classifier and representation learning, CVPR 2017"
    scenarios = frozenset({"class"})
    inference_fields = ("means", "spread")

    per_class: int = setting(100, "Images kept of each class.", low=1, high=5000)
    policy: str = choice(
        "herding",
        "Which images: those whose mean is near their class's (herding), or random ones.",
        ("herding", "random"),
    )
    temperature: float = setting(
        2.0, "How much the old model's answers are softened: T.", low=0.5, high=20
    )
    buffer: ReplayBuffer = stored_value()
    taught: Tensor = stored(lambda: torch.zeros(0), "logits")
    means: Tensor = stored(
        lambda: torch.zeros(0), "statistics"
    )  # a row for each class seen; all zero while a task is being learned
    spread: Tensor = stored(
        lambda: torch.ones(()), "statistics"
    )  # mean squared distance of an image to its class's mean

    def create_state(self) -> None:
        self.buffer = ReplayBuffer(self.policy, self.per_class, saved=())

    def examples(self, task: Task) -> Examples:
        return concat(task.train, self.buffer.examples)

    def start_task(self, task: Task) -> None:
        self.means = torch.zeros(
            task.outputs.stop, self.network.head.in_features, device=self.device
        )
        if task.index:
            self.taught = self._old_answers(self.examples(task).images, task.outputs.start)

    @torch.no_grad()
    def _old_answers(self, images: Tensor, known: int) -> Tensor:
        logits = torch.cat([self.network(part)[:, :known] for part in images.split(CHUNK)])
        return (logits / self.temperature).sigmoid()

    def loss(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        target = F.one_hot(batch.labels, task.outputs.stop).float()
        if task.index:
            target[:, : task.outputs.start] = self.taught[batch.indices]
        each = F.binary_cross_entropy_with_logits(
            logits[:, : task.outputs.stop], target, reduction="sum"
        )
        return each / len(batch.labels)

    def end_task(self, task: Task) -> None:
        self.buffer.end_task(task.train, self.network, self.generator)
        self.taught = torch.zeros(0)
        of_class = F.one_hot(self.buffer.examples.labels, task.outputs.stop).float()
        self.means = F.normalize(
            of_class.T @ embed_normalized(self.network, self.buffer.examples.images)
        )
        apart = distances(embed_normalized(self.network, task.train.images), self.means)
        self.spread = apart.gather(1, task.train.labels.unsqueeze(1)).mean().clamp_min(1e-6)

    def scores(self, images: Tensor) -> Tensor:
        """Minus the squared distance to each class's mean, in units of that of the last task's
        training images to their own.

        While a task is being learned they are the network's outputs; those of classes to come
        always are, far below the others.
        """
        answers = self.network(images)
        known = len(self.means)
        if self.means.any():
            answers[:, :known] = (
                -distances(embed_normalized(self.network, images), self.means) / self.spread
            )
        if known:
            answers[:, known:] += answers[:, :known].amin(1, keepdim=True) - FAR
        return answers


def distances(points: Tensor, means: Tensor) -> Tensor:
    """Squared distance (n, classes) of each point (n, d) to each mean (classes, d), all of length
    1.
    """
    return 2 - 2 * points @ means.T
