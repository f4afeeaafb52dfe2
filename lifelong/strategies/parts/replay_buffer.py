"""The replay buffer: images stored for later tasks, which ones are chosen, and random batches of
them.

Three policies choose them. 'random' and 'herding' select from a task's images when it ends and
store equally many of each class, a class being a label of a task. 'reservoir' observes every batch
during training and needs to know neither tasks nor classes.
"""

from collections.abc import Sequence
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor

from ...data.examples import Batch, Examples, by_class, concat, empty_examples
from ...data.scenarios import Plan, Task
from ...models.base import Network
from ...numerics import operations
from ...settings import choice, setting
from .state import Stored

POLICIES = ("random", "herding", "reservoir")
CHUNK = 2000  # images at once through a network


def per_class_setting() -> int:
    """Declares the setting that says how many images of each class are stored."""
    return setting(100, "Images kept of each class.", low=0, high=5000)


def policy_setting(default: str) -> str:
    """Declares the setting that chooses the policy of a replay buffer."""
    help = (
        "Which images: random ones, those whose mean is near their class's (herding), or any "
        "that came by (reservoir)."
    )
    return choice(default, help, POLICIES)


class ReplayBuffer(Stored):
    """Images with labels and tasks, stored by a policy; with logits where batches are observed with
    theirs.

    policy: one of POLICIES. per_class: stored images of each class; a reservoir has as many in all
    when all tasks are learned.
    saved: which of "answers" (the logits) and "seen" (the number of observed images) go into
    checkpoints with the images.
    """

    def __init__(self, policy: str, per_class: int, saved: tuple[str, ...] = ("seen",)) -> None:
        self.policy, self.per_class, self.saved = policy, per_class, saved
        self.examples = empty_examples()
        self.logits = torch.zeros(0)  # (n, outputs)
        self.observed = 0  # images, in a reservoir
        # Of a reservoir: memory for all images that it may hold, of which `examples` and `logits`
        # are the first ones.
        self._room: list[Tensor] = []

    def __len__(self) -> int:
        return len(self.examples)

    def capacity(self, plan: Plan) -> int:
        """Returns the number of images that the buffer may hold."""
        return self.per_class * sum(map(len, plan.classes))

    def observe(
        self, batch: Batch, plan: Plan, generator: torch.Generator, logits: Tensor | None = None
    ) -> None:
        """Updates a reservoir with the next batch of the stream; buffers of other policies stay as
        they are.

        logits: (n, outputs), stored with the images. Runs out of memory, if at all, before anything
        is changed.
        """
        if self.policy != "reservoir":
            return
        count = len(batch.labels)
        chosen, slots = reservoir(self.observed, count, self.capacity(plan), generator)
        if len(slots):
            new = [getattr(batch, name)[chosen] for name in self.examples.tensors()]
            old = [*self.examples.tensors().values()]
            if logits is not None:
                new.append(logits.detach()[chosen])
                old.append(self.logits)
            rows = self._with_room(old, new, int(slots[-1]) + 1, self.capacity(plan))
            for row, more in zip(rows, new):
                row[slots] = more
            self.examples = Examples(*rows[:3])
            self.logits = self.logits if logits is None else rows[3]
        self.observed += count

    def _with_room(
        self, rows: list[Tensor], like: list[Tensor], length: int, capacity: int
    ) -> list[Tensor]:
        """Returns the rows (n, ...) with uninitialised ones up to this length, where they are
        fewer.

        Copied once, to memory that is large enough for all: as often as there is a new image it
        would take longer than the step.
        """
        if length <= len(rows[0]):
            return rows
        if [each.data_ptr() for each in rows] != [each.data_ptr() for each in self._room]:
            self._room = [each.new_empty(capacity, *each.shape[1:]) for each in like]
            for room, row in zip(self._room, rows):
                if len(row):
                    room[: len(row)] = row
        return [room[:length] for room in self._room]

    def end_task(self, examples: Examples, network: Network, generator: torch.Generator) -> None:
        """Adds images of each class of a task that ends; a reservoir stays as it is.

        examples: the task's. The policy 'herding' compares their features in the network.
        """
        if not self.per_class or self.policy == "reservoir":
            return
        if self.policy == "herding":
            chosen = herded_subset(examples, self.per_class, network)
        else:
            chosen = random_subset(examples, self.per_class, generator)
        self.examples = concat(self.examples, chosen)

    def rebalance(self, examples: Examples, per_class: int, generator: torch.Generator) -> None:
        """Replaces the content by up to `per_class` random images of each class, from the old
        content and `examples`.
        """
        self.examples = random_subset(concat(self.examples, examples), per_class, generator)

    def sample(self, count: int, generator: torch.Generator) -> Examples:
        """Returns `count` random examples, drawn with replacement."""
        return self.examples.take(self._drawn(count, generator))

    def sample_with_logits(self, count: int, generator: torch.Generator) -> tuple[Examples, Tensor]:
        """Returns `count` random examples, drawn with replacement, and their logits (count,
        outputs).
        """
        drawn = self._drawn(count, generator)
        return self.examples.take(drawn), self.logits[drawn]

    def _drawn(self, count: int, generator: torch.Generator) -> Tensor:
        return torch.randint(len(self), (count,), generator=generator)

    def to(self, device: torch.device) -> Self:
        self.examples, self.logits = self.examples.to(device), self.logits.to(device)
        return self

    def tensors(self) -> dict[str, Tensor]:
        observed = torch.tensor([self.observed] if self.observed else [], dtype=torch.int64)
        extra = {"answers": self.logits, "seen": observed}
        examples = {f"memory.{name}": tensor for name, tensor in self.examples.tensors().items()}
        return examples | {f"{name}.": extra[name] for name in self.saved}

    def load_tensors(self, tensors: dict[str, Tensor]) -> None:
        self.examples = Examples(*(tensors[f"memory.{name}"] for name in self.examples.tensors()))
        if "answers" in self.saved:
            self.logits = tensors["answers."]
        if "seen" in self.saved:
            self.observed = int(tensors["seen."].sum())

    def expected_storage(self, tasks: Sequence[Task]) -> int:
        images = [len(task.train) for task in tasks]
        most = self.capacity(tasks[0].plan)
        if self.policy != "reservoir":  # which stores an image that comes by twice a second time
            most = min(most, sum(images))
        logits = 4 * tasks[0].plan.outputs if "answers" in self.saved else 0
        each = tasks[0].train.nbytes // max(1, images[0]) + logits + 8
        return most * each

    def storage(self) -> dict[str, int]:
        tensors = self.tensors()
        return {
            "images": self.examples.nbytes,
            "logits": self.logits.nbytes,
            "statistics": tensors["seen."].nbytes if "seen." in tensors else 0,
        }


def random_subset(examples: Examples, images: int, generator: torch.Generator) -> Examples:
    """Returns up to `images` random examples of each class, a class being a label of a task."""
    chosen = [
        members[torch.randperm(len(members), generator=generator)[:images]]
        for _, members in by_class(examples)
    ]
    return examples.take(torch.cat(chosen)) if chosen else examples


def herded_subset(examples: Examples, images: int, network: Network) -> Examples:
    """Returns up to `images` examples of each class whose mean is near the class's own (Rebuffi et
    al. 2017, algorithm 4).

    Near in the space of `embed_normalized`; the best come first, none twice.
    """
    chosen = [
        members[herding(embed_normalized(network, examples.images[members]), images)]
        for _, members in by_class(examples)
    ]
    return examples.take(torch.cat(chosen)) if chosen else examples


def herding(points: Tensor, count: int) -> Tensor:
    """Returns indices of the points (n, d) chosen by herding, int64 (min(n, count),).

    Each brings the mean of those chosen nearest to that of all, which is scaled to length 1, as van
    de Ven et al. (2022) do.
    """
    mean = F.normalize(points.mean(0), dim=0)
    lengths, total = points.square().sum(1), torch.zeros_like(mean)
    picked: list[int] = []
    for k in operations.sampled(range(1, min(len(points), count) + 1)):
        # ‖mean - (total + point) / k‖² = (‖point‖² - 2 point · (k mean - total)) / k² + the same
        # for all points
        distances = torch.addmv(lengths, points, k * mean - total, alpha=-2)
        distances[picked] = torch.inf
        picked.append(int(distances.argmin()))
        total += points[picked[-1]]
    return torch.tensor(picked, dtype=torch.int64)


@torch.no_grad()
def embed_normalized(network: Network, images: Tensor) -> Tensor:
    """Returns the head's inputs for the images, scaled to length 1: (n, width of the last hidden
    layer).
    """
    return torch.cat([F.normalize(network.embed(part)) for part in images.split(CHUNK)])


def reservoir(
    observed: int, arriving: int, capacity: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Returns which of the arriving images are stored, and in which slots: int64 (m,) both, slots
    ascending.

    Algorithm R of Vitter (1985) for a batch: image t of the stream takes slot t while there is
    room, and afterwards a slot drawn from 0 to t, so that each image of the stream is stored with
    the same probability. Of several that draw one slot the last stays, as if they had come one
    after the other. observed: images of the stream before these.
    """
    number = torch.arange(observed, observed + arriving)
    anywhere = (
        torch.rand(arriving, generator=generator, dtype=torch.float64) * (number + 1)
    ).long()
    slot = torch.where(number < capacity, number, anywhere)
    stored = (slot < capacity).nonzero().squeeze(1)
    slots, order = slot[stored].sort(stable=True)
    last = torch.ones(len(slots), dtype=torch.bool)
    last[:-1] = slots[1:] != slots[:-1]
    return stored[order[last]], slots[last]
