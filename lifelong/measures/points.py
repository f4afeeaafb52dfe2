"""Continual evaluation: measures from the evaluations within tasks, not only at their ends.

Source: De Lange, van de Ven and Tuytelaars, Continual evaluation for lifelong learning: identifying
the stability gap, ICLR 2023. They evaluate after every step; a run records a point at steps 1, 2
and 5 of a task and then at every `probe_every`-th step of its recipe, on `probe_images` test images
a task, the same at every point. So

- a minimum is that over the points: the true one, over all steps, is as low or lower;
- a value is a multiple of 1 / probe_images: with the 60 images of the recipe quick, one image is
  1.7 points, and the least of many points is low by chance, too;
- the values differ from those of the accuracy matrix, which is over all test images.

`probe_accuracy` has a row p[n] for each point: the accuracies on the tasks 0 to k while task k is
learned, None for later ones. Only tasks that are learned completely count.
"""

from itertools import groupby
from statistics import fmean

from .declaration import Accuracy, learned_rows, metric


def rows_by_task(probe_accuracy: Accuracy) -> list[list[list[float]]]:
    """Returns for each task the points while it was learned, each with the accuracies on tasks 0
    to this one.

    >>> rows_by_task([[0.5, None], [1.0, None], [0.0, 0.5]])
    [[[0.5], [1.0]], [[0.0, 0.5]]]
    """
    return [list(rows) for _, rows in groupby(learned_rows(probe_accuracy), key=len)]


def min_accuracy_by_task(probe_accuracy: Accuracy) -> list[float]:
    """Returns for each task but the last its least accuracy while later tasks were learned.

    >>> min_accuracy_by_task([[1.0, None], [0.25, 0.5], [0.75, 1.0]])
    [0.25]
    """
    rows = learned_rows(probe_accuracy)
    tasks = len(rows[-1]) if rows else 0
    return [min(row[j] for row in rows if len(row) > j + 1) for j in range(tasks - 1)]


@metric(
    title="Minimum accuracy",
    meaning="For each earlier task, its least accuracy on the probe images since it was learned;"
    " then the mean. Higher is better.",
    lower_is_better=False,
)
def min_accuracy(probe_accuracy: Accuracy) -> float | None:
    """Returns min-ACC: the mean least accuracy over the points since a task was learned.

    min-ACC = 1/(T-1) sum_{j<T} min_n p[n][j], over all points n after task j.

    >>> min_accuracy([[1.0, None], [0.25, 0.5], [0.75, 1.0]])
    0.25
    """
    least = min_accuracy_by_task(probe_accuracy)
    return fmean(least) if least else None


@metric(
    title="Worst-case accuracy",
    meaning="The mean, over all tasks, of the last task's accuracy at the end and each earlier"
    " task's least accuracy since it was learned, on the probe images. Higher is better.",
    lower_is_better=False,
)
def worst_case_accuracy(probe_accuracy: Accuracy) -> float | None:
    """Returns WC-ACC: a lower limit of the average accuracy at any time since tasks were learned.

    WC-ACC = p[N][T] / T + (1 - 1/T) min-ACC, N the last point.

    >>> worst_case_accuracy([[1.0, None], [0.25, 0.5], [0.75, 1.0]])
    0.625
    """
    rows = learned_rows(probe_accuracy)
    return fmean([rows[-1][-1], *min_accuracy_by_task(probe_accuracy)]) if rows else None


def gaps(probe_accuracy: Accuracy) -> dict[tuple[int, int], float]:
    """Returns for each task j and later task k how far accuracy on j sank while k was learned below
    both its value before and its value at the end of k, by (j, k); 0 where it did not.

    >>> gaps([[1.0, None], [0.25, 0.5], [0.75, 1.0]])
    {(0, 1): 0.5}
    """
    groups = rows_by_task(probe_accuracy)
    found = {}
    for k in range(1, len(groups)):
        before, during = groups[k - 1][-1], groups[k]
        for j in range(k):
            least = min(row[j] for row in during)
            found[j, k] = max(0.0, min(before[j], during[-1][j]) - least)
    return found


@metric(
    title="Stability gap",
    meaning="While each later task is learned, how far accuracy on each earlier task sinks below"
    " its values before and after, on the probe images; then the mean. Lower is better.",
    lower_is_better=True,
)
def stability_gap(probe_accuracy: Accuracy) -> float | None:
    """Returns the mean transient loss, which the accuracy matrix does not see: see `gaps`.

    SG = mean over j < k of max(0, min(p[k-1 end][j], p[k end][j]) - min_{n in k} p[n][j]).
    De Lange et al. describe the gap, a fall and a recovery when a new task begins, and measure it
    by min-ACC, which has lasting forgetting in it, too. The depth of the valley is this project's
    definition; a run that falls and stays low has none.

    >>> stability_gap([[1.0, None], [0.25, 0.5], [0.75, 1.0]])
    0.5
    """
    found = gaps(probe_accuracy)
    return fmean(found.values()) if found else None
