"""Values that depend on the run: of the inputs, preprocessing in words, test images to try."""

from functools import cache
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from app.shared import terms
from app.shared.assets import ASSETS
from app.shared.data_urls import data_url
from app.views.draw import facts
from app.views.draw.choices import DEFAULT_RUN, PHOTO_RUN
from app.views.draw.facts import UNCHOSEN, Choice
from app.views.draw.words import prompts
from lifelong import api

TURNS = 3  # test images of each class
MOST_EXAMPLES = 20  # classes with a button for a test image
# Test images by data set, once it was read; of a person's own by the time of its folder, too.
SHEETS: dict[tuple[str, int], np.ndarray | None] = {}
DIGITS = tuple("0123456789")


def is_photo(run: str | None) -> bool:
    """Returns whether the run takes photographs, and not drawings of a digit."""
    return not api.holds_digits(run) if run else False


def chips(run: str | None, choice: Choice = UNCHOSEN) -> dict[str, Any]:
    """Returns the fields of the Chips; a class that the run lacks is not chosen any more."""
    names = facts.of_run(run).names if run else DIGITS
    kept = choice if choice.name in names else Choice()
    return {
        "value": Choice(kept.name, kept.origin, run or ""),
        "names": list(names),
        "labels": [escape(name) for name in names],
        "photo": is_photo(run),
    }


def label(run: str | None) -> dict[str, Any]:
    """Returns the fields of the LabelCheck; the label is given where the scenario gives it."""
    about = facts.of_run(run) if run else None
    caption = prompts.label_caption(about) if about else ""
    return {
        "value": about is not None and about.task_given,
        "words": prompts.LABEL,
        "caption": terms.marked(caption, ["task label"]),
    }


def network_input(run: str | None, image: str = "", lesson: int = 0) -> dict[str, str]:
    """Returns a value for NetworkInput. image: a data URL of the pixels, empty for none.

    lesson: that sees the picture, where the lessons transform it.
    """
    _channels, height, width = api.history(run).started.shape if run else (1, 28, 28)
    description = prompts.network_input(is_photo(run), width, height)
    transformed = api.transformation(run, lesson) if run else ""
    if transformed:
        description += f" {prompts.as_lesson_sees(lesson, transformed)}"
    return {"image": image, "description": description}


def examples(run: str | None, at_once: bool = False) -> dict[str, Any]:
    """Returns a value for the Examples, without images where the data set is not on this machine.

    at_once: without images too where a data set would have to be read first.
    """
    photo = is_photo(run)
    other = DEFAULT_RUN if photo else PHOTO_RUN
    value = {
        "sprite": "",
        "labels": [],
        "photo": photo,
        "other": prompts.OTHER_KIND[photo],
        "other_run": other if run and api.is_shipped(other) else "",
    }
    sheet = None if at_once and _must_be_read(run) else pictures(run)
    if sheet is None:
        return value
    names = _example_names(run)[: sheet.shape[1]]
    return {**value, "sprite": data_url(_sprite(sheet)), "labels": [*map(escape, names)]}


def _example_names(run: str | None) -> tuple[str, ...]:
    """Returns the classes that the test images are of, in the data set's own order."""
    if not run or not is_photo(run):
        return DIGITS
    started = api.history(run).started
    pairs = zip(started.labels, started.classes)
    in_order = sorted(pair for labels, names in pairs for pair in zip(labels, names))
    return tuple(name for _label, name in in_order)


def example_class(run: str, index: int) -> str:
    """Returns the class of the test images in a column."""
    return _example_names(run)[index]


def _must_be_read(run: str | None) -> bool:
    """Returns whether a data set would have to be read for the test images of a run."""
    if not run or not is_photo(run):
        return False
    return _sheet_key(api.history(run).config.dataset) not in SHEETS


def _sheet_key(dataset: str) -> tuple[str, int]:
    """Returns the key of a data set's test images, another one once it was stored anew."""
    spec = api.dataset_spec(dataset)
    folder = spec.location() if spec.own else None
    return dataset, folder.stat().st_mtime_ns if folder else 0


def pictures(run: str | None) -> np.ndarray | None:
    """Returns test images uint8 (turns, classes, channels, height, width); None without data."""
    if not run or not is_photo(run):
        return digits()[:, :, None]
    dataset = api.history(run).config.dataset
    key = _sheet_key(dataset)
    if key not in SHEETS:
        SHEETS[key] = api.example_images(dataset, TURNS, MOST_EXAMPLES)
    return SHEETS[key]


@cache
def digits() -> np.ndarray:
    """Returns test images uint8 (3, 10, 28, 28), three of each digit."""
    sheet = np.asarray(Image.open(ASSETS / "draw" / "examples.png"))
    return sheet.reshape(len(sheet) // 28, 28, 10, 28).swapaxes(1, 2)


def _sprite(sheet: np.ndarray) -> bytes:
    turns, count, channels, height, width = sheet.shape
    return api.png(sheet.transpose(2, 0, 3, 1, 4).reshape(channels, turns * height, count * width))
