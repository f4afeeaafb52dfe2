"""Predictions of runs for pictures, by the names of the runs.

What needs torch imports it when it is called.
"""

from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from PIL import Image

from .. import datasets
from ..data.uploads import decoders
from ..inference import preprocess as preprocessing
from ..runs import checkpoints
from ..runs import store as run_store

if TYPE_CHECKING:
    from ..inference.contributions import Contributions as Contributions
    from ..inference.recognition import Recognition
    from ..inference.within_task import StepAnswer


def warm() -> None:
    """Loads all that predictions need, so that the first drawing finds it ready."""
    import torch

    torch.set_num_threads(1)  # one image needs no more, and training keeps the other core
    from ..inference import predict, recognition  # noqa: F401

    decoders.warm()


def open_upload(file: bytes) -> Image.Image:
    """Returns the picture in a file that anybody may have sent, upright.

    It is decoded in a process of its own. Raises LifelongError unless it is of sane size, and where
    that takes too long or too much memory.
    """
    return decoders.open(file)


def holds_digits(run: str) -> bool:
    """Returns whether a run's images are drawings of digits, not photographs."""
    return preprocessing.holds_digits(run_store.history(run_store.folder(run)).config.dataset)


@overload
def preprocess(run: str, image: Image.Image, required: Literal[True]) -> np.ndarray: ...
@overload
def preprocess(run: str, image: Image.Image, required: bool = False) -> np.ndarray | None: ...
def preprocess(run: str, image: Image.Image, required: bool = False) -> np.ndarray | None:
    """Returns the input of a run's model.

    It is uint8 (28, 28) for digits, else (channels, height, width); of a blank drawing None or,
    where it is required, a LifelongError.
    """
    record = run_store.history(run_store.folder(run))
    shape = record.started.shape if record.has_started else (1, 28, 28)
    return preprocessing.preprocess(image, record.config.dataset, shape, required)


def as_task_sees(run: str, pixels: np.ndarray, task: int | None = None) -> np.ndarray:
    """Returns a picture, from `preprocess`, as a task of a run sees it, by default the first.

    It is another one only where the run's tasks transform their images.
    """
    config = run_store.history(run_store.folder(run)).config
    return preprocessing.as_task_sees(config, pixels, task)


def transformation(run: str, task: int = 0) -> str:
    """Returns what a task of a run does to its images, in words; empty where it does nothing."""
    config = run_store.history(run_store.folder(run)).config
    rule = datasets.outline(config.dataset).transformation
    return rule.describe(task, config.tasks, config.seed) if rule else ""


def classify(
    run: str, pixels: np.ndarray, after: int | None = None, task: int | None = None
) -> list:
    """Returns an Answer for each task learned up to `after`; pixels: the model's input."""
    from ..inference import predict  # loads torch

    return predict.classify(run_store.folder(run), pixels, after, task)


def tasks_with_steps(run: str) -> tuple[int, ...]:
    """Returns those of a run's learned tasks that `classify_within` has answers for."""
    folder = run_store.folder(run)
    return checkpoints.tasks_with_steps(folder, len(run_store.history(folder).learned))


def classify_within(
    run: str, pixels: np.ndarray, learning: int, task: int | None = None
) -> "list[StepAnswer]":
    """Returns an answer after each saved step of the task `learning`, from before it to its end.

    pixels: from `preprocess`. task: the task label of the image, if it is given.
    """
    from ..inference import within_task  # loads torch

    return within_task.classify_within(run_store.folder(run), pixels, learning, task)


def contributions(
    run: str, pixels: np.ndarray, name: str, task: int | None = None
) -> "list[Contributions | None]":
    """Returns what each pixel contributed to the answer of each checkpoint, for the class `name`.

    pixels: from `preprocess`. None where the answer has no gradient or the class is not active.
    """
    from ..inference import contributions as pixel_contributions  # loads torch

    return pixel_contributions.contributions(run_store.folder(run), pixels, name, task)


def classify_batch(run: str, pixels: np.ndarray, task: int | None = None) -> list[list]:
    """Returns what `classify` does for pictures (n, ...), faster than one by one."""
    from ..inference import predict  # loads torch

    return predict.classify_batch(run_store.folder(run), pixels, task=task)


def classify_good(run: str, pixels: np.ndarray, task: int | None = None) -> tuple[list[list], str]:
    """Returns what `classify_batch` does, None for damaged checkpoints, and why the first is."""
    from ..inference import predict  # loads torch

    return predict.classify_good(run_store.folder(run), pixels, task)


def recognise(run: str, pixels: np.ndarray) -> "list[Recognition] | None":
    """Returns what each picture shows, whatever the run says; None where no network can say.

    pixels: (n, ...), each from `preprocess`.
    """
    from ..inference import recognition  # loads torch

    return recognition.recognise(run_store.history(run_store.folder(run)).config.dataset, pixels)


def answers_json(
    run: str, image: Image.Image, after: int | None = None, task: int | None = None
) -> dict[str, Any]:
    """Returns the answers of `/classify` and `classify --json`: five labels after each task."""
    from ..inference import predict  # loads torch

    return predict.top5_json(run_store.folder(run), image, after, task)
