"""Zip files of runs and studies from elsewhere: read by the readers of runs, then taken in.

A file is unpacked beside the runs, read as any run is, and only then moved among them. Whatever is
wrong with it, one sentence says so and nothing is left on disk. Nothing is ever unpickled.
"""

import filecmp
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import TypeAdapter, ValidationError

from .. import registry
from ..config import RunConfig
from ..errors import LifelongError
from ..events import TaskLearned
from ..runs import archives, bookmarks, checkpoints, stored
from ..runs import store as run_store
from ..runs.folders import UNLISTED, home, new_folder
from ..runs.history import History
from ..storage import owners, shipped
from ..transfer import store as study_store
from . import jobs
from .workshop import refusals, workshop

OWN_ID = re.compile(r".+-[0-9a-f]{6,16}")  # an id with a random number, which may be taken over
# Characters that mean something in Markdown or HTML, or nothing that can be seen.
MARKUP = re.compile(r"[<>\[\]`\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
LONGEST_TEXT, LARGEST_NUMBER = 1000, 2.0**63
LARGEST_SIDE, MOST_CHANNELS, MOST_CLASSES, LARGEST_LABEL = 1024, 4, 10_000, 1_000_000
STORED = TypeAdapter(dict[str, int])


def load_zip(file: BinaryIO) -> str:
    """Takes in a run or study that was downloaded as a zip file; returns its id here.

    It keeps its id if that is free and has a random number in it, and gets a new one otherwise.
    Raises LifelongError for a file that is not that of a run, or of one that is here already.
    """
    with refusals("The file"):
        jobs.check_upload()
        name = archives.name_within(file)
        with workshop(name) as folder:
            archives.unpack(file, folder)
            return take_in(folder, name)


def take_in(folder: Path, name: str) -> str:
    """Checks the files of a run or study and moves them among the runs; returns its id here.

    Raises LifelongError for files that do not fit, and for a run that is here already.
    """
    is_study = study_store.is_study(folder)
    return _move(folder, name, _check_study(folder) if is_study else _check_run(folder))


def _move(folder: Path, name: str, words: tuple[str, ...]) -> str:
    """Moves a checked folder among the runs; returns its id. words: for a new id."""
    present = study_store.find(name) or run_store.find(name)
    if (
        present
        and owners.is_own(present)
        and not (present / UNLISTED).exists()
        and _same(present, folder)
    ):
        raise LifelongError(f"The run is here already, as {name}.")
    taken = present is not None or (home() / name).exists() or not OWN_ID.fullmatch(name)
    # A copy that a visitor taught has an id that nobody else is to know.
    # On a public server nobody chooses an id.
    taken = taken or owners.is_public() or not name or checkpoints.pictures_file(folder, 0).exists()
    target = new_folder(*words) if taken else home() / name
    owners.claim(folder)
    try:
        os.rename(folder, target)
    except OSError as error:
        raise LifelongError(f"It could not be put among the runs ({error.strerror}).") from None
    return target.name


def _same(present: Path, folder: Path) -> bool:
    """Returns whether two folders hold the same run, whatever their bookmarks."""
    names = [
        {f.name for f in archives.files_of(each)} - {bookmarks.FILE} for each in (present, folder)
    ]
    return names[0] == names[1] and all(
        filecmp.cmp(present / name, folder / name, shallow=False) for name in names[0]
    )


def _check_study(folder: Path) -> tuple[str, ...]:
    """Raises LifelongError for a study that cannot be read; returns the words of its id."""
    result = study_store.result(folder)
    _check_names(result.config.run)
    _check_texts(result.config.model_dump(), *(event.model_dump() for event in result.events))
    _no_others(folder, {"study.json", "record.jsonl"})
    return ("transfer", *result.config.name_words)


def _check_run(folder: Path) -> tuple[str, ...]:
    """Raises LifelongError for a run that cannot be read or used; returns the words of its id."""
    history = run_store.history(folder)
    config = history.config
    _check_names(config)
    _check_texts(config.model_dump(), *(event.model_dump() for event in history.events))
    if history.has_started:
        _check_start(history)
    elif history.steps or history.learned:
        raise LifelongError("Its record has results but no start; restore the file.")
    _check_files(folder, history)
    if history.learned:
        from . import tensor_checks  # loads torch

        tensor_checks.check(folder, history)
    return (config.dataset, config.scenario, config.strategy)


def _check_names(config: RunConfig) -> None:
    """Raises LifelongError for a plug-in that is not here, and for weights from a file."""
    registry.strategy(config.strategy)
    for taught in config.taught:
        registry.strategy(taught.strategy)
    if config.model not in registry.models():
        raise LifelongError(
            f"Its network {config.model} is not among those that runs from elsewhere may have: "
            f"{', '.join(registry.models())}."
        )
    for name in (config.dataset, *filter(None, (config.target, config.original))):
        if not re.fullmatch(r"\w[\w .+-]{0,120}", name):
            raise LifelongError(f"{name[:60]!r} is no name of a data set or run.")
    known = {"default", "shipped", "imagenet", "none", *shipped.backbone_names()}
    if str(config.network.get("weights", "none")) not in known:
        raise LifelongError("Its network has weights from a file of another machine.")


def _check_texts(*values: dict[str, Any]) -> None:
    """Raises LifelongError for a text that a page would take for markup, and for a wild number."""
    for value in _leaves(values):
        if isinstance(value, str) and (MARKUP.search(value) or len(value) > LONGEST_TEXT):
            raise LifelongError(f"It holds the text {value[:60]!r}, which no run has.")
        # Of a whole number with thousands of digits Python makes no text.
        if isinstance(value, int | float) and not abs(value) <= LARGEST_NUMBER:
            raise LifelongError("It holds a number so large that no run has it.")


def _leaves(value: Any) -> Iterator[Any]:
    """Yields keys and values of nested dicts and sequences."""
    match value:
        case dict():
            for key, each in value.items():
                yield key
                yield from _leaves(each)
        case list() | tuple():
            for each in value:
                yield from _leaves(each)
        case _:
            yield value


def _check_start(history: History) -> None:
    """Raises LifelongError where the start of a record does not fit its config or its results."""
    start, config = history.started, history.config
    labels = [label for task in start.labels for label in task]
    channels, *sides = start.shape
    shares = [share for step in history.steps for share in step.probe]
    shares += [share for row in history.learned for share in row.accuracy]
    shares += [share for row in history.learned for share in row.accuracy_given_task]
    fits = (
        len(start.classes) == config.tasks
        and [len(names) for names in start.classes] == [len(task) for task in start.labels]
        and all(start.classes)
        and len(set(labels)) == len(labels) <= MOST_CLASSES
        and all(0 <= label <= LARGEST_LABEL for label in labels)
        and 1 <= channels <= MOST_CHANNELS
        and all(1 <= side <= LARGEST_SIDE for side in sides)
        and all(0 <= share <= 1 for share in shares)
        and all(map(_is_plausible, history.learned))
        and all(0 <= step.step <= step.steps for step in history.steps)
    )
    if not fits:
        raise LifelongError("Its record does not fit its config.json; restore the file.")


def _is_plausible(row: TaskLearned) -> bool:
    """Returns whether a row has no negative numbers, and test images of every class."""
    confusion = row.confusion or ()
    return (
        min(row.seconds, row.evaluation_seconds, *(row.stored or {}).values()) >= 0
        and min(row.operations or 0, row.peak_memory or 0) >= 0
        and all(0 <= p <= 1 for p in row.mean_probability or ())
        and all(
            min(counts.values(), default=-1) >= 0 < sum(counts.values()) for counts in confusion
        )
    )


def _check_files(folder: Path, history: History) -> None:
    """Raises LifelongError for files that the record does not speak of, and for a wrong stored."""
    config, tasks = history.config, range(len(history.learned))
    names = {"config.json", "record.jsonl", "resume.safetensors", stored.STORED_FILE}
    for task in tasks:
        for file in (checkpoints.inference_file, checkpoints.steps_file, checkpoints.resume_file):
            names.add(file(folder, task).name)
    names.add(checkpoints.summary_file(folder).name)
    begun = len(history.learned)  # checkpoints within a task that is not complete
    names.add(checkpoints.steps_file(folder, begun).name)
    for task in range(config.tasks - len(config.taught), config.tasks):
        names.add(checkpoints.pictures_file(folder, task).name)
    _no_others(folder, names)
    if (folder / stored.STORED_FILE).exists():
        try:
            kinds = STORED.validate_json((folder / stored.STORED_FILE).read_bytes())
        except ValidationError:
            raise LifelongError(
                f"Its {stored.STORED_FILE} is damaged; expected bytes by kind."
            ) from None
        _check_texts(kinds)


def _no_others(folder: Path, names: set[str]) -> None:
    """Raises LifelongError for a file that is not among these, nor a bookmark."""
    others = {file.name for file in folder.iterdir()} - names - {bookmarks.FILE}
    if others:
        raise LifelongError(
            f"It holds {min(others)}, which its record does not speak of; leave the file out."
        )
