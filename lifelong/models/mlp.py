"""The network of van de Ven et al. (2022): two hidden layers of 400 ReLU units, no dropout, no batch norm."""

from torch import Tensor, nn

from .base import Network

HIDDEN = (400, 400)
THREADS = 1  # a second thread makes a step of so small a network a fifth faster; a second run beside it, twice as many


class Pixels(nn.Module):
    """Images uint8 (n, channels, height, width) -> float (n, pixels) in [0, 1]; no further normalisation."""

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1).float().mul_(1 / 255)


def build(shape: tuple[int, int, int], outputs: int) -> Network:
    """A multilayer perceptron pixels-400-400-outputs; 478,410 parameters for MNIST with 10 outputs."""
    channels, height, width = shape
    return Network(Pixels(), channels * height * width, HIDDEN, outputs)
