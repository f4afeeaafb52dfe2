"""Low-rank adapters of a network's linear layers and 1 x 1 convolutions."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ...models.base import Network
from ...models.parts.flat import Flat
from ...models.parts.linear_stack import gradient_of

PORTION = 100  # images at once
Layer = nn.Linear | nn.Conv2d


class Adapters(Flat):
    """Matrices A_l (out, rank), one for each layer; the layer's weights are W_l + A_l B_l.

    The rows of B_l (rank, in) are fixed during a task, so the gradient by A_l follows from that by
    the layer's weights: the network need not know of its adapters.
    """

    def __init__(self, layers: Sequence[Layer], rank: int) -> None:
        super().__init__()
        outputs = [*(len(layer.weight) for layer in layers), 0]  # a network may have no such layer
        self.matrices = nn.ParameterList(torch.zeros(count, rank) for count in outputs)
        self.flatten(())

    @torch.no_grad()
    def set_gradients(self, layers: Sequence[Layer], rows: Sequence[Tensor]) -> None:
        """Sets the gradients by A_l, given those by the layers' weights, to G_l B_l'."""
        for matrix, layer, row in zip(self.matrices, layers, rows):
            gradient_of(matrix).copy_(as_matrix(gradient_of(layer.weight)) @ row.T)

    @torch.no_grad()
    def products(self, rows: Sequence[Tensor]) -> list[Tensor]:
        """Returns A_l B_l of each layer, (out, in)."""
        return [matrix @ row for matrix, row in zip(self.matrices, rows)]


def adapted_layers(network: Network) -> tuple[Layer, ...]:
    """Returns the layers of a network that are linear at each position, but for the head: the 1 x 1
    convolutions of the body and the hidden linear layers.
    """
    convolutions = [
        module
        for module in network.body.modules()
        if isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1) and module.groups == 1
    ]
    return (*convolutions, *network.layers[:-1])


def as_matrix(weight: Tensor) -> Tensor:
    """Returns a view of a layer's weights, or of their gradient, as a matrix (out, in)."""
    return weight.view(weight.shape[:2])


@torch.no_grad()
def input_moments(network: Network, images: Tensor) -> list[Tensor]:
    """Returns the mean of h h' over the inputs h of each adapted layer, (in, in), in double
    precision: over all positions of all images, without augmentation.
    """
    layers = adapted_layers(network)
    moments = {layer: _zeros(layer) for layer in layers}
    counts = dict.fromkeys(layers, 0)

    def add(layer: Layer, inputs: tuple[Tensor, ...]) -> None:
        rows = _rows(layer, inputs[0])
        moments[layer] += rows.T @ rows
        counts[layer] += len(rows)

    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    hooks = [layer.register_forward_pre_hook(add) for layer in convolutions]
    network.body.eval()
    try:
        for portion in images.split(PORTION):
            x = network.body(portion)
            for hidden in network.layers[:-1]:
                add(hidden, (x,))
                x = hidden(x).relu()
    finally:
        for hook in hooks:
            hook.remove()
    return [moments[layer].double() / max(1, counts[layer]) for layer in layers]


def _zeros(layer: Layer) -> Tensor:
    width = layer.weight.shape[1]
    return torch.zeros(width, width, device=layer.weight.device)


def _rows(layer: Layer, x: Tensor) -> Tensor:
    """Returns the inputs of a layer as rows (n, in): of a convolution one for each position."""
    if isinstance(layer, nn.Linear):
        return x.float()
    down, across = layer.stride
    return x[:, :, ::down, ::across].permute(0, 2, 3, 1).reshape(-1, x.shape[1]).float()
