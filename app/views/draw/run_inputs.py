"""Inputs that a run takes: kind of picture, classes, and test images to try."""

from functools import cache
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from app.shared.assets import ASSETS
from app.views.draw.components import DIGITS, data_url
from lifelong import api
from lifelong.api import History

TURNS = 3  # test images of each class
MOST_EXAMPLES = 20  # classes with a button for a test image
SHEETS: dict[str, np.ndarray | None] = {}  # test images by data set, once it was read
DIGIT_INPUT = (
    "Your digit scaled to 20 × 20 pixels and centred in 28 × 28, like every image it learned from."
)
PHOTO_INPUT = (
    "The middle of your picture, scaled to {} × {} pixels like every image it learned from."
)


def is_photo(run: str | None) -> bool:
    """Returns whether the run takes photographs, and not drawings of a digit."""
    return not api.holds_digits(run) if run else False


def classes(history: History) -> list[str]:
    """Returns the names of all classes in the data set's own order."""
    pairs = zip(history.started.labels, history.started.classes)
    return [
        name
        for _label, name in sorted(pair for labels, names in pairs for pair in zip(labels, names))
    ]


def chips(run: str | None, true_class: str) -> dict[str, Any]:
    """Returns a value for the Chips; a true class that the run lacks becomes its first class."""
    names = classes(api.history(run)) if run else list(DIGITS)
    return {
        "true_class": true_class if true_class in names else names[0],
        "names": names,
        "labels": [escape(name) for name in names],
        "photo": is_photo(run),
    }


def network_input(run: str | None, image: str = "") -> dict[str, str]:
    """Returns a value for NetworkInput. image: a data URL of the pixels, empty for none."""
    if not run or not is_photo(run):
        return {"image": image, "description": DIGIT_INPUT}
    _channels, height, width = api.history(run).started.shape
    return {"image": image, "description": PHOTO_INPUT.format(width, height)}


def examples(run: str | None, at_once: bool = False) -> dict[str, Any]:
    """Returns a value for the Examples, without images where the data set is not on this machine.

    at_once: without images too where a data set would have to be read first.
    """
    photo = is_photo(run)
    sheet = None if at_once and _must_be_read(run) else pictures(run)
    if sheet is None:
        return {"sprite": "", "labels": [], "photo": photo}
    names = classes(api.history(run)) if run and photo else list(DIGITS)
    return {
        "sprite": data_url(_sprite(sheet)),
        "labels": [escape(name) for name in names[: sheet.shape[1]]],
        "photo": photo,
    }


def _must_be_read(run: str | None) -> bool:
    """Returns whether a data set would have to be read for the test images of a run."""
    if not run or not is_photo(run):
        return False
    return api.history(run).config.dataset not in SHEETS


def pictures(run: str | None) -> np.ndarray | None:
    """Returns test images uint8 (turns, classes, channels, height, width); None without data."""
    if not run or not is_photo(run):
        return digits()[:, :, None]
    dataset = api.history(run).config.dataset
    if dataset not in SHEETS:
        SHEETS[dataset] = api.example_images(dataset, TURNS, MOST_EXAMPLES)
    return SHEETS[dataset]


@cache
def digits() -> np.ndarray:
    """Returns test images uint8 (3, 10, 28, 28), three of each digit."""
    sheet = np.asarray(Image.open(ASSETS / "draw" / "examples.png"))
    return sheet.reshape(len(sheet) // 28, 28, 10, 28).swapaxes(1, 2)


def _sprite(sheet: np.ndarray) -> bytes:
    turns, count, channels, height, width = sheet.shape
    return api.png(sheet.transpose(2, 0, 3, 1, 4).reshape(channels, turns * height, count * width))
