"""Importance of each parameter for a task: the Fisher information, and the sensitivity of MAS.

For a linear layer y = W a + b the gradient of one image is an outer product g a', so its square is
g² (a²)' and its absolute value |g| |a|': the mean over images is one matrix product, without a loop
over images. Several gradients of one image are summed before, because a is the same for all of
them. A network with other layers takes its images one by one, and of many only SAMPLE, evenly
spaced.
"""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from ...data.examples import Examples
from ...models.base import Network
from ...numerics import matmul, operations

CHUNK = 2000  # images at once: bounds the memory, does not change the result beyond rounding
BATCH = 128  # images of the estimate 'batch'
SAMPLE = 500  # images, if the gradient of each needs a backward pass of its own
ESTIMATES = ("exact", "sampled", "true-label", "batch")

# Weights (n, 1) with gradients by the logits (n, outputs).
LogitGradients = Iterator[tuple[Tensor | float, Tensor]]


@torch.no_grad()
def fisher(
    network: Network,
    examples: Examples,
    candidates: Tensor,
    estimate: str,
    generator: torch.Generator,
) -> Tensor:
    """Returns an estimate of the diagonal Fisher information, in the order of `network.flat` (p,).

    'exact': the expectation over all labels. 'sampled': of one label an image, drawn from the
    model's own probabilities. 'true-label': of the image's own label, the empirical Fisher.
    'batch': the square of the mean gradient of 128 images, which is no estimate of the Fisher
    information, but is found in many programs (van de Ven 2025 compares them).
    candidates: bool (n, outputs), the active outputs of each image.
    """
    if estimate == "exact":
        return exact_fisher(network, examples.images, candidates)
    if estimate == "batch":
        return _squared_batches(network, examples, candidates)
    images, labels, candidates = _subsample(network, examples.images, examples.labels, candidates)
    parts = zip(labels.split(_portion(network)), candidates.split(_portion(network)))

    def logit_gradients(logits: Tensor) -> LogitGradients:
        labels, active = next(parts)
        p = _probabilities(logits, active)
        chosen = _sample_labels(p, generator) if estimate == "sampled" else labels
        yield 1.0, _log_p_gradient(p, chosen)

    return _mean(network, images, logit_gradients, torch.square)


@torch.no_grad()
def exact_fisher(network: Network, images: Tensor, candidates: Tensor) -> Tensor:
    """Returns the diagonal Fisher information at the present weights, in the order of
    `network.flat` (p,).

    F_i = mean over images x, expectation over labels y ~ softmax(network(x)), of (d log p(y|x) / d
    θ_i)², per image, never of a batch mean (Kirkpatrick et al. 2017; van de Ven 2025 calls this the
    exact Fisher).
    images: uint8 (n, channels, height, width). candidates: bool (n, outputs), the active outputs of
    each image.
    """
    images, candidates = _subsample(network, images, candidates)
    parts = iter(candidates.split(_portion(network)))

    def logit_gradients(logits: Tensor) -> LogitGradients:
        active = next(parts)
        p = _probabilities(logits, active)
        for label in active.any(0).nonzero().squeeze(1):
            yield p[:, label : label + 1], _log_p_gradient(p, label.expand(len(p)))

    return _mean(network, images, logit_gradients, torch.square)


@torch.no_grad()
def sensitivity(network: Network, images: Tensor, candidates: Tensor) -> Tensor:
    """Returns the sensitivity of the outputs to each parameter (p,): the mean over images of
    |d ‖f(x)‖² / d θ_i| (Aljundi et al. 2018, eq. 3).

    f(x) are the logits of the active outputs, candidates bool (n, outputs).
    """
    images, candidates = _subsample(network, images, candidates)
    parts = iter(candidates.split(_portion(network)))

    def logit_gradients(logits: Tensor) -> LogitGradients:
        yield 1.0, (2 * logits).masked_fill(~next(parts), 0)

    return _mean(network, images, logit_gradients, torch.abs)


def _probabilities(logits: Tensor, active: Tensor) -> Tensor:
    return logits.masked_fill(~active, -torch.inf).softmax(1)


def _sample_labels(p: Tensor, generator: torch.Generator) -> Tensor:
    """Draws one label an image, int64 (n,), by its probabilities (n, outputs)."""
    return torch.multinomial(p.cpu(), 1, generator=generator).squeeze(1).to(p.device)


def _log_p_gradient(p: Tensor, labels: Tensor) -> Tensor:
    """Returns the gradient of log p(label) by the logits, (n, outputs)."""
    return F.one_hot(labels, p.shape[1]) - p


def _mean(
    network: Network,
    images: Tensor,
    logit_gradients: Callable[[Tensor], LogitGradients],
    size: Callable[[Tensor], Tensor],
) -> Tensor:
    """Returns the mean over images of the weighted sum of `size(gradient)`: square or absolute
    value.
    """
    if not _only_linear(network):
        return _mean_one_by_one(network, images, logit_gradients, size)
    total = [torch.zeros_like(p) for layer in network.layers for p in (layer.weight, layer.bias)]
    for chunk in operations.sampled(images.split(CHUNK), len):
        inputs, logits = _forward(network, chunk)
        sums = [
            torch.zeros(len(chunk), layer.out_features, device=logits.device)
            for layer in network.layers
        ]
        for weight, by_logits in logit_gradients(logits):
            for sum_, gradient in zip(sums, _backward(network, inputs, by_logits)):
                sum_.add_(size(gradient).mul_(weight))
        for i, (sum_, x) in enumerate(zip(sums, inputs)):
            total[2 * i].add_(matmul.matmul(sum_.T, size(x)))
            total[2 * i + 1].add_(sum_.sum(0))
    return torch.cat([t.reshape(-1) for t in total]) / len(images)


def _mean_one_by_one(
    network: Network,
    images: Tensor,
    logit_gradients: Callable[[Tensor], LogitGradients],
    size: Callable[[Tensor], Tensor],
) -> Tensor:
    total = torch.zeros_like(network.flat)
    for image in images.split(1):
        for weight, by_logits in logit_gradients(network(image)):
            gradient = _gradient(network, image, by_logits)
            total += size(gradient) * torch.as_tensor(weight).reshape(())
    return total / len(images)


def _squared_batches(network: Network, examples: Examples, candidates: Tensor) -> Tensor:
    total, batches = torch.zeros_like(network.flat), 0
    for images, labels, active in zip(
        *(t.split(BATCH) for t in (examples.images, examples.labels, candidates))
    ):
        by_logits = _log_p_gradient(_probabilities(network(images), active), labels) / len(images)
        total += _gradient(network, images, by_logits).square_()
        batches += 1
    return total / batches


def _gradient(network: Network, images: Tensor, by_logits: Tensor) -> Tensor:
    """Returns the gradient by all parameters from that by the logits, summed over the images."""
    with torch.enable_grad():
        network.backward((network(images) * by_logits).sum())
    return network.flat_gradient.clone()


def _only_linear(network: Network) -> bool:
    return (
        sum(p.numel() for layer in network.layers for p in layer.parameters())
        == network.flat.numel()
    )


def _portion(network: Network) -> int:
    return CHUNK if _only_linear(network) else 1


def _subsample(network: Network, *tensors: Tensor) -> tuple[Tensor, ...]:
    """Returns the rows of the tensors, all of them or SAMPLE, if images are taken one by one."""
    if _only_linear(network) or len(tensors[0]) <= SAMPLE:
        return tensors
    chosen = torch.linspace(0, len(tensors[0]) - 1, SAMPLE).long()
    return tuple(tensor[chosen] for tensor in tensors)


def _forward(network: Network, images: Tensor) -> tuple[list[Tensor], Tensor]:
    """Returns the inputs of each linear layer (n, in), and the logits."""
    inputs, x = [], network.body(images)
    for layer in network.layers:
        inputs.append(x)
        x = matmul.matmul(x, layer.weight.t()).add_(layer.bias)
        x = x if layer is network.head else x.relu_()
    return inputs, x


def _backward(network: Network, inputs: list[Tensor], by_logits: Tensor) -> list[Tensor]:
    """Returns the gradient by each layer's output (n, out), from that by the logits."""
    gradients = [by_logits]
    for layer, x in zip(network.layers[:0:-1], inputs[:0:-1]):
        gradient = matmul.matmul(gradients[-1], layer.weight).masked_fill_(x <= 0, 0)
        gradients.append(gradient)
    return gradients[::-1]
