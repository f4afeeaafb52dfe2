"""Results of a transfer study: learning curves, forward transfer, loss on the source. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .. import metrics
from ..errors import LifelongError
from ..runs.history import ExperimentHistory
from . import events as study_events
from .config import StudyConfig
from .curves import AXES, Axis, Point, area_between, point_of
from .events import Began, Event, Probe, SourceLearned, TargetLearned

ALL_IMAGES_WEIGHT = 3  # learning from all images of a target takes so much longer than from a few


@dataclass(frozen=True)
class StudyResult(ExperimentHistory[StudyConfig, Event]):
    """Config, events and results of a study so far. Accuracies are shares in [0, 1]."""

    @cached_property
    def _starts(self) -> list[Began]:
        return self.all_of(Began)

    @property
    def has_begun(self) -> bool:
        """True if the study has begun, so that its classes and numbers of images are known."""
        return bool(self._starts)

    @property
    def began(self) -> Began:
        """Facts known at the start. Raises LifelongError before that, see `has_begun`."""
        if not self._starts:
            raise LifelongError("The study has not begun; train it first.")
        return self._starts[0]

    @cached_property
    def learned(self) -> list[TargetLearned]:
        """One event for each target learned, by seed: parallel processes end in any order."""
        return sorted(self.all_of(TargetLearned), key=lambda event: event.seed)

    @cached_property
    def probes(self) -> list[Probe]:
        """The probes while all images of the target were learned, by seed and step."""
        return sorted(self.all_of(Probe), key=lambda event: (event.seed, event.step))

    @property
    def regimes(self) -> tuple[str, ...]:
        """The regimes that are compared, see `StudyConfig.regimes`."""
        return self.config.regimes

    def source(self, axis: Axis) -> dict[tuple[int, str], float]:
        """Returns the accuracy on the source before the target is learned, by seed and regime.

        It is over the test images that the curves on this axis are of.
        """
        return {
            (event.seed, regime): event.accuracy if axis == "images" else event.probe_accuracy
            for event in self.all_of(SourceLearned)
            for regime in event.regimes
        }

    @property
    def seconds(self) -> float:
        """Seconds of wall-clock time so far."""
        return study_events.seconds(self.events)

    @property
    def share(self) -> float:
        """The share of the work that is done, from 0 to 1."""
        if not self.has_begun:
            return 0.0
        weights = {size: 1 if size is not None else ALL_IMAGES_WEIGHT for size in self.began.sizes}
        curves = sum(len(branch.regimes) for branch in self.config.branches)
        total = sum(weights.values()) * curves
        return sum(weights[event.images] for event in self.learned) / total

    @property
    def seconds_left(self) -> float | None:
        """Expected seconds to the end, at the speed so far; None before anything is learned."""
        return self.seconds * (1 - self.share) / self.share if self.share else None

    def curve(self, axis: Axis, regime: str) -> list[Point]:
        """Returns a learning curve: its points by x, each a mean over the seeds learned so far."""
        before, groups = self.source(axis), self._by_x(axis, regime)
        return [point_of(x, events, before) for x, events in sorted(groups.items())]

    def _by_x(self, axis: Axis, regime: str) -> dict[float, list[TargetLearned | Probe]]:
        groups: dict[float, list[TargetLearned | Probe]] = {}
        for event in self.learned if axis == "images" else self.probes:
            if event.regime == regime:
                groups.setdefault(self._x(event), []).append(event)
        return groups

    def _x(self, event: TargetLearned | Probe) -> float:
        if isinstance(event, Probe):
            return event.step
        return self.began.images if event.images is None else event.images

    def transfer(self, axis: Axis, regime: str) -> list[float]:
        """Returns the forward transfer of each seed that has finished this curve and `scratch`.

        It is the mean difference between the two on a logarithmic x-axis, see
        `curves.area_between`.
        """
        areas = []
        for seed in range(self.config.seeds):
            if not all(self._is_complete(seed, name) for name in (regime, "scratch")):
                continue
            curve, scratch = (self._of_seed(axis, name, seed) for name in (regime, "scratch"))
            common = sorted(curve.keys() & scratch.keys())
            area = area_between(common, [curve[x] for x in common], [scratch[x] for x in common])
            if area is not None:
                areas.append(area)
        return areas

    def _is_complete(self, seed: int, regime: str) -> bool:
        last = self.began.sizes[-1] if self.has_begun else None
        return any(
            (event.seed, event.regime, event.images) == (seed, regime, last)
            for event in self.learned
        )

    def _of_seed(self, axis: Axis, regime: str, seed: int) -> dict[float, float]:
        return {
            x: event.target
            for x, events in self._by_x(axis, regime).items()
            for event in events
            if event.seed == seed
        }

    def gain(self, axis: Axis, regime: str) -> tuple[float | None, float | None, int]:
        """Returns the forward transfer over all seeds: mean, standard error, number of seeds."""
        areas = self.transfer(axis, regime)
        return *metrics.mean_and_sem(areas), len(areas)

    def lost(self, regime: str) -> tuple[float, float | None, int] | None:
        """Returns what the source lost to all images of the target: mean, standard error, seeds.

        None before that is known, and for a pretrained network.
        """
        curve = self.curve("images", regime)
        if not curve or curve[-1].lost is None or curve[-1].size is not None:
            return None
        return *curve[-1].lost, curve[-1].n

    def report(self, study: str) -> dict[str, Any]:
        """Returns the JSON object that `transfer --json` prints."""
        run = self.config.run
        report = {
            "study": study,
            "dataset": run.dataset,
            "target": run.target,
            "model": run.model,
            "recipe": run.recipe,
            "precision": run.precision,
            "protect": self.config.protect,
            "pretrained": self.config.pretrained,
            "settings": run.settings,
            "seeds": self.config.seeds,
            "finished": self.finished,
            "seconds": self.seconds,
        }
        return report | self._numbers() if self.has_begun else report

    def _numbers(self) -> dict[str, Any]:
        began = self.began
        return {
            "source": began.data,
            "classes": {"source": list(began.source), "target": list(began.target)},
            "chance": dict(zip(("source", "target"), began.chance)),
            "images_per_class": list(began.sizes),
            "all_images_per_class": began.images,
            "curves": {
                axis: {
                    regime: [point.to_json(axis) for point in self.curve(axis, regime)]
                    for regime in self.regimes
                }
                for axis in AXES
            },
            "forward_transfer": {
                axis: {
                    regime: _transfer_json(self.transfer(axis, regime))
                    for regime in self.regimes[1:]
                }
                for axis in AXES
            },
        }


def _transfer_json(areas: Sequence[float]) -> dict[str, Any]:
    points = [100 * area for area in areas]
    mean, sem = metrics.mean_and_sem(points)
    return {"points": mean, "sem": sem, "n": len(points), "by_seed": points}
