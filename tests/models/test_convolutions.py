"""Laws of convolutions computed as matrix products."""

import pytest
import torch
from torch import nn

from lifelong.models.parts.convolutions import MatmulConv2d, use_matmul


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("side", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [1, 3])
def test_result_and_gradients_are_the_convolutions(kernel, stride, side, bias):
    torch.manual_seed(0)
    plain = nn.Conv2d(6, 4, kernel, stride=stride, padding=kernel // 2, bias=bias)
    product = nn.Sequential(nn.Conv2d(6, 4, kernel, stride=stride, padding=kernel // 2, bias=bias))
    product.load_state_dict({f"0.{name}": t for name, t in plain.state_dict().items()})
    use_matmul(product)
    assert isinstance(product[0], MatmulConv2d)
    results = []
    for network in (plain, product):
        x = (
            torch.randn(3, 6, side, side, generator=torch.Generator().manual_seed(1))
            .contiguous(memory_format=torch.channels_last)
            .requires_grad_()
        )
        y = network(x)
        y.square().sum().backward()
        results.append([y, x.grad, *(p.grad for p in network.parameters())])
    for wanted, given in zip(*results):
        torch.testing.assert_close(given, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "other",
    [
        nn.Conv2d(4, 4, 3, padding=1, groups=2),
        nn.Conv2d(4, 4, 5, padding=2),
        nn.Conv2d(4, 4, 3),
        nn.Conv2d(4, 4, 3, padding=2, dilation=2),
        nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
        nn.Conv2d(4, 4, 1, stride=(1, 2)),
    ],
    ids=str,
)
def test_other_convolutions_are_left_alone(other):
    use_matmul(nn.Sequential(other))
    assert type(other) is nn.Conv2d
