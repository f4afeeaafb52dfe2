"""The state of a run's network from task to task: layers that moved, weights and images it keeps.

No measure here says what was forgotten: weights may move without a loss, and a loss may come from
weights that hardly moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ..errors import LifelongError
from ..models.base import Network, Shape
from ..runs import checkpoints, integrity
from ..runs.history import History
from . import predict
from .task_images import test_images

IMPORTANCE = ("strategy.precision.", "strategy.importance.")  # of weights, in files to resume from
IMAGES, LABELS = "strategy.memory.images", "strategy.memory.labels"
PIXELS = "important_pixels"  # (tasks, height, width), in the file that ships in their place


@dataclass(frozen=True)
class LayerChange:
    """Change of a layer while a task was learned: |w - w before| / |w before|."""

    task: int
    layer: str
    change: float


@dataclass(frozen=True)
class FeatureMap:
    """Features of test images in two dimensions, after each task.

    points: (tasks learned, images, 2), on the two principal axes of the features after all tasks
    together, so that one scale holds for all. names, tasks: class and task of each image.
    variance: share of the variance that the two axes have.
    """

    points: np.ndarray
    names: tuple[str, ...]
    tasks: tuple[int, ...]
    variance: float


def layer_changes(folder: Path, tasks: Sequence[int] | None = None) -> list[LayerChange]:
    """Returns the change of each layer while each task but the first was learned.

    tasks: only while these were. Raises LifelongError for a run that has learned nothing.
    """
    history = predict.history_of_learned(folder)
    changes = []
    for task in range(1, len(history.learned)):
        if tasks is not None and task not in tasks:
            continue
        before, now = (_layer_weights(folder, after) for after in (task - 1, task))
        for k, (old, new) in enumerate(zip(before, now)):
            if old.shape != new.shape:  # grown, for a class that was taught
                continue
            name = "output layer" if k == len(now) - 1 else f"hidden layer {k + 1}"
            moved = (new - old).norm() / old.norm().clamp(min=1e-12)
            changes.append(LayerChange(task, name, float(moved)))
    return changes


def _layer_weights(folder: Path, after: int) -> list[torch.Tensor]:
    return [layer.weight for layer in predict.load(folder, after).network.layers]


def important_pixels(folder: Path, after: int) -> np.ndarray | None:
    """Returns how important the weights of each pixel are after a task: float (height, width).

    The sum of the importance of its weights in the first layer. None where the strategy measures no
    importance, the network does not take pixels, or its state is not there.
    """
    history = predict.history_of_learned(folder)
    state = _learning_state(folder, history, after)
    if PIXELS in state:
        fits = state[PIXELS].shape == (len(history.learned), *history.started.shape[1:])
        return state[PIXELS][after].numpy() if fits else None
    network = predict.load(folder, after).network
    return pixel_importance(state, network, history.started.shape)


def pixel_importance(
    state: dict[str, torch.Tensor], network: Network, shape: Shape
) -> np.ndarray | None:
    """Returns the importance of the weights of each pixel in the state of a strategy.

    None as in `important_pixels`.
    """
    importance = next((state[name] for name in IMPORTANCE if name in state), None)
    layer = network.layers[0]
    channels, height, width = shape
    takes_pixels = layer.in_features == channels * height * width
    if importance is None or len(importance) < layer.weight.numel() or not takes_pixels:
        return None
    first = importance[: layer.weight.numel()].view_as(layer.weight)
    return first.sum(0).reshape(channels, height, width).sum(0).numpy()


def stored_images(folder: Path, after: int) -> dict[str, np.ndarray] | None:
    """Returns the images in the replay buffer after a task by class: uint8 (n, channels, h, w).

    None where there is no buffer of images, or its state is not there.
    """
    history = predict.history_of_learned(folder)
    state = _learning_state(folder, history, after)
    images, labels = state.get(IMAGES), state.get(LABELS)
    if images is None or labels is None or labels.shape != images.shape[:1]:
        return None
    if tuple(images.shape[1:]) != history.started.shape:
        return None
    names = _names_of_outputs(history, after)
    return {
        name: images[labels == output].numpy()
        for output, name in names.items()
        if bool((labels == output).any())
    }


def feature_map(folder: Path, per_task: int = 60) -> FeatureMap:
    """Returns the features of `per_task` test images of each task, those before the output layer.

    Raises LifelongError where the images are not on this machine.
    """
    history = predict.history_of_learned(folder)
    learned = [at for at in range(len(history.learned)) if at < history.config.of_task(0).tasks]
    tests = [test_images(history, task, per_task) for task in learned]
    images = torch.cat([test.images for test in tests]).numpy()
    names, tasks = [], []
    for task, test in zip(learned, tests):
        own = predict.names_of_task(history, task)
        names += [own[int(label)] for label in test.labels]
        tasks += [task] * len(test)
    models = [predict.load(folder, after) for after in learned]
    inputs = predict.model_inputs(history, models[0], images)
    with torch.no_grad():
        features = torch.stack([model.network.embed(inputs).float() for model in models])
    points, variance = _principal(features.flatten(0, 1))
    shape = (len(models), len(images), 2)
    return FeatureMap(points.reshape(shape).numpy(), tuple(names), tuple(tasks), variance)


def _principal(features: torch.Tensor) -> tuple[torch.Tensor, float]:
    """Returns rows (n, d) on their two principal axes, (n, 2), and the share of the variance."""
    centred = (features - features.mean(0)).double()
    values, vectors = torch.linalg.eigh(centred.T @ centred)
    axes = vectors[:, -2:].flip(1)
    total = float(values.clamp(min=0).sum()) or 1.0
    return (centred @ axes).float(), float(values[-2:].sum()) / total


def _names_of_outputs(history: History, after: int) -> dict[int, str]:
    plan = predict.plan_after(history, after)
    return {
        output: name
        for task in range(min(after + 1, len(plan.classes)))
        for output, name in predict.names_of_task(history, task).items()
    }


def _learning_state(folder: Path, history: History, after: int) -> dict[str, torch.Tensor]:
    """Returns the tensors to resume from or, where these did not ship, what was left of them.

    Empty where there is neither. That file has the images of all tasks: of the classes that are yet
    to come, too.
    """
    files = [checkpoints.resume_file(folder, after), checkpoints.summary_file(folder)]
    file = next((file for file in files if file.exists()), None)
    try:
        return {} if file is None else integrity.read(file, history)[0]
    except LifelongError:
        return {}
