"""Nearest class mean: a class is represented by the mean of its images or features."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..data.examples import Batch
from ..data.scenarios import Task
from ..settings import stored
from .base import Strategy
from .parts import class_statistics


@dataclass
class NCM(Strategy):
    """Classifier by the nearest mean: the score of a class is -‖x - μ_k‖² / 2v (Mensink et al.
    2013, without their metric).

    x is the output of the network's body: the pixels of an image, or the features of a backbone.
    v calibrates the softmax: it is the variance of images around the mean of their class along the
    lines to the other means, measured as images arrive. With the variance of a pixel in its place,
    every probability would be 0 or 1. It does not change which class is nearest, and the means are
    the same whatever the order, so nothing is forgotten.
    """

    title = "Nearest class mean"
    family = "closed form"
    simplest_of_family = True
    summary = (
        "Remembers the average of each class and answers with the nearest one. It trains "
        "nothing, sees each image once, and forgets nothing."
    )
    stores = "one mean per class"
    costs = "one look at each image, without training"
    grows = (
        "C d means of C classes with d features; every chunk of images takes the distances "
        "between all means, C² d operations"
    )
    source = (
        "Mensink et al., Distance-based image classification: generalizing to new classes at "
        "near-zero cost, TPAMI 2013"
    )
    inference_fields = ("means", "counts", "variance")
    single_pass = True

    means: Tensor = stored(lambda: torch.zeros(0), "statistics")
    counts: Tensor = stored(lambda: torch.zeros(0), "statistics")
    variance: Tensor = stored(lambda: torch.ones((), dtype=torch.float64), "statistics")
    pairs: Tensor = stored(lambda: torch.zeros((), dtype=torch.int64), "statistics")

    def create_state(self) -> None:
        classes, width = class_statistics.count(self.plan), self.network.body.width
        self.means = torch.zeros(classes, width, dtype=torch.float64)
        self.counts = torch.zeros(classes, dtype=torch.int64)

    @torch.no_grad()
    def step(self, task: Task, batch: Batch) -> Tensor:
        features = self.network.body(batch.images).double()
        loss = class_statistics.squared_error(task, batch, self._scores(features))
        classes = class_statistics.classes_of(self.plan, batch.tasks, batch.labels)
        _, deviations = class_statistics.update_means(self.means, self.counts, features, classes)
        self._update_variance(deviations, classes)
        return loss

    def scores(self, images: Tensor) -> Tensor:
        return self._scores(self.network.body(images).double())

    def _scores(self, features: Tensor) -> Tensor:
        """Returns the scores but for a term that is the same for all classes, (n, outputs)."""
        means = self.means.double()  # single, if loaded from a checkpoint in half precision
        near = features @ means.T - means.square().sum(1) / 2
        return class_statistics.max_per_output(
            self.plan, (near / self.variance.clamp(min=1e-6)).float(), self.counts
        )

    def _update_variance(self, deviations: Tensor, classes: Tensor) -> None:
        """Updates the variance by deviations (n, d) of images from the means of their classes
        (n,).
        """
        along = deviations @ self.means.T
        along = along - along.gather(1, classes.unsqueeze(1))
        length = torch.cdist(self.means, self.means)[classes]
        others = (length > 0) & (self.counts > 0)
        squares = (along[others] / length[others]).square()
        self.pairs += len(squares)
        if len(squares):
            self.variance.lerp_(squares.mean(), len(squares) / self.pairs)
