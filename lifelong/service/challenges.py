"""Scores of the challenge, computed in the worker process that teaches visitors' classes.

A choice has one score, so it is stored by the choice and not computed again.
"""

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import LifelongError
from ..storage import atomic, owners
from ..storage.downloads import cache_folder
from ..storage.listed import newest_first
from ..teaching import challenge_rules
from ..teaching.challenge_rules import (
    BUDGET,
    EACH,
    FIRST_CLASSES,
    NEW_CLASSES,
    SEEDS,
    Rivals,
    Score,
    code,
    decoded,
)
from . import quotas
from .connection import Connection

__all__ = [
    "BUDGET",
    "EACH",
    "FIRST_CLASSES",
    "NEW_CLASSES",
    "SEEDS",
    "Rivals",
    "Score",
    "album",
    "code",
    "connected",
    "decoded",
    "is_challenge",
    "learn",
    "rivals",
    "score",
    "stored_score",
]

FOLDER = "challenges-1"  # another number after a change of the training or the album
CHOICE_FILE, SCORE_FILE = "challenge.json", "score.json"
MOST_SCORES = 1000  # stored; the oldest are removed first
MOST_WAITING = 8  # choices and lessons; further ones are turned away
PATIENCE = 60  # seconds
PERIOD = 0.05  # seconds between two looks

_connection = Connection()
connected = _connection.connected
rivals = challenge_rules.rivals


def album() -> list[tuple[str, np.ndarray]]:
    """Returns the images to choose from, uint8 (28, 28), each with the name of its digit."""
    from ..teaching import challenge  # loads torch

    images = challenge.album()
    return [
        (str(int(label)), pixels)
        for label, pixels in zip(images.labels, images.images[:, 0].numpy())
    ]


def _folder(kept: Sequence[int]) -> Path:
    return cache_folder() / FOLDER / code(kept)


def stored_score(kept: Sequence[int]) -> Score | None:
    """Returns the score of a choice, None where it was not computed here."""
    try:
        return Score.model_validate_json((_folder(kept) / SCORE_FILE).read_bytes())
    except (OSError, ValueError):  # missing, or of an earlier version
        return None


def score(kept: Sequence[int]) -> Score:
    """Returns the score of keeping these images of the album; waits for the worker.

    Raises LifelongError for a choice that does not fit, without a worker, and when it takes longer
    than PATIENCE.
    """
    found = stored_score(kept)
    if found is not None:
        return found
    if decoded(code(kept)) is None:
        raise LifelongError(f"The images to keep were given as {list(kept)[:40]}; choose {BUDGET}.")
    owners.check_writable()
    quotas.check_training()
    worker = _connection.worker
    if worker is None:
        raise LifelongError(
            "This page has no process that learns; start the app with `streamlit run app/main.py`."
        )
    if len(worker.queue()) >= MOST_WAITING:
        raise LifelongError("Many people are learning at the moment; try again in a few seconds.")
    folder = _folder(kept)
    folder.mkdir(parents=True, exist_ok=True)
    _remove_old(folder)
    atomic.write_atomically(folder / CHOICE_FILE, json.dumps(list(kept)).encode())
    worker.learn(folder)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = stored_score(kept)
        if found is not None:
            return found
        time.sleep(PERIOD)
    raise LifelongError(f"The network did not learn within {PATIENCE} seconds; try again.")


def _remove_old(keep: Path) -> None:
    others = newest_first(each for each in keep.parent.iterdir() if each != keep)
    for oldest in others[MOST_SCORES - 1 :]:
        shutil.rmtree(oldest, ignore_errors=True)


def is_challenge(folder: Path) -> bool:
    """Returns whether a folder holds a choice of the challenge."""
    return (folder / CHOICE_FILE).exists()


def learn(folder: Path) -> None:
    """Computes the score of the choice in a folder and stores it there. In the worker."""
    from ..teaching import challenge  # loads torch

    found = challenge.score(json.loads((folder / CHOICE_FILE).read_bytes()))
    atomic.write_atomically(folder / SCORE_FILE, found.model_dump_json().encode())
