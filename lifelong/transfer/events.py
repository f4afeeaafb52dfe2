"""Events of a transfer study; no torch."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ..events import Failed, Finished, Preparing
from .config import Part, Size, StudyConfig, parts


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class Began(_Event):
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
    looked_at: int


class SourceLearned(_Event):
    """Accuracy on the source just after it was learned, before any of the ways goes on from there.

    accuracy: on all of its test images; looked: on those of a Look.
    """

    event: Literal["source_learned"] = "source_learned"
    seed: int
    ways: tuple[str, ...]
    accuracy: float
    looked: float
    seconds: float = 0.0


class Look(_Event):
    """Accuracy on some test images of target and source, after a step of learning from the most images; source: None where there is none."""

    event: Literal["look"] = "look"
    seed: int
    way: str
    step: int
    target: float
    source: float | None


class TargetLearned(_Event):
    """Accuracy on all test images of target and source, after the target was learned from so many images a class.

    seconds: of the clock on the wall, since the study began; breaks are left out.
    """

    event: Literal["target_learned"] = "target_learned"
    seed: int
    way: str
    images: Size
    steps: int
    target: float
    source: float | None
    seconds: float = 0.0


class StudyStopped(_Event):
    """Somebody stopped the study; it can go on from there."""

    event: Literal["stopped"] = "stopped"


Event = Preparing | Began | SourceLearned | Look | TargetLearned | Finished | StudyStopped | Failed
EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


def whole(events: Iterable[Event], part: Part) -> bool:
    """Whether these events hold all that a part has to tell."""
    events = list(events)
    began = next((e for e in events if isinstance(e, Began)), None)
    learned = {
        (e.way, e.images) for e in events if isinstance(e, TargetLearned) and e.seed == part.seed
    }
    return began is not None and learned >= {
        (way, size) for way in part.ways for size in began.sizes
    }


def of(event: Event, part: Part) -> bool:
    """Whether an event belongs to a part."""
    match event:
        case SourceLearned():
            return (event.seed, event.ways) == (part.seed, part.ways)
        case Look() | TargetLearned():
            return event.seed == part.seed and event.way in part.ways
    return False


def kept(config: StudyConfig, events: Iterable[Event]) -> list[Event]:
    """The events of whole parts, with which an interrupted study goes on; those of parts half learned are left out."""
    events = list(events)
    done = [part for part in parts(config) if whole(events, part)]
    start = [e for e in events if isinstance(e, Began)][:1] if done else []
    return start + [e for part in done for e in events if of(e, part)]
