"""The test digits of the Learn page, and what shipped runs answer to them."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from app.shared import assets
from lifelong import api
from lifelong.api import History

# No rescue, and one of each kind, all on the same five lessons of full MNIST.
PLAIN = "mnist-class-finetune"
RESCUES = {
    "Replay": "mnist-class-replay",
    "EWC": "mnist-class-ewc",
    "Analytic": "mnist-class-analytic",
}
FIXED = ("0", "1", "2", "4", "6", "8")  # one or two of each lesson
SIDE = 28  # pixels


@dataclass(frozen=True)
class Digit:
    """A picture of a digit. name: what it shows, None where only the visitor knows."""

    pixels: np.ndarray
    name: str | None


@dataclass(frozen=True)
class Read:
    """Answer to a digit. state: "right" or "wrong"; "new" for a class that is not learned yet and
    "unknown" where nobody said what the picture shows."""

    answer: str
    share: float
    state: str


def test_digits(name: str) -> list[Digit]:
    """Returns three images of the MNIST test set of one class, which no run learned from."""
    return [_digit(name, row) for row in range(3)]


def fixed() -> list[Digit]:
    """Returns the digits that are shown at every step."""
    return [_digit(name, 0) for name in FIXED]


def _digit(name: str, row: int) -> Digit:
    column = int(name)
    sheet = _sheet()
    pixels = sheet[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE]
    return Digit(pixels, name)


@cache
def _sheet() -> np.ndarray:
    """Returns the sheet of `benchmarks.make_examples`: a column for each digit."""
    return np.asarray(Image.open(assets.ASSETS / "draw" / "examples.png"))


def lesson_of(history: History, name: str | None) -> int | None:
    """Returns the task that a class is learned in, None for no class of the run."""
    return next((t for t, names in enumerate(history.started.classes) if name in names), None)


def reads(run: str, digits: list[Digit], after: int, given_task: bool = False) -> list[Read]:
    """Returns the answers of a run's model after a task. given_task: the task label is given."""
    history = api.history(run)
    groups: dict[int | None, list[int]] = {}
    for at, digit in enumerate(digits):
        groups.setdefault(lesson_of(history, digit.name) if given_task else None, []).append(at)
    found: dict[int, Read] = {}
    for task, members in groups.items():
        rows = api.classify_batch(run, np.stack([digits[at].pixels for at in members]), task)
        for at, row in zip(members, rows):
            answer, share = row[after].top[0]
            found[at] = Read(answer, share, _state(history, digits[at].name, answer, after))
    return [found[at] for at in range(len(digits))]


def _state(history: History, name: str | None, answer: str, after: int) -> str:
    if name is None:
        return "unknown"
    lesson = lesson_of(history, name)
    if lesson is None or lesson > after:
        return "new"
    return "right" if answer == name else "wrong"


def strip(run: str, digit: Digit) -> list[Read]:
    """Returns the answers of a run to one digit after each task."""
    history = api.history(run)
    answers = api.classify(run, digit.pixels)
    reads_after = []
    for after, each in enumerate(answers):
        answer, share = each.top[0]
        reads_after.append(Read(answer, share, _state(history, digit.name, answer, after)))
    return reads_after
