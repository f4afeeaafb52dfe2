"""Prediction of an image's class by a run's model, after every task it learned."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from .. import registry
from ..data.scenarios import Plan
from ..errors import LifelongError
from ..runs import checkpoints, integrity
from ..runs import store as run_store
from ..runs.folders import version
from ..runs.history import History
from ..strategies.base import Strategy
from ..training.setup import frozen_backbone_of, model_of
from .model_cache import ModelCache
from .preprocess import as_task_sees, preprocess

MODELS = ModelCache()


@dataclass(frozen=True)
class Answer:
    """Prediction for one image by the model after task `after`.

    top: (label, probability) of every active output, the likeliest first.
    classes: the classes of the likeliest output. probability_of: probability by class name.
    score_of: the output before the softmax, by class name.
    """

    after: int
    top: tuple[tuple[str, float], ...]
    classes: tuple[str, ...]
    probability_of: dict[str, float]
    score_of: dict[str, float]


def classify(
    folder: Path, image: np.ndarray, after: int | None = None, task: int | None = None
) -> list[Answer]:
    """Returns an answer of each checkpoint up to `after` (all by default), task label given or not.

    image: the model's input, uint8 (channels, height, width) or (height, width). Raises
    LifelongError when the run has learned nothing yet, or `after` or `task` is not one of its
    tasks.
    """
    return classify_batch(folder, image[None], after, task)[0]


def classify_batch(
    folder: Path, images: np.ndarray, after: int | None = None, task: int | None = None
) -> list[list[Answer]]:
    """Returns for each image the answers of `classify`; each checkpoint sees all images at once.

    images: uint8 (n, channels, height, width) or (n, height, width). Raises as `classify` does.
    """
    history = history_of_learned(folder)
    last = checked_after(folder, history, after)
    check_task(folder, history, task)
    models = [load(folder, k) for k in range(last + 1)]
    inputs = model_inputs(history, models[0], images)
    columns = [answers(history, model, inputs, k, task) for k, model in enumerate(models)]
    return [list(row) for row in zip(*columns)]


def classify_good(
    folder: Path, images: np.ndarray, task: int | None = None
) -> tuple[list[list[Answer | None]], str]:
    """Returns what `classify_batch` does, None for a checkpoint that is damaged or missing, and a
    sentence about the first of these, empty without any.

    Raises LifelongError where none is good.
    """
    history, problems = history_of_learned(folder), list[LifelongError]()
    check_task(folder, history, task)
    models: list[Strategy | None] = []
    for k in range(len(history.learned)):
        try:
            models.append(load(folder, k))
        except LifelongError as error:
            models.append(None)
            problems.append(error)
    good = next((model for model in models if model is not None), None)
    if good is None:
        raise problems[0]
    inputs = model_inputs(history, good, images)
    columns = [
        [None] * len(images) if model is None else answers(history, model, inputs, k, task)
        for k, model in enumerate(models)
    ]
    return [list(row) for row in zip(*columns)], str(problems[0]) if problems else ""


def checked_after(folder: Path, history: History, after: int | None) -> int:
    """Returns the task after which a run answers, by default the last one that it has learned.

    Raises LifelongError for one that it has not learned.
    """
    learned = len(history.learned)
    last = learned - 1 if after is None else after
    if not 0 <= last < learned:
        raise LifelongError(
            f"after was given as {after}; the run {folder.name} has answers after tasks 0 to"
            f" {learned - 1}."
        )
    return last


def check_task(folder: Path, history: History, task: int | None) -> None:
    """Raises LifelongError for a task label that is not one of the run's tasks."""
    if task is not None and not 0 <= task < history.config.tasks:
        raise LifelongError(
            f"task was given as {task}; the run {folder.name} has tasks 0 to"
            f" {history.config.tasks - 1}."
        )


def model_inputs(history: History, model: Strategy, images: np.ndarray) -> torch.Tensor:
    """Returns images as a batch: the model's input, or their features if the backbone is frozen.

    images: as for `classify_batch`. The features are those of every checkpoint: these differ in the
    layers on top.
    """
    channels = images.shape[1:-2] or (1,)
    inputs = torch.from_numpy(np.ascontiguousarray(images))
    inputs = inputs.reshape(len(images), *channels, *images.shape[-2:])
    backbone = frozen_backbone_of(history.config)
    if backbone is None:
        return inputs
    with torch.no_grad():
        return model.network.body.encode(backbone(inputs))


def top5_json(
    folder: Path, image: Image.Image, after: int | None = None, task: int | None = None
) -> dict[str, Any]:
    """Returns the answers for a picture as JSON values: the five likeliest labels after each task.

    Where tasks transform their images, the picture is one of the task given, else of the first.
    Raises LifelongError as `classify` does, and for a blank picture.
    """
    history = history_of_learned(folder)
    pixels = preprocess(image, history.config.dataset, history.started.shape, required=True)
    check_task(folder, history, task)
    pixels = as_task_sees(history.config, pixels, task)
    answers = [
        {
            "after": a.after,
            "top": [{"label": label, "probability": round(p, 6)} for label, p in a.top[:5]],
        }
        for a in classify(folder, pixels, after, task)
    ]
    return {"run": folder.name, "answers": answers}


def history_of_learned(folder: Path) -> History:
    """Returns a run's history. Raises LifelongError when it has learned nothing yet."""
    history = run_store.history(folder)
    if not history.learned:
        raise LifelongError(f"The run {folder.name} has not learned a task yet; train it first.")
    if history.config.program:
        raise LifelongError(
            f"The run {folder.name} has results of {history.config.program} and no checkpoints; "
            "choose a run that was trained here."
        )
    return history


def plan_after(history: History, after: int) -> Plan:
    """Returns the plan of a run without the classes that were taught after a task."""
    config = history.config.of_task(after)
    labels = history.started.labels[: config.tasks]
    return Plan(config.scenario, labels, config.training_recipe.active_classes)


@torch.no_grad()
def answers(
    history: History, model: Strategy, images: torch.Tensor, after: int, task: int | None
) -> list[Answer]:
    """Returns the answers of one checkpoint, one an image.

    images: from `model_inputs`. after: the task up to which its classes are active.
    """
    classes = active_classes(history, model, after, task)
    # No label, or that of a class taught later.
    if task is None or task >= len(plan_after(history, after).classes):
        scores = model.scores(images)
    else:
        scores = model.scores_of_task(images, task)
    active = torch.zeros(scores.shape[1], dtype=torch.bool)
    active[list(classes)] = True
    probability = scores.masked_fill(~active, -torch.inf).softmax(1)
    return [
        _answer(after, sorted(((classes[o], p[o], s[o]) for o in classes), key=lambda r: -r[1]))
        for p, s in zip(probability.tolist(), scores.tolist())
    ]


def names_of_task(history: History, task: int) -> dict[int, str]:
    """Returns the class of each output of a task's own images."""
    return dict(zip(plan_after(history, task).outputs_of(task), history.started.classes[task]))


def active_classes(
    history: History, model: Strategy, after: int, task: int | None
) -> dict[int, tuple[str, ...]]:
    """Returns the classes of each output that a checkpoint chooses from, task label given or not.

    model: the strategy after the task `after`.
    """
    plan, started = plan_after(history, after), history.started
    if task is not None and task >= len(plan.classes):
        task = None  # a class taught later, for which this model has no output
    names = {
        label: name
        for task_labels, task_names in zip(started.labels, started.classes)
        for label, name in zip(task_labels, task_names)
    }
    # Joint training has been trained on every class from the first task on.
    seen = len(plan.classes) - 1 if model.at_once else after
    active = plan.candidates_for_query(seen, task)
    return {
        # Transformed tasks share names as well as outputs: each name once.
        output: tuple(dict.fromkeys(names[c] for c in plan.classes_of(output, seen, task)))
        for output in active.nonzero().flatten().tolist()
    }


def _answer(after: int, ranked: list[tuple[tuple[str, ...], float, float]]) -> Answer:
    """Returns an answer from the classes, the probability and the score of each active output."""
    return Answer(
        after,
        top=tuple((" or ".join(group), p) for group, p, _ in ranked),
        classes=ranked[0][0],
        probability_of={name: p for group, p, _ in ranked for name in group},
        score_of={name: score for group, _, score in ranked for name in group},
    )


def load(folder: Path, after: int) -> Strategy:
    """Returns a run's strategy as it was after a task, for inference.

    It is cached until its checkpoint changes. Raises LifelongError for a checkpoint that does not
    fit.
    """
    key = folder, after, version(checkpoints.inference_file(folder, after))
    return MODELS.get(key, partial(fresh, folder, after))


def fresh(folder: Path, after: int) -> Strategy:
    """Returns what `load` does, but one of its own, which the caller may change but not train."""
    history = run_store.history(folder)
    strategy, file = untrained(history, after), checkpoints.inference_file(folder, after)
    strategy.release_training_memory()
    load_state(strategy, integrity.read(file, history)[0], file)
    return strategy


def untrained(history: History, after: int) -> Strategy:
    """Returns the strategy of a task of a run, and its network, untrained."""
    config, plan = history.config.of_task(after), plan_after(history, after)
    backbone = frozen_backbone_of(config)
    shape = (backbone.width, 1, 1) if backbone else history.started.shape
    network = model_of(config).network(shape, plan.outputs, config.precision)
    strategy = registry.strategy(config.strategy).make(config.scenario, config.settings)
    strategy.bind(network, plan, config)
    network.requires_grad_(False)
    return strategy


def load_state(strategy: Strategy, state: dict[str, torch.Tensor], file: Path) -> None:
    """Loads a state for inference. Raises LifelongError, which names the file, if it misfits."""
    try:
        strategy.load_inference_state_dict(state)
    except (KeyError, ValueError):
        raise LifelongError(
            f"The checkpoint {file.parent.name}/{file.name} belongs to another model; learn the"
            " task again."
        ) from None
