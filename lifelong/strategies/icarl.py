"""iCaRL: stored images join those of each task, and the nearest mean of a class classifies."""

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

FAR = 100.0  # of the scores of classes to come, below the lowest of the others


@dataclass
class ICaRL(Strategy):
    """Nearest mean of stored examples, on features trained by binary cross-entropy of every output
    so far; the targets of earlier tasks' outputs are the old model's outputs in place of labels
    (Rebuffi et al. 2017, algorithm 3).

    The replay buffer is part of the training images. As van de Ven et al. (2022) run it, the old
    model's outputs are softened by the temperature, the number of stored images of each class does
    not depend on the number of classes, and features and means have length 1. The old model's
    outputs are computed once, when the task starts. An image belongs to the class whose stored
    images have the nearest mean among the features of the last hidden layer (algorithm 1). Means
    change with the features, so while a task is learned the outputs are the scores. Only the class
    scenario has one mean for every class to compare.
    Herding selects the images as in algorithm 4. The program of van de Ven et al. computes the
    order on shuffled features and takes the images from the unshuffled set, so that its stored
    images are random ones, which is the policy 'random' here.
    """

    title = "iCaRL"
    family = "replay"
    summary = (
        "Keeps the most typical images of every class and learns them along with the new ones. "
        "An image is given to the class whose average it is nearest to."
    )
    stores = "images and the mean of every class; during a task, the old answers to its images"
    costs = "the old model's answers once a task, and the choice of images when it ends"
    grows = (
        "`per_class` images of each class, N in all: N (d + 16) bytes for images of d bytes; "
        "when a task starts the old model answers all of them, which takes N forward passes "
        "and 4 N outputs bytes"
    )
    end_task_phase = "Choosing which images to keep"
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
    # Sigmoid outputs of the old model for the training images.
    teacher_outputs: Tensor = stored(lambda: torch.zeros(0), "logits", saved_as="taught")
    # A row for each class so far; all zero while a task is learned.
    means: Tensor = stored(lambda: torch.zeros(0), "statistics")
    # Mean squared distance of an image to the mean of its class.
    spread: Tensor = stored(lambda: torch.ones(()), "statistics")

    def create_state(self) -> None:
        self.buffer = ReplayBuffer(self.policy, self.per_class, saved=())

    def examples(self, task: Task) -> Examples:
        return concat(task.train, self.buffer.examples)

    def start_task(self, task: Task) -> None:
        self.means = torch.zeros(
            task.outputs.stop, self.network.head.in_features, device=self.device
        )
        if task.index:
            images = self.examples(task).images
            self.teacher_outputs = self._softened_outputs(images, task.outputs.start)

    @torch.no_grad()
    def _softened_outputs(self, images: Tensor, known: int) -> Tensor:
        logits = torch.cat([self.network(part)[:, :known] for part in images.split(CHUNK)])
        return (logits / self.temperature).sigmoid()

    def loss(self, task: Task, batch: Batch, logits: Tensor) -> Tensor:
        target = F.one_hot(batch.labels, task.outputs.stop).float()
        if task.index:
            target[:, : task.outputs.start] = self.teacher_outputs[batch.indices]
        each = F.binary_cross_entropy_with_logits(
            logits[:, : task.outputs.stop], target, reduction="sum"
        )
        return each / len(batch.labels)

    def end_task(self, task: Task) -> None:
        self.buffer.end_task(task.train, self.network, self.generator)
        self.teacher_outputs = torch.zeros(0)
        of_class = F.one_hot(self.buffer.examples.labels, task.outputs.stop).float()
        self.means = F.normalize(
            of_class.T @ embed_normalized(self.network, self.buffer.examples.images)
        )
        squares = distances(embed_normalized(self.network, task.train.images), self.means)
        self.spread = squares.gather(1, task.train.labels.unsqueeze(1)).mean().clamp_min(1e-6)

    def scores(self, images: Tensor) -> Tensor:
        """Returns minus the squared distance to the mean of each class, (n, outputs), in units of
        `spread`.

        While a task is learned the scores are the network's outputs. Those of classes to come
        always are, far below the others.
        """
        logits, known = self.network(images), len(self.means)
        if not known:
            return logits
        scores, later = logits[:, :known], logits[:, known:]
        near = -distances(F.normalize(self.network.embed(images)), self.means) / self.spread
        scores = torch.where(self.means.any(), near, scores)
        return torch.cat([scores, later + (scores.amin(1, keepdim=True) - FAR)], 1)


def distances(points: Tensor, means: Tensor) -> Tensor:
    """Returns the squared distance (n, classes) of points (n, d) to means (classes, d) of length
    1.
    """
    return 2 - 2 * points @ means.T
