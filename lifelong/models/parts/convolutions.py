"""Convolutions of small maps as matrix products, whose gradients take half the time on a CPU."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Pixels of the largest map whose 3 x 3 convolution is quicker as a product, of nine shifted copies.
SMALL = 16


class MatmulConv2d(nn.Conv2d):
    """Convolution, computed as a product where that is quicker: every 1 x 1, and 3 x 3 on maps of
    at most 16 pixels.

    Measured with ResNet-50, images of 24 and 32 pixels, batch 128, bf16, 2 cores: a step takes
    0.43 s for 0.80 and 0.64 s for 0.97. The result equals the convolution's up to rounding.
    """

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != "cpu" or torch.compiler.is_exporting():
            return super().forward(x)
        stride = self.stride[0]
        if self.kernel_size == (1, 1):
            inputs = x[:, :, ::stride, ::stride].permute(0, 2, 3, 1)
            weights = self.weight.flatten(1)
        elif x.shape[2] * x.shape[3] <= SMALL:
            inputs, weights = _neighbours(x, stride), self.weight.permute(0, 2, 3, 1).flatten(1)
        else:
            return super().forward(x)
        # As a matrix: otherwise linear copies the weights for each image.
        rows = F.linear(inputs.reshape(-1, inputs.shape[3]), weights, self.bias)
        return rows.view(*inputs.shape[:3], self.out_channels).permute(0, 3, 1, 2)


def use_matmul(network: nn.Module) -> None:
    """Turns a network's convolutions into MatmulConv2d where that can be quicker; its parameters
    stay the same.
    """
    for module in network.modules():
        if type(module) is nn.Conv2d and _can_be_a_product(module):
            module.__class__ = MatmulConv2d


def _can_be_a_product(convolution: nn.Conv2d) -> bool:
    shape = (convolution.kernel_size, convolution.padding)
    plain = (
        convolution.groups == 1
        and convolution.dilation == (1, 1)
        and convolution.padding_mode == "zeros"
    )
    return (
        plain
        and convolution.stride[0] == convolution.stride[1]
        and shape in (((1, 1), (0, 0)), ((3, 3), (1, 1)))
    )


def _neighbours(x: Tensor, stride: int) -> Tensor:
    """Returns the 3 x 3 neighbourhood of each pixel, 0 beyond the border.

    (n, channels, h, w) -> (n, h / stride, w / stride, 9 channels).
    """
    height, width = x.shape[2:]
    padded = F.pad(x, (1, 1, 1, 1)).permute(0, 2, 3, 1)
    return torch.cat(
        [
            padded[:, i : i + height : stride, j : j + width : stride]
            for i in range(3)
            for j in range(3)
        ],
        3,
    )
