"""Events of a transfer study; no torch."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from ..events import ExtractingFeatures, Failed, Finished, RecordedEvent, recorded_as
from .config import Branch, Size, StudyConfig, branches


class Began(RecordedEvent):
    """source, target: class names. sizes: target images a class, None for all there are, `images` on average.

    source is the origin of the weights in words where a pretrained network is studied; its chance is 0 then.

    chance: accuracy of guessing on source and target. looked_at: test images of each in a Look, at most.
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
    """Accuracy on the source just after it was learned, before any of the ways goes on from there.

    accuracy: on all of its test images; looked: on those of a Look.
    """

    event: Literal["source_learned"] = "source_learned"
    seed: int
    regimes: Annotated[tuple[str, ...], recorded_as("ways", "regimes")]
    accuracy: float
    probe_accuracy: Annotated[float, recorded_as("looked", "probe_accuracy")]
    seconds: float = 0.0


class Probe(RecordedEvent):
    """Accuracy on some test images of target and source, after a step of learning from the most images; source: None where there is none."""

    event: Literal["look"] = "look"
    seed: int
    regime: Annotated[str, recorded_as("way", "regime")]
    step: int
    target: float
    source: float | None


class TargetLearned(RecordedEvent):
    """Accuracy on all test images of target and source, after the target was learned from so many images a class.

    seconds: of the clock on the wall, since the study began; breaks are left out.
    """

    event: Literal["target_learned"] = "target_learned"
    seed: int
    regime: Annotated[str, recorded_as("way", "regime")]
    images: Size
    steps: int
    target: float
    source: float | None
    seconds: float = 0.0


class StudyStopped(RecordedEvent):
    """Somebody stopped the study; it can go on from there."""

    event: Literal["stopped"] = "stopped"


Event = (
    ExtractingFeatures
    | Began
    | SourceLearned
    | Probe
    | TargetLearned
    | Finished
    | StudyStopped
    | Failed
)
EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


def is_complete(events: Iterable[Event], part: Branch) -> bool:
    """Whether these events hold all that a part has to tell."""
    events = list(events)
    began = next((e for e in events if isinstance(e, Began)), None)
    learned = {
        (e.regime, e.images) for e in events if isinstance(e, TargetLearned) and e.seed == part.seed
    }
    return began is not None and learned >= {
        (way, size) for way in part.regimes for size in began.sizes
    }


def belongs_to(event: Event, part: Branch) -> bool:
    """Whether an event belongs to a part."""
    match event:
        case SourceLearned():
            return (event.seed, event.regimes) == (part.seed, part.regimes)
        case Probe() | TargetLearned():
            return event.seed == part.seed and event.regime in part.regimes
    return False


def completed_events(config: StudyConfig, events: Iterable[Event]) -> list[Event]:
    """The events of whole parts, with which an interrupted study goes on; those of parts half learned are left out."""
    events = list(events)
    done = [part for part in branches(config) if is_complete(events, part)]
    start = [e for e in events if isinstance(e, Began)][:1] if done else []
    return start + [e for part in done for e in events if belongs_to(e, part)]
