"""Module whose parameters are views of one flat vector."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from .linear_stack import GradientWriter, gradient_of


class Flat(nn.Module):
    """Module whose parameters are views of `flat` (p,) and their gradients views of `flat_gradient`
    (p,), in the order of `parameters()`.

    A penalty, a projection or an optimiser's step over all parameters is then one vector operation.
    Call `flatten(layers)` at the end of the constructor, with the layers that run through
    `linear_stack(..., self.gradient_writer)`.
    """

    def flatten(self, stacked: Iterable[nn.Linear]) -> None:
        """Moves all parameters and gradients into two new vectors."""
        self.flat = torch.cat([_channels_last(p.detach()).reshape(-1) for p in self.parameters()])
        self.flat_gradient = torch.zeros_like(self.flat)
        start = 0
        for module in self.modules():
            for name, p in module.named_parameters(recurse=False):
                part = slice(start, start + p.numel())
                view = nn.Parameter(_view_like(p, self.flat[part]).data, p.requires_grad)
                view.grad = _view_like(p, self.flat_gradient[part])
                setattr(module, name, view)
                start = part.stop
        self.gradient_writer = GradientWriter()
        self._stacked = tuple(stacked)
        written = {id(p) for layer in self._stacked for p in layer.parameters()}
        self._accumulated = [gradient_of(p) for p in self.parameters() if id(p) not in written]

    def move(self, device: torch.device) -> None:
        """Moves everything to a device; the flat vectors are made anew there."""
        if self.flat.device != device:
            self.to(device)
            self.flatten(self._stacked)

    def release_gradients(self) -> None:
        """Frees the memory of the gradients, of a module that only answers from now on."""
        for parameter in self.parameters():
            parameter.grad = None
        self.flat_gradient, self._accumulated = self.flat.new_empty(0), []

    def backward(self, loss: Tensor) -> None:
        """Replaces `flat_gradient` by the gradient of the loss."""
        backward(loss, self)

    def _begin(self) -> None:
        for gradient in self._accumulated:
            gradient.zero_()
        self.gradient_writer.layers = set()

    def _end(self) -> None:
        written = self.gradient_writer.layers or set()
        for layer in self._stacked:
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
            for parameter in (layer.weight, layer.bias):
                # On the processor: the same numbers whatever the device.
                drawn = torch.empty(parameter.shape).uniform_(-bound, bound, generator=generator)
                parameter.copy_(drawn)

    @torch.no_grad()
    def answer_with(self, flat: Tensor, *inputs: Any) -> Tensor:
        """Returns the output for the inputs with other weights (p,), in the order of `flat`."""
        weights, start = {}, 0
        for name, p in self.named_parameters():
            weights[name] = _view_like(p, flat[start : start + p.numel()])
            start += p.numel()
        return torch.func.functional_call(self, weights, inputs)

    def statistics(self) -> dict[str, Tensor]:
        """Returns the buffers by name, such as the running means of batch norm."""
        return dict(self.named_buffers())

    def weights(self) -> dict[str, Tensor]:
        """Returns a copy of every parameter and every statistic by name."""
        return {name: t.detach().clone() for name, t in self._tensors().items()}

    def _tensors(self) -> dict[str, Tensor]:
        return dict(self.named_parameters()) | self.statistics()

    @torch.no_grad()
    def load_weights(self, weights: dict[str, Tensor]) -> None:
        """Loads weights of `weights`. Raises ValueError when a name or shape does not fit."""
        own = self._tensors()
        if own.keys() != weights.keys() or any(own[n].shape != weights[n].shape for n in own):
            raise ValueError("the weights belong to another network")
        for name, tensor in own.items():
            tensor.copy_(weights[name])


def backward(loss: Tensor, *networks: Flat) -> None:
    """Replaces the `flat_gradient` of each of these networks by its gradient of one loss."""
    for network in networks:
        network._begin()
    try:
        loss.backward()
    finally:
        for network in networks:
            network._end()


def _channels_last(p: Tensor) -> Tensor:
    """Returns the filters of a convolution with their channels last, and others unchanged.

    In this layout the convolution need not rearrange them at every step.
    """
    return p.permute(0, 2, 3, 1) if p.dim() == 4 else p


def _view_like(p: Tensor, part: Tensor) -> Tensor:
    """Returns a part of a flat vector in the shape of the parameter that is stored there."""
    if p.dim() == 4:
        return part.view(_channels_last(p).shape).permute(0, 3, 1, 2)
    return part.view_as(p)
