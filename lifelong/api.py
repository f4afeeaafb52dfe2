"""The app's only door into the library.

Runs and studies are given by their names, tasks count from 0, accuracies are shares in [0, 1],
pictures are Pillow images. What needs torch imports it when it is called, so that a page with
curves is there before torch is.
"""

from typing import TYPE_CHECKING, Any

from . import config as configs
from .config import SCENARIOS, RunConfig, TaughtClass
from .data.image_files import open_drawing, png
from .datasets import info as dataset_info
from .datasets import names as datasets
from .datasets import outline as dataset_spec
from .datasets.base import DatasetInfo, DatasetSpec
from .errors import LifelongError
from .events import ExtractingFeatures, Failed, Loading, Phase, Preparation, Recovered, Stopped
from .inference.preprocess import example_images
from .metrics import Drop, mean_and_sem
from .metrics import all_metrics as metrics
from .recipes import RECIPES
from .runs import command, resume
from .runs import store as run_store
from .runs.answers import answers_of_class, confusion, mean_probability, per_class_accuracy
from .runs.confusion import AnswerShare, Confusion
from .runs.drops import drops, reference_config
from .runs.history import REFERENCE_STRATEGY, History
from .runs.listing import RunRow, run_row
from .runs.listing import run_rows as run_list
from .runs.rescue import rescue_histories
from .runs.store import reference_run
from .runs.stored import Storage
from .runs.stored import storage as _storage
from .service import (
    access,
    challenges,
    collection,
    health,
    insight,
    jobs,
    lessons,
    limits,
    own_data,
)
from .service.catalog import (
    ModelInfo,
    StrategyInfo,
    StrategyOutline,
    networks,
    protectors,
    strategies,
    strategy_outline,
    strategy_titles,
    trains_deep_network,
    whole_network,
)
from .service.jobs import (
    check_new,
    connected,
    is_stopping,
    learn,
    learn_in_turns,
    prepare,
    queue,
    queue_position,
    seconds_until_turn,
    state,
    stop,
)
from .service.predictions import (
    answers_json,
    as_task_sees,
    classify,
    classify_batch,
    classify_good,
    classify_within,
    contributions,
    holds_digits,
    open_upload,
    preprocess,
    recognise,
    tasks_with_steps,
    transformation,
    warm,
)
from .service.worker_client import WorkerClient
from .settings import Setting
from .strategies.parts.families import FAMILIES
from .teaching.checks import MOST_PICTURES
from .transfer import store as study_store
from .transfer.config import DEFAULT_PROTECTOR, FINE_TUNE_LEARNING_RATE, StudyConfig
from .transfer.curves import AXES, Axis, Point
from .transfer.presets import PRESETS, TransferPreset
from .transfer.results import StudyResult
from .transfer.store import by_id as study
from .transfer.store import ids as study_list

if TYPE_CHECKING:
    from .inference.contributions import Contributions as Contributions

__all__ = [
    "AXES",
    "DEFAULTS",
    "DEFAULT_PROTECTOR",
    "FAMILIES",
    "FINE_TUNE_LEARNING_RATE",
    "MOST_PICTURES",
    "PRESETS",
    "RECIPES",
    "Recovered",
    "REFERENCE_STRATEGY",
    "SCENARIOS",
    "AnswerShare",
    "Axis",
    "Confusion",
    "DatasetInfo",
    "DatasetSpec",
    "Drop",
    "ExtractingFeatures",
    "Failed",
    "History",
    "LifelongError",
    "Loading",
    "ModelInfo",
    "Phase",
    "Point",
    "Preparation",
    "RunConfig",
    "RunRow",
    "Setting",
    "Stopped",
    "Storage",
    "StrategyInfo",
    "StrategyOutline",
    "StudyConfig",
    "StudyResult",
    "TaughtClass",
    "TransferPreset",
    "WorkerClient",
    "access",
    "answers_json",
    "answers_of_class",
    "as_task_sees",
    "challenges",
    "check_new",
    "class_order",
    "classify",
    "classify_batch",
    "classify_good",
    "classify_within",
    "collection",
    "command",
    "confusion",
    "connected",
    "contributions",
    "create",
    "create_study",
    "dataset_info",
    "dataset_spec",
    "datasets",
    "drops",
    "example_images",
    "has_run",
    "health",
    "history",
    "holds_digits",
    "insight",
    "is_shipped",
    "is_stopping",
    "learn",
    "learn_in_turns",
    "lessons",
    "limits",
    "mean_and_sem",
    "mean_probability",
    "metrics",
    "networks",
    "open_drawing",
    "open_upload",
    "own_data",
    "per_class_accuracy",
    "png",
    "prepare",
    "preprocess",
    "protectors",
    "queue",
    "queue_position",
    "recognise",
    "reference_config",
    "reference_run",
    "rescue_histories",
    "resume_position",
    "run_list",
    "run_row",
    "seconds_until_turn",
    "state",
    "stop",
    "storage",
    "strategies",
    "strategy_outline",
    "strategy_titles",
    "study",
    "study_list",
    "tasks_with_steps",
    "trains_deep_network",
    "transformation",
    "undo",
    "warm",
    "whole_network",
]

DEFAULTS = RunConfig()  # of a run where nothing is chosen


def history(run: str) -> History:
    """Returns a run's config and events. Raises LifelongError when there is no such run."""
    return run_store.history(run_store.folder(run))


def has_run(name: str) -> bool:
    """Returns whether there is a run of this name."""
    return run_store.find(name) is not None


def storage(run: str) -> Storage | None:
    """Returns what a run stores for earlier tasks; None where it was not measured."""
    return _storage(run_store.folder(run))


def is_shipped(name: str) -> bool:
    """Returns whether a run or study came with the project."""
    return any(folder.name == name for folder in (*run_store.shipped(), *study_store.shipped()))


def create(**fields: Any) -> str:
    """Creates a run and returns its name.

    Raises LifelongError for a value that does not fit, and where a limit of this server is reached.
    """
    jobs.check_new(1, fields.get("dataset"), fields.get("target"))
    return run_store.create(configs.make(**fields)).name


def create_study(**fields: Any) -> str:
    """Creates a transfer study and returns its name. Raises LifelongError as `create` does."""
    jobs.check_new(1, fields.get("dataset"), fields.get("target"))
    return study_store.begin(**fields)


def class_order(seed: int, classes: int) -> list[int]:
    """Returns the labels of so many classes in the order of arrival that a seed stands for."""
    from .data import class_order  # loads torch

    return class_order.class_order(RunConfig(seed=seed), classes)


def resume_position(run: str) -> tuple[int, int]:
    """Returns the task and the step within it that a run would go on from."""
    folder = run_store.folder(run)
    return resume.position(folder, run_store.history(folder))


def undo(run: str) -> None:
    """Removes the task learned last, or the begun part of one."""
    run_store.undo(run_store.folder(run))
