"""What the drawing page needs to know of a run: drawn digits or photographs, its classes, and test images to try."""

from functools import cache
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from app.views.draw.components import ASSETS, DIGITS, data_url
from lifelong import api
from lifelong.api import History

TURNS = 3  # test images of each class
MOST_EXAMPLES = 20  # classes with a button for a test image
_SHEETS: dict[str, np.ndarray | None] = {}  # test images by data set, once it was read
DRAWN = (
    "Your digit scaled to 20 × 20 pixels and centred in 28 × 28, like every image it learned from."
)
SHOWN = "The middle of your picture, scaled to {} × {} pixels like every image it learned from."


def is_photo(run: str) -> bool:
    """Whether the run takes photographs, and not drawings of a digit."""
    return not api.holds_digits(run)


def classes(history: History) -> list[str]:
    """The names of all classes in the data set's own order."""
    pairs = zip(history.started.labels, history.started.classes)
    return [
        name
        for _label, name in sorted(
            (label, name) for labels, names in pairs for label, name in zip(labels, names)
        )
    ]


def chips(run: str | None, drawn: str) -> dict[str, Any]:
    """A value for the Chips: the run's classes, of which the one drawn is chosen where it is among them."""
    names = classes(api.history(run)) if run else list(DIGITS)
    return {
        "drawn": drawn if drawn in names else names[0],
        "names": names,
        "labels": [escape(name) for name in names],
        "photo": bool(run) and is_photo(run),
    }


def seen(run: str | None, image: str = "") -> dict[str, str]:
    """A value for Seen: the pixels as a data URL, and how they were made."""
    if not run or not is_photo(run):
        return {"image": image, "told": DRAWN}
    _channels, height, width = api.history(run).started.shape
    return {"image": image, "told": SHOWN.format(width, height)}


def examples(run: str | None, at_once: bool = False) -> dict[str, Any]:
    """A value for the Examples: a sheet of test images, a column a class; no sheet where the data set is not on this machine.

    at_once: no sheet either where a data set would have to be read first.
    """
    photo = bool(run) and is_photo(run)
    names = classes(api.history(run)) if photo else list(DIGITS)
    sheet = (
        None
        if photo and at_once and api.history(run).config.dataset not in _SHEETS
        else pictures(run)
    )
    if sheet is None:
        return {"sprite": "", "labels": [], "photo": photo}
    return {
        "sprite": data_url(_sprite(sheet)),
        "labels": [escape(name) for name in names[: sheet.shape[1]]],
        "photo": photo,
    }


def pictures(run: str | None) -> np.ndarray | None:
    """Test images uint8 (turns, classes, channels, height, width); None where there are none."""
    if not run or not is_photo(run):
        return digits()[:, :, None]
    dataset = api.history(run).config.dataset
    if dataset not in _SHEETS:
        _SHEETS[dataset] = api.examples(dataset, TURNS, MOST_EXAMPLES)
    return _SHEETS[dataset]


@cache
def digits() -> np.ndarray:
    """Test images uint8 (3, 10, 28, 28): some of each digit."""
    sheet = np.asarray(Image.open(ASSETS / "examples.png"))
    return sheet.reshape(len(sheet) // 28, 28, 10, 28).swapaxes(1, 2)


def _sprite(sheet: np.ndarray) -> bytes:
    turns, count, channels, height, width = sheet.shape
    return api.png(sheet.transpose(2, 0, 3, 1, 4).reshape(channels, turns * height, count * width))
