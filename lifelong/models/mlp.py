"""Network of van de Ven et al. (2022): two hidden layers of 400 ReLU units, no dropout, no batch
norm.
"""

from dataclasses import dataclass

from ..settings import setting
from .base import Model, Network, Pixels, Shape


@dataclass
class MLP(Model):
    """Multilayer perceptron pixels-400-400-outputs; 478,410 parameters for MNIST, 10 outputs."""

    title = "Fully connected"
    summary = (
        "Two layers of 400 units on the pixels, as in the paper: small, quick, and enough for "
        "digits."
    )

    units: int = setting(400, "Units in each hidden layer.", low=1, high=4000)
    layers: int = setting(2, "Hidden layers.", low=0, high=6)

    def network(self, shape: Shape, outputs: int, precision: str) -> Network:
        return Network(Pixels(shape), [self.units] * self.layers, outputs)

    @property
    def threads(self) -> int:
        # A second core makes a step of so small a network a fifth faster (numerics/cores.py), a
        # second run on it twice as many.
        return 1
