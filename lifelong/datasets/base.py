"""Declaration of a data set: its facts, the layouts it is read from and its download. No torch."""

import sys
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tqdm import tqdm

from .. import registry
from ..config import SCENARIOS
from ..data.transformation import Transformation
from ..errors import LifelongError
from ..storage import downloads
from ..storage.archive_downloads import Download as Download
from ..storage.progress import Steps, result_of

if TYPE_CHECKING:
    from ..data.examples import Dataset

Shape = tuple[int, int, int]  # channels, height, width


class Source(ABC):
    """Layout of a data set on this machine."""

    @abstractmethod
    def location(self) -> Path | None:
        """Returns the folder or file to read from; None if it is not there or incomplete."""

    @abstractmethod
    def load(self, location: Path, spec: "DatasetSpec") -> "Dataset":
        """Reads the data set. Raises LifelongError for a file that is damaged or does not fit."""

    def load_with_progress(self, location: Path, spec: "DatasetSpec") -> "Steps[Dataset]":
        """Reads the data set like `load` and yields its progress; for sources that take seconds."""
        yield from ()
        return self.load(location, spec)

    def incomplete(self) -> LifelongError | None:
        """Returns the error for a data set of which only a part is there, naming what is
        missing.
        """
        return None


@dataclass(frozen=True)
class DatasetSpec:
    """Declaration of a data set.

    name: in configurations and on the command line. title: on pages.
    about: its content, in a few words. classes: their names, in the order of the labels.
    shape: of the images; None where only reading them tells.
    kind: 'digit' for centred drawings as MNIST's, 'photo' for all other images.
    sources: the layouts it is read from, tried in this order. download: None if there is none.
    bring: what can be put under LIFELONG_DATA instead of the download, in words.
    default_model: the network that suits it; None leaves the choice.
    judge_run: id of a shipped run that learned every class at once, or None.
    fallback: name of the data set that replaces this one where it cannot be had.
    phrase: its name in a sentence, by default the title. rank: position in lists.
    own: whether a person brought it. credit: who made it, and under which licence. hub: its id on
    the Hugging Face Hub, for the cards of models.
    transformation: where every task of a run has all classes, what distinguishes the tasks.
    scenarios: those it is defined for, by default all; default_tasks: number of tasks, by default
    the scenario's. groups: the classes of each task, as the person who brought it grouped them.
    """

    name: str
    title: str
    about: str
    classes: tuple[str, ...]
    shape: Shape | None
    kind: Literal["digit", "photo"]
    sources: tuple[Source, ...]
    download: Download | None = None
    bring: str = ""
    default_model: str | None = None
    judge_run: str | None = None
    fallback: str | None = None
    phrase: str = ""
    rank: int = 100
    own: bool = False
    credit: str = ""
    hub: str = ""
    transformation: Transformation | None = None
    scenarios: tuple[str, ...] = ()
    default_tasks: int | None = None
    groups: tuple[tuple[str, ...], ...] = ()

    @property
    def usable_scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios that it is defined for.

        Transformed tasks are no source and targets.
        """
        transforms = self.transformation is not None
        return self.scenarios or tuple(
            name for name, each in SCENARIOS.items() if not (transforms and each.has_source)
        )

    @property
    def grouping(self) -> dict[str, Any]:
        """Fields of a run's configuration whose tasks are the groups; empty without groups."""
        if not self.groups:
            return {}
        order = [self.classes.index(name) for group in self.groups for name in group]
        sizes = tuple(map(len, self.groups))
        return {"tasks": len(sizes), "task_sizes": sizes, "class_order": tuple(order)}

    def location(self) -> Path | None:
        """Returns the folder or file it is read from; None if it is not on this machine."""
        return next((found for source in self.sources if (found := source.location())), None)

    def load(self) -> "Dataset":
        """Loads the data set behind a progress bar on standard error; see `load_with_progress`."""
        return result_of(self.load_with_progress())

    def load_with_progress(self) -> "Steps[Dataset]":
        """Loads the data set and yields the progress of what takes long.

        If it is not on this machine it is downloaded, or else the fallback is loaded. Raises
        LifelongError if there is neither a copy, a network nor a fallback, or a copy is damaged.
        """
        if self.location() is None and self.download and not downloads.offline():
            with suppress(OSError):  # no network, or a full disk: as if there were no download
                yield from self.download.fetch(self.title)
        for source in self.sources:
            if location := source.location():
                return self.transformed((yield from source.load_with_progress(location, self)))
        return self.transformed((yield from self._load_fallback()))

    def transformed(self, dataset: "Dataset") -> "Dataset":
        """Returns a data set, or the one in its place, with the declared transformation."""
        if self.transformation is None or dataset.transformation is not None:
            return dataset
        source = f"{dataset.source}, {self.transformation.about}"
        return replace(dataset, source=source, transformation=self.transformation)

    def _load_fallback(self) -> "Steps[Dataset]":
        for source in self.sources:
            if error := source.incomplete():
                raise error
        if self.fallback is None:
            raise self._unavailable()
        stand_in = registry.dataset(self.fallback)
        if not downloads.offline():
            tqdm.write(
                f"{self.title} is not under LIFELONG_DATA and could not be downloaded; "
                f"using {stand_in.phrase or stand_in.title}.",
                file=sys.stderr,
            )
        return (yield from stand_in.load_with_progress())

    def _unavailable(self) -> LifelongError:
        why = (
            "LIFELONG_OFFLINE forbids its download"
            if downloads.offline()
            else "it could not be downloaded"
        )
        return LifelongError(
            f"{self.title} is not on this machine and {why}; connect to the internet, "
            f"or put {self.bring} under LIFELONG_DATA."
        )


@dataclass(frozen=True)
class DatasetInfo:
    """A data set's declaration and its state on this machine, before any image is read.

    problem: why its classes cannot be read, or None. location: the folder or file it is read from,
    None if it is not on this machine; downloads: whether it would be downloaded then.
    """

    spec: DatasetSpec
    problem: str | None
    location: Path | None
    downloads: bool

    def describe(self) -> str:
        """Returns the number of classes and the location, or the problem."""
        later = (
            "it is downloaded when first asked for"
            if self.downloads
            else "LIFELONG_OFFLINE forbids the download"
        )
        where = self.location or f"not on this machine: {later}"
        return self.problem or f"{len(self.spec.classes):,} classes, {where}"
