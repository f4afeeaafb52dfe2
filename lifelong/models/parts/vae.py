"""Variational autoencoder: a generator of images like those it was trained on."""

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
    to the pixels. All hidden layers have a ReLU. Pixels are floats in [0, 1]; the decoder returns
    their logits. latents: number of latents, at most the width of the layer before them. modes: 0
    for a standard normal prior over the latents, else the number of normals in a learned mixture.
    gates, an argument of some methods: for each hidden layer of the decoder a factor (n, width) on
    its units, or none at all.
    Differs from van de Ven et al. (2022): the log-variance of the latents has a bias too.
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
        """Draws the layers as for any network, and the means and log-variances of the mixture from
        a standard normal.
        """
        super().initialise(generator)
        for parameter in (self.mode_mean, self.mode_log_variance):
            parameter.copy_(torch.empty(parameter.shape).normal_(generator=generator))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Returns mean and log-variance of the latents, both (n, latents)."""
        encoded = linear_stack(x, _linear(self.encoder), self.gradient_writer)
        mean, log_variance = encoded.chunk(2, dim=1)
        return mean, log_variance

    def decode(self, latents: Tensor, gates: Sequence[Tensor] = ()) -> Tensor:
        """Returns the logits of the pixels, (n, pixels)."""
        return linear_stack(latents, _linear(self.decoder), self.gradient_writer, gates=gates)

    def forward(
        self, noise: Tensor, mode: Tensor | None = None, gates: Sequence[Tensor] = ()
    ) -> Tensor:
        """Generates images: noise from a standard normal (n, latents) -> pixels (n, pixels).

        mode: int64 (n,), the mode of the mixture of each image; None if the prior is the standard
        normal.
        """
        latents = (
            noise
            if mode is None
            else self.mode_mean[mode] + noise * (self.mode_log_variance[mode] / 2).exp()
        )
        return self.decode(latents, gates).sigmoid()

    def loss(self, pixels: Tensor, weights: Tensor, generator: torch.Generator) -> Tensor:
        """Returns the negative evidence lower bound per pixel under the standard normal prior, a
        scalar: the sum over the images by weights (n,).
        """
        mean, log_variance = self.encode(pixels)
        logits = self.decode(sampled(mean, log_variance, generator))
        return (
            reconstruction(logits, pixels, weights)
            + weights @ divergence(mean, log_variance) / pixels.shape[1]
        )

    def log_prior(self, latents: Tensor, log_weights: Tensor) -> Tensor:
        """Returns log Σ_m weight_m N(latents; mode m), (n,).

        latents: (n, latents). log_weights: (n, modes), of each image's own mixture.
        """
        precision = (-self.mode_log_variance).exp()
        scaled = self.mode_mean * precision
        # Σ (z - m)² / σ², multiplied out: three small products in place of numbers for every image,
        # mode and latent. Their difference is small beside them, so they need full precision.
        with matmul.matmul_precision("fp32"):
            distance = (
                latents.square() @ precision.t()
                - 2 * latents @ scaled.t()
                + (self.mode_mean * scaled).sum(1)
            )
        return (
            log_weights
            - (distance + self.mode_log_variance.sum(1) + self.latents * math.log(2 * math.pi)) / 2
        ).logsumexp(1)


def _linear(layers: nn.ModuleList) -> list[nn.Linear]:
    """Returns the modules of a list of linear layers under their type."""
    return cast(list[nn.Linear], list(layers))


def _layers(*widths: int) -> nn.ModuleList:
    return nn.ModuleList(nn.Linear(i, o) for i, o in zip(widths, widths[1:]))


def sampled(mean: Tensor, log_variance: Tensor, generator: torch.Generator) -> Tensor:
    """Returns latents drawn from these normals, differentiable by both; all (n, latents)."""
    noise = torch.randn(mean.shape, generator=generator).to(mean.device)
    return mean + noise * (log_variance / 2).exp()


def reconstruction(logits: Tensor, pixels: Tensor, weights: Tensor) -> Tensor:
    """Returns the binary cross-entropy: mean over the pixels, weighted sum over the images.

    logits, pixels: (n, pixels). weights: (n,).
    """
    return F.binary_cross_entropy_with_logits(
        logits, pixels, (weights / pixels.shape[1]).unsqueeze(1), reduction="sum"
    )


def shares(present: int, past: int, task: int) -> Tensor:
    """Returns weights (present + past,) of the images of a batch: at task t, counted from 1, the
    present ones have 1/t in all and the past ones the rest.
    """
    share = 1 / (task + 1) if past else 1.0
    return torch.tensor([share / present] * present + [(1 - share) / max(past, 1)] * past)


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Returns the Kullback-Leibler divergence of normals from the standard normal, (n,) (Kingma and
    Welling 2014, appendix B).
    """
    return (mean.square() + log_variance.exp() - log_variance - 1).sum(-1) / 2


def log_normal(distance: Tensor, log_variance: Tensor) -> Tensor:
    """Returns the log-density (n,) of a normal at a distance from its mean; both (n, latents)."""
    scaled = distance.square() * (-log_variance).exp()
    return (scaled + log_variance + math.log(2 * math.pi)).sum(1) / -2


def pixels_of(network: Network) -> int:
    """Returns the number of values of an image. Raises LifelongError for a network whose first
    linear layer does not take them.
    """
    if not network.body.is_identity:
        raise LifelongError(
            "Generated images need a network whose first layer sees their pixels; choose "
            "the model mlp, or a frozen backbone."
        )
    return network.body.width


def as_images(pixels: Tensor, shape: torch.Size) -> Tensor:
    """Returns pixels (n, p) in [0, 1] as images uint8 (n, *shape), rounded to 256 levels."""
    return (pixels * 255).round().to(torch.uint8).unflatten(1, shape)
