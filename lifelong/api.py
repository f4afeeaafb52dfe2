"""The app's only door: everything that a page or a program asks of the library, in plain values.

Runs are named by their id, tasks count from 0, accuracies are shares in [0, 1], images are Pillow
images. What needs torch imports it when first asked, so that a page with curves is there before
torch is.
"""

import io
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
from PIL import Image

from . import config as configs
from . import datasets as data_sets
from . import formatting, registry
from .config import RunConfig as RunConfig
from .datasets.base import DatasetInfo as DatasetInfo
from .datasets.base import DatasetSpec as DatasetSpec
from .errors import LifelongError as LifelongError
from .events import ExtractingFeatures as ExtractingFeatures
from .events import Failed as Failed
from .events import Stopped as Stopped
from .metrics import Metric, all_metrics
from .runs import store as run_store
from .runs.folders import RunState
from .runs.history import History as History
from .service import catalog
from .service.catalog import ModelInfo as ModelInfo
from .service.catalog import StrategyInfo as StrategyInfo
from .service.worker_client import WorkerClient
from .settings import Setting as Setting
from .transfer import config as study_config
from .transfer import presets
from .transfer import store as study_store
from .transfer.config import StudyConfig as StudyConfig
from .transfer.curves import AXES as AXES
from .transfer.curves import Axis as Axis
from .transfer.curves import Point as Point
from .transfer.presets import TransferPreset as TransferPreset
from .transfer.results import StudyResult as StudyResult

worker = WorkerClient()
FAMILIES = configs.FAMILIES
RECIPES = configs.RECIPES
SCENARIOS = configs.SCENARIOS
PRESETS = presets.PRESETS
FINE_TUNE_LEARNING_RATE = study_config.FINE_TUNE_LEARNING_RATE
DEFAULT_SCENARIO = configs.DEFAULT_SCENARIO
size, duration, stored = formatting.size, formatting.duration, formatting.stored
strategies, protectors, networks, network_settings = (
    catalog.strategies,
    catalog.protectors,
    catalog.networks,
    catalog.network_settings,
)
study, study_list, create_study = study_store.by_id, study_store.ids, study_store.begin


def run_list() -> list[dict[str, Any]]:
    """All runs, newest first and shipped last: id, dataset, scenario, strategy, tasks,
    average_accuracy, forgetting, shipped.
    """
    return [_row(run) for run in run_store.ids()]


def _row(run: str) -> dict[str, Any]:
    row = {"id": run, "shipped": is_shipped(run)}
    try:
        story = history(run)
        measures = story.measures()
    except LifelongError as error:
        return {
            **row,
            "dataset": None,
            "scenario": None,
            "strategy": None,
            "model": None,
            "tasks": 0,
            "learned": 0,
            "average_accuracy": None,
            "forgetting": None,
            "error": str(error),
        }
    c = story.config
    return {
        **row,
        "dataset": c.dataset,
        "scenario": c.scenario,
        "strategy": c.strategy,
        "tasks": c.tasks,
        "model": c.model,
        "learned": len(story.learned),
        "average_accuracy": measures["average_accuracy"],
        "forgetting": measures["forgetting"],
        "recipe": c.recipe,
        "seed": c.seed,
        "error": None,
    }


def metrics() -> tuple[Metric[...], ...]:
    """Returns every declared metric, each with its name, title, meaning and direction."""
    return all_metrics()


def history(run: str) -> History:
    """A run's config and events and what they amount to."""
    return run_store.history(run_store.folder(run))


def version(run: str) -> int:
    """A number that changes whenever the run's record does."""
    record = run_store.folder(run) / "record.jsonl"
    return record.stat().st_mtime_ns if record.exists() else 0


def is_shipped(name: str) -> bool:
    """Returns whether this run or study came with the project."""
    return any(folder.name == name for folder in (*run_store.shipped(), *study_store.shipped()))


def _folder(name: str) -> Path:
    """Returns the folder of a run or of a study."""
    return study_store.find(name) or run_store.folder(name)


def state(name: str) -> RunState:
    """Returns the state of a run or a study, with that of the worker's queue."""
    folder = _folder(name)
    position = worker.queue_position(folder)
    if position is not None:
        return RunState.WAITING if position else RunState.RUNNING
    store = study_store if study_store.is_study(folder) else run_store
    return store.state(folder)


def queue_position(name: str) -> int | None:
    """0 for the run or study at work, 1 for the next in the queue, and so on; None for one that is
    not queued.
    """
    return worker.queue_position(_folder(name))


def reference_run(run: str) -> str | None:
    """Returns the id of the run of cumulative training that intransigence compares with; or
    None.
    """
    return run_store.reference_run(run)


def strategy_titles() -> dict[str, str]:
    """Every strategy's title by its name; costs milliseconds."""
    return registry.titles()


def datasets() -> tuple[str, ...]:
    """Names of the data sets: those of the project, then those that people brought."""
    return data_sets.names()


def dataset_info(name: str) -> DatasetInfo:
    """Returns a data set's declaration and its state on this machine. Raises LifelongError for an
    unknown name.
    """
    return data_sets.info(name)


def dataset_spec(name: str) -> DatasetSpec:
    """Returns a data set's declaration; that of a folder, which may be gone by now, has no classes.
    Reads no folder.
    """
    return data_sets.outline(name)


def arriving(config: configs.RunConfig) -> tuple[str, int, int] | None:
    """What a run needs and is being downloaded, a data set or a network's weights: its name, bytes
    so far and bytes in all; or None.
    """
    names = [config.dataset, *([config.target] if config.target else [])]
    found = next(
        ((name, *told) for name in names if (told := data_sets.download_progress(name))), None
    )
    if found or config.model == "mlp":
        return found
    from .training.experiment import model_of

    told = model_of(config).arriving()
    return (f"the weights of {config.model}", *told) if told else None


def create(**given: Any) -> str:
    """A new run's id. Raises LifelongError for a value that does not fit."""
    return run_store.create(configs.make(**given)).name


def prepare(dataset: str) -> None:
    """Has the worker read a data set that is on this machine, so that a run begins at once."""
    if data_sets.is_available(dataset):
        worker.prepare(dataset)


def learn(name: str, until: int | None = None) -> None:
    """Has the run or study learn on in the worker process: a run before task `until`, or to the
    end.
    """
    worker.learn(_folder(name), until)


def stop(name: str) -> None:
    """Asks the run or study to stop after the step it is at; what was learned is kept."""
    worker.stop(_folder(name))


def undo(run: str) -> None:
    """Takes back the task learned last, or the begun part of one."""
    run_store.undo(run_store.folder(run))


def warm() -> None:
    """Starts the worker process and loads torch here, so that the first click finds both ready."""
    worker.warm()
    import torch

    torch.set_num_threads(1)  # one image needs no more, and training keeps the other core
    from .inference import predict  # noqa: F401


def close() -> None:
    """Ends the worker process; it keeps what was learned."""
    worker.close()


def holds_digits(run: str) -> bool:
    """Whether the run's images are drawn digits; else a picture is taken for a photograph."""
    from .inference.preprocess import holds_digits

    return holds_digits(history(run).config.dataset)


@overload
def preprocess(run: str, image: Image.Image, required: Literal[True]) -> np.ndarray: ...
@overload
def preprocess(run: str, image: Image.Image, required: bool = False) -> np.ndarray | None: ...
def preprocess(run: str, image: Image.Image, required: bool = False) -> np.ndarray | None:
    """Returns the input of a run's model, uint8 (28, 28) for digits, else (channels, height,
    width).

    Of a blank drawing it is None or, where it is required, a LifelongError.
    """
    from .inference.preprocess import preprocess

    story = history(run)
    shape = story.started.shape if story.has_started else (1, 28, 28)
    return preprocess(image, story.config.dataset, shape, required)


def example_images(dataset: str, per_class: int, max_classes: int) -> np.ndarray | None:
    """Returns test images uint8 (per_class, classes, channels, height, width) for people to try.

    None where the data set is not on this machine.
    """
    from .inference.preprocess import example_images

    return example_images(dataset, per_class, max_classes)


def classify(
    run: str, pixels: np.ndarray, after: int | None = None, task: int | None = None
) -> list:
    """One Answer for each task learned up to `after`; pixels from `preprocess`."""
    from .inference.predict import classify

    return classify(run_store.folder(run), pixels, after, task)


def open_image(content: bytes) -> Image.Image:
    """A picture from bytes that may be anything; LifelongError unless it is one of sane size."""
    from .data.image_files import open_image

    return open_image(content)


def answers_json(
    run: str, image: Image.Image, after: int | None = None, task: int | None = None
) -> dict[str, Any]:
    """What `/classify` and `classify --json` answer: the five likeliest labels after each task."""
    from .inference.predict import top5_json

    return top5_json(run_store.folder(run), image, after, task)


def png(pixels: np.ndarray) -> bytes:
    """Pixels uint8 (height, width) or (channels, height, width) as a PNG file."""
    out = io.BytesIO()
    flat = (
        pixels if pixels.ndim == 2 else pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)
    )
    Image.fromarray(np.ascontiguousarray(flat)).save(out, "PNG")
    return out.getvalue()
