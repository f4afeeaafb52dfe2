"""Statistics of classes for strategies without gradients, and scores of outputs from those of
classes.

A class is a label of a task: an output, except in the domain scenario, where every task has classes
of its own behind the same outputs. Classes are numbered in order of arrival.
"""

from itertools import accumulate

import torch
import torch.nn.functional as F
from torch import Tensor

from ...data.examples import Batch
from ...data.scenarios import Plan, Task

# Score of a class without images: finite, so that a softmax over such classes alone is not NaN.
NO_IMAGES = -1e30


def count(plan: Plan) -> int:
    """Returns the number of classes of all tasks."""
    return sum(map(len, plan.classes))


def classes_of(plan: Plan, tasks: Tensor, labels: Tensor) -> Tensor:
    """Returns the class of each example by its task and label, all int64 (n,)."""
    first = torch.tensor([0, *accumulate(map(len, plan.classes))][:-1])
    own = torch.tensor([plan.outputs_of(task).start for task in range(len(plan.classes))])
    return labels + (first - own).to(tasks.device)[tasks]


def max_per_output(plan: Plan, scores: Tensor, counts: Tensor) -> Tensor:
    """Returns the scores of outputs (n, outputs): the highest of the output's classes.

    scores: (n, classes). counts: int64 (classes,), images of each class; those without images are
    left out.
    """
    outputs = torch.tensor(
        [output for task in range(len(plan.classes)) for output in plan.outputs_of(task)]
    ).to(scores.device)
    known = scores.masked_fill(counts == 0, NO_IMAGES)
    # Without len(scores), which an exported network would take for a constant.
    without_images = torch.full_like(scores[:, :1], NO_IMAGES).repeat(1, plan.outputs)
    index = torch.zeros_like(scores, dtype=torch.int64) + outputs
    return without_images.scatter_reduce(1, index, known, "amax")


def update_means(
    means: Tensor, counts: Tensor, features: Tensor, classes: Tensor
) -> tuple[Tensor, Tensor]:
    """Updates the class means (classes, d) and counts int64 (classes,) in place by features (n, d)
    of these classes (n,).

    Returns the deviations of the features from their class mean before and after, (n, d) each:
    before' after is exactly what is added to the scatter around the class means (Welford 1962, for
    more than one image at a time).
    """
    before = features - means[classes]
    counts += classes.bincount(minlength=len(counts))
    means.index_add_(0, classes, before / counts[classes].unsqueeze(1))
    return before, features - means[classes]


def squared_error(task: Task, batch: Batch, scores: Tensor) -> Tensor:
    """Returns the Brier score of scores (n, outputs): the mean squared distance between
    probabilities and label, from 0 to 2.
    """
    active = scores.masked_fill(~task.candidates(batch.tasks), -torch.inf)
    return (active.softmax(1) - F.one_hot(batch.labels, scores.shape[1])).square().sum(1).mean()
