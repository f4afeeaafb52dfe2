"""Importance of each parameter for the tasks learned: the Fisher information, and MAS.

For a linear layer y = W a + b the gradient of one image is an outer product g a', so its square is
g² (a²)' and its absolute value |g| |a|': the average over images is one matrix product, without a
loop over images. Where several gradients of one image count, they are added up before, because a is
the same for all of them. A network with other layers takes its images one by one, and of many only
SAMPLE, evenly chosen.
"""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from ...data.examples import Examples
from ...models.base import Network
from ...numerics import matmul

CHUNK = 2000  # images at once: bounds the memory, does not change the result beyond rounding
BATCH = 128  # of the estimate 'batch'
# images, where the gradient of each needs a backward pass of its own: a network with other than
# linear layers
SAMPLE = 500
ESTIMATES = ("exact", "sampled", "true-label", "batch")

Slopes = Iterator[
    tuple[Tensor | float, Tensor]
]  # weight (n, 1) and gradient of the logits (n, outputs), one after the other


@torch.no_grad()
def fisher(
    network: Network,
    examples: Examples,
    candidates: Tensor,
    estimate: str,
    generator: torch.Generator,
) -> Tensor:
    """One of four estimates of the diagonal Fisher information, in the order of `network.flat`
    (p,).

    'exact': the expectation over all labels. 'sampled': of one label an image, drawn from the
    model's own answer.
    'true-label': of the image's own label, the empirical Fisher. 'batch': the square of the mean
    gradient of 128 images, which is no estimate of the Fisher information, but is found in many
    programs (van de Ven 2025 compares them).
    candidates: bool (n, outputs), the labels that compete.
    """
    if estimate == "exact":
        return exact_fisher(network, examples.images, candidates)
    if estimate == "batch":
        return _squared_batches(network, examples, candidates)
    images, labels, candidates = _some(network, examples.images, examples.labels, candidates)
    parts = zip(labels.split(_portion(network)), candidates.split(_portion(network)))

    def slopes(logits: Tensor) -> Slopes:
        labels, compete = next(parts)
        p = _answers(logits, compete)
        yield 1.0, _slope(p, _drawn(p, generator) if estimate == "sampled" else labels)

    return _mean(network, images, slopes, torch.square)


@torch.no_grad()
def exact_fisher(network: Network, images: Tensor, candidates: Tensor) -> Tensor:
    """Diagonal Fisher information at the present weights, in the order of `network.flat` (p,).

    F_i = mean over images x, expectation over labels y ~ softmax(network(x)), of (d log p(y|x) / d
    θ_i)², per image, never of a batch mean (Kirkpatrick et al. 2017; van de Ven 2025 calls this the
    exact Fisher).
    images: uint8 (n, channels, height, width). candidates: bool (n, outputs), the labels that
    compete.
    """
    images, candidates = _some(network, images, candidates)
    parts = iter(candidates.split(_portion(network)))

    def slopes(logits: Tensor) -> Slopes:
        compete = next(parts)
        p = _answers(logits, compete)
        for label in compete.any(0).nonzero().squeeze(1):
            yield p[:, label : label + 1], _slope(p, label.expand(len(p)))

    return _mean(network, images, slopes, torch.square)


@torch.no_grad()
def sensitivity(network: Network, images: Tensor, candidates: Tensor) -> Tensor:
    """Returns the sensitivity of the logits: the mean over images of |d ‖f(x)‖² / d θ_i|.

    Aljundi et al. 2018, eq. 3. f(x) are the active logits,
    candidates bool (n, outputs). Returns (p,).
    """
    images, candidates = _some(network, images, candidates)
    parts = iter(candidates.split(_portion(network)))

    def slopes(logits: Tensor) -> Slopes:
        yield 1.0, (2 * logits).masked_fill(~next(parts), 0)

    return _mean(network, images, slopes, torch.abs)


def _answers(logits: Tensor, compete: Tensor) -> Tensor:
    return logits.masked_fill(~compete, -torch.inf).softmax(1)


def _drawn(p: Tensor, generator: torch.Generator) -> Tensor:
    """One label an image, int64 (n,), by its probabilities (n, outputs)."""
    return torch.multinomial(p.cpu(), 1, generator=generator).squeeze(1).to(p.device)


def _slope(p: Tensor, labels: Tensor) -> Tensor:
    """The gradient of log p(label) by the logits."""
    return F.one_hot(labels, p.shape[1]) - p


def _mean(
    network: Network,
    images: Tensor,
    slopes: Callable[[Tensor], Slopes],
    of: Callable[[Tensor], Tensor],
) -> Tensor:
    """Mean over images of the weighted sum of `of(gradient)`, `of` being square or absolute
    value.
    """
    if not _only_linear(network):
        return _mean_one_by_one(network, images, slopes, of)
    total = [torch.zeros_like(p) for layer in network.layers for p in (layer.weight, layer.bias)]
    for chunk in images.split(CHUNK):
        inputs, logits = _forward(network, chunk)
        sums = [
            torch.zeros(len(chunk), layer.out_features, device=logits.device)
            for layer in network.layers
        ]
        for weight, slope in slopes(logits):
            for sum_, gradient in zip(sums, _backward(network, inputs, slope)):
                sum_.add_(of(gradient).mul_(weight))
        for i, (sum_, x) in enumerate(zip(sums, inputs)):
            total[2 * i].add_(matmul.matmul(sum_.T, of(x)))
            total[2 * i + 1].add_(sum_.sum(0))
    return torch.cat([t.reshape(-1) for t in total]) / len(images)


def _mean_one_by_one(
    network: Network,
    images: Tensor,
    slopes: Callable[[Tensor], Slopes],
    of: Callable[[Tensor], Tensor],
) -> Tensor:
    total = torch.zeros_like(network.flat)
    for image in images.split(1):
        for weight, slope in slopes(network(image)):
            total += of(_gradient(network, image, slope)) * torch.as_tensor(weight).reshape(())
    return total / len(images)


def _squared_batches(network: Network, examples: Examples, candidates: Tensor) -> Tensor:
    total, batches = torch.zeros_like(network.flat), 0
    for images, labels, compete in zip(
        *(t.split(BATCH) for t in (examples.images, examples.labels, candidates))
    ):
        slope = _slope(_answers(network(images), compete), labels) / len(images)
        total += _gradient(network, images, slope).square_()
        batches += 1
    return total / batches


def _gradient(network: Network, images: Tensor, slope: Tensor) -> Tensor:
    """The gradient of the sum over images of slope' logits, a copy in the order of
    `network.flat`.
    """
    with torch.enable_grad():
        network.backward((network(images) * slope).sum())
    return network.flat_gradient.clone()


def _only_linear(network: Network) -> bool:
    return (
        sum(p.numel() for layer in network.layers for p in layer.parameters())
        == network.flat.numel()
    )


def _portion(network: Network) -> int:
    return CHUNK if _only_linear(network) else 1


def _some(network: Network, *tensors: Tensor) -> tuple[Tensor, ...]:
    """All images with what belongs to them, or as many as a network with other than linear layers
    can take one by one.
    """
    if _only_linear(network) or len(tensors[0]) <= SAMPLE:
        return tensors
    chosen = torch.linspace(0, len(tensors[0]) - 1, SAMPLE).long()
    return tuple(tensor[chosen] for tensor in tensors)


def _forward(network: Network, images: Tensor) -> tuple[list[Tensor], Tensor]:
    """Returns the input of each linear layer (n, in), and the logits."""
    inputs, x = [], network.body(images)
    for layer in network.layers:
        inputs.append(x)
        x = matmul.matmul(x, layer.weight.t()).add_(layer.bias)
        x = x if layer is network.head else x.relu_()
    return inputs, x


def _backward(network: Network, inputs: list[Tensor], slope: Tensor) -> list[Tensor]:
    """The gradient by each layer's output (n, out), from that by the logits."""
    gradients = [slope]
    for layer, x in zip(network.layers[:0:-1], inputs[:0:-1]):
        slope = matmul.matmul(slope, layer.weight).masked_fill_(x <= 0, 0)
        gradients.append(slope)
    return gradients[::-1]
