"""Contributions of an image's pixels to the answers of a run: gradient times input.

With the lead s_c - s_r of the score of a class c over that of the strongest other answer r, a pixel
x_i contributes x_i d(s_c - s_r) / d x_i (Shrikumar et al. 2016, "Not just a black box"; the
gradient alone is that of Simonyan et al. 2013). In a network of linear layers with ReLUs and
without biases these numbers add up to the lead. Elsewhere they need not: what biases and the
constants of a normalisation add belongs to no pixel (in a ResNet that is most of the lead), and a
black pixel, x_i = 0, contributes nothing even where its being black matters.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..models.base import QuantizedFeatures
from ..runs.history import History
from ..strategies.base import Strategy
from ..training.setup import frozen_backbone_of
from . import predict


@dataclass(frozen=True)
class Contributions:
    """Contributions of pixels to the lead of a class over the strongest other answer of a model.

    rival: label of that answer. lead: score of the class minus that of the rival. values: float
    (height, width), summed over the channels; what is positive speaks for the class.
    """

    rival: str
    lead: float
    values: np.ndarray


def contributions(
    folder: Path, image: np.ndarray, name: str, task: int | None = None
) -> list[Contributions | None]:
    """Returns the contributions to the answer of each checkpoint, task label given or not.

    image, task: as for `predict.classify`; name: of the class. None where the class or a second
    answer is not active, and where the scores have no gradient: those of random features that are
    rounded (analytic learning), of likelihoods, and of networks that are only evaluated.
    Raises LifelongError as `classify` does.
    """
    history = predict.history_of_learned(folder)
    predict.check_task(folder, history, task)
    models = [predict.load(folder, after) for after in range(len(history.learned))]
    with torch.enable_grad():
        pixels = torch.from_numpy(np.ascontiguousarray(image)).float()
        pixels = pixels.reshape(1, *(image.shape[:-2] or (1,)), *image.shape[-2:]).requires_grad_()
        inputs = _inputs(history, models[0], pixels * 1)  # a copy, which a body may change in place
        return [
            _of_model(history, model, inputs, pixels, (after, task, name))
            for after, model in enumerate(models)
        ]


def _inputs(history: History, model: Strategy, pixels: Tensor) -> Tensor:
    """Returns what the model takes, differentiable: pixels, or features of a frozen backbone.

    The features have the values of the bytes that a model is given, and the gradient of what these
    were rounded from.
    """
    backbone, body = frozen_backbone_of(history.config), model.network.body
    if backbone is None or not isinstance(body, QuantizedFeatures):
        return pixels
    features = backbone(pixels)
    exact = body.scaled(features).view(1, -1, 1, 1)
    return exact + (body.encode(features).float() - exact).detach()


def _of_model(
    history: History,
    model: Strategy,
    inputs: Tensor,
    pixels: Tensor,
    question: tuple[int, int | None, str],
) -> Contributions | None:
    after, task, name = question
    classes = predict.active_classes(history, model, after, task)
    own = next((output for output, names in classes.items() if name in names), None)
    if own is None or len(classes) < 2:
        return None
    scores = model.scores(inputs * 1)[0]
    ranked = sorted(classes, key=scores.tolist().__getitem__, reverse=True)
    rival = ranked[0] if ranked[0] != own else ranked[1]
    lead = scores[own] - scores[rival]
    if not lead.requires_grad:
        return None
    [gradient] = torch.autograd.grad(lead, pixels, retain_graph=True)
    values = (gradient * pixels)[0].sum(0).detach()
    if not gradient.any():
        return None
    return Contributions(" or ".join(classes[rival]), lead.item(), values.numpy())
