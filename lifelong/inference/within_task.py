"""Prediction of an image's class while a run learned one of its tasks."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..errors import LifelongError
from ..runs import checkpoints, step_checkpoints
from ..runs import store as run_store
from ..runs.folders import version
from ..strategies.base import Strategy
from . import predict
from .predict import Answer


@dataclass(frozen=True)
class StepAnswer:
    """Answer after so many steps of a task."""

    step: int
    answer: Answer


def classify_within(
    folder: Path, image: np.ndarray, learning: int, task: int | None = None
) -> list[StepAnswer]:
    """Returns the answers of the models within the task `learning`, task label given or not.

    The first is that of the checkpoint before the task, at step 0, the last that of the checkpoint
    after it. image, task: as for `predict.classify`. Raises LifelongError as that does, and where
    there are no checkpoints within the task.
    """
    history = predict.history_of_learned(folder)
    predict.check_task(folder, history, task)
    if learning not in checkpoints.tasks_with_steps(folder, len(history.learned)):
        raise LifelongError(
            f"The run {folder.name} has no checkpoints within task {learning}; "
            "learn one with --step-checkpoints."
        )
    before, after = predict.load(folder, learning - 1), predict.load(folder, learning)
    steps = next(step.steps for step in history.steps if step.task == learning)
    within = {step: model for step, model in _within(folder, learning).items() if step < steps}
    inputs = predict.model_inputs(history, after, image[None])
    answers = [
        StepAnswer(step, *predict.answers(history, model, inputs, learning, task))
        for step, model in {**within, steps: after}.items()
    ]
    return [StepAnswer(0, *predict.answers(history, before, inputs, learning - 1, task)), *answers]


def _within(folder: Path, learning: int) -> dict[int, Strategy]:
    """Returns the strategy after each saved step of a task, cached until a checkpoint changes."""
    files = (
        checkpoints.steps_file(folder, learning),
        checkpoints.inference_file(folder, learning - 1),
    )
    return _models(folder, learning, *map(version, files))


@lru_cache(maxsize=4)  # of the network for digits, 25 MB each
def _models(folder: Path, learning: int, *_versions: tuple[int, int] | None) -> dict[int, Strategy]:
    history, models = run_store.history(folder), {}
    for step, state in step_checkpoints.load(folder, learning, history).items():
        models[step] = predict.untrained(history, learning)
        predict.load_state(models[step], state, checkpoints.steps_file(folder, learning))
    return models
