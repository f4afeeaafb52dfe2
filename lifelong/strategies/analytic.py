"""Analytic learning: fixed random features and the exact ridge regression on all images so far."""

from collections.abc import Sequence
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
FEATURES_PER_VALUE = 4  # at most, of an image: tiny images need no more
CHUNK = 25  # images whose filter responses fit into the processor's cache
LEVELS = 127  # largest value of a feature, a whole number
# Filter response that LEVELS stands for, chosen with 10,000 of MNIST's training images held out.
LARGEST_RESPONSE = 1.5


@dataclass
class Analytic(Strategy):
    """Ridge regression on random features h: W = (Σ h h' + λ I)⁻¹ Σ h y' over all images so far
    (Zhuang et al. 2022).

    The two sums are stored, in place of the inverse that ACIL updates: they are the same whatever
    the order of images and tasks, so nothing is forgotten; W is solved for at inference. The
    features are untrained, unlike theirs. Of an image: random smooth filters, rectified and
    averaged over squares (McDonnell and Vladusich 2015, with random filters and no second layer).
    Of the features of a backbone: these, and rectified random projections of them (McDonnell et al.
    2023). Features are rounded to whole numbers: sums of their products are exact then, and quick
    on a processor with instructions for bytes. λ is given in mean squares of a feature. Scores are
    divided by their root mean squared error on the training images, which calibrates their softmax.
    Differs from RanPAC: M = 1,152 random features by default in place of 10,000, and λ is fixed in
    place of chosen on held-out images of each task. There is no intercept.
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
    grows = "M C sums of M features and C classes, beside M² of the features"
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
    # Symmetric, computed on and below the diagonal.
    gram: Tensor = stored(lambda: torch.zeros(0), "statistics")
    sums: Tensor = stored(lambda: torch.zeros(0), "statistics")
    counts: Tensor = stored(lambda: torch.zeros(0), "statistics")
    unsolved: Tensor = stored(lambda: torch.zeros((), dtype=torch.int64), "statistics")
    weights: Tensor = stored(lambda: torch.zeros(0), "weights")
    error: Tensor = stored(lambda: torch.ones(()), "weights")

    def create_state(self) -> None:
        self.counts = torch.zeros(class_statistics.count(self.plan), dtype=torch.int64)

    def expected_storage(self, tasks: Sequence[Task]) -> int:
        body = self.network.body
        width = self.features + (0 if body.is_identity and not body.takes_features else body.width)
        return 8 * width * (width + 2 * len(self.counts))

    @torch.no_grad()
    def step(self, task: Task, batch: Batch) -> Tensor:
        h = self.embed(batch.images)
        # By the weights that were solved for last.
        loss = class_statistics.squared_error(task, batch, self._scores(h))
        if not len(self.gram):
            self.gram = h.new_zeros(h.shape[1], h.shape[1], dtype=torch.float64)
            self.sums = h.new_zeros(h.shape[1], len(self.counts), dtype=torch.float64)
        classes = class_statistics.classes_of(self.plan, batch.tasks, batch.labels)
        bytes_ = h.to(torch.int8)
        matmul.add_symmetric(self.gram, bytes_, bytes_)
        matmul.add_product(self.sums, bytes_, F.one_hot(classes, len(self.counts)).to(torch.int8))
        self.counts += classes.bincount(minlength=len(self.counts))
        self.unsolved += len(classes)
        return loss

    def end_task(self, task: Task) -> None:
        self._solve()

    def scores(self, images: Tensor) -> Tensor:
        self._solve()
        if not len(self.weights):  # nothing learned yet: no features are needed
            return torch.zeros(len(images), self.plan.outputs, device=self.device)
        return self._scores(self.embed(images))

    def embed(self, images: Tensor) -> Tensor:
        """Returns the random features of images, whole numbers from 0 to LEVELS: (n, features).

        images: uint8 (n, channels, height, width), or the features of a frozen backbone.
        """
        x = self.network.body(images)
        if self.network.body.is_identity and not self.network.body.takes_features:
            filters = _filters(tuple(images.shape[1:]), self.seed, self.features).to(x.device)
            return _quantized(_responses(x.view(-1, *images.shape[1:]), filters) / LARGEST_RESPONSE)
        projection = _projection(x.shape[1], self.seed, self.features).to(x.device)
        with matmul.matmul_precision("fp32"):  # the same features in training and inference
            projected = matmul.matmul(x, projection)
        return _quantized(torch.cat([x, projected], 1))

    def _scores(self, h: Tensor) -> Tensor:
        if not len(self.weights):
            return h.new_zeros(len(h), self.plan.outputs)
        return class_statistics.max_per_output(
            self.plan, h @ self.weights / self.error, self.counts
        )

    @torch.no_grad()
    def _solve(self) -> None:
        """Solves for the weights (features, classes) of all images so far, and their error."""
        if not self.unsolved:
            return
        images = self.counts.sum()
        # Not zero, even if all images were blank.
        ridge = self.ridge * (self.gram.diagonal().mean() / images).clamp(min=1e-12)
        regularised = self.gram.clone()
        regularised.diagonal().add_(ridge)
        weights = torch.cholesky_solve(self.sums, torch.linalg.cholesky(regularised))
        # Σ ‖y - W'h‖² without the images: Σ ‖y‖² is their number, and W' (gram + ridge I) W =
        # W' sums.
        squared = images - (weights * self.sums).sum() - ridge * weights.square().sum()
        error = (squared / (images * self.counts.count_nonzero())).clamp(min=1e-4).sqrt()
        self.weights, self.error = weights.float().contiguous(), error.float()
        self.unsolved = torch.zeros((), dtype=torch.int64)


def _quantized(features: Tensor) -> Tensor:
    """Rectifies features in place and rounds them to whole numbers: 1 and more becomes LEVELS."""
    return features.mul_(LEVELS).round_().clamp_(0, LEVELS)


def _responses(images: Tensor, filters: Tensor) -> Tensor:
    """Returns the rectified responses of images to filters, averaged over squares.

    images: float (n, channels, height, width); result: (n, filters x squares).
    """
    # An exported network takes any number of images, but has a fixed number of parts.
    chunks = (images,) if torch.compiler.is_exporting() else images.split(CHUNK)
    parts = (F.conv2d(part, filters).relu_() for part in chunks)
    return torch.cat([F.avg_pool2d(part, CELL, ceil_mode=True).flatten(1) for part in parts])


@lru_cache(maxsize=4)
def _filters(shape: tuple[int, int, int], seed: int, features: int) -> Tensor:
    """Returns smooth random filters (filters, channels, side, side) of length 1, as many as give
    the number of features for images of this shape.
    """
    channels, height, width = shape
    side = min(SIDE, height, width)
    squares = -(-(height - side + 1) // CELL) * -(-(width - side + 1) // CELL)
    count = max(1, min(features, FEATURES_PER_VALUE * channels * height * width) // squares)
    noise = torch.randn(count, channels, side, side, generator=seeds.generator(seed, "features"))
    smooth = F.avg_pool2d(noise, 3, stride=1, padding=1, count_include_pad=False)
    filters = F.normalize(smooth.flatten(1)).view_as(noise)
    return filters.to(memory_format=torch.channels_last)  # the fastest layout


@lru_cache(maxsize=4)
def _projection(width: int, seed: int, features: int) -> Tensor:
    """Returns random directions (width, features)."""
    return torch.randn(width, features, generator=seeds.generator(seed, "features")) * width**-0.5
