"""Test images of a task that a run classified correctly once, and does not any more."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..data.scenarios import evenly_spaced
from ..errors import LifelongError
from ..runs import checkpoints
from ..runs.folders import version
from ..runs.history import History
from ..strategies.base import Strategy, scores
from . import predict
from .task_images import test_images

MOST_TESTED = 2000  # images of a task
MOST_TESTED_DEEP = 300  # in colour: they go through a deep network


@dataclass(frozen=True)
class LostImage:
    """Test image whose answer was right and is wrong. pixels: uint8 (channels, height, width).

    name: of its class. before, now: the answers just after its task and after a later one.
    """

    pixels: np.ndarray
    name: str
    before: str
    now: str


@dataclass(frozen=True)
class Evidence:
    """Answers for test images of a task just after it was learned and after a later one.

    tested: number of images; right_before, right_now: of these, classified correctly then.
    lost: were right and are wrong; images: the first of them.
    """

    tested: int
    right_before: int
    right_now: int
    lost: int
    images: tuple[LostImage, ...]


def evidence(folder: Path, task: int, after: int, count: int) -> Evidence:
    """Returns the evidence for the accuracy on a task after a later one, with `count` images.

    Raises LifelongError where the images are not on this machine, or task and after do not fit.
    """
    versions = tuple(version(checkpoints.inference_file(folder, at)) for at in (task, after))
    return _evidence(folder, task, after, count, versions)


@lru_cache(maxsize=32)  # with 24 images of a photograph each, 75 kB
def _evidence(folder: Path, task: int, after: int, count: int, _versions: object) -> Evidence:
    history = predict.history_of_learned(folder)
    if not 0 <= task <= after < len(history.learned):
        raise LifelongError(
            f"task was given as {task} and after as {after}; the run {folder.name} has learned"
            f" {len(history.learned)} tasks, and a task is tested from itself on."
        )
    is_deep = history.started.shape[0] > 1
    test = test_images(history, task, MOST_TESTED_DEEP if is_deep else MOST_TESTED)
    models = [predict.load(folder, at) for at in (task, after)]
    inputs = predict.model_inputs(history, models[0], test.images.numpy())
    before, now = (
        _answers(history, model, inputs, task, at) for model, at in zip(models, (task, after))
    )
    names = predict.names_of_task(history, task)
    truth = [names[int(label)] for label in test.labels]
    right_before, right_now = (
        [own in answer for own, answer in zip(truth, answers)] for answers in (before, now)
    )
    lost = [i for i, (was, is_) in enumerate(zip(right_before, right_now)) if was and not is_]
    return Evidence(
        len(test),
        sum(right_before),
        sum(right_now),
        len(lost),
        tuple(
            LostImage(test.images[i].numpy(), truth[i], " or ".join(before[i]), " or ".join(now[i]))
            for i in (lost[int(at)] for at in evenly_spaced(len(lost), count))
        ),
    )


def _answers(
    history: History, model: Strategy, inputs: Tensor, task: int, after: int
) -> list[tuple[str, ...]]:
    """Returns the classes of the likeliest output for each image, as the record counts them."""
    plan = predict.plan_after(history, after)
    given = task if history.config.rules.task_given else None
    classes = predict.active_classes(history, model, after, given)
    active = plan.active_outputs(after)[task]
    found = scores(model, inputs).masked_fill(~active, -torch.inf).argmax(1)
    if not plan.rules.shared_outputs:
        return [classes[int(output)] for output in found]
    # The class of the image's own task, if it has one for the output.
    names = {output: (name,) for output, name in predict.names_of_task(history, task).items()}
    return [{**classes, **names}[int(output)] for output in found]
