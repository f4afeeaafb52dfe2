"""Measures of continual learning: pure functions of what a run records.

`accuracy` is a square list of lists of shares in [0, 1]; `None` where a task was not yet learned.
In the formulas, a[i][j] is the accuracy on task j after task i, and T the number of tasks learned
so far: rows that hold only `None` are tasks still to come.

A measure is declared with `@metric`: the command line, comparisons and the app find it in a module
of `lifelong/measures/`, or in another package by an entry point of the group `lifelong.metrics`.
"""

from functools import cache
from typing import ParamSpec

from . import registry
from .errors import LifelongError
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
from .plugin_kinds import KINDS

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
    "register",
    "stability_gap",
    "task_identification_accuracy",
    "within_task_accuracy",
    "worst_case_accuracy",
]


P = ParamSpec("P")
_registered: dict[str, Metric[...]] = {}


@cache
def all_metrics() -> tuple[Metric[...], ...]:
    """Returns every declared measure: the project's in their order, then those of packages.

    >>> [metric.name for metric in all_metrics()][:2]
    ['average_accuracy', 'average_incremental_accuracy']
    """
    modules = (matrix, drops, task_inference, points)
    own = [value for m in modules for value in vars(m).values() if isinstance(value, Metric)]
    others = registry.load_entry_points("metrics", [m.name for m in own]).values()
    return (*own, *others, *_registered.values())


def register(found: Metric[P]) -> Metric[P]:
    """Makes a measure one of this process, in place of an earlier one of its name; returns it.

    Raises LifelongError for the name of a measure of the project or of a package, and of a key that
    reports have.
    """
    taken = {m.name for m in all_metrics()} - _registered.keys() | KINDS["metrics"].reserved
    if found.name in taken:
        raise LifelongError(
            f"The function {found.name} would be a measure of a name that is taken; rename it."
        )
    _registered[found.name] = found
    all_metrics.cache_clear()
    return found
