"""Answers that a run gives to the test images of each class, from its record. No torch.

Runs are given by their names; `after` counts tasks from 0. Each function returns None where the
record is older than the confusion matrix, and raises LifelongError for an unknown run and a task
that it has not learned.
"""

from ..errors import LifelongError
from . import store
from .confusion import AnswerShare, Confusion
from .history import History


def confusion(run: str, after: int) -> Confusion | None:
    """Returns the confusion matrix of a run after a task."""
    return _learned(run, after).confusion(after)


def per_class_accuracy(run: str, after: int) -> dict[str, float] | None:
    """Returns the accuracy on the test images of each class learned so far, by its name."""
    matrix = confusion(run, after)
    return dict(zip(matrix.classes, matrix.per_class_accuracy)) if matrix else None


def answers_of_class(run: str, after: int, name: str) -> list[AnswerShare] | None:
    """Returns what the test images of a class are taken for, the most frequent answer first.

    Raises LifelongError for a name that is none of the classes learned so far.
    """
    matrix = confusion(run, after)
    return matrix.answers_of(name) if matrix else None


def mean_probability(run: str, after: int) -> dict[str, float] | None:
    """Returns the mean probability of each answer over all test images of the tasks so far.

    With as many images of every class, a class that is not preferred gets one over the number of
    classes; one learned lately gets more (recency bias). Keys are the columns of the confusion
    matrix. None also where the model's scores were not finite.
    """
    history = _learned(run, after)
    matrix, shares = history.confusion(after), history.learned[after].mean_probability
    return None if matrix is None or shares is None else dict(zip(matrix.answers, shares))


def _learned(run: str, after: int) -> History:
    history = store.history(store.folder(run))
    if not 0 <= after < len(history.learned):
        raise LifelongError(
            f"after was given as {after}; the run {run} has learned {len(history.learned)} tasks,"
            " give a number from 0 on below that."
        )
    return history
