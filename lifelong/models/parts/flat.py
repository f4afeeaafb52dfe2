"""A module whose parameters are views of one flat vector."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from .linear_stack import GradientWriter, gradient_of


class Flat(nn.Module):
    """Every parameter is a view of `flat` (p,) and its gradient a view of `flat_gradient` (p,), in
    the order of `parameters()`.

    A penalty, a projection or an optimiser's step over all parameters is then one vector operation.
    Call `flatten(connected)` at the end of the constructor, with the layers that run through
    `connected(..., self.gradient_writer)`.
    """

    def flatten(self, connected: Iterable[nn.Linear]) -> None:
        """Lays all parameters and gradients out in two new vectors."""
        self.flat = torch.cat([_laid_out(p.detach()).reshape(-1) for p in self.parameters()])
        self.flat_gradient = torch.zeros_like(self.flat)
        start = 0
        for module in self.modules():
            for name, p in module.named_parameters(recurse=False):
                part = slice(start, start + p.numel())
                viewed = nn.Parameter(_as(p, self.flat[part]).data, p.requires_grad)
                viewed.grad = _as(p, self.flat_gradient[part])
                setattr(module, name, viewed)
                start = part.stop
        self.gradient_writer = GradientWriter()
        self._connected = tuple(connected)
        ours = {id(p) for layer in self._connected for p in layer.parameters()}
        self._added_to = [gradient_of(p) for p in self.parameters() if id(p) not in ours]

    def move(self, device: torch.device) -> None:
        """Takes everything to a device; the flat vectors are made anew there."""
        if self.flat.device != device:
            self.to(device)
            self.flatten(self._connected)

    def backward(self, loss: Tensor) -> None:
        """Leaves the gradient of the loss in `flat_gradient`, in place of what was there."""
        backward(loss, self)

    def _begin(self) -> None:
        for gradient in self._added_to:
            gradient.zero_()
        self.gradient_writer.layers = set()

    def _end(self) -> None:
        written = self.gradient_writer.layers or set()
        for layer in self._connected:
            if layer not in written:
                gradient_of(layer.weight).zero_()
                gradient_of(layer.bias).zero_()
        self.gradient_writer.layers = None

    def initialise(self, generator: torch.Generator) -> None:
        """Draws all weights and biases uniformly in ±1/sqrt(fan_in), torch's default for linear
        layers.
        """
        self.draw((m for m in self.modules() if isinstance(m, nn.Linear)), generator)

    @torch.no_grad()
    def draw(self, layers: Iterable[nn.Linear], generator: torch.Generator) -> None:
        """Draws the weights and biases of these layers uniformly in ±1/sqrt(fan_in)."""
        for layer in layers:
            bound = layer.in_features**-0.5
            for parameter in (
                layer.weight,
                layer.bias,
            ):  # drawn on the processor: the same numbers whatever the device
                parameter.copy_(
                    torch.empty(parameter.shape).uniform_(-bound, bound, generator=generator)
                )

    @torch.no_grad()
    def answer_with(self, flat: Tensor, *inputs: Any) -> Tensor:
        """What these weights (p,), in the order of `flat`, make of the inputs; the module keeps its
        own.
        """
        weights, start = {}, 0
        for name, p in self.named_parameters():
            weights[name] = _as(p, flat[start : start + p.numel()])
            start += p.numel()
        return torch.func.functional_call(self, weights, inputs)

    def statistics(self) -> dict[str, Tensor]:
        """What the module keeps beside its parameters, such as the running means of batch norm, by
        name.
        """
        return dict(self.named_buffers())

    def weights(self) -> dict[str, Tensor]:
        """A copy of every parameter and every statistic by name."""
        return {name: t.detach().clone() for name, t in self._everything().items()}

    def _everything(self) -> dict[str, Tensor]:
        return dict(self.named_parameters()) | self.statistics()

    @torch.no_grad()
    def load_weights(self, weights: dict[str, Tensor]) -> None:
        """Takes over weights by name; raises ValueError when a name or shape does not fit."""
        own = self._everything()
        if own.keys() != weights.keys() or any(own[n].shape != weights[n].shape for n in own):
            raise ValueError("the weights belong to another network")
        for name, tensor in own.items():
            tensor.copy_(weights[name])


def backward(loss: Tensor, *networks: Flat) -> None:
    """Leaves the gradient of one loss in the `flat_gradient` of every network that it is made
    by.
    """
    for network in networks:
        network._begin()
    try:
        loss.backward()
    finally:
        for network in networks:
            network._end()


def _laid_out(p: Tensor) -> Tensor:
    """The filters of a convolution with their channels last: so laid out, it need not rearrange
    them at every step.
    """
    return p.permute(0, 2, 3, 1) if p.dim() == 4 else p


def _as(p: Tensor, part: Tensor) -> Tensor:
    """A part of a flat vector in the shape of the parameter that is laid out there."""
    return part.view(_laid_out(p).shape).permute(0, 3, 1, 2) if p.dim() == 4 else part.view_as(p)
