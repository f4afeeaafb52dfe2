"""Measures of one's own in a notebook or a script."""

from collections.abc import Callable
from typing import ParamSpec

from .. import metrics
from ..metrics import Metric

P = ParamSpec("P")


def metric(
    *, title: str, meaning: str, lower_is_better: bool
) -> Callable[[Callable[P, float | None]], Metric[P]]:
    """Declares a function as a measure and makes it one of this process.

    Its parameters are named after the quantities it needs, such as accuracy. It is then a key of
    `Run.measures_` and a column of `compare`; one of the same name, as of a notebook's cell that is
    run again, takes its place. Raises LifelongError for the name of a measure of the project or of
    a package.
    """
    declare = metrics.metric(title=title, meaning=meaning, lower_is_better=lower_is_better)
    return lambda compute: metrics.register(declare(compute))
