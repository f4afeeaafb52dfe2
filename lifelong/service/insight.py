"""Insight into a run's numbers: images it lost, layers that moved, features, stored images.

Runs are given by their names. Each function raises LifelongError for an unknown run.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ..runs import checkpoints
from ..runs import store as run_store
from ..runs.folders import version

if TYPE_CHECKING:
    from ..inference.evidence import Evidence as Evidence
    from ..inference.network_state import FeatureMap as FeatureMap
    from ..inference.network_state import LayerChange as LayerChange
    from ..inference.verification import Verification as Verification

MAP_IMAGES, MAP_IMAGES_DEEP = 60, 20  # of a task; in colour they go through a deep network
MOST_MAP_IMAGES = 600  # of all tasks: each goes through the network as it was after every task


def evidence(run: str, task: int, after: int, count: int = 24) -> "Evidence":
    """Returns test images of a task that were right when it was learned and are wrong after a later
    one.
    """
    from ..inference import evidence as images  # loads torch

    return images.evidence(run_store.folder(run), task, after, count)


def verify(run: str, after: int) -> "Verification":
    """Returns the accuracies of a checkpoint, computed anew, beside the recorded ones."""
    from ..inference import verification  # loads torch

    return verification.verify(run_store.folder(run), after)


def layer_changes(run: str, tasks: Sequence[int] | None = None) -> "list[LayerChange]":
    """Returns the change of each layer while each task but the first, or each of some, was
    learned.
    """
    from ..inference import network_state  # loads torch

    return network_state.layer_changes(run_store.folder(run), tasks)


def important_pixels(run: str, after: int) -> np.ndarray | None:
    """Returns how important the weights of each pixel are after a task, where that is measured."""
    from ..inference import network_state  # loads torch

    return network_state.important_pixels(run_store.folder(run), after)


def stored_images(run: str, after: int) -> dict[str, np.ndarray] | None:
    """Returns the images in the replay buffer after a task by class; None where there are none."""
    from ..inference import network_state  # loads torch

    return network_state.stored_images(run_store.folder(run), after)


def feature_map(run: str) -> "FeatureMap":
    """Returns the features of some test images of each task in two dimensions, after each task."""
    folder = run_store.folder(run)
    learned = len(run_store.history(folder).learned)
    files = [checkpoints.inference_file(folder, after) for after in range(learned)]
    return _feature_map(run, tuple(map(version, files)))


@lru_cache(maxsize=32)
def _feature_map(run: str, _versions: object) -> "FeatureMap":
    from ..inference import network_state  # loads torch

    folder = run_store.folder(run)
    history = run_store.history(folder)
    per_task = MAP_IMAGES_DEEP if history.started.shape[0] > 1 else MAP_IMAGES
    room = max(2, MOST_MAP_IMAGES // max(1, len(history.learned)))
    return network_state.feature_map(folder, min(per_task, room))
