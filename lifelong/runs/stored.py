"""Bytes that a run stores for earlier tasks, and the images among them. No torch."""

import json
from dataclasses import dataclass
from pathlib import Path

from ..errors import LifelongError
from . import store

# Beside the record of shipped runs that are older than the record's field; see
# `benchmarks/ship_stored.py`.
STORED_FILE = "stored.json"
LABEL_BYTES = 16  # of the label and the task of a stored image


@dataclass(frozen=True)
class Storage:
    """Bytes stored for earlier tasks at the end, by kind of information.

    images: stored images among them, None where features are stored in their place. of: all
    training images of the run.
    """

    kinds: dict[str, int]
    images: int | None
    of: int


def storage(folder: Path) -> Storage | None:
    """Returns what a run stores, None where it was not measured or nothing is learned yet.

    Raises LifelongError for a damaged file.
    """
    history = store.history(folder)
    kinds = history.learned[-1].stored if history.learned else None
    if kinds is None and history.learned:
        kinds = _from_file(folder / STORED_FILE)
    if kinds is None:
        return None
    channels, height, width = history.started.shape
    each = channels * height * width + LABEL_BYTES
    images = None if history.started.backbone else kinds.get("images", 0) // each
    return Storage(kinds, images, history.started.images[0])


def _from_file(file: Path) -> dict[str, int] | None:
    if not file.exists():
        return None
    try:
        kinds = json.loads(file.read_bytes())
        return {str(kind): int(count) for kind, count in kinds.items()}
    except (ValueError, TypeError, AttributeError):
        raise LifelongError(
            f"{file.parent.name}/{file.name} is damaged; expected bytes by kind. Restore the file."
        ) from None
