"""Search for a strategy's settings on a cluster: each trial is one piece of work."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ..errors import LifelongError
from ..numerics import cores
from ..runs import tuning
from ..training.held_out import hold_out
from ..training.setup import Prepared
from . import cluster
from .cluster import Lost, Resources


def on_cluster(
    search: tuning.Search, prepared: Prepared, resources: Resources, stop: Callable[[], bool]
) -> tuning.Evaluate:
    """Returns the evaluation of trials on the workers of the connected cluster.

    prepared: images, whose test images are not looked at. The evaluation raises LifelongError if
    workers die more often than a trial is retried.
    """
    content = cluster.put(prepared)

    def evaluate(candidates: tuning.Candidates) -> Iterator[tuple[int, float | None]]:
        jobs = {
            str(number): partial(_arguments, content, search, settings)
            for number, settings in candidates.items()
        }
        for name, value in cluster.stream(_trial, jobs, resources, stop):
            if isinstance(value, Lost):
                raise LifelongError(
                    f"Trial {name} was given up: its worker died {resources.retries + 1} times"
                    f" ({value.reason})."
                )
            yield int(name), value

    return evaluate


def _arguments(*arguments: Any) -> tuple[Any, ...]:
    return arguments


def _trial(content: Any, search: tuning.Search, settings: dict[str, Any]) -> Iterator[float | None]:
    """Evaluates one trial on a worker."""
    prepared = cluster.get_prepared(content)
    images = {seed: hold_out(prepared, search.share, seed) for seed in search.seeds}
    with cores.kept_busy():
        yield tuning.accuracy_of(search, settings, images)
