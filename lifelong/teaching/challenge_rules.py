"""Rules of the challenge, its score, and the stored scores of other choices. No torch."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from ..validation import Config

DATASET = "mnist-sample"
FIRST_CLASSES, NEW_CLASSES = 4, 2  # digits that are known before, and that are learned then
EACH = 10  # images of each digit in the album
BUDGET = 20  # images to keep
SEEDS = (0, 1, 2)  # of the trainings that a score is the mean of
# Written by `python -m benchmarks.challenge`.
RIVALS_FILE = Path(__file__).with_name("challenge_rivals.json")


class Score(Config):
    """Accuracy in [0, 1] on the digits known before, on the new ones, and by digit known before."""

    old: float
    new: float
    per_class: tuple[float, ...]


class Rivals(Config):
    """Stored scores of other choices from the same album, by the same training.

    none: accuracy on the old digits without replay. random: that of random choices, one each.
    herding: that of the images in `herded`, positions in the album. spread: standard deviation of
    one choice's accuracy over seeds of the training.
    """

    none: float
    random: tuple[float, ...]
    herding: float
    herded: tuple[int, ...]
    spread: float


@cache
def rivals() -> Rivals:
    """Returns the stored scores of other choices."""
    return Rivals.model_validate(json.loads(RIVALS_FILE.read_text("utf-8")))


def code(kept: Sequence[int]) -> str:
    """Returns a choice as text for an address: a bit for each image of the album, hexadecimal.

    >>> code([0, 4, 39])
    '8000000011'
    """
    return f"{sum(1 << position for position in set(kept)):0{FIRST_CLASSES * EACH // 4}x}"


def decoded(text: str) -> tuple[int, ...] | None:
    """Returns the choice that `code` wrote; None for any other text and any other number of images.

    >>> decoded(code(range(20))) == tuple(range(20)), decoded("ff"), decoded("x")
    (True, None, None)
    """
    digits = FIRST_CLASSES * EACH // 4
    if len(text) != digits or not set(text) <= set("0123456789abcdef"):
        return None
    bits = int(text, 16)
    kept = tuple(at for at in range(FIRST_CLASSES * EACH) if bits >> at & 1)
    return kept if len(kept) == BUDGET else None
