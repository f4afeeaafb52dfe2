"""Generative classifier: one small generator a class, whose likelihoods are the scores."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from ..data.examples import Batch, Examples
from ..data.scenarios import Task
from ..models.parts.optimizer import Adam
from ..models.parts.vae import VAE, pixels_of
from ..numerics import cores, matmul, seeds
from ..settings import setting, stored
from .base import Strategy

SAMPLES = 50  # importance samples of a likelihood
# Deviation of the samples, in deviations of the encoder: it was trained for a narrower distribution
# of the pixels than that of the scores.
SPREAD = 2.0
MARGIN = 8.0  # nats below the best class, by one sample, at which a class gets no more samples
ROWS = 2000  # samples decoded at once: they stay in the processor's cache
UNKNOWN = -1e9  # the score of a class without a generator


@dataclass
class GenerativeClassifier(Strategy):
    """Variational autoencoder for each class, trained on its images alone (van de Ven, Li and
    Tolias 2021).

    The classes of a task are learned one after the other, each in an equal share of its steps and
    from batches of its own images.
    Scores are log-likelihoods of the image under the paper's model, where pixels are normal around
    the decoder's with variance 1, without the constant.
    Differs from the paper: the SAMPLES importance samples have SPREAD times the deviation, which
    estimates the same likelihood, but to 0.4 nats instead of 1.2; they have the same noise for all
    images and classes; and a class that is more than MARGIN below the best by one sample, at the
    mean of its latents, gets no more of them (of 10,000 training images held out, on which SPREAD
    was chosen too, none was given to a class more than 7.2 below). The network of the other
    strategies is not used.
    """

    title = "Generative classifier"
    family = "generative"
    summary = (
        "Learns for each class a small model of what it looks like, and asks which of them "
        "explains an image best. None is ever changed again."
    )
    stores = "the weights of one small network a class"
    costs = "less than plain training to learn, but every answer asks the networks of all classes"
    grows = (
        "one model a class, C q parameters for models of q, also in every checkpoint; an "
        "answer asks all C models"
    )
    source = (
        "van de Ven, Li and Tolias, Class-incremental learning with generative classifiers, "
        "CVPR workshops 2021"
    )
    scenarios = frozenset({"class"})
    inference_fields = ("models",)

    width: int = setting(85, "Units in each hidden layer of a class's model.", low=5, high=400)
    latents: int = setting(5, "Numbers that a model describes an image by.", low=1, high=100)
    models: Tensor = stored(lambda: torch.zeros(0), "weights")

    def create_state(self) -> None:
        pixels, hidden = pixels_of(self.network), (self.width, self.width)
        self.vae, self.scorer = (
            VAE((pixels, *hidden), self.latents, (*hidden, pixels)) for _ in range(2)
        )
        for vae in (self.vae, self.scorer):
            vae.move(self.device)
        self.vae_optimizer = Adam(self.vae, self.recipe.learning_rate)
        self.noise = torch.randn(
            SAMPLES, self.vae.latents, generator=seeds.generator(self.seed, "importance samples")
        ).to(self.device)

    def expected_storage(self, tasks: Sequence[Task]) -> int:
        models = sum(map(len, tasks[0].plan.classes))
        return super().expected_storage(tasks) + models * self.vae.flat.nbytes

    def auxiliary_optimizers(self) -> dict[str, Adam]:
        return {"vae": self.vae_optimizer}

    def batches(
        self, task: Task, examples: Examples, steps: int, order: torch.Generator
    ) -> Iterator[Tensor]:
        """Yields batches of one class after the other; the last class also gets the remainder."""
        members = [(examples.labels == label).nonzero().squeeze(1) for label in task.outputs]
        steps_of_class = max(1, steps // len(members))
        for step in range(steps):
            own = members[min(step // steps_of_class, len(members) - 1)]
            yield own[torch.randperm(len(own), generator=self.generator)[: self.recipe.batch]]

    def start_classes(self, count: int) -> None:
        """Adds a model for each of the next classes, with fresh weights and a fresh optimiser."""
        fresh = []
        for number in range(len(self.models), len(self.models) + count):
            self.vae.initialise(seeds.generator(self.seed, "vae", number))
            fresh.append(self.vae.flat.clone())
        self.vae_optimizer.forget()
        parameters = self.vae.flat.numel()
        self.models = torch.cat([self.models.reshape(-1, parameters), torch.stack(fresh)])

    def step(self, task: Task, batch: Batch) -> Tensor:
        missing = int(batch.labels[0]) + 1 - len(self.models)
        if missing > 0:  # the first batch of another class
            self.start_classes(missing)
        with matmul.matmul_precision(self.precision):
            pixels = self.network.body(batch.images)
            weights = pixels.new_full((len(batch),), 1 / len(batch))
            loss = self.vae.loss(pixels, weights, self.generator)
            self.vae.backward(loss)
        self.finish_step(self.vae_optimizer.step, self._store_model)
        return loss

    def _store_model(self) -> None:
        """Copies the weights of the model that is trained to the stored ones."""
        self.models[-1] = self.vae.flat

    def end_task(self, task: Task) -> None:
        missing = task.outputs.stop - len(self.models)
        if missing > 0:  # fewer steps than classes
            self.start_classes(missing)

    def scores(self, images: Tensor) -> Tensor:
        with torch.no_grad(), matmul.matmul_precision(self.precision):
            return self._scores(self.network.body(images))

    def _scores(self, pixels: Tensor) -> Tensor:
        scores = pixels.new_full((len(pixels), self.plan.outputs), UNKNOWN)
        mean = torch.zeros_like(self.noise[:1])
        for output in range(len(self.models)):
            scores[:, output] = log_likelihoods(self.model(output), pixels, mean)
        plausible = scores >= scores.amax(1, keepdim=True) - MARGIN
        for output in range(len(self.models)):
            rows = plausible[:, output].nonzero().squeeze(1)
            scores[rows, output] = log_likelihoods(self.model(output), pixels[rows], self.noise)
        return scores

    def storage(self, task: Task) -> dict[str, int]:
        """Returns the bytes of the models of all classes, that in training among them."""
        return {"weights": self.models.nbytes}

    def model(self, output: int) -> VAE:
        """Returns the model of a class; the next call changes it to that of another class."""
        self.scorer.flat.copy_(self.models[output])
        return self.scorer


def log_likelihoods(model: VAE, pixels: Tensor, noise: Tensor) -> Tensor:
    """Returns log p(x) of images (n,), up to a constant, from importance samples.

    pixels: (n, p). noise: (s, latents). It is log 1/s Σ_s p(x|z_s) p(z_s) / q(z_s|x), with z_s =
    mean + noise_s · deviation · SPREAD, and q their density.
    """
    likelihoods, images = pixels.new_empty(len(pixels)), max(1, ROWS // len(noise))
    parts = zip(likelihoods.split(images), pixels.split(images))
    cores.run_two_threaded(
        [partial(_write_log_likelihoods, into, model, part, noise) for into, part in parts]
    )
    return likelihoods


def _write_log_likelihoods(into: Tensor, model: VAE, pixels: Tensor, noise: Tensor) -> None:
    into.copy_(_log_likelihoods(model, pixels, noise))


def _log_likelihoods(model: VAE, pixels: Tensor, noise: Tensor) -> Tensor:
    mean, log_variance = model.encode(pixels)
    log_variance = log_variance + 2 * math.log(SPREAD)
    latents = mean.unsqueeze(1) + noise * (log_variance / 2).exp().unsqueeze(1)  # (n, s, latents)
    decoded = model.decode(latents.flatten(0, 1)).sigmoid_().unflatten(0, latents.shape[:2])
    log_p_x = decoded.sub_(pixels.unsqueeze(1)).square_().sum(-1) / -2
    log_p_z = latents.square().sum(-1) / -2
    log_q_z = (noise.square().sum(-1) + log_variance.sum(-1, keepdim=True)) / -2
    return (log_p_x + log_p_z - log_q_z).logsumexp(1) - math.log(len(noise))
