"""Streaming linear discriminant analysis: class means and one covariance of all classes."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..data.examples import Batch
from ..data.scenarios import Task
from ..numerics import matmul
from ..settings import setting, stored
from .base import Strategy
from .parts import class_statistics


@dataclass
class SLDA(Strategy):
    """Linear discriminant analysis: the score of a class is μ_k' Λ x - μ_k' Λ μ_k / 2, where Λ =
    ((1 - ε) Σ + ε I)⁻¹ (Hayes and Kanan 2020).

    x is the output of the network's body: the pixels of an image, or the features of a backbone. Σ
    is the covariance of all images so far around their class means, exactly, so nothing is
    forgotten. The paper's depends a little on the order: it weights an image by the number of all
    images, not of its class, and starts from images seen before.
    """

    title = "Streaming LDA"
    family = "closed form"
    summary = (
        "Remembers the average of each class and how the pixels vary together, and compares "
        "images by that. It sees each image once and forgets nothing."
    )
    stores = "one mean per class and one covariance matrix"
    costs = "one look at each image, and a matrix inverse whenever an answer is asked for"
    grows = "C d means of C classes with d features, beside d² numbers of the covariance"
    source = (
        "Hayes and Kanan, Lifelong machine learning with deep streaming linear discriminant "
        "analysis, CVPR Workshops 2020"
    )
    inference_fields = ("weights", "bias", "counts")
    single_pass = True
    chunks = 10  # the fewer, the fewer sums of large matrices
    early_probes = (1,)  # at each, the equations are solved

    shrinkage: float = setting(
        1e-4,
        "How much the covariance is made alike for all pixels: ε; with 1, the nearest mean wins.",
        low=1e-6,
        high=1,
    )
    means: Tensor = stored(lambda: torch.zeros(0), "statistics")
    counts: Tensor = stored(lambda: torch.zeros(0), "statistics")
    # Symmetric, computed on and below the diagonal.
    scatter: Tensor = stored(lambda: torch.zeros(0), "statistics")
    weights: Tensor = stored(lambda: torch.zeros(0), "weights")
    bias: Tensor = stored(lambda: torch.zeros(0), "weights")
    unsolved: Tensor = stored(lambda: torch.zeros((), dtype=torch.int64), "statistics")

    def create_state(self) -> None:
        classes, width = class_statistics.count(self.plan), self.network.body.width
        self.means = torch.zeros(classes, width, dtype=torch.float64)
        self.counts = torch.zeros(classes, dtype=torch.int64)
        self.scatter = torch.zeros(width, width, dtype=torch.float64)
        self.weights = torch.zeros(width, classes)
        self.bias = torch.zeros(classes)

    @torch.no_grad()
    def step(self, task: Task, batch: Batch) -> Tensor:
        features = self.network.body(batch.images)
        # By the weights that were solved for last.
        loss = class_statistics.squared_error(task, batch, self._scores(features))
        classes = class_statistics.classes_of(self.plan, batch.tasks, batch.labels)
        before, after = class_statistics.update_means(
            self.means, self.counts, features.double(), classes
        )
        matmul.add_symmetric(self.scatter, before, after)
        self.unsolved += len(features)
        return loss

    def end_task(self, task: Task) -> None:
        self._solve()

    def scores(self, images: Tensor) -> Tensor:
        self._solve()
        return self._scores(self.network.body(images))

    def _scores(self, features: Tensor) -> Tensor:
        return class_statistics.max_per_output(
            self.plan, features @ self.weights + self.bias, self.counts
        )

    @torch.no_grad()
    def _solve(self) -> None:
        """Solves for the weights and the bias of all images so far."""
        if not self.unsolved:
            return
        shrunk = self.scatter * ((1 - self.shrinkage) / self.counts.sum())
        shrunk.diagonal().add_(self.shrinkage)
        weights = torch.cholesky_solve(self.means.T, torch.linalg.cholesky(shrunk))
        self.weights = weights.float().contiguous()
        self.bias = (self.means.T * weights).sum(0).float() / -2
        self.unsolved = torch.zeros((), dtype=torch.int64)
