"""A-GEM: no step may make the memory worse, so a gradient that would is turned until it does not."""

from dataclasses import dataclass

from torch import Tensor

from ..examples import Examples, nothing
from ..memory import grown, sample
from ..scenarios import Task
from .base import Strategy, setting, stored


@dataclass
class AGEM(Strategy):
    """Where the gradient g points against the memory's r, it becomes g - (g·r / r·r) r (Chaudhry et al. 2019, eq. 11).

    r is the gradient of the loss on a random batch from memory; the memory is filled as for replay.
    """

    title = "A-GEM"
    summary = "Keeps a few images of every class and bends every step that would make the model worse on them. Cheaper than GEM, weaker than replay."
    stores = "images"
    costs = "a second batch through the network at every step"
    source = "Chaudhry et al., Efficient lifelong learning with A-GEM, ICLR 2019"

    per_class: int = setting(100, "Images kept of each class.", low=0, high=5000)
    memory: Examples = stored(nothing, "images")

    def adjust_gradients(self, task: Task) -> None:
        if not len(self.memory):
            return
        replayed = sample(self.memory, self.recipe.batch, self.generator)
        gradient = self.network.flat_gradient.clone()
        self.network.backward(self.cross_entropy(task, replayed, self.network(replayed.images)))
        self.network.flat_gradient.copy_(projected(gradient, self.network.flat_gradient))

    def end_task(self, task: Task) -> None:
        self.memory = grown(self.memory, task.train, self.per_class, self.generator)


def projected(gradient: Tensor, reference: Tensor) -> Tensor:
    """The gradient (p,) without its part against the reference (p,); as it is where it does not point against it."""
    largest = reference.abs().max()
    if largest == 0:
        return gradient
    reference = reference / largest  # of a memory that is known by heart, the square would vanish and divide by zero
    against = gradient @ reference
    return gradient - reference * (against / (reference @ reference)) if against < 0 else gradient
