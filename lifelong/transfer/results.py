"""What a transfer study found: learning curves, forward transfer, what the source lost; no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from .. import events, metrics
from ..events import ExtractingFeatures, Failed, Finished
from .config import StudyConfig, branches
from .events import Began, Event, Probe, SourceLearned, StudyStopped, TargetLearned

Axis = Literal["images", "steps"]
AXES: tuple[Axis, ...] = ("images", "steps")
Spread = tuple[float | None, float | None, int]
ALL_IMAGES_WEIGHT = 3  # so much longer it takes to learn all images of a target than a few


@dataclass(frozen=True)
class Point:
    """One place of a curve. x: target images a class, or steps; size: the same images as asked for, None for all there are.

    target, source, lost: mean and standard error over n seeds, of shares in [0, 1]; lost: what the source had before, less what it has.
    source and lost are None where there is no source to test.
    """

    regime: str
    x: float
    size: int | None
    target: tuple[float, float | None]
    source: tuple[float, float | None] | None
    lost: tuple[float, float | None] | None
    n: int


@dataclass(frozen=True)
class StudyResult:
    """A study as far as it has come. Accuracies are shares in [0, 1]."""

    config: StudyConfig
    events: Sequence[Event]

    @cached_property
    def began(self) -> Began | None:
        """What was known at the start; None when the study has not begun."""
        return next((e for e in self.events if isinstance(e, Began)), None)

    @cached_property
    def learned(self) -> list[TargetLearned]:
        """One event for each target learned, by seed; side by side they come in any order."""
        return sorted(
            (e for e in self.events if isinstance(e, TargetLearned)), key=lambda e: e.seed
        )

    @cached_property
    def probes(self) -> list[Probe]:
        """The looks while all images of the target were learned, by seed and step."""
        return sorted(
            (e for e in self.events if isinstance(e, Probe)), key=lambda e: (e.seed, e.step)
        )

    @cached_property
    def regimes(self) -> tuple[str, ...]:
        """The three ways, and the strategy that protects the source."""
        return self.config.regimes

    def source(self, axis: Axis) -> dict[tuple[int, str], float]:
        """The source's accuracy before the target is learned, by seed and way, on the test images that a curve over this axis is of."""
        sources = [e for e in self.events if isinstance(e, SourceLearned)]
        return {
            (e.seed, way): e.accuracy if axis == "images" else e.probe_accuracy
            for e in sources
            for way in e.regimes
        }

    @property
    def ending(self) -> Event | None:
        """The last event when it ends the study: Finished, Stopped or Failed."""
        last = self.events[-1] if self.events else None
        return last if isinstance(last, Finished | StudyStopped | Failed) else None

    @property
    def preparing(self) -> ExtractingFeatures | None:
        """How far the images have gone through the backbone, while they do."""
        return events.extraction_progress(self.events)

    @property
    def finished(self) -> bool:
        """Whether all has been found out."""
        return isinstance(self.ending, Finished)

    @property
    def seconds(self) -> float:
        """Seconds on the clock so far."""
        return max((getattr(e, "seconds", 0.0) for e in self.events), default=0.0)

    @property
    def share(self) -> float:
        """How much of it has been found out, from 0 to 1."""
        if self.began is None:
            return 0.0
        weights = {size: 1 if size is not None else ALL_IMAGES_WEIGHT for size in self.began.sizes}
        asked = sum(weights.values()) * sum(len(part.regimes) for part in branches(self.config))
        return sum(weights[e.images] for e in self.learned) / asked

    @property
    def seconds_left(self) -> float | None:
        """Seconds to go, what is left taking as long as what is done; None before anything is."""
        return self.seconds * (1 - self.share) / self.share if self.share else None

    def curve(self, axis: Axis, way: str) -> list[Point]:
        """A learning curve: its points by x, means over the seeds that have come so far."""
        points, before = [], self.source(axis)
        for x, group in sorted(self._by_x(axis, way).items()):
            size = group[0].images if axis == "images" else None
            source = lost = None
            if not self.config.pretrained:
                source = metrics.mean_and_sem([e.source for e in group])
                lost = metrics.mean_and_sem([before[e.seed, way] - e.source for e in group])
            points.append(
                Point(
                    way,
                    x,
                    size,
                    metrics.mean_and_sem([e.target for e in group]),
                    source,
                    lost,
                    len(group),
                )
            )
        return points

    def _by_x(self, axis: Axis, way: str) -> dict[float, list[TargetLearned] | list[Probe]]:
        groups: dict[float, list] = {}
        for e in self.learned if axis == "images" else self.probes:
            if e.regime == way:
                groups.setdefault(self._x(e), []).append(e)
        return groups

    def _x(self, event: TargetLearned | Probe) -> float:
        if isinstance(event, Probe):
            return event.step
        return self.began.images if event.images is None else event.images

    def transfer(self, axis: Axis, way: str) -> list[float]:
        """Forward transfer of each seed that has both curves whole: the mean height over that from scratch, x counted in powers."""
        areas = []
        for seed in range(self.config.seeds):
            curve, scratch = (self._of_seed(axis, name, seed) for name in (way, "scratch"))
            whole = all(
                any(
                    e.seed == seed and e.regime == name and e.images == self.began.sizes[-1]
                    for e in self.learned
                )
                for name in (way, "scratch")
            )
            common = sorted(curve.keys() & scratch.keys())
            area = (
                metrics.area_between(
                    common, [curve[x] for x in common], [scratch[x] for x in common]
                )
                if whole
                else None
            )
            if area is not None:
                areas.append(area)
        return areas

    def gain(self, axis: Axis, way: str) -> Spread:
        """Forward transfer over all seeds: mean, standard error and how many seeds."""
        areas = self.transfer(axis, way)
        return *metrics.mean_and_sem(areas), len(areas)

    def lost(self, way: str) -> Spread | None:
        """What the source lost to all images of the target, likewise; None before that is known."""
        curve = self.curve("images", way)
        return (
            (*curve[-1].lost, curve[-1].n)
            if curve and curve[-1].lost and curve[-1].size is None
            else None
        )

    def _of_seed(self, axis: Axis, way: str, seed: int) -> dict[float, float]:
        return {
            x: e.target
            for x, group in self._by_x(axis, way).items()
            for e in group
            if e.seed == seed
        }

    def report(self, study: str) -> dict[str, Any]:
        """The JSON object that `transfer --json` prints."""
        run, began = self.config.run, self.began
        told = {
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
        if began is None:
            return told
        return {
            **told,
            "source": began.data,
            "classes": {"source": list(began.source), "target": list(began.target)},
            "chance": dict(zip(("source", "target"), began.chance)),
            "images_per_class": list(began.sizes),
            "all_images_per_class": began.images,
            "curves": {
                axis: {
                    way: [_plain(p, axis) for p in self.curve(axis, way)] for way in self.regimes
                }
                for axis in AXES
            },
            "forward_transfer": {
                axis: {way: _in_points(self.transfer(axis, way)) for way in self.regimes[1:]}
                for axis in AXES
            },
        }


def _plain(point: Point, axis: Axis) -> dict[str, Any]:
    x = {"images_per_class": point.size} if axis == "images" else {"step": int(point.x)}
    shares = {
        name: getattr(point, name) and dict(zip(("mean", "sem"), getattr(point, name)))
        for name in ("target", "source", "lost")
    }
    return {**x, **shares, "n": point.n}


def _in_points(areas: list[float]) -> dict[str, Any]:
    mean, sem = metrics.mean_and_sem([100 * area for area in areas])
    return {"points": mean, "sem": sem, "n": len(areas), "by_seed": [100 * area for area in areas]}
