"""Stack of linear layers as one operation, whose backward pass writes gradients in place.

torch's own backward pass makes a new tensor for every gradient and adds it to the old one. Here the
matrix product that is the gradient is written straight into the network's flat gradient, and a
whole stack of layers is one node of the graph: a step of the 784-400-400 network takes a tenth less
time.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from ...numerics import matmul


def gradient_of(parameter: Tensor) -> Tensor:
    """Returns the gradient of a parameter of a flat module, which always has one."""
    gradient = parameter.grad
    if gradient is None:
        raise RuntimeError("The parameter has no gradient: its module was not flattened.")
    return gradient


class GradientWriter:
    """Record of the layers that have a gradient of the present backward pass already: to theirs is
    added, those of others are overwritten.

    layers: None outside of `Flat.backward`, where gradients add up as in torch. gradients: where
    the gradients of each layer's weight and bias go; by default to those of its parameters.
    """

    def __init__(self, gradients: Mapping[nn.Linear, tuple[Tensor, Tensor]] | None = None) -> None:
        self.layers: set[nn.Linear] | None = None
        self._gradients = gradients

    def gradient(self, layer: nn.Linear, outputs: Tensor, factor: Tensor, inputs: Tensor) -> None:
        """Writes the gradients of a layer's weight and bias.

        outputs: (n, out), the gradients of its outputs; factor: the same as a matrix product takes
        them. inputs: (n, in), as a matrix product takes them.
        """
        if self._gradients is None:
            weight, bias = gradient_of(layer.weight), gradient_of(layer.bias)
        else:
            weight, bias = self._gradients[layer]
        if self.layers is None or layer in self.layers:
            weight.add_(matmul.matmul(factor.t(), inputs))
            bias.add_(outputs.sum(0))
        else:
            self.layers.add(layer)
            matmul.matmul(factor.t(), inputs, out=weight)
            torch.sum(outputs, 0, out=bias)


def linear_stack(
    x: Tensor,
    layers: Sequence[nn.Linear],
    writer: GradientWriter,
    relu_last: bool = False,
    gates: Sequence[Tensor] = (),
) -> Tensor:
    """Returns the output (n, out) of linear layers with a ReLU after each but the last.

    x: (n, in). relu_last: also after the last. gates: for each ReLU a factor (n, width) or
    (1, width) on its output, differentiable; none at all by default.
    """
    return _LinearStack.apply(x, layers[0].weight, layers, writer, relu_last, *gates)


class _LinearStack(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        _leaf: Tensor,
        layers: Sequence[nn.Linear],
        writer: GradientWriter,
        relu_last: bool,
        *gates: Tensor,
    ) -> Tensor:
        factors, rectified = [], []
        for k, layer in enumerate(layers):
            x, weight = matmul.to_matmul_dtype(x), matmul.to_matmul_dtype(layer.weight)
            factors.append((x, weight))
            x = matmul.matmul(x, weight.t()).add_(layer.bias)
            if k < len(layers) - 1 or relu_last:
                x.relu_()
                # An alias: the output itself would refer to this node, and this node to it.
                rectified.append(x.detach())
                x = x * gates[k] if gates else x
        # Not save_for_backward: nothing here is changed in place before the backward pass, and its
        # checks cost a tenth.
        ctx.factors, ctx.rectified, ctx.gates = factors, rectified, gates
        ctx.layers, ctx.gradient_writer = layers, writer
        return x

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d: Tensor) -> tuple:
        gate_gradients: list[Tensor | None] = [None] * len(ctx.gates)
        for k in range(len(ctx.layers) - 1, -1, -1):
            layer = ctx.layers[k]
            if k < len(ctx.rectified):
                if ctx.gates:
                    if ctx.needs_input_grad[5 + k]:
                        gate_gradients[k] = (d * ctx.rectified[k]).sum_to_size(ctx.gates[k].shape)
                    d = d * ctx.gates[k]
                d = _through_relu(
                    d, ctx.rectified[k], in_place=bool(ctx.gates) or k < len(ctx.layers) - 1
                )
            factor, (inputs, weight) = matmul.to_matmul_dtype(d), ctx.factors[k]
            if layer.weight.requires_grad:
                ctx.gradient_writer.gradient(layer, d, factor, inputs)
            if k or ctx.needs_input_grad[0]:
                d = matmul.matmul(factor, weight)
        return (d if ctx.needs_input_grad[0] else None, None, None, None, None, *gate_gradients)


def _through_relu(d: Tensor, rectified: Tensor, in_place: bool) -> Tensor:
    """Returns the gradient of a ReLU's input from that of its output; in place where allowed."""
    if in_place:
        return torch.ops.aten.threshold_backward.grad_input(d, rectified, 0, grad_input=d)
    return torch.ops.aten.threshold_backward(d, rectified, 0)
