"""Measures of continual learning: pure functions of what a run records.

`accuracy` is a square list of lists of shares in [0, 1]; `None` where a task was not yet learned.
In the formulas, a[i][j] is the accuracy on task j after task i, and T the number of tasks learned
so far: rows that hold only `None` are tasks still to come.
Sources: Lopez-Paz and Ranzato (GEM, 2017); Chaudhry et al. (RWalk, 2018); van de Ven et al. (2022).

A measure is declared with `@metric`: the command line, comparisons and the app find it in this
module, or in another package by an entry point of the group `lifelong.metrics`.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property, update_wrapper
from statistics import fmean, stdev
from typing import Any, Generic, ParamSpec

from . import registry
from .errors import unknown_name

Accuracy = Sequence[Sequence[float | None]]
P = ParamSpec("P")

# What a measure can be computed from: a parameter of its function has one of these names.
QUANTITIES: dict[str, str] = {
    "accuracy": "accuracy[after][on] over whole test sets",
    "accuracy_given_task": "accuracy[after][on] with the task label given",
    "next_task_accuracy": "accuracy on each next task before it is learned, task label given",
    "random_init_accuracy": "accuracy of the untrained network on each task, task label given",
    "reference_accuracy": "accuracy[after][on] of cumulative training",
}


class Metric(Generic[P]):
    """A declared measure: its function, what people call it and how to read its value.

    name: that of the function, the key in `--json`. meaning: one or two sentences for people.
    needs: the names of its parameters, each one of QUANTITIES.
    """

    def __init__(
        self, compute: Callable[P, float | None], title: str, meaning: str, lower_is_better: bool
    ) -> None:
        self.compute = compute
        self.name = compute.__name__
        self.title = title
        self.meaning = meaning
        self.lower_is_better = lower_is_better
        update_wrapper(self, compute)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> float | None:
        return self.compute(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<metric {self.name}>"

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """Names of the quantities that the measure is computed from."""
        names = tuple(inspect.signature(self.compute).parameters)
        for name in names:
            if name not in QUANTITIES:
                raise unknown_name(f"quantity for the metric {self.name}", name, QUANTITIES)
        return names

    def of(self, quantities: Mapping[str, Any]) -> float | None:
        """Returns the measure of a run; None where the run lacks a quantity (None or not there)."""
        given = {name: quantities.get(name) for name in self.needs}
        if any(value is None for value in given.values()):
            return None
        compute: Callable[..., float | None] = self.compute
        return compute(**given)


def metric(
    *, title: str, meaning: str, lower_is_better: bool
) -> Callable[[Callable[P, float | None]], Metric[P]]:
    """Declares a function as a measure; its parameters are named after the QUANTITIES it needs."""
    return lambda compute: Metric(compute, title, meaning, lower_is_better)


@cache
def all_metrics() -> tuple[Metric[...], ...]:
    """Returns every declared measure: those of this module in their order, then those of packages.

    >>> [metric.name for metric in all_metrics()][:2]
    ['average_accuracy', 'average_incremental_accuracy']
    """
    own = [value for value in globals().values() if isinstance(value, Metric)]
    return (*own, *registry.load_entry_points("metrics", [m.name for m in own]).values())


def learned_rows(accuracy: Accuracy) -> list[list[float]]:
    """Returns the lower triangle without `None`: row i holds the accuracies on tasks 0 to i.

    >>> learned_rows([[1.0, None, None], [0.5, 0.9, None], [None, None, None]])
    [[1.0], [0.5, 0.9]]
    """
    rows = ([value for value in row if value is not None] for row in accuracy)
    return [row for row in rows if row]


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


def mean_and_sem(values: Sequence[float | None]) -> tuple[float | None, float | None]:
    """Returns the mean and the standard error of the mean; the error needs at least two values.

    >>> mean_and_sem([1.0, 3.0])
    (2.0, 1.0)
    """
    present = [value for value in values if value is not None]
    if not present:
        return None, None
    return fmean(present), stdev(present) / len(present) ** 0.5 if len(present) > 1 else None
