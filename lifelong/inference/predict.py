"""What a run's model makes of an image, after every task it learned."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from .. import registry
from ..data.scenarios import Plan
from ..errors import LifelongError
from ..runs import checkpoints
from ..runs import store as run_store
from ..runs.history import History
from ..storage import tensor_files
from ..strategies.base import Strategy
from ..training.experiment import frozen_backbone_of, model_of
from .preprocess import needed


@dataclass(frozen=True)
class Answer:
    """What the model made of one image after task `after`.

    top: (label, probability) of every output that competes, the likeliest first.
    classes: the classes that the first answer stands for; probability_of: probability by class name.
    """

    after: int
    top: tuple[tuple[str, float], ...]
    classes: tuple[str, ...]
    probability_of: dict[str, float]


def classify(
    at: Path, image: np.ndarray, after: int | None = None, task: int | None = None
) -> list[Answer]:
    """One answer for each checkpoint up to `after` (all by default), task label given or not.

    image: uint8 (channels, height, width) or (height, width), as the run's model takes it.
    Raises LifelongError when the run has learned nothing yet, or `after` or `task` is not one of its tasks.
    """
    story = _history_of_learned(at)
    learned = len(story.learned)
    last = learned - 1 if after is None else after
    if not 0 <= last < learned:
        raise LifelongError(
            f"after was given as {after}; the run {at.name} has answers after tasks 0 to {learned - 1}."
        )
    if task is not None and not 0 <= task < story.config.tasks:
        raise LifelongError(
            f"task was given as {task}; the run {at.name} has tasks 0 to {story.config.tasks - 1}."
        )
    plan = Plan(
        story.config.scenario, story.started.labels, story.config.training_recipe.active_classes
    )
    images = torch.from_numpy(np.ascontiguousarray(image)).reshape(1, *story.started.shape)
    models = [load(at, k) for k in range(last + 1)]
    front = frozen_backbone_of(story.config)
    if front is not None:  # once for all checkpoints: they differ in the layers on top
        with torch.no_grad():
            images = models[0].network.body.encode(front(images))
    return [_answer(story, plan, model, images, k, task) for k, model in enumerate(models)]


def top5_json(
    at: Path, image: Image.Image, after: int | None = None, task: int | None = None
) -> dict[str, Any]:
    """The answers to a picture as JSON values: the five likeliest labels after each task.

    Raises LifelongError as `classify` does, and for a blank picture.
    """
    story = _history_of_learned(at)
    pixels = needed(image, story.config.dataset, story.started.shape)
    answers = [
        {
            "after": a.after,
            "top": [{"label": label, "probability": round(p, 6)} for label, p in a.top[:5]],
        }
        for a in classify(at, pixels, after, task)
    ]
    return {"run": at.name, "answers": answers}


def _history_of_learned(at: Path) -> History:
    story = run_store.history(at)
    if not story.learned:
        raise LifelongError(f"The run {at.name} has not learned a task yet; train it first.")
    return story


def _answer(
    story: History, plan: Plan, model: Strategy, images: torch.Tensor, after: int, task: int | None
) -> Answer:
    names = {
        label: name
        for own, said in zip(plan.classes, story.started.classes)
        for label, name in zip(own, said)
    }
    with torch.no_grad():
        scores = model.scores(images)
    compete = plan.candidates_for_query(after, task)
    share = scores.masked_fill(~compete, -torch.inf).softmax(1)[0]
    order = share.argsort(descending=True)[: int(compete.sum())].tolist()
    meaning = [tuple(names[c] for c in plan.classes_of(o, after, task)) for o in order]
    top = tuple((" or ".join(classes), float(share[o])) for o, classes in zip(order, meaning))
    of = {name: float(share[o]) for o, classes in zip(order, meaning) for name in classes}
    return Answer(after, top, meaning[0], of)


def load(at: Path, after: int) -> Strategy:
    """A run's strategy as it was after a task, ready to answer; kept in memory until its checkpoint changes."""
    return _model(at, after, _version(at, after))


def _version(at: Path, after: int) -> int:
    try:
        return checkpoints.inference_file(at, after).stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=64)
def _model(at: Path, after: int, version: int) -> Strategy:
    story = run_store.history(at)
    plan = Plan(
        story.config.scenario, story.started.labels, story.config.training_recipe.active_classes
    )
    front = frozen_backbone_of(story.config)
    shape = (front.width, 1, 1) if front else story.started.shape
    network = model_of(story.config).network(shape, plan.outputs, story.config.precision)
    strategy = registry.strategy(story.config.strategy).make(
        story.config.scenario, story.config.settings
    )
    strategy.bind(network, plan, story.config)
    file = checkpoints.inference_file(at, after)
    try:
        strategy.load_inference_state_dict(tensor_files.read(file)[0])
    except (KeyError, ValueError) as error:
        if isinstance(error, LifelongError):
            raise
        raise LifelongError(
            f"The checkpoint {at.name}/{file.name} belongs to another model; learn the task again."
        ) from None
    return strategy
