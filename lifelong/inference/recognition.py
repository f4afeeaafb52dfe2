"""Recognition of what a picture shows, by networks that learned every class at once."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .. import datasets
from ..runs import store as run_store
from . import recogniser
from .predict import classify_batch

Certainty = Literal["sure", "doubtful", "none"]
SURE = 0.9  # probability from which a class is taken for what the picture shows
NONE = 0.5  # probability of no digit from which it is taken for none


@dataclass(frozen=True)
class Recognition:
    """Content of a picture. likeliest: two classes, the likeliest first.

    certainty: 'sure' of the first, 'doubtful', or 'none' of the classes.
    """

    certainty: Certainty
    likeliest: tuple[str, str]


def judged(probability: np.ndarray) -> Recognition:
    """Returns the judgement of eleven probabilities, the last for no digit.

    >>> judged(np.array([0.95, 0.04, *[0] * 8, 0.01]))
    Recognition(certainty='sure', likeliest=('0', '1'))
    >>> judged(np.array([0.55, 0.4, *[0] * 8, 0.05])).certainty
    'doubtful'
    >>> judged(np.array([0.2, 0.1, *[0] * 8, 0.7])).certainty
    'none'
    """
    first, second = probability[:-1].argsort()[::-1][:2].tolist()
    certainty: Certainty = "sure" if probability[first] >= SURE else "doubtful"
    if probability[-1] >= NONE:
        certainty = "none"
    return Recognition(certainty, (recogniser.DIGITS[first], recogniser.DIGITS[second]))


def recognise(dataset: str, pixels: np.ndarray) -> list[Recognition] | None:
    """Returns what each picture shows; None where no network of this project can say.

    pixels: from `preprocess`, one row a picture. Photographs are judged by the softmax of a shipped
    run, which is never sure that it is none of its classes.
    """
    spec = datasets.outline(dataset)
    if spec.kind == "digit" and spec.classes == recogniser.DIGITS and pixels.shape[1:] == (28, 28):
        return [judged(each) for each in recogniser.probabilities(pixels)]
    if spec.judge_run is None or not any(f.name == spec.judge_run for f in run_store.shipped()):
        return None
    answers = classify_batch(run_store.folder(spec.judge_run), pixels)
    return [_of_photograph(each[-1].top) for each in answers]


def _of_photograph(top: tuple[tuple[str, float], ...]) -> Recognition:
    return Recognition("sure" if top[0][1] >= SURE else "doubtful", (top[0][0], top[1][0]))
