"""Measures from the accuracy matrix, and from accuracies before a task is learned.

Sources: Lopez-Paz and Ranzato (GEM, 2017); Chaudhry et al. (RWalk, 2018); Riemer et al. (MER,
2019, learning accuracy); van de Ven et al. (2022).
"""

from collections.abc import Sequence
from statistics import fmean

from .declaration import Accuracy, learned_rows, metric


@metric(
    title="Average accuracy",
    meaning="Mean accuracy over all tasks learned, after the last one. Higher is better.",
    lower_is_better=False,
)
def average_accuracy(accuracy: Accuracy) -> float | None:
    """Returns the mean accuracy over the tasks learned, after the last: A = (1/T) sum_j a[T][j].

    >>> average_accuracy([[1.0, None], [0.5, 0.9]])
    0.7
    """
    rows = learned_rows(accuracy)
    return fmean(rows[-1]) if rows else None


@metric(
    title="Average incremental accuracy",
    meaning="The average accuracy after each task, and of these the mean. Higher is better.",
    lower_is_better=False,
)
def average_incremental_accuracy(accuracy: Accuracy) -> float | None:
    """Returns the mean over i of the average accuracy after task i (iCaRL, Rebuffi et al. 2017).

    AIA = (1/T) sum_i (1/i) sum_{j<=i} a[i][j], tasks counted from 1.

    >>> average_incremental_accuracy([[1.0, None], [0.5, 0.9]])
    0.85
    """
    rows = learned_rows(accuracy)
    return fmean(fmean(row) for row in rows) if rows else None


def forgetting_by_task(accuracy: Accuracy) -> list[float]:
    """Returns for each task but the last its best earlier accuracy minus that after the last task.

    f[j] = max_{i<T} a[i][j] - a[T][j] (RWalk eq. 3).

    >>> forgetting_by_task([[0.9, None, None], [1.0, 0.8, None], [0.25, 0.3, 1.0]])
    [0.75, 0.5]
    """
    rows = learned_rows(accuracy)
    last = len(rows) - 1
    return [max(rows[i][j] for i in range(j, last)) - rows[last][j] for j in range(max(last, 0))]


@metric(
    title="Forgetting",
    meaning="For each earlier task, its best accuracy so far minus its accuracy now; then the mean."
    " Lower is better.",
    lower_is_better=True,
)
def forgetting(accuracy: Accuracy) -> float | None:
    """Returns the mean of `forgetting_by_task`: F = 1/(T-1) sum_{j<T} f[j]; positive is forgotten.

    >>> forgetting([[0.9, None, None], [1.0, 0.8, None], [0.25, 0.3, 1.0]])
    0.625
    """
    drops = forgetting_by_task(accuracy)
    return fmean(drops) if drops else None


@metric(
    title="Backward transfer",
    meaning="For each earlier task, its accuracy now minus its accuracy when just learned; then the"
    " mean. Below zero is forgetting.",
    lower_is_better=False,
)
def backward_transfer(accuracy: Accuracy) -> float | None:
    """Returns the mean change of accuracy since a task was learned (GEM); negative is forgotten.

    BWT = 1/(T-1) sum_{j<T} a[T][j] - a[j][j].

    >>> backward_transfer([[1.0, None], [0.25, 0.9]])
    -0.75
    """
    rows = learned_rows(accuracy)
    last = len(rows) - 1
    return fmean(rows[last][j] - rows[j][j] for j in range(last)) if last > 0 else None


@metric(
    title="Forward transfer",
    meaning="For each task but the first, its accuracy just before it is learned minus that of the"
    " untrained network, the task label given; then the mean. Above zero, earlier tasks helped.",
    lower_is_better=False,
)
def forward_transfer(
    next_task_accuracy: Sequence[float | None], random_init_accuracy: Sequence[float]
) -> float | None:
    """Returns the mean gain on a task from the tasks learned before it (GEM).

    FWT = 1/(T-1) sum_{j>1} a[j-1][j] - b[j]. next_task_accuracy[j-1]: accuracy on task j just
    before it is learned; random_init_accuracy[j], b[j]: that of the network before any training.
    Both have the task label given: without it a class not yet learned is never answered.

    >>> forward_transfer([0.75, 0.5], [0.5, 0.5, 0.5])
    0.125
    """
    pairs = zip(next_task_accuracy, random_init_accuracy[1:])
    gains = [before - untrained for before, untrained in pairs if before is not None]
    return fmean(gains) if gains else None


@metric(
    title="Learning accuracy",
    meaning="Accuracy on each task just after it was learned; then the mean. Higher is better.",
    lower_is_better=False,
)
def learning_accuracy(accuracy: Accuracy) -> float | None:
    """Returns the mean accuracy on each task just after it was learned: LA = (1/T) sum_j a[j][j].

    >>> learning_accuracy([[1.0, None], [0.25, 0.5]])
    0.75
    """
    rows = learned_rows(accuracy)
    return fmean(row[-1] for row in rows) if rows else None


@metric(
    title="Intransigence",
    meaning="For each task, the accuracy of cumulative training just after it minus that of this"
    " run; then the mean. Above zero, the run could not learn what cumulative training learns.",
    lower_is_better=True,
)
def intransigence(accuracy: Accuracy, reference_accuracy: Accuracy) -> float | None:
    """Returns the mean deficit to cumulative training on tasks 0..j, a* (RWalk eq. 4).

    I = (1/T) sum_j a*[j][j] - a[j][j]; positive is not learned. T: tasks that both have learned.

    >>> intransigence([[1.0, None], [0.25, 0.5]], [[1.0, None], [1.0, 0.75]])
    0.125
    """
    pairs = list(zip(learned_rows(accuracy), learned_rows(reference_accuracy)))
    return fmean(best[-1] - own[-1] for own, best in pairs) if pairs else None
