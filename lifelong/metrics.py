"""Measures of continual learning: pure functions of `accuracy[after][on]`.

`accuracy` is a square list of lists of shares in [0, 1]; `None` where a task was not yet learned.
T is the number of tasks learned so far: rows that hold only `None` are tasks still to come.
Sources: Lopez-Paz and Ranzato (GEM, 2017); Chaudhry et al. (RWalk, 2018); van de Ven et al. (2022).
"""

from collections.abc import Sequence
from math import log
from statistics import fmean, stdev

Accuracy = Sequence[Sequence[float | None]]


def learned(accuracy: Accuracy) -> int:
    """Number of tasks learned so far, T.

    >>> learned([[1.0, None], [None, None]])
    1
    """
    return sum(any(value is not None for value in row) for row in accuracy)


def average_accuracy(accuracy: Accuracy) -> float | None:
    """Mean accuracy over the tasks learned, after the last: (1/T) sum_j a[T][j].

    >>> average_accuracy([[1.0, None], [0.5, 0.9]])
    0.7
    """
    last = learned(accuracy)
    return fmean(accuracy[last - 1][:last]) if last else None


def average_incremental_accuracy(accuracy: Accuracy) -> float | None:
    """Mean over i of the average accuracy after task i (iCaRL, Rebuffi et al. 2017).

    >>> average_incremental_accuracy([[1.0, None], [0.5, 0.9]])
    0.85
    """
    rows = [fmean(accuracy[i][: i + 1]) for i in range(learned(accuracy))]
    return fmean(rows) if rows else None


def forgetting_by_task(accuracy: Accuracy) -> list[float]:
    """For each task but the last: largest accuracy before the last task, minus the last (RWalk eq. 3).

    >>> forgetting_by_task([[0.9, None, None], [1.0, 0.8, None], [0.25, 0.3, 1.0]])
    [0.75, 0.5]
    """
    last = learned(accuracy) - 1
    return [
        max(accuracy[i][j] for i in range(j, last)) - accuracy[last][j] for j in range(max(last, 0))
    ]


def forgetting(accuracy: Accuracy) -> float | None:
    """Mean of `forgetting_by_task`; positive is forgotten.

    >>> forgetting([[0.9, None, None], [1.0, 0.8, None], [0.25, 0.3, 1.0]])
    0.625
    """
    drops = forgetting_by_task(accuracy)
    return fmean(drops) if drops else None


def backward_transfer(accuracy: Accuracy) -> float | None:
    """Mean change since a task was learned: 1/(T-1) sum_{j<T} a[T][j] - a[j][j] (GEM); negative is forgotten.

    >>> backward_transfer([[1.0, None], [0.25, 0.9]])
    -0.75
    """
    last = learned(accuracy) - 1
    return fmean(accuracy[last][j] - accuracy[j][j] for j in range(last)) if last > 0 else None


def forward_transfer(ahead: Sequence[float | None], untrained: Sequence[float]) -> float | None:
    """Mean of a[j-1][j] - b[j] over tasks j > 0 (GEM): what earlier tasks already taught about the next.

    ahead[j-1]: accuracy on task j just before it is learned; untrained[j]: that of the network before any
    training; both with the task label given, because without it a class not yet learned is never answered.

    >>> forward_transfer([0.75, 0.5], [0.5, 0.5, 0.5])
    0.125
    """
    gains = [a - b for a, b in zip(ahead, untrained[1:]) if a is not None]
    return fmean(gains) if gains else None


def area_between(
    x: Sequence[float], curve: Sequence[float], other: Sequence[float]
) -> float | None:
    """Mean height of a learning curve over another, x > 0 being counted in powers: forward transfer where `other` is from scratch.

    With d_i = curve_i - other_i and w_i = log x_{i+1} - log x_i, the trapezoids sum_i w_i (d_i + d_{i+1}) / 2, divided by the
    width sum_i w_i. From 1 to 100 images, each power of ten counts alike: (0.3 + 0.3) / 2 and (0.3 + 0.1) / 2, on average 0.25.

    >>> round(area_between([1, 10, 100], [0.5, 0.9, 1.0], [0.2, 0.6, 0.9]), 9)
    0.25
    """
    if len(x) < 2:
        return None
    heights = [a - b for a, b in zip(curve, other)]
    widths = [log(after / before) for before, after in zip(x, x[1:])]
    return sum(w * (d + e) / 2 for w, d, e in zip(widths, heights, heights[1:])) / sum(widths)


def learning_accuracy(accuracy: Accuracy) -> float | None:
    """Mean accuracy on each task just after it was learned: (1/T) sum_j a[j][j].

    >>> learning_accuracy([[1.0, None], [0.25, 0.5]])
    0.75
    """
    last = learned(accuracy)
    return fmean(accuracy[j][j] for j in range(last)) if last else None


def intransigence(accuracy: Accuracy, joint: Accuracy) -> float | None:
    """Mean of a*[j][j] - a[j][j] (RWalk eq. 4), a* of joint training on tasks 0..j; positive is not learned.

    >>> intransigence([[1.0, None], [0.25, 0.5]], [[1.0, None], [1.0, 0.75]])
    0.125
    """
    last = min(learned(accuracy), learned(joint))
    return fmean(joint[j][j] - accuracy[j][j] for j in range(last)) if last else None


def mean_and_sem(values: Sequence[float | None]) -> tuple[float | None, float | None]:
    """Mean and standard error of the mean; the error needs at least two values.

    >>> mean_and_sem([1.0, 3.0])
    (2.0, 1.0)
    """
    values = [v for v in values if v is not None]
    if not values:
        return None, None
    return fmean(values), stdev(values) / len(values) ** 0.5 if len(values) > 1 else None
