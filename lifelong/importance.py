"""How much each parameter matters for what was learned: the exact diagonal of the Fisher information.

For a linear layer y = W a + b the gradient of one image is an outer product g a', so its square is
g² (a²)': the average over images and labels of all squared gradients is one matrix product, without a
loop over images. g² is averaged over the labels first, because a does not depend on the label.
"""

import torch
from torch import Tensor, nn

from .errors import LifelongError
from .models.base import Network

CHUNK = 2000  # images at once: bounds the memory, does not change the result beyond rounding


def exact_fisher(network: Network, images: Tensor, candidates: Tensor) -> Tensor:
    """Diagonal Fisher information at the present weights, in the order of `network.flat` (p,).

    F_i = mean over images x, expectation over labels y ~ softmax(network(x)), of (d log p(y|x) / d θ_i)²,
    per image, never of a batch mean (Kirkpatrick et al. 2017; van de Ven 2025 calls this the exact Fisher).
    images: uint8 (n, channels, height, width). candidates: bool (n, outputs), the labels that compete.
    Raises LifelongError for a network with parameters outside linear layers.
    """
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    covered = sum(p.numel() for layer in layers for p in layer.parameters())
    if covered != network.flat.numel():
        raise LifelongError("The exact Fisher information needs a network whose parameters all lie in linear layers.")
    total = [torch.zeros_like(p) for layer in layers for p in (layer.weight, layer.bias)]
    for chunk, compete in zip(images.split(CHUNK), candidates.split(CHUNK)):
        for i, (inputs, squared) in enumerate(_squared_output_gradients(network, layers, chunk, compete)):
            total[2 * i].addmm_(squared.T, inputs.square())
            total[2 * i + 1].add_(squared.sum(0))
    return torch.cat([t.reshape(-1) for t in total]) / len(images)


def _squared_output_gradients(
    network: Network, layers: list[nn.Linear], images: Tensor, candidates: Tensor
) -> list[tuple[Tensor, Tensor]]:
    """For each layer its inputs (n, in) and E_y[(d log p(y|x) / d output)²] (n, out)."""
    seen: dict[nn.Linear, tuple[Tensor, Tensor]] = {}

    def keep(layer: nn.Linear, inputs: tuple[Tensor], output: Tensor) -> None:
        seen[layer] = (inputs[0].detach(), output)

    hooks = [layer.register_forward_hook(keep) for layer in layers]
    try:
        with torch.enable_grad():
            log_p = network(images).masked_fill(~candidates, -torch.inf).log_softmax(1)
    finally:
        for hook in hooks:
            hook.remove()
    outputs = [seen[layer][1] for layer in layers]
    squared = [torch.zeros_like(o) for o in outputs]
    for label in candidates.any(0).nonzero().squeeze(1):
        of_label = log_p[:, label]
        # An image for which this label does not compete gives it probability 0, and no gradient.
        gradients = torch.autograd.grad(of_label[candidates[:, label]].sum(), outputs, retain_graph=True)
        weight = of_label.detach().exp().unsqueeze(1)
        for sum_, g in zip(squared, gradients):
            sum_.addcmul_(weight, g.square())
    return [(seen[layer][0], sum_) for layer, sum_ in zip(layers, squared)]
