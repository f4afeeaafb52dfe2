"""A linear classifier: the smallest model with a setting of its own."""

from dataclasses import dataclass

from lifelong.models.base import Model, Network, Pixels, Shape
from lifelong.settings import setting


@dataclass
class Linear(Model):
    """Softmax regression on the pixels, or with one hidden layer."""

    title = "Linear (toy)"
    summary = "One linear layer on the pixels."
    threads = 1

    hidden_units: int = setting(0, "Units in a hidden layer; 0 leaves it out.", low=0, high=100)

    def network(self, shape: Shape, outputs: int, precision: str) -> Network:
        hidden = [self.hidden_units] if self.hidden_units else []
        return Network(Pixels(shape), hidden, outputs)
