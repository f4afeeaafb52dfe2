"""Teaches a class to a copy of a run: the copy's folder, and what was learned and forgotten."""

import re
import secrets
import shutil
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import torch

from ..errors import LifelongError
from ..events import Preparation
from ..inference import evaluation
from ..runs import checkpoints, integrity
from ..runs import store as run_store
from ..runs import taught as copies
from ..runs.folders import home
from ..training import setup
from ..training.taught import source_of
from . import checks


def create(
    original: Path,
    name: str,
    files: Sequence[bytes],
    strategy: str = checks.DEFAULT_STRATEGY,
    folder: Path | None = None,
    file_names: Sequence[str] = (),
) -> Generator[Preparation, None, Path]:
    """Makes a copy of a run that is about to learn a class; returns its folder.

    `run_store.learn` teaches the class then. Yields the progress of loading the images. files: of
    the pictures. folder: by default a new one. Raises LifelongError for a run, name, picture or
    strategy that does not fit, see `checks`.
    """
    if folder is not None and folder.exists():
        raise LifelongError(f"There is a folder {folder.name} already; give another with --out.")
    history = run_store.history(original)
    checks.check_run(original.name, history, strategy)
    name = checks.checked_name(name, history)
    images = torch.from_numpy(checks.checked_pictures(files, history, file_names))
    taught = checks.taught_class(name, strategy, len(images), history.config.scenario)
    for after in range(len(history.learned)):
        integrity.check(checkpoints.inference_file(original, after), history)
    config = setup.resolve(copies.copy_config(original.name, history, taught))
    yield from setup.model_of(config).fetch_weights()
    dataset = yield from setup.load_images(config)
    source, rows = setup.source_of(config, dataset), history.learned
    if history.started.source != source_of(history.config, source):
        earlier = copies.pictures(original, history)
        prepared = yield from setup.prepare(config, dataset)
        rows = evaluation.rows_here(original, history, prepared, earlier)
        # Its next task is the taught class now, of which that model knew nothing.
        rows = [row.model_copy(update={"next_task_accuracy": None}) for row in rows]
    events = copies.copied_events(history, config, source_of(config, source), rows)
    folder = run_store.create(config, folder or _new_folder(original.name, name))
    try:
        copies.write_copy(original, folder, images, events)
    except LifelongError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _new_folder(original: str, name: str) -> Path:
    """Returns the path of a copy, with a number that nobody guesses."""
    base = re.sub(r"-taught-.*", "", original)[:50]
    word = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "class"
    return home() / f"{base}-taught-{word}-{secrets.token_hex(8)}"


def report(folder: Path) -> dict[str, Any]:
    """Returns what a copy learned and forgot with its last class, as JSON values.

    accuracy: shares in [0, 1]. new: of the class, None where no picture was left to test on;
    earlier_before, earlier_after: of each earlier task. Raises LifelongError before it has learned
    the class.
    """
    history = run_store.history(folder)
    if not history.config.taught or not history.finished:
        raise LifelongError(f"The run {folder.name} has not learned a taught class.")
    taught, (*_, before, after) = history.config.taught[-1], history.learned
    earlier = {"before": list(before.accuracy), "after": list(after.accuracy[:-1])}
    return {
        "run": folder.name,
        "original": history.config.original,
        "name": taught.name,
        "strategy": taught.strategy,
        "pictures": taught.pictures,
        "test_pictures": taught.test_pictures,
        "accuracy": {
            "new": after.accuracy[-1] if taught.test_pictures else None,
            **{f"earlier_{when}": sum(row) / len(row) for when, row in earlier.items()},
            **{f"tasks_{when}": row for when, row in earlier.items()},
        },
        "source": history.started.source,
        "seconds": round(after.seconds - before.seconds, 3),
        "warning": checks.warning(taught),
    }
