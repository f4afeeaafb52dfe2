"""Features, a head that can grow, and all parameters as views of one flat vector."""

import torch
from torch import Tensor, nn


class Network(nn.Module):
    """Feature extractor followed by a linear head; images uint8 (n, channels, height, width) -> logits (n, outputs).

    Every parameter is a view of `flat` (p,) and its gradient a view of `flat_gradient` (p,), so that a penalty, a
    projection or an optimiser step over all parameters is one vector operation.
    """

    def __init__(self, features: nn.Module, width: int, outputs: int) -> None:
        super().__init__()
        self.features = features
        self.head = nn.Linear(width, outputs)
        self._flatten()

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images))

    def _flatten(self) -> None:
        parameters = list(self.parameters())
        self.flat = torch.cat([p.detach().reshape(-1) for p in parameters])
        self.flat_gradient = torch.zeros_like(self.flat)
        start = 0
        for p in parameters:
            part = slice(start, start + p.numel())
            p.data = self.flat[part].view_as(p)
            p.grad = self.flat_gradient[part].view_as(p)
            start = part.stop
        self.head_start = start - self.head.weight.numel() - self.head.bias.numel()

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """Draws all weights and biases uniformly in ±1/sqrt(fan_in), torch's default for linear layers."""
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                bound = layer.in_features**-0.5
                layer.weight.uniform_(-bound, bound, generator=generator)
                layer.bias.uniform_(-bound, bound, generator=generator)

    @torch.no_grad()
    def grow(self, outputs: int, generator: torch.Generator) -> None:
        """Adds outputs at the end of the head; those already there answer as before, to the bit.

        The flat vectors are made anew, so an optimiser over the old ones must be made anew too.
        """
        old, known = self.head, self.head.out_features
        if outputs < known:
            raise ValueError(f"A head of {known} outputs was to grow to {outputs}; it can only gain outputs.")
        bound = old.in_features**-0.5
        self.head = nn.Linear(old.in_features, outputs)
        for new, kept in ((self.head.weight, old.weight), (self.head.bias, old.bias)):
            new.uniform_(-bound, bound, generator=generator)
            new[:known] = kept
        self._flatten()

    @torch.no_grad()
    def answer_with(self, flat: Tensor, images: Tensor) -> Tensor:
        """The logits (n, outputs) that these weights (p,) give, in the order of `flat`; the network keeps its own."""
        weights, start = {}, 0
        for name, p in self.named_parameters():
            weights[name] = flat[start : start + p.numel()].view_as(p)
            start += p.numel()
        return torch.func.functional_call(self, weights, (images,))

    def weights(self) -> dict[str, Tensor]:
        """A copy of every parameter by name."""
        return {name: p.detach().clone() for name, p in self.named_parameters()}

    @torch.no_grad()
    def load_weights(self, weights: dict[str, Tensor]) -> None:
        """Takes over weights by name; raises ValueError when a name or shape does not fit."""
        own = dict(self.named_parameters())
        if own.keys() != weights.keys() or any(own[n].shape != weights[n].shape for n in own):
            raise ValueError("the weights belong to another network")
        for name, parameter in own.items():
            parameter.copy_(weights[name])
