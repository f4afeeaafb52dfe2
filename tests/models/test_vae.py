"""Laws of the variational autoencoder, and of one loss of two networks."""

import pytest
import torch
import torch.nn.functional as F
from torch import distributions

from lifelong.errors import LifelongError
from lifelong.models.base import Body, Network, Pixels
from lifelong.models.parts.flat import backward
from lifelong.models.parts.optimizer import Adam
from lifelong.models.parts.vae import (
    VAE,
    as_images,
    divergence,
    log_normal,
    pixels_of,
    reconstruction,
    sampled,
    shares,
)

N, WIDTH, LATENTS, PIXELS, MODES = 7, 9, 4, 12, 3


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def build_vae(modes: int = 0) -> VAE:
    vae = VAE((PIXELS, WIDTH, WIDTH), LATENTS, (WIDTH, WIDTH, PIXELS), modes)
    vae.initialise(seeded())
    return vae


def random_normal(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(shape, generator=seeded(seed))


def test_the_divergence_is_that_of_the_closed_form_and_of_samples():
    mean, log_variance = random_normal(N, LATENTS), random_normal(N, LATENTS, seed=2)
    normal = distributions.Normal(mean, (log_variance / 2).exp())
    torch.testing.assert_close(
        divergence(mean, log_variance),
        distributions.kl_divergence(normal, distributions.Normal(0, 1)).sum(1),
    )
    zeros = torch.zeros(20_000, LATENTS)
    latents = sampled(zeros + mean[0], zeros + log_variance[0], seeded())
    apart = log_normal(latents - mean[0], zeros + log_variance[0]) - log_normal(latents, zeros)
    torch.testing.assert_close(apart.mean(), divergence(mean, log_variance)[0], rtol=0.03, atol=0)


def test_a_normals_density_is_that_of_the_textbook():
    mean, log_variance, x = (
        random_normal(N, LATENTS),
        random_normal(N, LATENTS, seed=2),
        random_normal(N, LATENTS, seed=3),
    )
    expected = distributions.Normal(mean, (log_variance / 2).exp()).log_prob(x).sum(1)
    torch.testing.assert_close(log_normal(x - mean, log_variance), expected)


@pytest.mark.parametrize("weights", ["mixed", "one each"])
def test_the_prior_is_a_mixture_with_weights_of_each_images_own(weights):
    vae, latents = build_vae(MODES), random_normal(N, LATENTS, seed=3) * 3
    share = (
        F.one_hot(torch.arange(N) % MODES, MODES).float()
        if weights == "one each"
        else random_normal(N, MODES).softmax(1)
    )
    parts = distributions.Independent(
        distributions.Normal(vae.mode_mean, (vae.mode_log_variance / 2).exp()), 1
    )
    expected = (share.log() + parts.log_prob(latents.unsqueeze(1))).logsumexp(1)
    torch.testing.assert_close(vae.log_prior(latents, share.log()), expected, rtol=1e-4, atol=1e-4)


def test_the_modes_learn_and_a_mode_without_weight_does_not():
    vae = build_vae(MODES)
    share = torch.tensor([[0.5, 0.5, 0.0]]).expand(N, MODES)
    vae.backward(-vae.log_prior(random_normal(N, LATENTS), share.log()).mean())
    for gradient in (vae.mode_mean.grad, vae.mode_log_variance.grad):
        assert gradient.isfinite().all() and (gradient[:2] != 0).all() and (gradient[2] == 0).all()


def test_reconstruction_and_loss_are_by_pixel_and_by_weight():
    vae, pixels, weights = (
        build_vae(),
        torch.rand(N, PIXELS, generator=seeded()),
        torch.rand(N, generator=seeded(1)),
    )
    mean, log_variance = vae.encode(pixels)
    logits = vae.decode(
        mean + torch.randn(N, LATENTS, generator=seeded(5)) * (log_variance / 2).exp()
    )
    bce = F.binary_cross_entropy(logits.sigmoid(), pixels, reduction="none")
    torch.testing.assert_close(reconstruction(logits, pixels, weights), weights @ bce.mean(1))
    expected = weights @ (bce.sum(1) + divergence(mean, log_variance)) / PIXELS
    torch.testing.assert_close(vae.loss(pixels, weights, seeded(5)), expected)


@pytest.mark.parametrize(
    ("present", "past", "task", "share"),
    [(4, 0, 0, 1.0), (4, 0, 3, 1.0), (6, 3, 1, 0.5), (2, 8, 4, 0.2)],
)
def test_new_images_have_weight_one_over_t_and_replayed_images_the_rest(present, past, task, share):
    weights = shares(present, past, task)
    assert weights[:present].tolist() == pytest.approx([share / present] * present)
    assert weights[present:].tolist() == pytest.approx([(1 - share) / max(past, 1)] * past)


def test_no_more_latents_than_the_layer_before_them_is_wide():
    assert VAE((PIXELS, WIDTH), 100, (WIDTH, PIXELS)).latents == WIDTH
    assert build_vae().latents == LATENTS


def test_generated_pixels_become_images_with_the_same_pixels():
    pixels = build_vae()(random_normal(N, LATENTS))
    images = as_images(pixels, torch.Size((1, 3, 4)))
    assert images.dtype == torch.uint8 and images.shape == (N, 1, 3, 4)
    assert (Pixels((1, 1, 1))(images) - pixels).abs().max() <= 0.5001 / 255
    assert pixels_of(Network(Pixels((1, 1, PIXELS)), (5,), 2)) == PIXELS


class Unseen(Body):
    """Body of a network whose input is not the pixels."""

    width = 3


def test_a_network_that_does_not_see_pixels_is_refused_in_one_sentence():
    with pytest.raises(LifelongError, match=r"^Generated images need .* pixels; choose .*\.$"):
        pixels_of(Network(Unseen(), (5,), 2))


def test_images_of_a_mode_are_sampled_from_its_own_normal():
    vae, noise = build_vae(MODES), random_normal(N, LATENTS)
    mode = torch.arange(N) % MODES
    latents = vae.mode_mean[mode] + noise * (vae.mode_log_variance[mode] / 2).exp()
    torch.testing.assert_close(vae(noise, mode), vae.decode(latents).sigmoid())
    assert not torch.allclose(vae(noise, mode), vae(noise, mode.flip(0)))


def test_a_loss_of_two_networks_leaves_a_gradient_in_both():
    network, vae = (
        Network(Pixels((1, 1, PIXELS)), (WIDTH,), 2),
        VAE((WIDTH,), LATENTS, (WIDTH, PIXELS), MODES),
    )
    for each in (network, vae):
        each.initialise(seeded())
        each.flat_gradient.fill_(9)  # of an earlier loss
    images = torch.randint(0, 256, (N, 1, 3, 4), dtype=torch.uint8, generator=seeded())

    def loss():
        mean, log_variance = vae.encode(network.embed(images))
        return (
            vae.decode(mean).square().sum() + vae.log_prior(mean, torch.zeros(N, MODES)).sum()
        ) + log_variance.sum()

    backward(loss(), network, vae)
    ours = [network.flat_gradient.clone(), vae.flat_gradient.clone()]
    x = network.body(images)
    first, head = network.layers
    hidden = F.linear(x, first.weight, first.bias).relu()
    mean, log_variance = F.linear(hidden, vae.encoder[0].weight, vae.encoder[0].bias).chunk(2, 1)
    one, two = vae.decoder
    out = F.linear(F.linear(mean, one.weight, one.bias).relu(), two.weight, two.bias)
    plain = (
        out.square().sum() + vae.log_prior(mean, torch.zeros(N, MODES)).sum() + log_variance.sum()
    )
    expected = torch.autograd.grad(plain, [*first.parameters(), *vae.parameters()])
    torch.testing.assert_close(
        ours[0], torch.cat([*(g.reshape(-1) for g in expected[:2]), torch.zeros(WIDTH * 2 + 2)])
    )
    torch.testing.assert_close(ours[1], torch.cat([g.reshape(-1) for g in expected[2:]]))
    assert head.weight.grad.count_nonzero() == 0


def test_a_generator_learns_to_generate_its_training_images():
    patterns = (torch.rand(2, PIXELS, generator=seeded(3)) > 0.5).float()
    shown, vae = patterns[torch.arange(32) % 2], build_vae()
    adam, random = Adam(vae, 0.01), seeded(4)

    @torch.no_grad()
    def distance() -> float:
        return float(torch.cdist(vae(random_normal(200, LATENTS)), patterns).min(1).values.mean())

    before = distance()
    for _ in range(300):
        vae.backward(vae.loss(shown, torch.full((32,), 1 / 32), random))
        adam.step()
    assert distance() < before / 3
    made_up = torch.cdist(vae(random_normal(200, LATENTS)), patterns).argmin(1)
    assert 40 < int(made_up.sum()) < 160  # both patterns, not one
