"""Points of the learning curves of a transfer study. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from statistics import fmean
from typing import Any, Literal

from ..metrics import mean_and_sem
from .events import Probe, TargetLearned

Axis = Literal["images", "steps"]
AXES: tuple[Axis, ...] = ("images", "steps")
Estimate = tuple[float, float | None]  # mean and standard error, None for one seed


@dataclass(frozen=True)
class Point:
    """One point of a learning curve: means over n seeds, of shares in [0, 1].

    x: target images a class, or steps. size: the images as configured, None for all there are.
    lost: accuracy on the source before the target was learned, minus that now.
    source and lost are None for a pretrained network.
    """

    regime: str
    x: float
    size: int | None
    target: Estimate
    source: Estimate | None
    lost: Estimate | None
    n: int

    def to_json(self, axis: Axis) -> dict[str, Any]:
        """Returns the point as `transfer --json` prints it."""
        x = {"images_per_class": self.size} if axis == "images" else {"step": int(self.x)}
        estimates = {"target": self.target, "source": self.source, "lost": self.lost}
        means = {
            name: estimate and dict(zip(("mean", "sem"), estimate))
            for name, estimate in estimates.items()
        }
        return {**x, **means, "n": self.n}


def point_of(
    x: float, events: Sequence[TargetLearned | Probe], before: dict[tuple[int, str], float]
) -> Point:
    """Returns a point from the events of all seeds; before: the source's accuracy at the start."""
    first = events[0]
    source = [event.source for event in events if event.source is not None]
    lost = [
        before[event.seed, event.regime] - event.source
        for event in events
        if event.source is not None
    ]
    return Point(
        regime=first.regime,
        x=x,
        size=first.images if isinstance(first, TargetLearned) else None,
        target=_estimate([event.target for event in events]),
        source=_estimate(source) if source else None,
        lost=_estimate(lost) if lost else None,
        n=len(events),
    )


def _estimate(values: Sequence[float]) -> Estimate:
    return fmean(values), mean_and_sem(values)[1]


def area_between(
    x: Sequence[float], curve: Sequence[float], other: Sequence[float]
) -> float | None:
    """Returns the mean difference between two learning curves on a logarithmic x axis, x > 0.

    It is the forward transfer of a study where `other` is the curve from scratch. With
    d_i = curve_i - other_i and w_i = log x_{i+1} - log x_i, it is the sum of the trapezoids
    w_i (d_i + d_{i+1}) / 2, divided by the width sum_i w_i. From 1 to 100 images, each power of ten
    counts alike: (0.3 + 0.3) / 2 and (0.3 + 0.1) / 2, on average 0.25.

    >>> round(area_between([1, 10, 100], [0.5, 0.9, 1.0], [0.2, 0.6, 0.9]), 9)
    0.25
    """
    if len(x) < 2:
        return None
    heights = [a - b for a, b in zip(curve, other)]
    widths = [log(after / before) for before, after in zip(x, x[1:])]
    return sum(w * (d + e) / 2 for w, d, e in zip(widths, heights, heights[1:])) / sum(widths)
