"""Analytic learning: fixed random features and the exact least-squares answer to everything seen so
far.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from ..data.examples import Batch
from ..data.scenarios import Task
from ..numerics import matmul, seeds
from ..settings import setting, stored
from .base import Strategy
from .parts import class_statistics

SIDE = 8  # of a random filter, in pixels
CELL = 7  # side of the squares over which a filter's responses are averaged
MOST = 4  # features for each value of a picture: tiny ones need no more
CHUNK = 25  # images whose filtered pictures fit into the processor's cache
LEVELS = 127  # a feature is a whole number up to here
# what LEVELS stands for in a filtered picture; chosen with 10,000 of MNIST's training images held
# out
BRIGHTEST = 1.5


@dataclass
class Analytic(Strategy):
    """Ridge regression on random features h: W = (Σ h h' + λ I)⁻¹ Σ h y' over all images so far
    (Zhuang et al. 2022).

    The two sums are kept, in place of the inverse that ACIL updates: they are the same whatever the
    order of images and tasks, so there is nothing to forget; W is solved for when an answer is
    asked for. The features are untrained, unlike theirs. Of a picture: random smooth filters,
    rectified and averaged over squares (McDonnell and Vladusich 2015, with random filters and no
    second layer). Of the vector of a backbone: itself, and rectified random projections of it
    (McDonnell et al. 2023). Features are rounded to whole numbers: sums of their products are exact
    then, and quick where the processor is made for bytes. λ counts in mean squares of a feature.
    Answers are divided by their root mean squared error on what was learned, which makes their
    softmax a fair probability.
    """

    title = "Analytic learning"
    family = "closed form"
    summary = (
        "Looks through fixed random filters and computes the best weights for all images so "
        "far from sums, without training. It forgets nothing, and the order of tasks plays no "
        "part."
    )
    stores = "sums: how often features occur together, and with each class"
    costs = (
        "one look at each image, and a system of linear equations whenever an answer is asked for"
    )
    source = (
        "Zhuang et al., ACIL: analytic class-incremental learning, NeurIPS 2022; McDonnell et "
        "al., RanPAC, NeurIPS 2023"
    )
    inference_fields = ("weights", "error", "counts")
    single_pass = True
    chunks = 10  # the fewer, the fewer sums of large matrices
    early_probes = (1,)  # at each, the equations are solved

    features: int = setting(
        1152, "Random features of an image: more are more accurate and slower.", low=25, high=5000
    )
    ridge: float = setting(0.5, "How strongly large weights are held down: λ.", low=1e-3, high=1000)
    gram: Tensor = stored(
        lambda: torch.zeros(0), "statistics"
    )  # symmetric: kept up on and below the diagonal
    sums: Tensor = stored(lambda: torch.zeros(0), "statistics")
    counts: Tensor = stored(lambda: torch.zeros(0), "statistics")
    unsolved: Tensor = stored(lambda: torch.zeros((), dtype=torch.int64), "statistics")
    weights: Tensor = stored(lambda: torch.zeros(0), "weights")
    error: Tensor = stored(lambda: torch.ones(()), "weights")

    def create_state(self) -> None:
        self.counts = torch.zeros(class_statistics.count(self.plan), dtype=torch.int64)

    @torch.no_grad()
    def step(self, task: Task, batch: Batch) -> Tensor:
        h = self.embed(batch.images)
        loss = class_statistics.squared_error(
            task, batch, self._answers(h)
        )  # by the weights that were solved for last
        if not len(self.gram):
            self.gram = h.new_zeros(h.shape[1], h.shape[1], dtype=torch.float64)
            self.sums = h.new_zeros(h.shape[1], len(self.counts), dtype=torch.float64)
        classes = class_statistics.classes_of(self.plan, batch.tasks, batch.labels)
        whole = h.to(torch.int8)
        matmul.add_symmetric(self.gram, whole, whole)
        matmul.add_product(self.sums, whole, F.one_hot(classes, len(self.counts)).to(torch.int8))
        self.counts += classes.bincount(minlength=len(self.counts))
        self.unsolved += len(classes)
        return loss

    def end_task(self, task: Task) -> None:
        self._solve()

    def scores(self, images: Tensor) -> Tensor:
        self._solve()
        if not len(
            self.weights
        ):  # nothing learned yet: the features would be looked at for nothing
            return torch.zeros(len(images), self.plan.outputs, device=self.device)
        return self._answers(self.embed(images))

    def embed(self, images: Tensor) -> Tensor:
        """The features of images uint8 (n, channels, height, width), or of what a backbone makes of
        them: (n, features).

        Whole numbers from 0 to LEVELS.
        """
        x = self.network.body(images)
        if self.network.body.is_identity and not self.network.body.takes_features:
            return _whole(
                _filtered(
                    x.view(images.shape),
                    _filters(tuple(images.shape[1:]), self.seed, self.features).to(x.device),
                )
                / BRIGHTEST
            )
        with matmul.matmul_precision("fp32"):  # the same features wherever they are asked for
            projected = matmul.matmul(
                x, _projection(x.shape[1], self.seed, self.features).to(x.device)
            )
        return _whole(torch.cat([x, projected], 1))

    def _answers(self, h: Tensor) -> Tensor:
        if not len(self.weights):
            return h.new_zeros(len(h), self.plan.outputs)
        return class_statistics.max_per_output(
            self.plan, h @ self.weights / self.error, self.counts
        )

    @torch.no_grad()
    def _solve(self) -> None:
        """The weights (features, classes) for all images so far, and the error of their answers."""
        if not self.unsolved:
            return
        images = self.counts.sum()
        # The bound matters if all images are blank.
        ridge = self.ridge * (self.gram.diagonal().mean() / images).clamp(min=1e-12)
        regularised = self.gram.clone()
        regularised.diagonal().add_(ridge)
        weights = torch.cholesky_solve(self.sums, torch.linalg.cholesky(regularised))
        # Σ ‖y - W'h‖² without another look: Σ ‖y‖² is the number of images, and W' (gram + ridge I)
        # W = W' sums.
        squared = images - (weights * self.sums).sum() - ridge * weights.square().sum()
        error = (squared / (images * self.counts.count_nonzero())).clamp(min=1e-4).sqrt()
        self.weights, self.error = weights.float().contiguous(), error.float()
        self.unsolved = torch.zeros((), dtype=torch.int64)


def _whole(features: Tensor) -> Tensor:
    """Rectified, and in whole numbers; 1 is LEVELS, and nothing is larger."""
    return features.mul_(LEVELS).round_().clamp_(0, LEVELS)


def _filtered(pictures: Tensor, filters: Tensor) -> Tensor:
    """Pictures (n, channels, height, width) through filters, rectified, averaged over squares: (n,
    filters x squares).
    """
    parts = (F.conv2d(part, filters).relu_() for part in pictures.split(CHUNK))
    return torch.cat([F.avg_pool2d(part, CELL, ceil_mode=True).flatten(1) for part in parts])


@lru_cache(maxsize=4)
def _filters(shape: tuple[int, int, int], seed: int, features: int) -> Tensor:
    """Returns smooth filters (filters, channels, side, side) of norm 1 for images of this shape.

    Their number is chosen so that an image has about this number of features.
    """
    channels, height, width = shape
    side = min(SIDE, height, width)
    squares = -(-(height - side + 1) // CELL) * -(-(width - side + 1) // CELL)
    count = max(1, min(features, MOST * channels * height * width) // squares)
    noise = torch.randn(count, channels, side, side, generator=seeds.generator(seed, "features"))
    smooth = F.avg_pool2d(noise, 3, stride=1, padding=1, count_include_pad=False)
    return (
        F.normalize(smooth.flatten(1)).view_as(noise).to(memory_format=torch.channels_last)
    )  # in this layout the fastest


@lru_cache(maxsize=4)
def _projection(width: int, seed: int, features: int) -> Tensor:
    """Random directions (width, features)."""
    return torch.randn(width, features, generator=seeds.generator(seed, "features")) * width**-0.5
