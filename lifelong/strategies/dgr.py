"""Deep generative replay: a second network generates images of earlier tasks, to be replayed."""

from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from ..data.examples import Batch
from ..data.scenarios import Task
from ..models.parts.optimizer import Adam
from ..models.parts.vae import VAE, as_images, pixels_of, shares
from ..numerics import matmul, seeds
from ..settings import setting, stored
from .base import Strategy
from .parts.side_by_side import side_by_side


@dataclass
class DGR(Strategy):
    """Generative replay by two networks: at task t, 1/t of the loss of each is that of the task's
    batch, the rest that of generated images (Shin et al. 2017, eq. 1).

    As van de Ven et al. (2022) run it: the generator is a variational autoencoder as wide as the
    classifier, trained by as many steps on the same images. Replayed images come from the generator
    as it was when the task began, with the hard labels of the classifier of that moment. Where the
    task label selects the active outputs, every image is labelled once for each past task, and the
    mean over these counts. Replayed images are rounded to the 256 levels of the others, so that
    both networks take them as images.
    """

    title = "DGR"
    family = "generative"
    simplest_of_family = True
    summary = (
        "A second network learns to make up images like those of earlier lessons, and they are "
        "practised again. No image is kept."
    )
    parameter_vectors = 3
    stores = "the weights of the network that makes up images"
    costs = (
        "the training of a second network of twice the size, and a second batch for both at "
        "every step"
    )
    grows = (
        "a step, where the task is given: the loss of replayed images has a term for each of "
        "T earlier tasks, over all outputs"
    )
    quick_note = (
        "The quick recipe is too short for its generator: on MNIST, class-incremental, it "
        "reaches 35 % this way, and 91 % with the paper recipe."
    )
    source = "Shin et al., Continual learning with deep generative replay, NeurIPS 2017"
    fine_tuning_settings = ({"replayed": 0},)

    latents: int = setting(
        100, "Numbers that the generator describes an image by.", low=1, high=400
    )
    replayed: int = setting(128, "Images made up for every step.", low=0, high=1000)
    teacher: Tensor = stored(lambda: torch.zeros(0), "weights")
    old_generator: Tensor = stored(lambda: torch.zeros(0), "weights", saved_as="painter")

    def create_state(self) -> None:
        pixels, hidden = pixels_of(self.network), self.network.hidden
        self.vae = VAE((pixels, *hidden), self.latents, (*reversed(hidden), pixels))
        self.vae.move(self.device)
        self.vae.initialise(seeds.generator(self.seed, "vae"))
        self.vae_optimizer = Adam(self.vae, self.recipe.learning_rate)

    def auxiliary_optimizers(self) -> dict[str, Adam]:
        return {"vae": self.vae_optimizer}

    def start_task(self, task: Task) -> None:
        if task.index:
            self.teacher, self.old_generator = self.network.flat.clone(), self.vae.flat.clone()

    def step(self, task: Task, batch: Batch) -> Tensor:
        with matmul.matmul_precision(self.precision):
            past = self.replay(batch.images) if task.index else batch.images[:0]
            images = torch.cat([batch.images, past])
            loss = side_by_side(
                self.network,
                partial(self._classifier_loss, task, batch, past, images),
                partial(self._generator_gradient, task, len(batch.labels), images),
            )
        self.finish_step(self.optimizer.step, self.vae_optimizer.step)
        return loss

    def _classifier_loss(self, task: Task, batch: Batch, past: Tensor, images: Tensor) -> Tensor:
        """Returns the loss of the classifier on the task's batch and past images, a scalar, and
        computes its gradient. images: both, in this order.
        """
        present = len(batch.labels)
        logits = self.network(images)
        loss = self.cross_entropy(task, batch, logits[:present])
        if len(past):
            share = 1 / (task.index + 1)
            replayed = self.replay_loss(task, past, logits[present:])
            loss = share * loss + (1 - share) * replayed
        self.network.backward(loss)
        return loss

    def _generator_gradient(self, task: Task, present: int, images: Tensor) -> None:
        """Computes the gradient of the generator on images, the first `present` of the task."""
        weights = shares(present, len(images) - present, task.index).to(self.device)
        self.vae.backward(self.vae.loss(self.network.body(images), weights, self.generator))

    def end_task(self, task: Task) -> None:
        self.teacher = self.old_generator = torch.zeros(0)

    def replay(self, like: Tensor) -> Tensor:
        """Returns images uint8 (replayed, ...) in the shape of those given, from the generator as
        it was when the task began.
        """
        count = self.within_limit(self.replayed)
        latents = torch.randn(count, self.vae.latents, generator=self.generator).to(self.device)
        return as_images(self.vae.answer_with(self.old_generator, latents), like.shape[1:])

    def replay_loss(self, task: Task, images: Tensor, logits: Tensor) -> Tensor:
        """Returns the cross-entropy with the labels of the classifier as it was when the task
        began, a scalar.
        """
        teacher_logits = self.network.answer_with(self.teacher, images)
        losses = [
            F.cross_entropy(
                logits.masked_fill(~now, -torch.inf),
                teacher_logits.masked_fill(~then, -torch.inf).argmax(1),
            )
            for then, now in task.past_active_outputs
        ]
        return torch.stack(losses).mean()
