"""Images kept from earlier tasks: which ones, for how many there is room, and a batch of them.

Three policies choose them. 'random' and 'herding' look at a task's images when it ends and keep as many of each class, a
class being a label of a task. 'reservoir' takes in every batch while it learns and needs to know neither tasks nor classes.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ...data.examples import Batch, Examples, by_class, concat
from ...data.scenarios import Plan
from ...models.base import Network

POLICIES = ("random", "herding", "reservoir")
WHICH = "Which images: random ones, those whose mean is near their class's (herding), or any that came by (reservoir)."
CHUNK = 2000  # images at once through a network


def room_for(plan: Plan, images: int) -> int:
    """How many images there are in the end where `images` of each class are kept."""
    return images * sum(map(len, plan.classes))


def per_class(examples: Examples, images: int, generator: torch.Generator) -> Examples:
    """Up to `images` random examples of each class, a class being a label of a task."""
    chosen = [
        members[torch.randperm(len(members), generator=generator)[:images]]
        for _, members in by_class(examples)
    ]
    return examples.take(torch.cat(chosen)) if chosen else examples


def herded(examples: Examples, images: int, network: Network) -> Examples:
    """Up to `images` examples of each class whose mean comes near the class's own (Rebuffi et al. 2017, algorithm 4).

    Near in the space of the network's features of length 1, see `features`; the best come first, none twice.
    """
    chosen = [
        members[herding(features(network, examples.images[members]), images)]
        for _, members in by_class(examples)
    ]
    return examples.take(torch.cat(chosen)) if chosen else examples


def herding(points: Tensor, count: int) -> Tensor:
    """Which of the points (n, d) to pick, int64 (min(n, count),): each brings the mean of those picked nearest to that of all.

    The mean of all is brought to length 1, as van de Ven et al. (2022) do.
    """
    mean = F.normalize(points.mean(0), dim=0)
    lengths, total = points.square().sum(1), torch.zeros_like(mean)
    picked: list[int] = []
    for k in range(1, min(len(points), count) + 1):
        # ‖mean - (total + point) / k‖² = (‖point‖² - 2 point · (k mean - total)) / k² + what is the same for all points
        distances = torch.addmv(lengths, points, k * mean - total, alpha=-2)
        distances[picked] = torch.inf
        picked.append(int(distances.argmin()))
        total += points[picked[-1]]
    return torch.tensor(picked, dtype=torch.int64)


@torch.no_grad()
def features(network: Network, images: Tensor) -> Tensor:
    """What the head sees of the images, brought to length 1: (n, width of the last hidden layer)."""
    return torch.cat([F.normalize(network.embed(part)) for part in images.split(CHUNK)])


def grown(
    memory: Examples,
    examples: Examples,
    images: int,
    policy: str,
    network: Network,
    generator: torch.Generator,
) -> Examples:
    """The memory with up to `images` examples of each new class; as it is when none are to be kept, and if a reservoir."""
    if not images or policy == "reservoir":
        return memory
    if policy == "herding":
        return concat(memory, herded(examples, images, network))
    return concat(memory, per_class(examples, images, generator))


def reservoir(
    seen: Tensor, arriving: int, room: int, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Which of the images that arrive are kept, and where: chosen and places, int64 (m,), and how many were seen by then.

    Algorithm R of Vitter (1985) for a whole batch: image t of the stream takes place t while there is room, and a place
    drawn from 0 to t afterwards, so that each image of the stream is in the memory with the same probability. Of several
    that draw one place the last stays, as if they had come one after the other. seen: int64 (1,), or empty at the start.
    """
    past = int(seen.sum())
    number = torch.arange(past, past + arriving)
    anywhere = (
        torch.rand(arriving, generator=generator, dtype=torch.float64) * (number + 1)
    ).long()
    place = torch.where(number < room, number, anywhere)
    kept = (place < room).nonzero().squeeze(1)
    places, order = place[kept].sort(stable=True)
    last = torch.ones(len(places), dtype=torch.bool)
    last[:-1] = places[1:] != places[:-1]
    return kept[order[last]], places[last], torch.tensor([past + arriving])


def put(kept: Tensor, places: Tensor, new: Tensor) -> Tensor:
    """The rows that are kept, with new ones (m, ...) at these places, int64 (m,), in ascending order.

    It grows as far as the last place, and is changed in place where it need not: to copy thousands of images would take
    longer than the step.
    """
    if not len(places):
        return kept
    more = int(places[-1]) + 1 - len(kept)
    if more > 0:
        kept = torch.cat([kept if len(kept) else new[:0], new.new_empty(more, *new.shape[1:])])
    kept[places] = new
    return kept


def placed(memory: Examples, batch: Batch, chosen: Tensor, places: Tensor) -> Examples:
    """The memory with the chosen images of a batch at these places, see `put`."""
    return Examples(
        **{
            name: put(kept, places, getattr(batch, name)[chosen])
            for name, kept in memory.tensors().items()
        }
    )


def streamed(
    memory: Examples, seen: Tensor, batch: Batch, room: int, generator: torch.Generator
) -> tuple[Examples, Tensor]:
    """A reservoir after one more batch of the stream, and how many images it has seen by then; see `reservoir`."""
    chosen, places, seen = reservoir(seen, len(batch.labels), room, generator)
    return placed(memory, batch, chosen, places), seen


def unseen() -> Tensor:
    """How many images a reservoir has seen that has seen none: nothing is stored where the memory is no reservoir."""
    return torch.zeros(0, dtype=torch.int64)


def sample(memory: Examples, batch: int, generator: torch.Generator) -> Examples:
    """A random batch from the memory, drawn with replacement."""
    return memory.take(drawn(memory, batch, generator))


def drawn(memory: Examples, batch: int, generator: torch.Generator) -> Tensor:
    """Positions in the memory of a random batch, int64 (batch,), drawn with replacement."""
    return torch.randint(len(memory), (batch,), generator=generator)
