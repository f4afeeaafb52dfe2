"""Events of a transfer study, and the order they come in. No torch."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from ..events import (
    Ending,
    ExtractingFeatures,
    Failed,
    Finished,
    Preparation,
    RecordedEvent,
    recorded_as,
)
from .config import Branch, Size, StudyConfig


class Began(RecordedEvent):
    """Facts about a study before its first step.

    source, target: class names. The source is the origin of the weights, in words, where a
    pretrained network is studied; its chance is 0 then.
    sizes: target images a class, None for all there are, which are `images` on average.
    chance: accuracy of guessing on source and target.
    probe_images: test images of each in a Probe, at most.
    """

    event: Literal["began"] = "began"
    data: str
    source: tuple[str, ...]
    target: tuple[str, ...]
    sizes: tuple[Size, ...]
    images: float
    chance: tuple[float, float]
    parameters: int
    probe_images: Annotated[int, recorded_as("looked_at", "probe_images")]


class SourceLearned(RecordedEvent):
    """Accuracy on the source just after it was learned, before the target in any regime.

    accuracy: over all of its test images; probe_accuracy: over those of a Probe.
    """

    event: Literal["source_learned"] = "source_learned"
    seed: int
    regimes: Annotated[tuple[str, ...], recorded_as("ways", "regimes")]
    accuracy: float
    probe_accuracy: Annotated[float, recorded_as("looked", "probe_accuracy")]
    seconds: float = 0.0


class Probe(RecordedEvent):
    """Accuracy on some test images after a step of learning from the largest number of images.

    source: None for a pretrained network.
    """

    event: Literal["look"] = "look"
    seed: int
    regime: Annotated[str, recorded_as("way", "regime")]
    step: int
    target: float
    source: float | None


class TargetLearned(RecordedEvent):
    """Accuracy on all test images after the target was learned from so many images a class.

    source: None for a pretrained network.
    seconds: wall-clock time since the study began, without interruptions.
    """

    event: Literal["target_learned"] = "target_learned"
    seed: int
    regime: Annotated[str, recorded_as("way", "regime")]
    images: Size
    steps: int
    target: float
    source: float | None
    seconds: float = 0.0


class StudyStopped(Ending):
    """The study was stopped; it can be continued."""

    event: Literal["stopped"] = "stopped"


Event = (
    Preparation | Began | SourceLearned | Probe | TargetLearned | Finished | StudyStopped | Failed
)
EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


def seconds(events: Iterable[Event]) -> float:
    """Returns the wall-clock time of a study up to its last timed event, without interruptions."""
    timed = ExtractingFeatures | SourceLearned | TargetLearned | Finished
    return max((event.seconds for event in events if isinstance(event, timed)), default=0.0)


class StudyOrder:
    """Order of a study's events: its start first, and of each branch its source first."""

    def __init__(self, config: StudyConfig) -> None:
        self.config = config
        self.began: Began | None = None
        self.sources: set[tuple[int, str]] = set()
        self.begun = False

    def follows(self, event: Event) -> bool:
        """Returns whether an event follows from those that this was called with before."""
        if isinstance(event, Preparation):
            return event.done <= event.total
        begun, self.begun = self.begun, True
        match event:
            case Began():
                self.began = event
                return not begun
            case SourceLearned():
                self.sources |= {(event.seed, regime) for regime in event.regimes}
                return self.began is not None and event.seed < self.config.seeds
            case Probe():
                return self._has_source(event)
            case TargetLearned():
                return (
                    self._has_source(event)
                    and self.began is not None
                    and event.images in self.began.sizes
                )
        return True

    def _has_source(self, event: Probe | TargetLearned) -> bool:
        return not self.config.learns_source or (event.seed, event.regime) in self.sources


def is_complete(events: Iterable[Event], branch: Branch) -> bool:
    """Returns whether these events include every target that a branch learns."""
    events = list(events)
    began = next((event for event in events if isinstance(event, Began)), None)
    learned = {
        (event.regime, event.images)
        for event in events
        if isinstance(event, TargetLearned) and event.seed == branch.seed
    }
    return began is not None and learned >= {
        (regime, size) for regime in branch.regimes for size in began.sizes
    }


def belongs_to(event: Event, branch: Branch) -> bool:
    """Returns whether an event belongs to a branch."""
    match event:
        case SourceLearned():
            return (event.seed, event.regimes) == (branch.seed, branch.regimes)
        case Probe() | TargetLearned():
            return event.seed == branch.seed and event.regime in branch.regimes
    return False


def completed_events(config: StudyConfig, events: Iterable[Event]) -> list[Event]:
    """Returns the events of complete branches, with which an interrupted study goes on.

    Those of branches learned in part are left out.
    """
    events = list(events)
    complete = [branch for branch in config.branches if is_complete(events, branch)]
    began = [event for event in events if isinstance(event, Began)][:1] if complete else []
    return began + [event for branch in complete for event in events if belongs_to(event, branch)]
