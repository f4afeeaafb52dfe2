"""Declaration of a measure, and the quantities of a run that measures are computed from."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, update_wrapper
from statistics import fmean, stdev
from typing import Any, Generic, ParamSpec

from ..errors import unknown_name

Accuracy = Sequence[Sequence[float | None]]
P = ParamSpec("P")

# What a measure can be computed from: a parameter of its function has one of these names.
QUANTITIES: dict[str, str] = {
    "accuracy": "accuracy[after][on] over whole test sets",
    "accuracy_given_task": "accuracy[after][on] with the task label given",
    "accuracy_within_task": "the same, where the task is inferred: only the task's classes compete",
    "task_identification": "share[after][on] of images whose answer is a class of their own task",
    "probe_accuracy": "accuracy[point][on] of the probe images, a point an evaluation in training",
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


def learned_rows(accuracy: Accuracy) -> list[list[float]]:
    """Returns the lower triangle without `None`: row i holds the accuracies on tasks 0 to i.

    >>> learned_rows([[1.0, None, None], [0.5, 0.9, None], [None, None, None]])
    [[1.0], [0.5, 0.9]]
    """
    rows = ([value for value in row if value is not None] for row in accuracy)
    return [row for row in rows if row]


def mean_and_sem(values: Sequence[float | None]) -> tuple[float | None, float | None]:
    """Returns the mean and the standard error of the mean; the error needs at least two values.

    >>> mean_and_sem([1.0, 3.0])
    (2.0, 1.0)
    """
    present = [value for value in values if value is not None]
    if not present:
        return None, None
    return fmean(present), stdev(present) / len(present) ** 0.5 if len(present) > 1 else None
