"""Two passes through networks at the same time, where a core is free."""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

from ...models.base import Network
from ...models.parts.linear_stack import GradientWriter, linear_stack
from ...numerics import cores

T = TypeVar("T")


def body_learns(network: Network) -> bool:
    """Returns whether the layers before the linear ones have parameters of their own."""
    return next(network.body.parameters(), None) is not None


def side_by_side(network: Network, first: Callable[[], T], second: Callable[[], object]) -> T:
    """Runs two jobs that take images through a network's body, see `cores.run_side_by_side`;
    returns the result of the first one.

    One after the other where the body learns, as what batch norm measures depends on their order,
    and on a GPU, which is kept busy from one thread.
    """
    if body_learns(network) or network.flat.device.type != "cpu":
        found = first()
        second()
        return found
    return cores.run_side_by_side(first, second)


class SecondGradient:
    """Gradient of a network beside its own, of a pass that may take place at the same time.

    flat: (p,), in the order of `network.flat`.
    """

    def __init__(self, network: Network) -> None:
        self._network, self.flat = network, torch.zeros_like(network.flat)
        gradients, start = {}, 0
        for layer in () if body_learns(network) else network.layers:
            middle = start + layer.weight.numel()
            end = middle + layer.bias.numel()
            gradients[layer] = self.flat[start:middle].view_as(layer.weight), self.flat[middle:end]
            start = end
        self._writer = GradientWriter(gradients)

    def replace(self, images: Tensor, loss: Callable[[Tensor], Tensor]) -> None:
        """Replaces `flat` by the gradient of a loss of the logits of images."""
        network = self._network
        if body_learns(network):
            own = network.flat_gradient.clone()
            network.backward(loss(network(images)))
            self.flat.copy_(network.flat_gradient)
            network.flat_gradient.copy_(own)
        else:
            found = loss(linear_stack(network.body(images), network.layers, self._writer))
            self._writer.layers = set()
            found.backward()
