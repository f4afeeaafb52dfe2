"""Two small models with a setting of their own."""

from dataclasses import dataclass

from lifelong.models.base import Model, Network, Pixels, Shape
from lifelong.settings import setting, text


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


@dataclass
class MLP(Model):
    """Multilayer perceptron of a few units: a step costs half a millisecond."""

    title = "Fully connected (toy)"
    summary = "Two layers of 16 units on the pixels."
    threads = 1

    widths: str = text("16,16", "Units of each hidden layer, with commas between them.")

    def network(self, shape: Shape, outputs: int, precision: str) -> Network:
        return Network(Pixels(shape), [int(width) for width in self.widths.split(",")], outputs)
