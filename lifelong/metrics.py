"""Measures of continual learning: pure functions of what a run records.

`accuracy` is a square list of lists of shares in [0, 1]; `None` where a task was not yet learned.
In the formulas, a[i][j] is the accuracy on task j after task i, and T the number of tasks learned
so far: rows that hold only `None` are tasks still to come.

A measure is declared with `@metric`: the command line, comparisons and the app find it in a module
of `lifelong/measures/`, or in another package by an entry point of the group `lifelong.metrics`.
"""

from functools import cache

from . import registry
from .measures import drops, matrix, points, task_inference
from .measures.declaration import QUANTITIES, Accuracy, Metric, learned_rows, mean_and_sem, metric
from .measures.drops import Drop, drop_matrix, drops_by_task, forgotten, harder
from .measures.matrix import (
    average_accuracy,
    average_incremental_accuracy,
    backward_transfer,
    forgetting,
    forgetting_by_task,
    forward_transfer,
    intransigence,
    learning_accuracy,
)
from .measures.points import min_accuracy, stability_gap, worst_case_accuracy
from .measures.task_inference import task_identification_accuracy, within_task_accuracy

__all__ = [
    "QUANTITIES",
    "Accuracy",
    "Drop",
    "Metric",
    "all_metrics",
    "average_accuracy",
    "average_incremental_accuracy",
    "backward_transfer",
    "drop_matrix",
    "drops_by_task",
    "forgetting",
    "forgetting_by_task",
    "forgotten",
    "forward_transfer",
    "harder",
    "intransigence",
    "learned_rows",
    "learning_accuracy",
    "mean_and_sem",
    "metric",
    "min_accuracy",
    "stability_gap",
    "task_identification_accuracy",
    "within_task_accuracy",
    "worst_case_accuracy",
]


@cache
def all_metrics() -> tuple[Metric[...], ...]:
    """Returns every declared measure: the project's in their order, then those of packages.

    >>> [metric.name for metric in all_metrics()][:2]
    ['average_accuracy', 'average_incremental_accuracy']
    """
    modules = (matrix, drops, task_inference, points)
    own = [value for m in modules for value in vars(m).values() if isinstance(value, Metric)]
    return (*own, *registry.load_entry_points("metrics", [m.name for m in own]).values())
