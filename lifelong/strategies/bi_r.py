"""Brain-inspired replay: the classifier makes up the images that it practises, by running
backwards.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..data.examples import Batch
from ..data.scenarios import Task
from ..models.parts.flat import backward
from ..models.parts.optimizer import Adam
from ..models.parts.vae import (
    VAE,
    as_images,
    log_normal,
    pixels_of,
    reconstruction,
    sampled,
    shares,
)
from ..numerics import matmul, seeds
from ..settings import setting, stored
from .base import Strategy


class Lesson(NamedTuple):
    """images: uint8 (n, channels, height, width); tasks: int64 (n,); targets: (n, outputs), the
    probability of each output.
    """

    images: Tensor
    tasks: Tensor
    targets: Tensor


@dataclass
class BIR(Strategy):
    """At task t the network learns 1/t from the present batch and (1 - 1/t) from images that it
    made up itself.

    Brain-inspired replay of van de Ven, Siegelmann and Tolias (2020) with the settings of van de
    Ven et al. (2022). The classifier's hidden layers are also the encoder of a variational
    autoencoder, whose decoder leads back to the pixels. Its prior has one mode for each output, so
    that images of a chosen class can be made up. A share of the decoder's hidden units is switched
    off for each output, or for each task where tasks share their outputs. Replayed images come from
    the network as it was when the task began, of any past class at random, with its soft answers as
    labels. Of the paper's parts only the replay of inner features is left out: without frozen
    layers these are the pixels. Replayed images are rounded to the 256 levels of the others.
    """

    title = "BI-R"
    family = "generative"
    summary = (
        "The network runs backwards to make up images of earlier lessons by itself, and "
        "practises them. No image is kept."
    )
    stores = "the weights of the way back to the pixels"
    costs = "the way back to the pixels, and a second batch both ways at every step"
    quick_note = (
        "The quick recipe is too short for its generator: on MNIST, class-incremental, it "
        "reaches 77 % this way, and 94 % with the paper recipe."
    )
    source = (
        "van de Ven, Siegelmann and Tolias, Brain-inspired replay for continual learning, "
        "Nature Communications 2020"
    )

    latents: int = setting(100, "Numbers that an image is described by.", low=1, high=400)
    gated: float = setting(
        {"task": 0.0, "transfer": 0.0, "else": 0.1},
        "Share of the units on the way back that are off for a class.",
        low=0,
        high=0.9,
    )
    temperature: float = setting(
        2.0, "How much the labels of replayed images are softened: T.", low=0.5, high=20
    )
    replayed: int = setting(128, "Images made up for every step.", low=0, high=1000)
    teacher: Tensor = stored(lambda: torch.zeros(0), "weights")
    painter: Tensor = stored(lambda: torch.zeros(0), "weights")

    def create_state(self) -> None:
        network, plan = self.network, self.plan
        decoder = (*reversed(network.hidden), pixels_of(network))
        self.vae = VAE((network.head.in_features,), self.latents, decoder, modes=plan.outputs)
        self.vae.move(self.device)
        self.vae.initialise(seeds.generator(self.seed, "vae"))
        self.vae_optimizer = Adam(self.vae, self.recipe.learning_rate)
        self.by_task = plan.outputs < sum(
            map(len, plan.classes)
        )  # tasks share outputs, which stand for other classes in each
        gates = (len(plan.classes) if self.by_task else plan.outputs, sum(network.hidden))
        self.open = (
            (torch.rand(gates, generator=seeds.generator(self.seed, "gates")) >= self.gated)
            .float()
            .to(self.device)
        )

    def auxiliary_optimizers(self) -> dict[str, Adam]:
        return {"vae": self.vae_optimizer}

    def start_task(self, task: Task) -> None:
        if task.index:
            self.teacher, self.painter = self.network.flat.clone(), self.vae.flat.clone()

    def step(self, task: Task, batch: Batch) -> Tensor:
        lesson = Lesson(batch.images, batch.tasks, one_hot(batch.labels, self.plan.outputs))
        present = len(batch.labels)
        past = self.within_limit(self.replayed) if task.index else 0
        weights = shares(present, past, task.index).to(self.device)
        softness = torch.tensor([1.0] * present + [self.temperature] * past).to(self.device)
        with matmul.matmul_precision(self.precision):
            if past:
                lesson = Lesson(*map(torch.cat, zip(lesson, self.replay(task, batch.images))))
            hidden = self.network.embed(lesson.images)
            logits = self.network.classify(hidden)
            log_p = log_answers(logits / softness.unsqueeze(1), task.candidates(lesson.tasks))
            loss = self.generative_loss(hidden, lesson, weights) - weights @ (
                lesson.targets * log_p
            ).sum(1)
            backward(loss, self.network, self.vae)
        self.finish_step(self.optimizer.step, self.vae_optimizer.step)
        return loss

    def end_task(self, task: Task) -> None:
        self.teacher = self.painter = torch.zeros(0)

    def replay(self, task: Task, like: Tensor) -> Lesson:
        """By the network as it was when the task began: images in the shape of those given, of
        random past classes.
        """
        count = self.within_limit(self.replayed)
        classes = torch.tensor(
            [(past, output) for past in range(task.index) for output in self.plan.outputs_of(past)]
        )
        tasks, outputs = (
            classes[torch.randint(len(classes), (count,), generator=self.generator)]
            .to(self.device)
            .unbind(1)
        )
        noise = torch.randn(count, self.vae.latents, generator=self.generator).to(self.device)
        gates = self.gates(tasks, one_hot(outputs, self.plan.outputs))
        images = as_images(
            self.vae.answer_with(self.painter, noise, outputs, gates), like.shape[1:]
        )
        teacher_logits = self.network.answer_with(self.teacher, images) / self.temperature
        competed = self.plan.active_outputs(task.index - 1).to(self.device)[tasks]
        return Lesson(images, tasks, teacher_logits.masked_fill(~competed, -torch.inf).softmax(1))

    def gates(self, tasks: Tensor, targets: Tensor) -> tuple[Tensor, ...]:
        """For each hidden layer of the decoder a factor (n, width) on its units; those of soft
        targets are mixed.
        """
        if not self.gated:
            return ()
        contexts = one_hot(tasks, len(self.open)) if self.by_task else targets
        return (contexts @ self.open).split(self.network.hidden[::-1], dim=1)

    def generative_loss(self, hidden: Tensor, lesson: Lesson, weights: Tensor) -> Tensor:
        """The negative evidence lower bound by pixel, summed over the images by weight (n,), a
        scalar.

        The prior of an image is the mixture of modes that its targets tell. hidden: (n, width), the
        encoder's last layer.
        """
        pixels = self.network.body(lesson.images)
        mean, log_variance = self.vae.encode(hidden)
        latents = sampled(mean, log_variance, self.generator)
        divergence = log_normal(latents - mean, log_variance) - self.vae.log_prior(
            latents, lesson.targets.log()
        )
        logits = self.vae.decode(latents, self.gates(lesson.tasks, lesson.targets))
        return reconstruction(logits, pixels, weights) + weights @ divergence / pixels.shape[1]


def one_hot(numbers: Tensor, count: int) -> Tensor:
    """1 in the place of each number, int64 (n,), and 0 elsewhere: float (n, count)."""
    return F.one_hot(numbers, count).float()


def log_answers(logits: Tensor, candidates: Tensor) -> Tensor:
    """Log-probabilities among the candidates, bool (n, outputs); 0 for the others, where no target
    is.
    """
    return logits.masked_fill(~candidates, -torch.inf).log_softmax(1).masked_fill(~candidates, 0)
