"""A variational autoencoder: it makes up images like those it was shown."""

import math
from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import LifelongError
from ...numerics import matmul
from ..base import Network
from .flat import Flat
from .linear_stack import linear_stack


class VAE(Flat):
    """Inputs (n, encoder[0]) -> a normal distribution over latents -> pixels (n, decoder[-1])
    (Kingma and Welling 2014).

    encoder: widths from the inputs to the last hidden layer; decoder: from the first hidden layer
    to the pixels.
    latents: how many, but no more than the layer before them is wide.
    modes: 0 for a standard normal prior over the latents, else the number of normals in a mixture
    that is learned. All hidden layers have a ReLU. gates, wherever they are taken: for each hidden
    layer of the decoder a factor on its units, (n, width), or none at all. Pixels are floats in [0,
    1]; the decoder gives their logits. Differs from van de Ven et al. (2022): the log-variance of
    the latents has a bias too.
    """

    def __init__(
        self, encoder: Sequence[int], latents: int, decoder: Sequence[int], modes: int = 0
    ) -> None:
        super().__init__()
        self.latents = min(latents, encoder[-1])
        self.encoder = _layers(*encoder, 2 * self.latents)
        self.decoder = _layers(self.latents, *decoder)
        self.mode_mean = nn.Parameter(torch.zeros(modes, self.latents))
        self.mode_log_variance = nn.Parameter(torch.zeros(modes, self.latents))
        self.flatten([*self.encoder, *self.decoder])

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """As for any network; the mixture's means and log-variances are drawn from a standard
        normal.
        """
        super().initialise(generator)
        for parameter in (self.mode_mean, self.mode_log_variance):
            parameter.copy_(torch.empty(parameter.shape).normal_(generator=generator))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the latents, both (n, latents)."""
        mean, log_variance = linear_stack(x, _linear(self.encoder), self.gradient_writer).chunk(
            2, dim=1
        )
        return mean, log_variance

    def decode(self, latents: Tensor, gates: Sequence[Tensor] = ()) -> Tensor:
        """The logits of the pixels, (n, pixels)."""
        return linear_stack(latents, _linear(self.decoder), self.gradient_writer, gates=gates)

    def forward(
        self, noise: Tensor, mode: Tensor | None = None, gates: Sequence[Tensor] = ()
    ) -> Tensor:
        """Makes up images: noise from a standard normal (n, latents) -> pixels (n, pixels).

        mode: int64 (n,), the mode of the mixture that each comes from; None where the prior is the
        standard normal.
        """
        latents = (
            noise
            if mode is None
            else self.mode_mean[mode] + noise * (self.mode_log_variance[mode] / 2).exp()
        )
        return self.decode(latents, gates).sigmoid()

    def loss(self, pixels: Tensor, weights: Tensor, generator: torch.Generator) -> Tensor:
        """The negative evidence lower bound by pixel under the standard normal prior, summed over
        the images, a scalar.

        weights (n,): how much each image counts.
        """
        mean, log_variance = self.encode(pixels)
        logits = self.decode(sampled(mean, log_variance, generator))
        return (
            reconstruction(logits, pixels, weights)
            + weights @ divergence(mean, log_variance) / pixels.shape[1]
        )

    def log_prior(self, latents: Tensor, log_weights: Tensor) -> Tensor:
        """log Σ_m weight_m N(latents; mode m), (n,); log_weights (n, modes), those of each image's
        own mixture.
        """
        precision = (-self.mode_log_variance).exp()
        scaled = self.mode_mean * precision
        # Σ (z - m)² / σ², multiplied out: three small products in place of numbers for every image,
        # mode and latent. Their difference is small beside them, so they need full precision.
        with matmul.matmul_precision("fp32"):
            apart = (
                latents.square() @ precision.t()
                - 2 * latents @ scaled.t()
                + (self.mode_mean * scaled).sum(1)
            )
        return (
            log_weights
            - (apart + self.mode_log_variance.sum(1) + self.latents * math.log(2 * math.pi)) / 2
        ).logsumexp(1)


def _linear(layers: nn.ModuleList) -> list[nn.Linear]:
    """Returns the modules of a list of linear layers under their type."""
    return cast(list[nn.Linear], list(layers))


def _layers(*widths: int) -> nn.ModuleList:
    return nn.ModuleList(nn.Linear(i, o) for i, o in zip(widths, widths[1:]))


def sampled(mean: Tensor, log_variance: Tensor, generator: torch.Generator) -> Tensor:
    """Latents drawn from these normals, differentiable by both arguments; all three (n,
    latents).
    """
    return (
        mean
        + torch.randn(mean.shape, generator=generator).to(mean.device) * (log_variance / 2).exp()
    )


def reconstruction(logits: Tensor, pixels: Tensor, weights: Tensor) -> Tensor:
    """Binary cross-entropy by pixel, mean over the pixels and weighted sum over the images; (n,
    pixels), (n, pixels), (n,).
    """
    return F.binary_cross_entropy_with_logits(
        logits, pixels, (weights / pixels.shape[1]).unsqueeze(1), reduction="sum"
    )


def shares(present: int, past: int, task: int) -> Tensor:
    """Weights (present + past,) by which, at task t from 1 on, the present counts 1/t and the past
    the rest; each evenly.
    """
    share = 1 / (task + 1) if past else 1.0
    return torch.tensor([share / present] * present + [(1 - share) / max(past, 1)] * past)


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Kullback-Leibler divergence of a normal from the standard normal, (n,) (Kingma and Welling
    2014, appendix B).
    """
    return (mean.square() + log_variance.exp() - log_variance - 1).sum(-1) / 2


def log_normal(apart: Tensor, log_variance: Tensor) -> Tensor:
    """Log-density of a normal at this distance from its mean, (n,); both arguments (n, latents)."""
    return (apart.square() * (-log_variance).exp() + log_variance + math.log(2 * math.pi)).sum(
        1
    ) / -2


def pixels_of(network: Network) -> int:
    """How many pixels an image has for this network; raises LifelongError where it sees something
    else than pixels.
    """
    if not network.body.sees_values:
        raise LifelongError(
            "Generated images need a network whose first layer sees their pixels; choose "
            "the model mlp, or a frozen backbone."
        )
    return network.layers[0].in_features


def as_images(pixels: Tensor, shape: torch.Size) -> Tensor:
    """Pixels (n, p) in [0, 1] as images uint8 (n, *shape), which any network takes: rounded to the
    nearest of 256 levels.
    """
    return (pixels * 255).round().to(torch.uint8).unflatten(1, shape)
